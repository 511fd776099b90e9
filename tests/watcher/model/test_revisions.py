"""Test revisions and snapshots: the size limit of a text counts bytes, and no repr contains the text."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.cases import for_each
from watcher import compare_wikitext
from watcher.model import Article, Revision, Snapshot
from watcher.model.revisions import MAX_TEXT_BYTES, TOO_LARGE, is_too_large


@for_each(("character", "size"), [("a", 1), ("é", 2), ("ส", 3), ("\ud800", 3)])
def test_the_bound_is_one_of_bytes(character: str, size: int) -> None:
    most = MAX_TEXT_BYTES // size
    assert not is_too_large(character * most)
    assert is_too_large(character * (most + 1))


def test_text_that_is_too_large_is_named_and_not_compared() -> None:
    comparison = compare_wikitext("It stood.", "a" * (MAX_TEXT_BYTES + 1))
    assert comparison.findings == ()
    assert [unread.reason for unread in comparison.unread] == [TOO_LARGE]


def test_a_snapshot_shows_itself_without_its_text() -> None:
    article, at = Article(wiki="enwiki", page_id=7, title="Bread"), datetime(2026, 3, 1, tzinfo=UTC)
    revision = Revision(article=article, id=2, parent_id=1, at=at, editor="A", comment="")
    assert "flour" not in repr(Snapshot(revision=revision, wikitext="flour" * 1000))
