"""Test articles, revisions and snapshots: a snapshot's repr does not contain its text."""

from __future__ import annotations

from datetime import UTC, datetime

from watcher.model import Article, Dialect, Revision, Snapshot

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PAGE = Article(wiki="enwiki", page_id=7, title="Bread")


def test_what_the_wiki_hides_is_none_and_not_empty():
    hidden = Revision(article=PAGE, id=2, parent_id=1, at=NOW, editor=None, comment=None, text_hidden=True)
    blank = Revision(article=PAGE, id=2, parent_id=1, at=NOW, editor="", comment="")
    assert hidden != blank
    assert Snapshot(revision=hidden, wikitext=None) != Snapshot(revision=hidden, wikitext="")


def test_a_snapshot_shows_itself_without_its_text():
    revision = Revision(article=PAGE, id=2, parent_id=1, at=NOW, editor="A", comment="")
    assert "flour" not in repr(Snapshot(revision=revision, wikitext="flour" * 1000))


def test_without_a_dialect_a_wiki_speaks_english():
    assert Dialect().language == "en"
    assert "file" in Dialect().file_namespaces
