"""Test that README, CHANGELOG and RUNBOOK describe what the program does."""

import doctest
import importlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests import readme
from tests.cases import for_each
from tests.command import run_program
from watcher import model
from watcher.cli import app
from watcher.config import load
from watcher.config.settings import TABLES, keys_of
from watcher.judge.anomalies import ANOMALY_CHECKS
from watcher.judge.engine import RULES
from watcher.model import Kind, Severity
from watcher.model.vocabulary import OperatorEvent

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CORE = (ROOT / "watcher/README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "watcher/cli/README.md").read_text(encoding="utf-8")
SETTINGS_PAGE = (ROOT / "deploy/README.md").read_text(encoding="utf-8")
RUNBOOK = (ROOT / "deploy/RUNBOOK.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
PAGES = {
    "README.md": README,
    "watcher/README.md": CORE,
    "watcher/cli/README.md": COMMANDS,
    "deploy/README.md": SETTINGS_PAGE,
    "deploy/RUNBOOK.md": RUNBOOK,
    "CHANGELOG.md": CHANGELOG,
}
FOLDERS = ("watcher", "flows", "snapshots", "tests", "deploy")
SETTINGS = [(table, key) for table, shape in TABLES.items() if table for key in keys_of(shape)]


EXAMPLES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("watcher", "flows", "snapshots")
    for path in sorted((ROOT / package).rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


def settings_table(table: str) -> str:
    """The rows of the README's table of one watchlist table."""
    titles = {
        "watcher": "[watcher]",
        "keep": "[keep]",
        "ignore": "ignore`, `only",
        "only": "ignore`, `only",
        "statistic": "[[watch.statistic]]",
    }
    title = titles.get(table, f"[[{table}]]")
    match = re.search(rf"^\| `{re.escape(title)}` \|.*?\n\n", SETTINGS_PAGE + "\n\n", re.DOTALL | re.MULTILINE)
    assert match, f"deploy/README.md has no table of {title}"
    return match[0]


def fenced(text: str, language: str) -> list[str]:
    """The code blocks of a language, their indentation taken off."""
    blocks = re.finditer(rf"^( *)```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{hit[1]}", "", hit[2], flags=re.MULTILINE) for hit in blocks]


def called(text: str) -> Iterator[list[str]]:
    """Every call of the command line in code blocks and between backquotes, as words."""
    blocks = "\n".join(fenced(text, "sh"))
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    for line in [*blocks.splitlines(), *inline]:
        hit = re.search(r"(?:^|[/\s])watcher (?!/)([a-z].*)", line)
        if hit and "article-watcher" not in line[: hit.start(1)]:
            yield shlex.split(hit[1], comments=True)


@for_each("name", readme.command_names())
def test_each_command_shows_an_example_that_it_understands(name: str):
    text = readme.help_of(*name.split())
    hit = re.search(r"Example: watcher (.*?)\n\n", text, re.DOTALL)
    assert hit, f"watcher {name} --help has no example"
    words = shlex.split(hit[1].partition(">")[0])
    assert " ".join(words).startswith(name)
    known = set(re.findall(r"--[a-z][a-z-]*", text))
    assert {word for word in words if word.startswith("--")} <= known


@for_each(("table", "key"), SETTINGS)
def test_every_setting_is_described_with_its_default(table: str, key: str):
    rows = [row for row in settings_table(table).splitlines() if row.startswith(f"| `{key}` |")]
    assert len(rows) == 1, f"[{table}] {key} is not in its table"
    field = keys_of(TABLES[table])[key]
    if isinstance(field.default, bool | Severity):
        shown = f'"{field.default.label}"' if isinstance(field.default, Severity) else str(field.default).lower()
        assert rows[0].split("|")[2].strip() == f"`{shown}`"


@for_each("table", sorted({table for table, _ in SETTINGS}))
def test_no_setting_is_described_that_is_none(table: str):
    described = re.findall(r"^\| `([a-z_]+)` \|", settings_table(table), re.MULTILINE)
    assert set(described) == set(keys_of(TABLES[table]))


@for_each("kind", Kind)
def test_every_kind_of_change_is_described_once(kind: Kind):
    rows = [row for row in CORE.splitlines() if row.startswith("| `") and f"`{kind.value}`" in row.split("|")[1]]
    assert len(rows) == 1


@for_each(
    "name",
    [
        *(f"`{severity.label}`" for severity in Severity),
        *(f"| `{rule.__name__}` |" for rule in (*RULES, *ANOMALY_CHECKS)),
    ],
)
def test_every_severity_and_rule_is_named(name: str):
    assert name in CORE


def test_the_words_of_the_glossary_are_classes_of_the_model():
    glossary = CORE.partition("\n## Glossary\n")[2].partition("\n## ")[0]
    words = [
        word for line in glossary.splitlines() if line.startswith("- ") for word in re.findall(r"\*\*(\w+)\*\*", line)
    ]
    assert len(words) > 12
    assert [word for word in words if not isinstance(getattr(model, word, None), type)] == []


def test_the_python_of_the_readme_does_what_it_shows():
    blocks = fenced(README, "python")
    assert blocks
    for block in blocks:
        example = doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", 0)
        assert example.examples
        assert doctest.DocTestRunner().run(example).failed == 0


@for_each("name", EXAMPLES)
def test_the_examples_of_the_sources_do_what_they_show(name: str):
    done = doctest.testmod(importlib.import_module(name))
    assert done.attempted
    assert done.failed == 0


def test_the_toml_of_the_readme_is_a_watchlist(tmp_path: Path):
    blocks = fenced(README, "toml")
    assert blocks
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.toml"
        path.write_text('[watcher]\ncontact = "mailto:a@example.org"\n' + block)
        assert load(path, environ={"TEAM_URL": "json://127.0.0.1/"}).destinations


@for_each("page", PAGES)
def test_every_command_that_is_named_exists_with_its_options(page: str):
    calls = list(called(PAGES[page]))
    helps = {name: readme.help_of(*name.split()) for name in readme.command_names()}
    groups = {name.partition(" ")[0] for name in helps if " " in name}
    for words in calls:
        name = " ".join(words[: 2 if words[0] in groups else 1])
        assert name in helps or name in groups, f"{page}: watcher {' '.join(words)}"
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert [option for option in options if option not in helps[name]] == [], f"{page}: {words}"


@for_each("page", PAGES)
def test_every_make_target_that_is_named_exists(page: str):
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z]+)", PAGES[page], re.MULTILINE)
    assert set(named) <= targets


