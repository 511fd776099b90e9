"""A preview tells what checks and deliveries at the same times would have made, and leaves no trace."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from snapshots import Archive
from tests.flows.harness import CHANGED, COPY_EDITED, SOURCE, START, TEXT, WikiHarness
from tests.simulators import WebhookReceiver
from watcher.errors import Missing
from watcher.report.preview import Preview, merge_previews
from watcher.services.alerting.delivery import deliver_due
from watcher.services.checks.check import check
from watcher.services.history.past import PageHistory, fetch_history
from watcher.services.history.preview import preview, preview_list
from watcher.services.operations.startup import load_watchlist

OTHER = "<ref>{{cite web |title=Harbour census |url=https://census.example.org/harbours/all}}</ref>"
UPDATED = TEXT.replace("In 2012", "In 2022").replace("21 million", "27 million").replace(SOURCE, OTHER)
TALLER = TEXT.replace("keeps a table", "keeps 40 tables")
BEGIN = START + timedelta(hours=1)  # the page is there by then
# Minutes after the start, the editor, the text.
STORY = (
    (3, "203.0.113.7", CHANGED),
    (5, "Tern", COPY_EDITED.replace("21 million", "25 million")),
    (47, "Tern", TEXT),
    (62, "198.51.100.4", "boats are FAKE"),
    (66, "Tern", TEXT),
    (91, "198.51.100.4", ""),
    (113, "Tern", TEXT),
    (130, "RefTidyBot", TALLER),
    (151, "RefTidyBot", TEXT),
    (156, "Gull", CHANGED),
    (163, "Auk", TEXT),
    (170, "Gull", CHANGED),
    (200, "Auk", UPDATED),
    (260, "203.0.113.7", UPDATED.replace("Every harbour keeps", "No harbour keeps")),
    (330, "Tern", UPDATED),
    (345, "203.0.113.7", "#REDIRECT [[sea]]"),  # which operators get a message of
    (350, "Tern", UPDATED),
    (402, "Gull", UPDATED.replace("27 million", "900 million")),
)
SHORT_STORY = STORY[:9]
LENGTH = timedelta(hours=8)
TWO = 'threshold = "high"\n[[destination]]\nname = "morning"\nurl = "{url}morning"\ndigest = "daily 11:00"\n'


def played_for_real(world: WikiHarness, receiver: WebhookReceiver) -> list[tuple[datetime, str, str]]:
    """Check every 15 minutes while the story happens, and deliver in the minute in which something is due."""
    sent = list[tuple[datetime, str, str]]()
    with world.services() as services:
        for minute in range(int(LENGTH / timedelta(minutes=1)) + 1):
            world.clock.time = BEGIN + timedelta(minutes=minute)
            for at, editor, text in STORY:
                if at == minute:
                    world.store.edit("Tide", text, editor=editor, at=world.clock.time)
            if minute % 15 == 0:
                list(check(services, services.watchlist.watches))
            due = services.archive.outbox.next_due()
            if minute % 15 == 0 or (due and due <= world.clock.time):
                before = len(receiver.requests)
                deliver_due(services)
                new = [request.json for request in receiver.requests[before:]]
                sent += [(world.clock.time, body["title"], body["message"]) for body in new]
    return sent


def history_of(world: WikiHarness, title: str = "Tide", most: int = 5_000, since: datetime = BEGIN) -> PageHistory:
    """What a preview fetches, into a database of its own."""
    with world.services() as services, Archive(f"sqlite:///{world.folder / 'cache.db'}", now=world.clock) as cache:
        cache.upgrade()
        client = services.client("w")
        return fetch_history(client, cache, title, since=since, until=BEGIN + LENGTH, most=most)


def previewed(
    world: WikiHarness, history: PageHistory | None = None, *, others: int = 0, **settings: object
) -> Preview:
    """Play the past, and for up to so many revisions what other settings would have made of it."""
    watchlist = load_watchlist(world.path, {}, validate_urls=False)
    watch = watchlist.watches[0].model_copy(update=settings)
    return preview(watchlist, watch, history or history_of(world), max_for_others=others)


@pytest.mark.parametrize(
    ("settle", "least"),
    [pytest.param("0", 8, marks=pytest.mark.slow), ("10m", 4), pytest.param("1h", 2, marks=pytest.mark.slow)],
)
def test_messages_are_those_of_real_checks_at_the_same_times_word_for_word(world: WikiHarness, settle: str, least: int):
    world.grouping = 'group_by = ["article", "source", "editor_and_summary"]'
    with WebhookReceiver() as receiver:
        world.receiver = f"json://127.0.0.1:{receiver.port}/"
        world.extra_settings = TWO.format(url=world.receiver)
        world.watch("Tide", settle=settle, every="15m", ignore={"editors": ["*Bot"]})
        real = played_for_real(world, receiver)
    shown = previewed(world)
    assert len(real) >= least
    assert [(message.at, message.subject, message.text) for message in shown.messages] == real
    assert {message.destination for message in shown.messages} <= {"inbox", "morning"}


@pytest.fixture
def followed(world: WikiHarness) -> WikiHarness:
    """A page with the beginning of the story, of which nothing was checked."""
    for at, editor, text in SHORT_STORY:
        world.store.edit("Tide", text, editor=editor, at=BEGIN + timedelta(minutes=at))
    world.watch("Tide", settle="10m", every="15m", ignore={"editors": ["*Bot"]})
    return world


def test_it_says_what_was_kept_quiet_and_what_other_settings_would_have_made(followed: WikiHarness):
    history = history_of(followed)
    shown = previewed(followed, history, others=len(SHORT_STORY) + 1)
    assert shown.revisions == len(SHORT_STORY)
    assert shown.quiet["edits undone before they were judged"] >= 2
    assert shown.quiet["changes filtered: edit by RefTidyBot"] == 2
    assert "changes below medium" in shown.quiet
    assert [label for label, _ in shown.others] == ["settle = 1h", "threshold = low", "threshold = high"]
    assert dict(shown.others)["settle = 1h"] == len(previewed(followed, history, settle=timedelta(hours=1)).messages)
    assert dict(shown.others)["settle = 1h"] < len(shown.messages)
    silent = replace(shown, others=(("threshold = critical", 0),))
    assert merge_previews("A list", [silent, silent], 2).others == silent.others


def test_only_what_the_window_needs_is_fetched_and_only_once(followed: WikiHarness):
    history_of(followed, since=BEGIN + timedelta(minutes=100))
    asked = [dict(request) for request in followed.wiki.requests]
    fetched = [each for each in asked if "content" in each.get("rvprop", "").split("|")]
    assert len(fetched) == 2  # the revision before the window, and those in it
    followed.wiki.requests.clear()
    again = history_of(followed, since=BEGIN + timedelta(minutes=100))
    assert not [each for each in followed.wiki.requests if "content" in each.get("rvprop", "").split("|")]
    assert [each.revision.id for each in again.snapshots] == [7, 8, 9, 10]
    assert again.begin == BEGIN + timedelta(minutes=100)


def test_of_too_many_edits_the_newest_are_played_and_the_others_counted(followed: WikiHarness):
    history = history_of(followed, most=4)
    assert [each.revision.id for each in history.snapshots] == [6, 7, 8, 9, 10]
    note = "older edits were left out. With so many edits, other settings are replayed only if options give them."
    assert previewed(followed, history).note == f"{len(SHORT_STORY) - 4} {note}"


def test_without_a_destination_it_tells_what_one_would_get(followed: WikiHarness):
    text = followed.path.read_text().partition("[[destination]]")[0]
    followed.path.write_text(text)
    assert {message.destination for message in previewed(followed).messages} == {"preview"}


def test_a_page_without_edits_or_without_a_text_before_is_named(followed: WikiHarness):
    with pytest.raises(Missing, match="Tide on w: it has no edits from 2026-03-04 to 2026-03-04; give a longer"):
        history_of(followed, since=BEGIN + timedelta(hours=7))
    with pytest.raises(Missing, match="Tode on w: there is no such page; check the title"):
        history_of(followed, "Tode")


def test_time_that_is_over_is_said(followed: WikiHarness):
    watchlist = load_watchlist(followed.path, {}, validate_urls=False)
    shown = preview(watchlist, watchlist.watches[0], history_of(followed), seconds=0)
    assert (shown.messages, shown.others, shown.until) == ((), (), shown.begin)
    assert shown.note == "The time limit was reached before all edits were replayed."


def test_a_list_is_estimated_from_some_of_its_members(followed: WikiHarness):
    for number in range(4):
        followed.store.edit(f"Harbour {number}", TEXT, at=BEGIN)
        followed.store.edit(f"Harbour {number}", CHANGED, at=BEGIN + timedelta(hours=1))
    (followed.folder / "titles.txt").write_text("Harbour 0\nHarbour 1\nHarbour 2\nHarbour 3\nHarbour 2\nTode\n")
    followed.path.write_text(
        followed.path.read_text() + '\n[[watch]]\nwiki = "w"\nfile = "titles.txt"\nexcept = ["Harbour 3"]\n'
    )
    followed.clock.time = BEGIN + LENGTH
    with followed.services() as services:
        shown = preview_list(services, services.archive, services.watchlist.sources[0], LENGTH, 2)
    assert (shown.title, shown.members, shown.sampled, len(shown.messages)) == ("file:titles.txt", 3, 2, 2)
    assert "from 2 of 3 pages; all of them: about 3 messages" in shown.summary
