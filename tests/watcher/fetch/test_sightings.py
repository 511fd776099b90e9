"""Test which changes in a feed concern a page, and which page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cases import for_each
from watcher.errors import Corrupt
from watcher.fetch.recent_changes import ChangeEvent, parse_event, parse_recent_changes

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
