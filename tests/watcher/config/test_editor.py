"""Test that an edit leaves the rest of the file unchanged, and that the first watchlist offers every setting."""

import itertools
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.config import add_watch, append_entries, default_watchlist, edit_watch, load
from watcher.config.loader import EXAMPLES
from watcher.config.settings import TABLES, WATCH_SETTINGS, Watch, descriptions
from watcher.errors import ConfigError, InputError, Missing
from watcher.model import Severity

TITLE = "Human trafficking"


def read(text: str, tmp_path: Path) -> Any:
    path = tmp_path / "watchlist.toml"
    path.write_text(text, encoding="utf-8", newline="")
    return load(path, environ={}).watches[0]


def test_settings_are_changed_added_and_taken_out(tmp_path: Path):
    settings = {"threshold": "high", "settle": None, "paused": True, "tags": ["law"], "claims": ['Say "no".']}
    watch = read(edit_watch(default_watchlist(), "enwiki", TITLE, settings), tmp_path)
    assert (watch.threshold, watch.paused, watch.tags) == (Severity.HIGH, True, ("law",))
    assert watch.claims == ('Say "no".',)
    assert watch.settle.total_seconds() == 600


def test_every_comment_and_every_other_line_stays():
    changed = edit_watch(default_watchlist(), "enwiki", TITLE, {"threshold": "high"})
    assert changed == default_watchlist().replace('threshold = "medium"', 'threshold = "high"', 1)
    assert edit_watch(changed, "enwiki", TITLE, {"threshold": "high", "tags": None}) == changed
    assert append_entries(OTHER, {"watch": []}) == OTHER


def test_windows_line_ends_stay():
    changed = edit_watch(default_watchlist().replace("\n", "\r\n"), "enwiki", TITLE, {"paused": True})
    assert "\n" not in changed.replace("\r\n", "")
    assert "paused = true\r\n" in changed
    longer = add_watch(changed, "enwiki", "Tide")
    assert "\n" not in longer.replace("\r\n", "")


@for_each("text")
def test_a_watch_is_found_however_it_is_written(text: str):
    changed = tomllib.loads(edit_watch(text, "w", "Low tide", {"paused": True}))["watch"]
    assert [watch.get("paused", False) for watch in changed] == [*[False] * (len(changed) - 1), True]


@for_each(("wiki", "title"), [("enwiki", "Tide"), ("dewiki", TITLE)])
def test_a_watch_that_is_gone_is_missing_and_only_its_settings_can_be_changed(wiki: str, title: str):
    with pytest.raises(Missing, match=r"no \[\[watch\]\] of its own in watchlist\.toml"):
        edit_watch(default_watchlist(), wiki, title, {"paused": True})
    with pytest.raises(ConfigError, match="database, title: is not a setting"):
        edit_watch(default_watchlist(), "enwiki", TITLE, {"title": "Tide", "database": "sqlite:///x"})


def test_a_file_that_is_no_toml_or_has_an_inline_list_of_watches_is_not_edited():
    with pytest.raises(ConfigError, match=r"watchlist\.toml:2: not valid TOML"):
        edit_watch("[watcher]\n???\n", "enwiki", TITLE, {})
    with pytest.raises(ConfigError, match=r"\[\[watch\]\]"):
        add_watch('watch = [{wiki = "w", title = "A"}]\n[[wiki]]\nname = "w"\n', "w", "B")


def test_tables_of_a_watch_are_written_into_it_and_leave_the_next_entry_alone():
    text = '[[wiki]]\nname = "w"\n\n[[watch]]\ntitle = "A"\n\n# the other one\n[[watch]]\ntitle = "B"\n'
    changed = edit_watch(text, "w", "A", {"ignore": {"bots": True}, "statistic": [{"label": "x", "low": 3}]})
    changed = edit_watch(changed, "w", "A", {"paused": True, "only": {"groups": ["sysop"]}})
    first, second = tomllib.loads(changed)["watch"]
    assert second == {"title": "B"}
    assert first == {
        "title": "A", "ignore": {"bots": True}, "statistic": [{"label": "x", "low": 3}], "paused": True,
        "only": {"groups": ["sysop"]},
    }  # fmt: skip
    assert "ignore = { bots = true }\n" in changed
    assert "statistic" not in edit_watch(changed, "w", "A", {"statistic": None})


OTHER = '[watcher]\ncontact = "mailto:a@example.org"\n\n[[watch]]\ntitle = "Tide"\n# mine\n'


def test_what_stands_there_is_kept_and_the_entries_follow():
    watch = {"title": "Ebb", "statistic": [{"label": "x", "low": 3}], "ignore": {"bots": True}, "tags": ["a"]}
    longer = append_entries(OTHER, {"wiki": [{"name": "w"}], "watch": [watch]})
    assert longer.startswith(OTHER)
    content = tomllib.loads(longer)
    assert content["watch"] == [{"title": "Tide"}, watch]
    assert content["wiki"] == [{"name": "w"}]


