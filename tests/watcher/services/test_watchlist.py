"""Test that watches are added, and that the file is written only when valid, never over somebody else's change."""

import threading
from pathlib import Path

import pytest

from tests.cases import parametrize_each
from tests.flows.harness import TEXT, WikiHarness
from watcher import errors
from watcher.config import add_watch, default_watchlist, edit_watch, load
from watcher.errors import ConfigError, Conflict, Missing
from watcher.services.watchlist import add_entries, file_version, remove_entries, update_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "watchlist.toml"
    made.write_text(default_watchlist(), encoding="utf-8")
    return made


def paused(text: str) -> str:
    return edit_watch(text, "enwiki", "Human trafficking", {"paused": True})


def test_a_setting_is_written_and_the_version_moves_on(path: Path):
    path.chmod(0o640)
    version = file_version(path)
    assert update_file(path, paused, version=version, environ={}) is True
    assert load(path, environ={}).watches[0].paused is True
    assert file_version(path) != version
    assert path.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in path.parent.iterdir()] == ["watchlist.toml"]
    assert update_file(path, paused, environ={}) is False


def test_a_file_that_was_changed_meanwhile_is_left_alone(path: Path):
    version = file_version(path)
    path.write_text(default_watchlist() + "# mine\n")
    with pytest.raises(Conflict, match="changed meanwhile"):
        update_file(path, paused, version=version, environ={})
    assert path.read_text() == default_watchlist() + "# mine\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: edit_watch(text, "enwiki", "Human trafficking", {"every": "1s"}), "shorter than 10 seconds"),
        (lambda text: edit_watch(text, "enwiki", "Human trafficking", {"destinations": ["team"]}), "no .* has"),
        (lambda text: text + "[[watch]", "not valid TOML"),
    ],
)
def test_what_would_be_no_watchlist_is_not_written(path: Path, change, expected: str):
    with pytest.raises(ConfigError, match=expected):
        update_file(path, change, environ={})
    assert path.read_text() == default_watchlist()


def test_the_file_keeps_its_mode_and_a_link_to_it_stays_a_link(path: Path, tmp_path: Path):
    link = tmp_path / "folder" / "list.toml"
    link.parent.mkdir()
    link.symlink_to(path)
    path.chmod(0o640)
    update_file(link, paused, environ={})
    assert (link.is_symlink(), path.stat().st_mode & 0o777) == (True, 0o640)
    assert load(path, environ={}).watches[0].paused is True


def test_a_file_that_cannot_be_read_or_written_is_named_and_left_alone(path: Path, tmp_path: Path):
    long = path.rename(path.with_name(f"{'long' * 60}.toml"))  # so that the new one can have no name beside it
    (tmp_path / "no text.toml").write_bytes(b"\xff")
    for name, problem in {
        long.name: "cannot be written",
        "nowhere.toml": r"nowhere\.toml: no such file",
        "no/nowhere.toml": "cannot be opened",
        "no text.toml": "not UTF-8",
    }.items():
        with pytest.raises(ConfigError, match=problem):
            update_file(tmp_path / name, paused, environ={})
    assert long.read_text() == default_watchlist()


def test_two_writers_at_once_lose_nothing(path: Path):
    titles = [f"Page {number}" for number in range(6)]
    writers = [
        threading.Thread(target=update_file, args=(path, lambda text, item=title: add_watch(text, "enwiki", item)))
        for title in titles
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=180)
    assert {watch.title for watch in load(path, environ={}).watches} == {"Human trafficking", *titles}


@pytest.fixture
def ebb(world: WikiHarness) -> WikiHarness:
    """The wiki has one more page."""
    world.edit(TEXT, "Low tide")
    return world


def add_article(path: Path, article: str, wiki: str | None) -> str:
    (line,) = add_entries(path, [article], wiki, lambda _title, _is_category: False)
    return line


def titles(world: WikiHarness) -> list[str]:
    return [watch.title for watch in load(world.path, environ={}).watches]


@parametrize_each("article")
def test_a_page_is_found_by_its_title_and_by_its_address(ebb: WikiHarness, article: str):
    page = ebb.store.by_title["Low tide"]
    mobile = ebb.wiki.url.replace("://", "://m.")
    address = article.format(wiki=ebb.wiki.url, page=page.id, revision=page.revisions[-1].id, mobile=mobile)
    text = add_article(ebb.path, address, None)
    assert "watching 'Low tide' on w" in text
    assert titles(ebb) == ["Tide", "Low tide"]


