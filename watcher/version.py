"""Identify the running program by its release, number of commits and last commit, and find its deployment files.

The release number alone stayed the same through hundreds of commits, so nobody could tell which one a machine had.
"""

import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent
# A wheel or image has no Git history; its build writes "COUNT COMMIT" into this file.
_COMMIT_FILE: Final = _PACKAGE / "commit.txt"
_TIMEOUT: Final = 10.0  # seconds


@cache
def release() -> str:
    """Return the release as it was installed: `0.2.0.dev0`."""
    try:
        return installed_version("article-watcher")
    except PackageNotFoundError:
        return "0.0.0"


@cache
def version() -> str:
    """Return the version (PEP 440), with the number of commits and the last one if known: `0.2.0.dev9+g1a2b3c4d`."""
    words = _COMMIT_FILE.read_text(encoding="ascii").split() if _COMMIT_FILE.is_file() else commit_of(_PACKAGE.parent)
    return release() if not words else f"{release().partition('.dev')[0]}.dev{words[0]}+g{words[1]}"


def commit_of(checkout: Path) -> list[str]:
    """Return the number of commits of a checkout and the short id of the last; [] if git cannot read it."""
    if not (checkout / ".git").exists():
        return []
    # The service may run as another user than the checkout's owner; git would then refuse to read it.
    git = ("git", "-c", "safe.directory=*", "-C", str(checkout))
    words: list[str] = []
    for arguments in (("rev-list", "--count", "HEAD"), ("rev-parse", "--short=8", "HEAD")):
        try:
            done = subprocess.run([*git, *arguments], capture_output=True, text=True, timeout=_TIMEOUT, check=True)  # noqa: S603
        except (OSError, subprocess.SubprocessError):
            return []
        words.append(done.stdout.strip())
    return words


def deployment_folder() -> Path:
    """Return the folder of systemd units, manifests, alert rules and settings; in a wheel, it is inside the package."""
    inside = _PACKAGE / "deploy"
    return inside if inside.is_dir() else _PACKAGE.parent / "deploy"