def test_an_entry_of_endless_depth_or_with_a_key_that_the_table_does_not_have_is_refused():
    deep: object = "x"
    for _ in range(900):
        deep = [deep]
    for value in (deep, None, "\ud800"):
        with pytest.raises(InputError, match="that no watchlist can hold"):
            append_entries(OTHER, {"watch": [{"title": "Ebb", "ignore": value}]})
    for key in ("links_to", "keep", "a = 1\n[keep]", "", "title "):
        with pytest.raises(InputError, match="which no watchlist has"):
            append_entries(OTHER, {"watch": [{"title": "Ebb", key: "x"}]})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_went_in(text: str):
    content = tomllib.loads(append_entries(OTHER, {"watch": [{"title": text, "claims": [text]}]}))
    assert content["watch"][1] == {"title": text, "claims": [text]}
    assert set(content) == {"watcher", "watch"}


@pytest.fixture
def titles(tmp_path: Path):
    """The titles that a text watches."""

    def of(text: str) -> Any:
        path = tmp_path / "watchlist.toml"
        path.write_text(text, encoding="utf-8", newline="")
        return [watch.title for watch in load(path, environ={}).watches]

    return of


def test_the_template_watches_human_trafficking_and_what_it_offers_in_comments_is_valid_too(tmp_path: Path):
    begins = "[[", "name =", "url =", "thre", "kinds", "claims", "category", "depth", "user", "pass"
    lines = [(line, line.removeprefix("# ")) for line in default_watchlist().splitlines()]
    offered = [bare if bare.startswith(begins) else line for line, bare in lines]
    path = tmp_path / "watchlist.toml"
    path.write_text("\n".join(offered), encoding="utf-8")
    watchlist = load(path, environ={"TEAM_URL": "json://127.0.0.1:9", "WIKI_PASSWORD": "secret"})
    assert (watchlist.sources[0].source, watchlist.wikis[0].signs_in) == ("category:Human rights abuses", True)
    assert [destination.name for destination in watchlist.destinations] == ["team"]
    assert watchlist.watches[0].claims
    assert [(watch.wiki, watch.title) for watch in watchlist.watches] == [("enwiki", "Human trafficking")]
    assert watchlist.wiki("enwiki").api == "https://en.wikipedia.org/w/api.php"


@for_each("title", ["Forced labour", 'Say "no"', "C:\\path", "Ångström", "100% effort", "AC/DC"])
def test_an_added_title_is_watched(titles: Callable[[str], list[str]], title: str):
    for text in (default_watchlist(), default_watchlist().rstrip() + "\n# end"):
        assert titles(add_watch(text, "enwiki", title)) == ["Human trafficking", title]


@for_each(("wiki", "title", "expected"))
def test_a_watch_that_cannot_be_added_is_reported_in_one_line(wiki: str, title: str, expected: str):
    with pytest.raises(ConfigError) as caught:
        add_watch(default_watchlist(), wiki, title)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_each_key_that_must_be_there_has_an_example():
    needed = {name for table in TABLES.values() for name, field in table.model_fields.items() if field.is_required()}
    assert needed == set(EXAMPLES)


def test_the_first_watchlist_offers_every_setting_of_a_watch_with_its_description():
    lines, described = default_watchlist().casefold().splitlines(), descriptions(Watch)
    pairs = reversed([*itertools.pairwise(lines)])  # a setting of a watch stands before what others call so, too
    after = {line.removeprefix("# ").partition(" = ")[0]: before for before, line in pairs}
    expected = {name: f"# {described[name]}.".casefold() for name in WATCH_SETTINGS}
    assert {name: after.get(name) for name in WATCH_SETTINGS} == expected


MADE_UP = '''    cooldown: Duration = Field(default=timedelta(hours=1), title="Wait between two alerts")
    """how long after an alert the next one is held"""
'''
SEEN = """
from watcher.config import Watch, default_watchlist, edit_watch, parse_watchlist
from watcher.web.api.routes import document
from watcher.web.api.models import UpdateWatchRequest
from watcher.web.pages.watchlist import form_values, settings_of
from pathlib import Path

text = edit_watch(default_watchlist(), "enwiki", "Human trafficking", {"cooldown": "5m"})
watch = parse_watchlist(text, Path("watchlist.toml"), environ={}).watches[0]
api = document()["components"]["schemas"]
print(watch.cooldown, 'cooldown = "1h"' in default_watchlist(), form_values(settings_of(Watch, {}), watch)["cooldown"])
print(UpdateWatchRequest.model_validate({"wiki": "w", "title": "T", "cooldown": "4h"}).settings())
print("cooldown" in api["Watch"]["properties"], "cooldown" in api["UpdateWatchRequest"]["properties"])
"""


@pytest.mark.slow
def test_a_new_setting_is_one_field_in_one_file(tmp_path: Path):
    root = Path(__file__).parents[3]
    shutil.copytree(root / "watcher/config", tmp_path / "watcher/config")
    for path in (root / "watcher").iterdir():
        if path.name != "config":
            (tmp_path / "watcher" / path.name).symlink_to(path)
    file = tmp_path / "watcher/config/settings.py"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("    paused: bool", f"{MADE_UP}    paused: bool"), encoding="utf-8")
    environ = {"PYTHONPATH": f"{tmp_path}:{root}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", SEEN]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["0:05:00 True 5m", "{'cooldown': '4h'}", "True True"], done.stderr
