"""Test what a check reads and stores of a page in the transaction that leases it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from snapshots import Archive, CheckResult
from snapshots.revisions import PendingRevisions
from tests.snapshots.builders import NOW, PAGE, a_hidden_snapshot, a_revision, a_snapshot
from watcher.model import Article

OTHER = Article(wiki="en", page_id=18, title="Beacons")


@pytest.fixture
def judged(archive: Archive) -> Archive:
    """An archive with a page whose first revision is judged."""
    archive.articles.register(PAGE, NOW)
    first = a_snapshot(1)
    archive.comparisons.commit(
        CheckResult(article=PAGE, before=None, after=first.revision, snapshots=(first,), now=NOW)
    )
    return archive


def test_before_the_first_check_nothing_is_pending(archive: Archive):
    archive.articles.register(PAGE, NOW)
    assert archive.revisions.resume(PAGE, a_snapshot(1)) == PendingRevisions(cursor=None)


@pytest.mark.dialect
def test_the_next_revision_is_stored_and_comes_with_both_texts(judged: Archive):
    newest = a_snapshot(2)
    assert judged.revisions.resume(PAGE, newest) == PendingRevisions(
        cursor=a_revision(1), revisions=(newest.revision,), stored=1, texts=(a_snapshot(1), newest), is_new_text=True
    )
    assert judged.revisions.pair("en", 1, 2) == (a_snapshot(1), newest)


def test_what_a_check_compares_is_as_it_was_stored(judged: Archive):
    pending = judged.revisions.resume(PAGE, a_snapshot(2, "words \ud83d\0", comment="nul \0", editor="lone \ud800"))
    assert pending.texts == judged.revisions.pair("en", 1, 2)
    assert pending.revisions == (judged.revisions.newest(PAGE),)


def test_a_revision_that_others_precede_is_left_to_a_walk_along_them(judged: Archive):
    assert judged.revisions.resume(PAGE, a_snapshot(3)) == PendingRevisions(cursor=a_revision(1))
    judged.revisions.store(PAGE, [a_snapshot(2)])
    assert judged.revisions.resume(PAGE, None) == PendingRevisions(cursor=a_revision(1), revisions=(a_revision(2),))
    pending = judged.revisions.resume(PAGE, a_snapshot(3))
    assert ([revision.id for revision in pending.revisions], pending.stored, pending.texts) == ([2, 3], 1, None)


def test_a_text_that_the_page_had_before_is_not_new(judged: Archive):
    judged.revisions.store(PAGE, [a_snapshot(2)])
    pending = judged.revisions.resume(PAGE, a_snapshot(3, a_snapshot(1).wikitext))
    assert (pending.stored, pending.is_new_text) == (1, False)


def test_a_hidden_or_damaged_text_is_compared_with_nothing(judged: Archive):
    hidden = judged.revisions.resume(PAGE, a_hidden_snapshot(2))
    assert (hidden.revisions, hidden.texts, hidden.is_new_text) == ((a_hidden_snapshot(2).revision,), None, False)
    with judged.database.write() as session:
        session.connection().execute(text("UPDATE text SET digest = :none"), {"none": bytes(32)})
    damaged = judged.revisions.resume(PAGE, a_snapshot(3))
    assert (damaged.stored, damaged.texts) == (1, None)
    assert judged.revisions.snapshot("en", 3) == a_snapshot(3)


def test_a_revision_that_was_stored_as_another_pages_moves_here(judged: Archive):
    judged.articles.register(OTHER, NOW)
    judged.revisions.store(OTHER, [a_snapshot(2, article=OTHER)])
    pending = judged.revisions.resume(PAGE, a_snapshot(2))
    assert (pending.revisions, pending.stored, pending.texts) == ((a_revision(2),), 0, None)
    assert judged.revisions.of_article(OTHER) == ()


def test_a_judged_revision_that_is_another_pages_by_now_still_begins_the_comparison(judged: Archive):
    judged.articles.register(OTHER, NOW)
    judged.revisions.store(PAGE, [a_snapshot(2)])
    judged.revisions.store(OTHER, [a_snapshot(1, article=OTHER)])
    pending = judged.revisions.resume(PAGE, None)
    assert (pending.cursor and pending.cursor.id, pending.revisions) == (1, (a_revision(2),))
