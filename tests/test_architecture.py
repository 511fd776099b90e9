"""The shape of the house: who may import whom, a test beside every module, nothing too long to read."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("watcher", "flows", "snapshots")
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts
)
LONGEST = 300
# Modules that are tested through others, by which test and why.
TESTED_BY = {
    "watcher/__main__.py": ("tests/test_repository.py", "one call, run as a process"),
    "watcher/cli/commands.py": ("tests/test_docs.py", "a list of commands: every one is asked for its help"),
    "watcher/cli/demo.py": ("tests/test_docs.py", "one call of flows.demonstration"),
    "watcher/cli/reviewing.py": ("tests/end_to_end/test_web.py", "it is a server, run as a process"),
    "watcher/cli/serving.py": ("tests/end_to_end/test_serve.py", "it is a tree of processes"),
    "flows/schedule.py": ("tests/end_to_end/test_serve.py", "it is one of them"),
    **{
        f"flows/{name}.py": ("tests/flows/test_flows.py", "Prefect's server is started once for all flows")
        for name in (
            "backfill_article check_articles chunk deliver_alerts dispatch_checks forget_runs "
            "keep_watch reaping tidy_memory"
        ).split()
    },
    "flows/exchange.py": ("tests/watcher/cli/test_exchange.py", "it is what two commands do"),
    "flows/demonstration.py": ("tests/end_to_end/test_demo.py", "the whole demo is run, once"),
    "flows/telling.py": ("tests/flows/test_steps.py", "the last step of a check"),
    **{
        f"watcher/{name}.py": ("tests/test_golden.py", "its cases are data: an edit and its verdict")
        for name in (
            "diff/align diff/passages diff/pins diff/references diff/stage judge/references judge/structure"
        ).split()
    },
    "snapshots/biography.py": ("tests/snapshots/test_lives.py", "a transaction around each of those functions"),
    "snapshots/chronicle_rows.py": ("tests/snapshots/test_schema.py", "tables: the migrations make exactly these"),
    "snapshots/review_rows.py": ("tests/snapshots/test_schema.py", "tables: the migrations make exactly these"),
    "snapshots/review_values.py": ("tests/snapshots/test_reviews.py", "values alone"),
    "snapshots/reviewing.py": ("tests/snapshots/test_reviews.py", "a transaction around each of those functions"),
    "snapshots/newcomer_rows.py": ("tests/snapshots/test_schema.py", "compared with what the migrations make"),
    "snapshots/picture_rows.py": ("tests/snapshots/test_schema.py", "compared with what the migrations make"),
    "snapshots/migrations/env.py": ("tests/snapshots/test_schema.py", "Alembic runs it"),
}
VIOLATIONS = {
    "a library outside its room": ("watcher/judge/verdict.py", "import httpx"),
    "a library in the memory": ("snapshots/values.py", "from prefect import flow"),
    "a stage that knows another": ("watcher/parse/tags.py", "from watcher.judge import judge"),
    "the core that knows the clock": ("watcher/pipeline.py", "import flows.steps"),
    "the memory that knows a stage": ("snapshots/values.py", "from watcher.parse import parse"),
    "values that need a library": ("watcher/model/scales.py", "import pydantic"),
    "an import inside a function": ("watcher/report/labels.py", "def late():\n    import apprise"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages in `folder`."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources in a folder of their own, to be spoilt."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def contracts() -> list[dict[str, object]]:
    found: list[dict[str, object]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    return found


def test_imports_go_one_way_and_each_library_has_one_room():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(contracts())} kept, 0 broken" in done.stdout


@pytest.mark.parametrize(("module", "line"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_planted_violation_is_found(copy: Path, module: str, line: str):
    spoilt = copy / module
    spoilt.write_text(f"{spoilt.read_text()}\n\n{line}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 broken" in done.stdout or "2 broken" in done.stdout
    assert module.removesuffix(".py").replace("/", ".") in done.stdout


def test_every_room_of_the_core_has_its_floor():
    floors = {
        room.strip()
        for contract in contracts()
        if contract["type"] == "layers"
        for floor in contract["layers"]  # type: ignore[attr-defined]
        for room in floor.split("|")
    }
    rooms = {
        f"watcher.{path.stem}"
        for path in (ROOT / "watcher").iterdir()
        if path.suffix in ("", ".py") and not path.name.startswith("__")
    }
    assert rooms | {"flows", "snapshots"} == floors


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_mirror_among_the_tests(module: str):
    path = Path(module)
    if path.name == "__init__.py" and only_exports(ROOT / path):
        return
    if module in TESTED_BY:
        assert (ROOT / TESTED_BY[module][0]).exists()
        return
    name = "test_init.py" if path.name == "__init__.py" else f"test_{path.name}"
    mirror = Path("tests") / path.parent / name
    assert (ROOT / mirror).exists(), f"{mirror} is missing: write it, or say in TESTED_BY what tests {module}"


def test_no_excuse_is_for_a_module_that_is_gone():
    assert set(TESTED_BY) <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_can_be_read_in_one_go_and_says_what_it_is(module: str):
    text = (ROOT / module).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(text)), f"{module} has no docstring"


def test_nothing_is_named_after_nothing():
    vague = {"utils", "util", "helpers", "helper", "manager", "handler", "common", "misc", "process", "data"}
    names = {part for module in MODULES for part in Path(module).with_suffix("").parts}
    assert not names & vague


def only_exports(path: Path) -> bool:
    """Whether a module holds nothing but its docstring, imports and `__all__`."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                continue
            case _:
                return False
    return True