@for_each("page", PAGES)
def test_every_link_within_the_repository_leads_somewhere(page: str):
    links = re.findall(r"\]\(([^)#]+)\)", PAGES[page])
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (ROOT / page).parent.joinpath(link).exists()] == []


@for_each("page", PAGES)
def test_every_file_that_is_named_exists(page: str):
    named = re.findall(r"`((?:watcher|flows|snapshots|tests|deploy)/[\w./-]+)`", PAGES[page])
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_function_on_the_way_of_a_check_exists():
    page = CORE.partition("## How a check runs")[2].partition("\n## ")[0]
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "watcher").rglob("*.py")]
    sources += [path.read_text(encoding="utf-8") for path in (ROOT / "snapshots").glob("*.py")]
    defined = {name for text in sources for name in re.findall(r"(?:def|class) (\w+)", text)}
    named = {name.rpartition(".")[2] for name in re.findall(r"`([\w.]+)`", page) if not name.endswith(".py")}
    assert len(named) > 30
    assert named <= defined


@for_each("happening", OperatorEvent)
def test_the_runbook_says_what_to_do_about_each_alarm(happening: OperatorEvent):
    assert RUNBOOK.count(f"| `{happening.value}` |") == 1


def test_make_lists_every_target_with_what_it_does():
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony
    listed = run_program("make", "--no-print-directory", cwd=ROOT, check=True).stdout
    assert [f"make {name}" for name in phony[1].split() if f"make {name} " not in listed] == []


def test_the_changelog_and_kubernetes_have_this_version_and_the_readme_is_short():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## [{version}]" in CHANGELOG or "## [Unreleased]" in CHANGELOG
    assert f'newTag: "{version}"' in (ROOT / "deploy/kubernetes/kustomization.yaml").read_text()
    headings = set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE))
    assert headings == {"Alerts", "Reports", "Watching", "Operating"}
    assert len(README.splitlines()) <= 300


def test_the_command_reference_names_every_command_once():
    names = re.findall(r"^#### watcher (.+)$", COMMANDS, re.MULTILINE)
    assert (names, list(dict.fromkeys(name.split()[0] for name in names))) == (
        readme.command_names(),
        list(app.COMMANDS),
    )


@for_each("folder", FOLDERS)
def test_each_folder_says_what_it_is_for(folder: str):
    assert (ROOT / folder / "README.md").read_text(encoding="utf-8").startswith("# ")
