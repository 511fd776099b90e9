"""Make a Debian root with debootstrap for the tests that run containers and a booted machine as root."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.command import run_program

ROOT = Path(__file__).resolve().parents[2]
HOUSE = f"/usr/lib/podman:/usr/sbin:{os.environ['PATH']}"  # netavark and aardvark-dns are in no PATH
# The settings with which this machine reaches a package index, if it needs any.
INDEX_SETTINGS = [path for path in ("/etc/pip.conf", "/etc/ssl/certs") if Path(path).exists()]


def marks_for(*tools: str) -> list[pytest.MarkDecorator]:
    """The marks of tests that need root and these tools."""
    missing = [tool for tool in tools if shutil.which(tool, path=HOUSE) is None]
    return [
        pytest.mark.containers,
        pytest.mark.skipif(bool(missing), reason=f"missing: {', '.join(missing)}; .ci/run installs them"),
        pytest.mark.skipif(os.geteuid() != 0, reason="containers are run by root here"),
    ]


def run(*command: object, limit: float = 900, check: bool = True, **environ: str) -> str:
    """Run a command and return its output; if it fails, the error has its last lines."""
    environ = {**os.environ, "PODMAN_IGNORE_CGROUPSV1_WARNING": "1", **environ}
    done = run_program(*command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, timeout=limit)
    assert not check or done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def bootstrap(root: Path, packages: str, suite: str = "bookworm") -> None:
    """Make a root with a release of Debian and some packages, from the mirror that this machine uses."""
    indexes = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)").splitlines()
    mirror = next(uri for uri, _, _ in (line.partition(" ") for line in indexes) if uri.rstrip("/").endswith("debian"))
    run("debootstrap", "--variant=minbase", f"--include={packages}", suite, root, mirror)
