"""`watcher check` and `watcher deliver`: a line an article, the messages sent, and an exit code for scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.flows.world import CHANGED, COPY_EDITED, TEXT, Clock, World
from watcher.demo.inbox import Inbox
from watcher.demo.replay import ReplayWiki
from watcher.demo.shelf import Shelf


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as box:
        yield box


@pytest.fixture
def world(watcher: Callable[..., Any], tmp_path: Any, inbox: Inbox) -> Iterator[World]:
    """A page that is watched, in the folder where commands run."""
    assert watcher
    clock = Clock()
    with ReplayWiki(Shelf(now=clock)) as wiki:
        made = World(tmp_path, wiki, clock)
        made.inbox = inbox.url
        made.watch("Tide")
        made.edit(TEXT)
        yield made


def test_a_baseline_then_an_alert_then_nothing(world: World, watcher: Callable[..., Any], inbox: Inbox):
    assert watcher("check").out == "+ Tide: watching from revision 1 on\n"
    world.edit(CHANGED)
    told = watcher("check")
    first, second, third = told.out.splitlines()
    assert first == "! Tide: revisions 1 → 2: 1 finding, worst high"
    assert second.split()[:2] == ["high", "Harbours:"]
    assert "21 million → 25 million boats" in second
    assert (third, told.code, told.err) == ("1 message sent", 0, "")
    assert watcher("check").out == "= Tide: nothing since revision 2\n"
    assert len(inbox.letters) == 1


def test_only_the_named_articles_are_checked_with_underscores_or_blanks(world: World, watcher: Callable[..., Any]):
    world.edit(TEXT, "Low water")
    world.edit(TEXT, "High water")
    world.watch("Tide", "Low water", "High water")
    told = watcher("check", "Low_water", "Tide")
    assert [line.split(":")[0] for line in told.out.splitlines()] == ["+ Tide", "+ Low water"]


def test_a_title_that_is_not_watched_is_refused_before_anything_is_asked(world: World, watcher: Callable[..., Any]):
    told = watcher("check", "Ebb")
    assert (told.code, told.out) == (2, "")
    assert "'Ebb': is not in watchlist.toml; add it with `watcher add`" in told.err
    assert not world.wiki.asked


def test_what_fails_goes_to_the_stream_of_errors_and_ends_with_three(world: World, watcher: Callable[..., Any]):
    world.watch("Ebb", "Tide")
    told = watcher("check")
    assert (told.code, told.out) == (3, "+ Tide: watching from revision 1 on\n")
    assert told.err == "✗ Ebb: Ebb on w: there is no such page; correct the title in the watchlist\n"


def test_a_message_that_does_not_arrive_ends_with_three_and_is_sent_later(
    world: World, watcher: Callable[..., Any], inbox: Inbox
):
    watcher("check")
    world.edit(CHANGED)
    inbox.misbehave(["404"])
    told = watcher("check")
    assert told.code == 3
    assert told.err.startswith("✗ inbox: ")
    assert watcher("status").code == 3
    assert watcher("deliver", "--retry-dead").code == 0
    assert len(inbox.accepted) == 1


def test_wiki_text_cannot_steer_the_terminal(world: World, watcher: Callable[..., Any]):
    watcher("check")
    world.edit(TEXT.replace("== Harbours ==", "== Har\u202ebours\u009b31m ==").replace("21 million", "25 million"))
    told = watcher("check")
    assert "25 million" in told.out
    assert all(letter.isprintable() or letter == "\n" for letter in told.out + told.err)


def test_a_moved_page_is_checked_and_shown_under_the_title_of_the_watchlist(world: World, watcher: Callable[..., Any]):
    watcher("check")
    world.shelf.move("Tide", "Tides", at=world.clock())
    assert watcher("check", "Tide").out.splitlines()[0].endswith("; the page is called 'Tides'")
    assert watcher("status").out.startswith("✓ Tide: checked ")


def test_explain_tells_each_change_with_what_became_of_it(world: World, watcher: Callable[..., Any]):
    watcher("check")
    world.edit(CHANGED)
    world.edit(COPY_EDITED)
    watcher("check")
    told = watcher("explain", "Tide", 1, 2)
    assert told.code == 0
    assert "statistic.changed in Harbours" in told.out
    assert "→ high, told" in told.out


def test_explain_asks_the_wiki_for_revisions_that_are_not_stored(world: World, watcher: Callable[..., Any]):
    world.edit(CHANGED)
    assert "→ high, told" in watcher("explain", "Tide", 1, 2).out
    missing = watcher("explain", "Tide", 1, 99)
    assert (missing.code, missing.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    "named", ["Low water", "Low_water", "{url}/wiki/Low_water", "{url}/w/index.php?title=Low_water"]
)
def test_add_takes_a_title_or_an_address(world: World, watcher: Callable[..., Any], named: str):
    world.edit(TEXT, "Low water")
    told = watcher("add", named.format(url=world.wiki.url))
    assert (told.code, told.err) == (0, "")
    assert "watching 'Low water' on w" in told.out
    assert watcher("check", "Low water").code == 0


def test_add_writes_down_where_a_redirect_leads(world: World, watcher: Callable[..., Any]):
    world.edit(TEXT, "Low water")
    world.edit("#REDIRECT [[Low water]]", "Ebb")
    assert "watching 'Low water' on w (from 'Ebb')" in watcher("add", "Ebb").out


@pytest.mark.parametrize(
    ("named", "code", "said"),
    [
        ("No such page", 2, "missing; nothing was added, check the title"),
        ("https://elsewhere.example/wiki/Tide", 2, "elsewhere.example: no [[wiki]]"),
        ("Tide", 2, "is watched already"),
    ],
)
def test_what_cannot_be_added_leaves_the_watchlist_as_it_was(
    world: World, watcher: Callable[..., Any], named: str, code: int, said: str
):
    before = world.path.read_text()
    told = watcher("add", named)
    assert (told.code, told.out, told.err.count("\n")) == (code, "", 1)
    assert said in told.err
    assert world.path.read_text() == before
