"""Test the demo's wiki where no real MediaWiki is needed; tests/mediawiki compares it with one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.simulators import WikiStore
from watcher.demo.wiki_api import ApiError, answer

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EVERYTHING = "ids|timestamp|user|comment|size|sha1|tags|flags|contentmodel|content"


@pytest.fixture
def shelf() -> WikiStore:
    return WikiStore(now=lambda: NOW)


def ask(store: WikiStore, **question: str) -> dict[str, Any]:
    return answer(store, {"action": "query", **question})


def test_a_revision_has_what_was_asked_for(shelf: WikiStore) -> None:
    made = shelf.edit("P", "Text.", editor="203.0.113.7", comment="why", tags=("t",), minor=True)
    got = ask(shelf, prop="revisions", revids=str(made), rvprop=EVERYTHING, rvslots="main")
    assert got["query"]["pages"][0]["revisions"] == [
        {
            "revid": made, "parentid": 0, "minor": True, "user": "203.0.113.7", "anon": True,
            "timestamp": "2026-03-01T12:00:00Z", "size": 5, "sha1": hashlib.sha1(b"Text.").hexdigest(),
            "slots": {"main": {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": "Text."}},
            "comment": "why", "tags": ["t"],
        }
    ]  # fmt: skip


def test_hidden_values_leave_flags(shelf: WikiStore) -> None:
    made = shelf.edit("P", "Text.")
    shelf.hide(made, "content", "user", "comment")
    (entry,) = ask(shelf, prop="revisions", revids=str(made), rvprop=EVERYTHING)["query"]["pages"][0]["revisions"]
    assert entry["userhidden"] is entry["commenthidden"] is entry["sha1hidden"] is True
    assert entry["slots"]["main"] == {"contentmodel": "wikitext", "texthidden": True}
    assert not {"user", "comment", "sha1"} & entry.keys()


def test_a_walk_of_steps_covers_the_history_once(shelf: WikiStore) -> None:
    made = [shelf.edit("P", f"Text {number}", at=NOW) for number in range(7)]
    seen: list[int] = []
    rest: dict[str, str] = {}
    while True:
        got = ask(shelf, prop="revisions", pageids="1", rvprop="ids", rvdir="newer", rvlimit="3", **rest)
        seen += [entry["revid"] for entry in got["query"]["pages"][0]["revisions"]]
        rest = got.get("continue", {})
        if not rest:
            break
    assert seen == made
    assert got["batchcomplete"] is True


def test_history_that_grows_during_a_walk_is_walked_to_its_new_end(shelf: WikiStore) -> None:
    made = [shelf.edit("P", f"Text {number}", at=NOW) for number in range(3)]
    question = {"prop": "revisions", "pageids": "1", "rvprop": "ids", "rvdir": "newer", "rvlimit": "2"}
    first = ask(shelf, **question)
    made.append(shelf.edit("P", "Grown.", at=NOW))
    second = ask(shelf, **question, **first["continue"])
    assert [r["revid"] for got in (first, second) for r in got["query"]["pages"][0]["revisions"]] == made


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"action": "edit"}, "badvalue"),
        ({"prop": "info", "titles": "|".join(str(number) for number in range(51))}, "toomanyvalues"),
        ({"prop": "info", "pageids": "x"}, "badinteger"),
        ({"prop": "info", "pageids": "9223372036854775808"}, "badinteger"),
        ({"prop": "revisions", "titles": "A|B", "rvlimit": "2"}, "invalidparammix"),
    ],
)
def test_what_mediawiki_refuses_is_refused(shelf: WikiStore, question: dict[str, str], code: str) -> None:
    with pytest.raises(ApiError) as refusal:
        ask(shelf, **question)
    assert refusal.value.code == code


@pytest.mark.parametrize(("lag", "refused"), [(None, False), (5.0, False), (5.1, True)])
def test_lag_beyond_what_the_asker_accepts_is_refused(shelf: WikiStore, lag: float | None, *, refused: bool) -> None:
    question = {"action": "query", "maxlag": "5"}
    if refused:
        with pytest.raises(ApiError, match="lagged"):
            answer(shelf, question, lag=lag)
    else:
        assert answer(shelf, question, lag=lag) == {"batchcomplete": True}
