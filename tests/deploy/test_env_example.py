"""Test that every variable in the examples of environments is used, and that they hold no secret."""

import re
from pathlib import Path
from typing import Any

from tests.cases import for_each

ROOT = Path(__file__).resolve().parents[2]
SINGLE, SEVERAL, PREFECT = "env.example", "env.several.example", "prefect.env.example"
TEXTS = {name: (ROOT / "deploy" / name).read_text(encoding="utf-8").splitlines() for name in (SINGLE, SEVERAL, PREFECT)}
SETS = {
    name: dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    for name, lines in TEXTS.items()
}
LINES = [line for lines in TEXTS.values() for line in lines]
SET = {name: value for values in SETS.values() for name, value in values.items()}
# Named by the user's own watchlist, not by the product.
CHOSEN = {"WATCHER_DATABASE", "TEAM_URL"}


def read_by_us() -> set[str]:
    """Every variable of our own that the sources name."""
    sources = [path for package in ("watcher", "flows", "snapshots") for path in (ROOT / package).rglob("*.py")]
    return {
        name
        for path in sources
        for name in re.findall(r"\b(?:WATCHER_[A-Z_]+|STATE_DIRECTORY)\b", path.read_text(encoding="utf-8"))
    }


def test_every_line_is_a_comment_or_a_variable_that_somebody_reads(prefect_answers: dict[str, Any]):
    assert [line for line in LINES if line and not re.match(r"#|[A-Z_]+=\S+$", line)] == []
    assert set(SET) - {*prefect_answers["settings"], "DO_NOT_TRACK"} - read_by_us() - CHOSEN == set()


def test_variables_of_the_watchlist_are_shown_where_they_are_named():
    for name in CHOSEN:
        assert any(f'"env:{name}"' in line for line in LINES)


@for_each("name", [name for name, value in SET.items() if "@" in value or "AUTH" in name])
def test_every_password_is_a_blank_to_fill_in(name: str):
    assert re.search(r":PASSWORD(@|$)", SET[name])


def test_one_machine_is_asked_for_what_its_watchlist_names_alone_and_several_have_two_databases():
    assert set(SETS[SINGLE]) == CHOSEN
    names = [SET[name].rpartition("/")[2] for name in ("WATCHER_DATABASE", "PREFECT_SERVER_DATABASE_CONNECTION_URL")]
    assert names[0] != names[1]


def test_no_worker_gets_the_password_of_the_database_of_prefect():
    named = [name for name, values in SETS.items() if "PREFECT_SERVER_DATABASE_CONNECTION_URL" in values]
    assert named == [PREFECT]
    units = (ROOT / "deploy").glob("*.service")
    reading = [path.name for path in units if "=/etc/article-watcher/prefect.env\n" in path.read_text()]
    assert reading == ["watcher-prefect.service"]


def test_what_is_in_two_files_is_the_same():
    for name in SETS[SEVERAL].keys() & SETS[PREFECT].keys():
        assert SETS[SEVERAL][name] == SETS[PREFECT][name]
    assert SETS[SEVERAL]["PREFECT_API_AUTH_STRING"] == SETS[PREFECT]["PREFECT_SERVER_API_AUTH_STRING"]
