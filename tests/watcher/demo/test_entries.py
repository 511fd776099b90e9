"""Test the fields of pages, revisions and uploads in answers."""

from __future__ import annotations

from datetime import UTC, datetime

from watcher.demo.wiki_api import revision, upload
from watcher.demo.wiki_store import SavedRevision, Upload, WikiPage, normalize_title

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_only_what_was_asked_of_an_upload_is_reported() -> None:
    item = Upload(at=AT, sha1="aa", editor="Ada", comment="c", url="https://files.replay.invalid/A.png")
    assert upload(item, ["sha1", "timestamp"]) == {"sha1": "aa", "timestamp": "2026-01-02T03:04:05Z"}


def test_what_is_hidden_leaves_a_flag_in_the_place_of_its_value() -> None:
    hidden = frozenset({"content", "user", "comment"})
    saved = SavedRevision(id=2, parent_id=1, at=AT, editor="Ada", comment="c", text="Secret.", hidden=hidden)
    leaf = WikiPage(id=1, title=normalize_title("Tide"), revisions=[saved])
    entry = revision(saved, ["ids", "user", "comment", "sha1", "content"], leaf)
    assert entry == {
        "revid": 2, "parentid": 1, "userhidden": True, "commenthidden": True, "sha1hidden": True,
        "slots": {"main": {"texthidden": True}},
    }  # fmt: skip


def test_an_editor_without_an_account_is_marked() -> None:
    saved = SavedRevision(id=2, parent_id=1, at=AT, editor="203.0.113.5", comment="", text="")
    page = WikiPage(id=1, title=normalize_title("Tide"))
    assert revision(saved, ["user"], page) == {"user": "203.0.113.5", "anon": True}
