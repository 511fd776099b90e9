import json
import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from time import time

import pytest

from tests.cases import for_each
from tests.dumps import export
from tests.flows.harness import CHANGED, TEXT, WikiHarness

HOSTILE = TEXT.replace("the survey counted 21 million boats", "the survey <b>counted</b> \u001b[31m25 million boats")


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of what previews fetch, not that of the person who runs the tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def own_settings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plays the past once, not for three other settings as well."""
    monkeypatch.setattr("watcher.services.history.preview._other_settings", lambda _: ())


@pytest.fixture
def edited(world: WikiHarness) -> WikiHarness:
    """A page that was checked ten days ago, when a figure was changed, and put back hours later."""
    world.clock.time = datetime.now(UTC) - timedelta(days=10)
    world.store.edit("Tide", TEXT.replace("Every", "Each"), at=world.clock.time)
    assert world.check_state() == "baseline"
    world.store.edit("Tide", CHANGED, editor="Gull", at=world.clock.time + timedelta(hours=2))
    world.store.edit("Tide", TEXT, editor="Tern", at=world.clock.time + timedelta(hours=9))
    return world


def contents(folder: Path) -> dict[str, str]:
    """What every file below a folder holds, but those of the cache."""
    files = (path for path in folder.rglob("*") if path.is_file() and "cache" not in path.parts)
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}


def test_one_screen_says_what_would_have_been_sent_and_nothing_changes(watcher, edited: WikiHarness, inbox):
    before = contents(edited.folder)
    done = watcher("preview", "Tide", "--settle", "10m")
    assert (done.code, [*inbox.requests], contents(edited.folder)) == (0, [], before)
    assert "21 million → 25 million boats (Harbours), same source" in done.out
    assert "resolved 1" in done.out
    assert "with threshold = high: 2 messages in place of 2" in done.out
    assert done.out.count("\n") < 24


@pytest.mark.usefixtures("own_settings_alone")
def test_a_dump_and_the_database_are_played_without_the_wiki(watcher, edited: WikiHarness):
    asked = json.loads(watcher("preview", "Tide", "--format", "json").out)
    edited.check()
    dump = edited.folder / "tide.xml"
    dump.write_bytes(export(edited.store, "Tide"))
    edited.wiki.requests.clear()
    of_dump, stored = (
        json.loads(watcher("preview", "Tide", *more, "--format", "json").out)
        for more in (("--dump", dump), ("--offline",))
    )
    assert not edited.wiki.requests
    assert [message["subject"] for message in of_dump["messages"]] == [each["subject"] for each in asked["messages"]]
    assert [message["subject"] for message in stored["messages"]] == [each["subject"] for each in asked["messages"]]
    assert watcher("preview", "Ebb", "--dump", dump).refuses("the dump has no revision of 'Ebb'")
    dump.write_bytes(dump.read_bytes()[:-100])
    assert watcher("preview", "Tide", "--dump", dump).refuses("the file is cut")


@pytest.mark.usefixtures("own_settings_alone")
def test_a_page_that_is_not_watched_is_played_with_the_default_settings(watcher, edited: WikiHarness):
    edited.store.edit("Ebb", TEXT, at=edited.clock.time)
    edited.store.edit("Ebb", CHANGED, at=edited.clock.time + timedelta(hours=1))
    shown = json.loads(watcher("preview", "Ebb", "--wiki", "w", "--threshold", "high", "--format", "json").out)
    assert shown["settings"] == {"every": "15m", "settle": "10m", "threshold": "high"}
    assert [message["destination"] for message in shown["messages"]] == ["inbox"]


@pytest.mark.usefixtures("own_settings_alone")
def test_the_page_has_a_calendar_and_no_markup_of_the_wiki(watcher, edited: WikiHarness):
    edited.store.edit("Tide", HOSTILE, at=edited.clock.time + timedelta(hours=12))
    page = watcher("preview", "Tide", "--format", "html").out
    assert '<h2 id="calendar">Calendar</h2>' in page
    assert "&lt;b&gt;" not in page or "<b>" not in page
    assert not {"<b>", "<script", "\u001b"} & {part for part in ("<b>", "<script", "\u001b") if part in page}
    assert "\u001b" not in watcher("preview", "Tide").out


@for_each(("words", "problem"))
def test_bad_input_is_one_line(watcher, edited: WikiHarness, words: tuple[str, ...], problem: str):
    before = contents(edited.folder)
    done = watcher("preview", *words)
    lines = [line for line in done.err.splitlines() if not line.startswith(("Fetching", "Playing"))]
    assert (done.code, done.out, len(lines)) == (2, "", 1), done
    assert problem in lines[0]
    assert contents(edited.folder) == before


@pytest.mark.usefixtures("own_settings_alone", "edited")
def test_what_was_kept_for_longer_than_a_day_is_fetched_again(watcher, cache: Path):
    assert watcher("preview", "Tide").code == 0
    (kept,) = cache.rglob("preview-*.db")
    two_days_ago = time() - 2 * 86_400
    os.utime(kept, (two_days_ago, two_days_ago))
    assert watcher("preview", "Tide").code == 0
    assert kept.stat().st_mtime > two_days_ago + 86_400


@pytest.mark.usefixtures("own_settings_alone", "edited")
def test_a_cache_folder_that_is_not_absolute_is_ignored(watcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert watcher("preview", "Tide").code == 0
    assert [path.name for path in tmp_path.glob("**/article-watcher")] == ["article-watcher"]
    assert not (tmp_path / "cache").exists()
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    assert watcher("preview", "Tide").refuses("set XDG_CACHE_HOME to a folder")


@pytest.mark.usefixtures("own_settings_alone")
def test_a_wiki_that_is_away_is_one_line_and_another_try_goes_on(watcher, edited: WikiHarness, cache: Path):
    watcher("preview", "Tide")
    edited.wiki.refuse(9, status=429, retry_after="3600")  # so long that it is not tried again
    done = watcher("preview", "Tide")
    assert (done.code, done.out) == (3, "")
    assert done.err.splitlines()[-1].startswith("watcher: ")
    assert (cache / "article-watcher").stat().st_mode & 0o077 == 0
