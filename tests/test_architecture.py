"""Test the structure of the source: imports, names, and the length of functions and modules."""

import ast
import io
import re
import shutil
import subprocess
import sys
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.command import run_program
from tests.import_table import parse_rows

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("watcher", "flows", "snapshots")
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "versions" not in path.parts
}
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST = 500
COMMENTS = 3  # lines with a comment in a hundred
COMMENTED = ("watcher/parse", "watcher/diff", "watcher/ledger", "watcher/services")
VIOLATIONS = {
    "watcher.judge.rule": "import httpx",  # a library outside its package
    "snapshots.records": "from prefect import flow",
    "snapshots.tables": "from watcher.parse import parse",  # storage that knows a stage
    "watcher.parse.template_names": "from watcher.judge import judge",  # a stage that knows another
    "watcher.pipeline": "import watcher.services.checks.check",  # the core that knows what runs it
    "watcher.model.vocabulary": "import pydantic",  # values that need a library
    "watcher.report.labels": "def late():\n    import apprise",  # an import inside a function
    "watcher.services.checks.poll": "import pydantic",  # what only another module of the package may import
    "watcher.unplanned": "",  # a package without a row
}
VAGUE = {"utils", "util", "helpers", "helper", "manager", "handler", "common", "misc", "process", "data"}

# Each concept: the module that owns it, the pattern of a line that implements it, and a line that would do so again.
ONE_OWNER = {
    "watcher.urls": (r"\.is_loopback\b", "return ip_address(host).is_loopback"),
    "watcher.backoff": (
        r"\bparsedate_to_datetime\(|\*\* *\(?(min\()?(tries|attempts)",
        "wait = first * 2.0 ** (attempts - 1)",
    ),
    "watcher.batching": (r"\brange\(0, len\(\w+\), ", "for at in range(0, len(ids), 500):"),
    "watcher.processes": (r"\bgc\.set_threshold\(", "gc.set_threshold(20_000, 20, 20)"),
    "watcher.text": (
        r"isprintable\(\) else|\\ud800-\\udfff[^\n]*\\u202e|\\u202e[^\n]*\\ud800",
        "letter if letter.isprintable() else repr(letter)",
    ),
}


# Metaphors that stood for several things each; the field has a word for every one of them.
PRIVATE_WORDS = set(
    """
    told untold tell tells telling tellings standing stands stood wish wishes wished wanted mourn nudge nudges rota
    mine theirs moment moments says said heir heirs lives patience sorts anew heard withheld deed biography
    chronicle postings picture pictures
    """.split()
)
PRIVATE_NAMES = {"one", "ones", "found", "some", "here", "there", "place", "places", "sort", "life", "stand", "say"}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages in `folder`."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    environ = {"PYTHONPATH": f"{folder}:{ROOT}", "PATH": "", "LC_ALL": "C.UTF-8"}
    return run_program(sys.executable, "-c", code, "--no-cache", cwd=folder, env=environ)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All that a file's tree is made of."""
    return list(ast.walk(tree(path)))


def imports(module: str) -> set[str]:
    """The modules of the product that a module imports, wherever in it the import stands."""
    names: set[str] = set()
    for node in nodes(MODULES[module]):
        match node:
            case ast.Import():
                names.update(alias.name for alias in node.names)
            case ast.ImportFrom(module=str(origin)):
                parts = {f"{origin}.{alias.name}" for alias in node.names}
                names.update(part if part in MODULES else origin for part in parts)
    return names & MODULES.keys() - {module}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A circle of modules that import each other, its first module once more at its end; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def defined_names(path: Path) -> Iterator[tuple[str, int]]:
    """Every name that a file gives to something, with its line."""
    for node in nodes(path):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if not node.name.startswith("test_"):
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name, node.lineno


@cache
def private_words(name: str) -> set[str]:
    """The private words in a name: parts of it, or the whole name where the word is a common part of good ones."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")
    return set(parts) & PRIVATE_WORDS or (PRIVATE_NAMES & set(parts) if len(parts) == 1 else set())


def comment_lines(path: Path) -> int:
    """The lines with a comment that is for people."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    return sum(
        token.type == tokenize.COMMENT and not token.string.startswith(("# noqa", "# type:")) for token in tokens
    )


def test_the_table_of_imports_has_a_row_for_every_package():
    (contract,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rows = {row.name for row in parse_rows(contract["table"]) if row.packages is not None}
    packages = {".".join(name.split(".")[:2]) for name in MODULES if name.startswith("watcher")}
    assert rows == packages | {"flows", "snapshots"}


def test_every_planted_violation_is_found(tmp_path: Path):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, line in VIOLATIONS.items():
        with (tmp_path / module.replace(".", "/")).with_suffix(".py").open("a", encoding="utf-8") as file:
            file.write(f"\n\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    reported = re.findall(r"^(\S+?)(?::\d+ imports \S+: the row| is in no row)", done.stdout, re.MULTILINE)
    assert sorted(reported) == sorted(VIOLATIONS)


def test_no_module_imports_itself_through_others_not_even_inside_a_function():
    assert circle({module: imports(module) for module in MODULES}) == []
    assert sorted(set(circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}))) == ["b", "c"]


def test_loopback_backoff_batching_collections_and_the_sanitizing_of_text_have_one_owner_each():
    sources = {module: path.read_text(encoding="utf-8") for module, path in MODULES.items()}
    for owner, (pattern, second) in ONE_OWNER.items():
        assert re.search(pattern, second)
        assert {module for module, text in sources.items() if re.search(pattern, text)} - {owner} == set()


def test_every_package_has_its_tests_and_every_module_a_docstring_and_few_enough_lines():
    packages = {path.parent.relative_to(ROOT) for path in MODULES.values() if not only_exports(path)}
    packages -= {Path("snapshots/migrations")}
    assert [str(package) for package in sorted(packages) if not any((ROOT / "tests" / package).glob("test_*.py"))] == []
    long = [module for module, path in MODULES.items() if len(path.read_text("utf-8").splitlines()) > LONGEST]
    unexplained = [module for module, path in MODULES.items() if not ast.get_docstring(tree(path))]
    assert (long, unexplained) == ([], [])


@pytest.mark.parametrize("package", COMMENTED)
def test_comments_name_the_rules_behind_the_lines(package: str):
    paths = list((ROOT / package).rglob("*.py"))
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in paths)
    assert sum(map(comment_lines, paths)) / lines >= COMMENTS / 100


def test_names_are_the_words_of_the_field():
    private = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in [*MODULES.values(), *TESTS]
        for name, line in defined_names(path)
        if private_words(name)
    ]
    assert private == []
    assert not {part for module in MODULES for part in module.split(".")} & VAGUE


@pytest.mark.parametrize("paths", [list(MODULES.values()), TESTS], ids=["product", "tests"])
def test_no_two_public_classes_have_the_same_name(paths: list[Path]):
    classes = defaultdict(list)
    for path in paths:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: lines for name, lines in classes.items() if len(lines) > 1} == {}


def only_exports(path: Path) -> bool:
    """Whether a module holds nothing but its docstring, imports and `__all__`."""
    for node in tree(path).body:
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                continue
            case _:
                return False
    return True
