"""The shape of the source: who may import whom, tests for every package, nothing too long to read."""

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
LONGEST = 500
VIOLATIONS = {
    "a library outside its room": ("watcher/judge/rule.py", "import httpx"),
    "a library in the memory": ("snapshots/records.py", "from prefect import flow"),
    "a stage that knows another": ("watcher/parse/dialects.py", "from watcher.judge import judge"),
    "the core that knows the clock": ("watcher/pipeline.py", "import watcher.services.check"),
    "the memory that knows a stage": ("snapshots/records.py", "from watcher.parse import parse"),
    "values that need a library": ("watcher/model/vocabulary.py", "import pydantic"),
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
    result: list[dict[str, object]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    return result


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


def test_every_package_has_its_tests():
    packages = {Path(module).parent for module in MODULES if not only_exports(ROOT / module)} - {
        Path("snapshots/migrations")
    }
    assert [str(package) for package in sorted(packages) if not any((ROOT / "tests" / package).glob("test_*.py"))] == []


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
