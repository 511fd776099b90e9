"""Test the repository as a whole: no path of a machine, a lock with hashes, a core with few imports."""

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.command import run_program
from watcher.version import version

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("prefect", "sqlalchemy", "sqlmodel", "pydantic", "apprise", "httpx", "jinja2", "deepdiff", "fastapi", "rich")
# The brackets keep these patterns from finding themselves.
MACHINE = re.compile(r"(?<![\w.~/-])/(?:work|home|root|Users|tmp)/")
INDEX = re.compile(r"pypi[.]org|python[h]osted|registry[.]npmjs|[-]-index-url|extra[-]index|find[-]links")
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; ([^\\]+))? \\$")


def committed() -> list[str]:
    """The files under version control, or all files where there is no git."""
    asked = run_program("git", "ls-files", "-z", cwd=ROOT)
    if asked.returncode == 0:
        return [name for name in asked.stdout.split("\0") if name and (ROOT / name).is_file()]
    known = (path for path in ROOT.rglob("*") if path.is_file() and not path.relative_to(ROOT).parts[0].startswith("."))
    return [path.relative_to(ROOT).as_posix() for path in known if "__pycache__" not in path.parts]


def text_of(name: str) -> str:
    return (ROOT / name).read_bytes().decode("utf-8", "replace")


def modules_after(*statements: str) -> list[set[str]]:
    """What a fresh interpreter has loaded after each of some statements."""
    code = "import json, sys\n" + "".join(f"{each}\nprint(json.dumps([*sys.modules]))\n" for each in statements)
    done = run_program(sys.executable, "-c", code, cwd=ROOT, check=True)
    return [set(json.loads(line)) for line in done.stdout.splitlines()]


def canonical(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("pattern", [MACHINE, INDEX], ids=["a path of somebody's machine", "a package index"])
def test_no_file_names(pattern: re.Pattern[str]):
    assert [f"{name}: {hit[0]}" for name in committed() if (hit := pattern.search(text_of(name)))] == []


def test_the_top_level_is_what_it_says():
    plain = {Path(name).parts[0] for name in committed() if not name.startswith(".")}
    assert plain == {
        "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "deploy", "flows", "pyproject.toml", "requirements.lock",
        "snapshots", "tests", "watcher",
    }  # fmt: skip


@pytest.mark.parametrize("lock", ["requirements.lock", "deploy/requirements.lock"])
def test_every_locked_package_is_pinned_and_hashed_and_none_has_an_address(lock: str):
    text = text_of(lock)
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(entries) > 50
    for entry in entries:
        first, *rest = entry.splitlines()
        assert PINNED.match(first), first
        assert any("--hash=sha256:" in line for line in rest), first


def test_the_lock_holds_all_that_is_asked_for():
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    requested = {canonical(re.split(r"[\[<>=!~; ]", item)[0]) for item in asked}
    locked = {canonical(line.split("==")[0]) for line in text_of("requirements.lock").splitlines() if "==" in line}
    assert requested - locked == set()


def test_to_import_the_core_loads_none_of_the_slow_libraries():
    (loaded,) = modules_after("import watcher; watcher.compare_wikitext, watcher.parse")
    assert {"watcher.parse", "watcher.diff"} <= loaded
    assert loaded.isdisjoint(HEAVY)


def test_reviews_histories_citations_and_prefect_are_loaded_by_what_needs_them():
    program = {"watcher.fetch", "watcher.services.checks.check", "watcher.cli.app", "watcher.web"}
    with_storage, with_health, with_retention, with_all = modules_after(
        "import snapshots",
        "import watcher.services.context, watcher.services.operations.health",
        "import snapshots.retention",
        f"import {', '.join(sorted(program))}",
    )
    assert with_storage.isdisjoint({"snapshots.ledger", "snapshots.cited_statistics", "sqlalchemy"})
    unused = "review_tables review_records account_tables ledger_tables rendering_tables revisions comparisons".split()
    assert with_health.isdisjoint({f"snapshots.{name}" for name in unused} | {"watcher.model.elements"})
    # What deletes rows must know every table that references them.
    assert "snapshots.cited_statistics" in with_retention
    assert program <= with_all
    assert "prefect" not in with_all


def test_the_package_runs_as_a_module():
    done = run_program(sys.executable, "-m", "watcher", "--version", cwd=ROOT)
    assert done.stdout.strip() == version()
