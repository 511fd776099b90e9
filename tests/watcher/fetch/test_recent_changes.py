"""Test which changes in a feed concern a page, and that polling a list of them gives each change once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.errors import Corrupt
from watcher.fetch.recent_changes import ChangeEvent, RecentChanges, parse_event, parse_recent_changes

START = datetime(2026, 1, 1, tzinfo=UTC)


class List:
    """Entries by (second, id), which may be saved in any order; asked in parts of `most`."""

    def __init__(self, most: int = 500) -> None:
        self.entries: list[tuple[int, int]] = []
        self.most = most

    def __call__(self, since: datetime | None) -> list[tuple[datetime, ChangeEvent]]:
        ordered = sorted(self.entries)
        if since is None:
            chosen = ordered[-1:]
        else:
            chosen = [item for item in ordered if START + timedelta(seconds=item[0]) >= since][: self.most]
        return [
            (START + timedelta(seconds=at), ChangeEvent(host=None, title="A", id=str(number))) for at, number in chosen
        ]


def ids(changes: RecentChanges) -> list[str]:
    return [event.id for event in changes.poll()]


# What the list gets before each poll, and what that finds.
POLLS: dict[str, list[tuple[list[tuple[int, int]], list[str]]]] = {
    "the first poll only finds out where the list stands": [([(1, 1), (2, 2)], []), ([(3, 3)], ["3"]), ([], [])],
    "a second that was seen already": [([(1, 1)], []), ([(1, 2)], ["2"]), ([(1, 3), (2, 4)], ["3", "4"])],
    "a wiki without changes begins with its first": [([], []), ([(1, 1)], ["1"])],
    "a change listed late": [
        ([(100, 1)], []),
        ([(110, 3)], ["3"]),
        ([(105, 2), (95, 4)], ["4", "2"]),
        ([], []),
    ],
    "what was there before": [([(90, 1), (99, 2), (100, 3)], []), ([(101, 4)], ["4"])],
}


@pytest.mark.parametrize("polls", POLLS.values(), ids=POLLS)
def test_a_poll_finds_what_is_new(polls: list[tuple[list[tuple[int, int]], list[str]]]) -> None:
    wiki = List()
    changes = RecentChanges(wiki)
    for entries, expected in polls:
        wiki.entries += entries
        assert ids(changes) == expected


def test_more_than_one_answer_holds_is_fetched_by_the_next_polls() -> None:
    wiki = List(most=500)
    wiki.entries = [(0, 0)]
    changes = RecentChanges(wiki)
    ids(changes)
    wiki.entries += [(number // 20, number) for number in range(1, 1500)]
    seen = [item for _ in range(12) for item in ids(changes)]
    assert len(seen) == len(set(seen)) >= 1490
    wiki.entries.append((1500, 9999))
    assert "9999" in [item for _ in range(4) for item in ids(changes)]


def test_a_second_that_fills_an_answer_is_left_behind() -> None:
    wiki = List()
    wiki.entries = [(0, 0)]
    changes = RecentChanges(wiki)
    ids(changes)
    wiki.entries += [(1, number) for number in range(1, 700)]
    assert len(ids(changes)) == 499
    wiki.entries.append((5, 1000))
    assert [item for _ in range(5) for item in ids(changes)][-1] == "1000"


@given(st.lists(st.lists(st.integers(0, 20), max_size=4), max_size=6))
def test_each_entry_is_seen_once_however_the_seconds_fall(rounds: list[list[int]]) -> None:
    wiki = List()
    wiki.entries = [(0, 0)]
    changes = RecentChanges(wiki)
    ids(changes)
    second, number, seen = 0, 0, []
    for steps in rounds:
        for step in steps:
            second, number = second + step, number + 1
            wiki.entries.append((second, number))
        seen += ids(changes)
    assert seen == [str(item) for item in range(1, number + 1)]


EDIT = {"type": "edit", "server_name": "EN.example.org", "title": "Tide", "revision": {"old": 1, "new": 2}}


def test_an_edit_names_its_wiki_its_page_and_its_revision() -> None:
    assert parse_event(json.dumps(EDIT), "e1") == ChangeEvent(
        host="en.example.org", title="Tide", id="e1", revision_id=2
    )


def test_a_move_or_deletion_has_no_revision() -> None:
    event = parse_event(json.dumps({**EDIT, "type": "log", "revision": None}), "")
    assert event
    assert event.revision_id is None


@for_each(
    "change",
    [{"type": "categorize"}, {"type": None}, {"title": ""}, {"title": None}, {"server_name": 7}, {"server_name": ""}],
)
def test_what_is_about_no_page_is_none(change: dict[str, Any]) -> None:
    assert parse_event(json.dumps(EDIT | change), "") is None


@for_each("text", ["", "no json", "[]", "null", "7", "{", "[" * 50_000])
def test_what_is_no_event_is_none(text: str) -> None:
    assert parse_event(text, "") is None


def test_entries_of_recent_changes_come_with_their_times() -> None:
    entries = [
        {"type": "edit", "title": "Tide", "timestamp": "2026-01-01T00:00:00Z", "rcid": 5, "revid": 9},
        {"type": "log", "title": "Moon", "timestamp": "2026-01-01T00:00:01Z", "rcid": 6, "revid": 0},
        {"type": "log", "actionhidden": True, "timestamp": "2026-01-01T00:00:02Z", "rcid": 7},
    ]
    result = list(parse_recent_changes("T", {"query": {"recentchanges": entries}}))
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert result == [
        (first, ChangeEvent(host=None, title="Tide", id="5", revision_id=9, at=first)),
        (second, ChangeEvent(host=None, title="Moon", id="6", at=second)),
    ]


def test_an_entry_without_its_id_is_corrupt() -> None:
    with pytest.raises(Corrupt, match="lacks 'rcid'"):
        list(
            parse_recent_changes(
                "T", {"query": {"recentchanges": [{"title": "A", "timestamp": "2026-01-01T00:00:00Z"}]}}
            )
        )
