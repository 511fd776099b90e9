"""Test the image and the compose stack in real containers: size, privileges, and one alert for one edit.

Images are built on a root made by debootstrap, under the names that the files here give, where no registry is reached.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.debian import INDEX_SETTINGS, bootstrap, marks_for, run
from tests.waiting import wait_until

STAND_INS = Path(__file__).with_name("stand_ins")
BASE, POSTGRES, IMAGE = (
    "docker.io/library/python:3.11-slim-bookworm",
    "docker.io/library/postgres:16",
    "article-watcher",
)
pytestmark = marks_for("podman", "buildah", "runc", "netavark", "aardvark-dns", "debootstrap", "docker-compose")
LARGEST = 350_000_000  # bytes
BUILD = (
    *("--format", "docker", "--isolation", "chroot", "--pull=never", "--network", "host"),
    # A container without its own systemd cannot raise these limits.
    *("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=9000:9000"),
)
PACKAGES = "python3,python3-venv,ca-certificates"
SUPERFLUOUS = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man", "var/log")
ASK = """
import sys, urllib.request
print(urllib.request.urlopen("http://127.0.0.1:8090" + sys.argv[1], timeout=10).read().decode())
"""


def podman(*words: object, **options: Any) -> str:
    return run("podman", "--runtime", "runc", *words, **options)


def has_image(name: str) -> bool:
    return subprocess.run(["podman", "image", "exists", name], check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def base() -> str:
    """A root with Python under the name of the image that ours is built from."""
    if not has_image(BASE):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "root"
            bootstrap(root, PACKAGES)
            for name in SUPERFLUOUS:
                shutil.rmtree(root / name, ignore_errors=True)
                (root / name).mkdir(parents=True)
            (root / "usr/bin/python").symlink_to("python3")
            run("tar", "--create", "--directory", root, "--file", f"{folder}/root.tar", ".")
            podman("import", f"{folder}/root.tar", BASE)
    return BASE


def build(name: str, *words: object) -> str:
    run("buildah", "bud", *BUILD, "--tag", name, *words)
    return name


@pytest.fixture(scope="module")
def image(base: str) -> str:
    assert base
    settings = [f"--volume={path}:{path}:ro" for path in INDEX_SETTINGS]
    return build(IMAGE, *settings, "--file", "deploy/Containerfile", ".")


def test_the_image_is_small(image: str):
    assert int(podman("image", "inspect", "--format", "{{.Size}}", image)) <= LARGEST


def test_the_demo_runs_in_it_without_rights_or_network_on_a_root_that_cannot_be_written(image: str):
    state = "/var/lib/article-watcher:mode=0777"
    limits = ["--network", "none", "--read-only", "--cap-drop", "ALL", "--tmpfs", "/tmp", "--tmpfs", state]
    output = podman("run", "--rm", *limits, image, "demo")
    assert "high · lead: 21 million → 25 million victims (+19 %), same source" in output
    assert "\n0 reports" not in output


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """compose.env, filled in, with the folders that it names."""
    folder = tmp_path_factory.mktemp("stack")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    for name in ("settings", "backups"):
        (folder / name).mkdir()
    os.chown(folder / "backups", 10001, 10001)
    shutil.copy(STAND_INS / "watchlist.toml", folder / "settings")
    (folder / "settings/env").write_text("INBOX_URL=json://127.0.0.1:8091/\n")
    secrets = ("POSTGRES_PASSWORD", "WATCHER_DB_PASSWORD", "PREFECT_DB_PASSWORD", "PREFECT_PASSWORD")
    lines = [
        f"WATCHER_FOLDER={folder}/settings", f"WATCHER_BACKUPS={folder}/backups", "WATCHER_WORKERS=1",
        f"STAND_INS={STAND_INS}", *(f"{name}={os.urandom(12).hex()}" for name in secrets),
    ]  # fmt: skip
    (folder / "compose.env").write_text("\n".join(lines) + "\n")
    return folder / "compose.env"


@pytest.fixture(scope="module")
def stack(image: str, settings: Path) -> Iterator[None]:
    """The whole stack; podman's timers for health checks need systemd, so containers are asked for theirs from here."""
    build(POSTGRES, STAND_INS)
    socket = settings.with_name("podman.sock")
    service = subprocess.Popen(["podman", "--runtime", "runc", "system", "service", "--time", "0", f"unix://{socket}"])
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.wait(2):
            for name in podman("ps", "--quiet", check=False).split():
                podman("healthcheck", "run", name, check=False)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    files = ["--file", "deploy/compose.yaml", "--file", STAND_INS / "compose.yaml", "--env-file", settings]
    compose = ["docker-compose", "--project-name", "watcher-test", *files]
    reached = {"DOCKER_HOST": f"unix://{socket}", "WATCHER_IMAGE": f"localhost/{image}"}
    try:
        run(*compose, "up", "--detach", "--no-build", **reached)
        yield
    finally:
        run(*compose, "down", "--volumes", check=False, **reached)
        stop.set()
        asking.join()
        service.terminate()
        service.wait()


def wiki(address: str) -> str:
    return podman("exec", "watcher-test-wiki-1", "python", "-c", ASK, address)


def test_in_the_stack_one_edit_is_one_alert_and_all_containers_are_healthy(stack: None):
    assert stack is None
    names = ("worker", "prefect", "postgres")  # the pages want a user first, whose password somebody types
    health = [f"watcher-test-{name}-1" for name in names]
    shown = ["inspect", "--format", "{{.State.Health.Status}}"]
    assert wait_until(lambda: podman(*shown, *health).split() == ["healthy"] * len(names))
    baseline = ["exec", "watcher-test-stream-1", "watcher", "status", "--format", "json"]
    assert wait_until(lambda: json.loads(podman(*baseline, check=False))["watches"][0]["revision"])
    assert wiki("/edit") == "edited\n"
    alert = "High: Boats: 21 million → 25 million boats (lead), same source"
    # On a slow machine, messages to operators such as "Boats: checks are overdue" come beside it.
    arrived = wait_until(lambda: alert in json.loads(wiki("/inbox")), limit=600)
    titles = json.loads(wiki("/inbox"))
    assert arrived, (titles, podman("exec", "watcher-test-stream-1", "watcher", "status", check=False))
    assert [title for title in titles if "million" in title] == [alert]