def test_a_redirect_is_followed_to_the_page_itself(ebb: WikiHarness):
    ebb.edit("#REDIRECT [[Low tide]]", "Ebb")
    assert "(from 'Ebb')" in add_article(ebb.path, "Ebb", None)
    assert titles(ebb) == ["Tide", "Low tide"]


@parametrize_each("article, wiki, error")
def test_what_cannot_be_watched_is_refused_and_the_file_left_alone(
    ebb: WikiHarness, article: str, wiki: str, error: str
):
    before = ebb.path.read_text()
    with pytest.raises(getattr(errors, error)):
        add_article(ebb.path, article.format(wiki=ebb.wiki.url), wiki or None)
    assert ebb.path.read_text() == before
    assert sorted(path.name for path in ebb.path.parent.iterdir() if path.suffix == ".new") == []


def test_all_that_stood_in_the_file_stays(ebb: WikiHarness):
    before = "# mine\n" + ebb.path.read_text()
    ebb.path.write_text(before)
    add_article(ebb.path, "Low tide", None)
    assert ebb.path.read_text().startswith(before)


def test_several_are_added_at_once_and_those_before_a_mistake_stay(ebb: WikiHarness):
    ebb.edit(TEXT, "High tide")
    lines = add_entries(ebb.path, ["Low tide", "High tide", "No such page"], None, lambda *_: False)
    with pytest.raises(Missing):
        list(lines)
    assert titles(ebb) == ["Tide", "Low tide", "High tide"]


def test_a_category_is_not_guessed_at(ebb: WikiHarness):
    ebb.edit("About tides.", "Category:Tides")
    asked: list[tuple[object, ...]] = []
    with pytest.raises(ConfigError, match=r"'Category:Tides': say which is meant, --page .* or --members"):
        list(add_entries(ebb.path, ["Category:Tides"], None, lambda *page: asked.append(page)))
    assert asked == [("Category:Tides", True)]
    assert "watching 'Category:Tides'" in add_article(ebb.path, "Category:Tides", None)


def test_of_a_talk_page_a_line_says_what_alerts(ebb: WikiHarness):
    ebb.edit("Is it 21 million?", "User talk:Ann")
    _, line = add_entries(ebb.path, ["User talk:Ann"], None, lambda *_: False)
    assert line == "'User talk:Ann': a talk page alerts only on pinned claims, limits and a replaced page"
    assert titles(ebb) == ["Tide", "User talk:Ann"]


def test_what_is_removed_leaves_every_other_line(ebb: WikiHarness):
    before = ebb.path.read_text().replace("[[destination]]", "# where alerts go\n[[destination]]")
    ebb.path.write_text(before)
    add_article(ebb.path, "Low tide", None)
    ebb.path.write_text(ebb.path.read_text() + "[[watch.statistic]]\nlabel = 'boats'\nlow = 1\n\n# the end\n")
    (line,) = remove_entries(ebb.path, ["Low_tide"], None)
    assert "'Low tide' on w is no longer watched" in line
    assert ebb.path.read_text().split() == f"{before}\n# the end\n".split()
    with pytest.raises(ConfigError, match="'Low tide': is not in"):
        list(remove_entries(ebb.path, ["Low tide"], None))


@pytest.mark.parametrize("article", ["Low tide#Harbours", "{wiki}/wiki/Low_tide#Harbours", "low_tide#harbours"])
def test_an_address_of_a_section_watches_that_section(ebb: WikiHarness, article: str):
    text = add_article(ebb.path, article.format(wiki=ebb.wiki.url), None)
    assert "watching 'Low tide', section '" in text
    (watch,) = load(ebb.path, environ={}).watches[1:]
    assert (watch.title, [section.casefold() for section in watch.sections]) == ("Low tide", ["harbours"])


def test_an_address_of_a_section_that_is_not_there_adds_nothing(ebb: WikiHarness):
    with pytest.raises(Missing, match=r"has no section 'Harbors', nothing was added; did you mean 'Harbours'\?"):
        add_article(ebb.path, "Low tide#Harbors", None)
    assert titles(ebb) == ["Tide"]
