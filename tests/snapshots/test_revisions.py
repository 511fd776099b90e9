from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text

from snapshots import Archive, CheckResult
from snapshots.revisions import PendingRevisions
from tests.snapshots.builders import NOW, PAGE, a_hidden_snapshot, a_revision, a_snapshot, later
from watcher.errors import Missing
from watcher.model import Article, Snapshot


@pytest.fixture
def archive(archive: Archive) -> Archive:
    """An archive with a page that has no revision yet."""
    archive.articles.register(PAGE, NOW)
    return archive


FULL = {
    "parent_id": 2**33,
    "editor": "Zoë\u200f",
    "comment": "/* History */ 50 % → 60 %",
    "minor": True,
    "tags": ("mw-reverted", "visualeditor"),
    "size": 150_000,
    "sha1": "a" * 40,
    "content_model": "wikitext",
}


def test_a_revision_comes_back_as_it_was_stored(archive: Archive):
    stored = Snapshot(revision=a_revision(2**34, at=NOW, **FULL), wikitext="words")
    archive.revisions.store(PAGE, [stored])
    assert archive.revisions.snapshot("en", 2**34) == stored
    assert archive.revisions.of_article(PAGE) == (stored.revision,)


@pytest.mark.dialect
def test_storing_again_changes_nothing(archive: Archive):
    group = [a_snapshot(number) for number in (1, 2, 3)]
    assert archive.revisions.store(PAGE, group) == 3
    assert archive.revisions.store(PAGE, [*group, a_snapshot(4), a_snapshot(4)]) == 1
    assert archive.revisions.store(PAGE, []) == 0
    assert [revision.id for revision in archive.revisions.of_article(PAGE)] == [1, 2, 3, 4]


def test_a_text_that_is_shown_later_is_filled_in_and_one_that_is_hidden_later_marked_and_kept(archive: Archive):
    archive.revisions.store(PAGE, [a_hidden_snapshot(1)])
    assert archive.revisions.store(PAGE, [a_snapshot(1, "shown")]) == 0
    assert archive.revisions.snapshot("en", 1) == a_snapshot(1, "shown")
    archive.revisions.store(PAGE, [a_hidden_snapshot(1)])
    assert archive.revisions.snapshot("en", 1) == a_snapshot(1, "shown", text_hidden=True)


def test_a_revision_that_a_merge_gave_to_another_page_moves_there(archive: Archive):
    other = Article(wiki="en", page_id=18, title="Beacons")
    archive.articles.register(other, NOW)
    archive.revisions.store(PAGE, [a_snapshot(1)])
    assert archive.revisions.store(other, [a_snapshot(1, article=other)]) == 0
    assert archive.revisions.of_article(PAGE) == ()
    assert archive.revisions.snapshot("en", 1).revision.article == other


def test_the_same_revision_id_on_two_wikis_is_two_revisions(archive: Archive):
    other = Article(wiki="de", page_id=17, title="Leuchttürme")
    for article, words in ((PAGE, "towers"), (other, "Türme")):
        archive.articles.register(article, NOW)
        assert archive.revisions.store(article, [a_snapshot(1, words, article=article)]) == 1
    assert archive.revisions.snapshot("en", 1).wikitext == "towers"
    assert archive.revisions.snapshot("de", 1).wikitext == "Türme"


def test_revisions_are_reported_in_the_order_of_time_and_then_of_ids(archive: Archive):
    times = {7: later(30), 3: later(60), 9: later(60), 5: later(90)}
    archive.revisions.store(PAGE, [a_snapshot(number, at=at) for number, at in times.items()])
    stored = archive.revisions.of_article(PAGE)
    assert [revision.id for revision in stored] == [7, 3, 9, 5]
    assert [revision.id for revision in archive.revisions.of_article(PAGE, after=stored[1])] == [9, 5]
    assert [revision.id for revision in archive.revisions.of_article(PAGE, after=stored[0], limit=2)] == [3, 9]
    assert archive.revisions.newest(PAGE) == stored[-1]
    histories = [[revision.id for revision in archive.revisions.history(edit, 2)] for edit in stored]
    assert histories == [[], [7], [7, 3], [3, 9]]


def test_the_stored_ids_show_which_have_a_text(archive: Archive):
    archive.revisions.store(PAGE, [a_snapshot(1), a_hidden_snapshot(2)])
    assert archive.revisions.ids(PAGE) == {1: True, 2: False}
    with pytest.raises(Missing, match="revision 5 of en is not stored"):
        archive.revisions.snapshot("en", 5)


@pytest.mark.dialect
def test_texts_are_read_in_a_row_from_any_revision_on(archive: Archive):
    words = "The coast has lamps, and every lamp has a keeper who trims it. " * 40
    group = [a_snapshot(number, f"{words}{number % 7} lamps.") for number in range(1, 80)]
    archive.revisions.store(PAGE, [*group[:40], a_hidden_snapshot(99), *group[40:]])
    assert archive.revisions.with_text(PAGE, limit=200) == tuple(group)
    assert archive.revisions.with_text(PAGE, limit=3) == tuple(group[:3])
    for number in (1, 31, 33, 64, 78):
        assert archive.revisions.with_text(PAGE, after=group[number - 1].revision, limit=5) == tuple(
            group[number : number + 5]
        )
    assert archive.revisions.with_text(PAGE, after=group[-1].revision) == ()


@pytest.mark.dialect
def test_a_time_without_a_zone_is_refused_and_those_of_any_zone_come_back_in_utc(archive: Archive):
    with pytest.raises(ValueError, match="has no time zone"):
        archive.revisions.store(PAGE, [a_snapshot(1, at=datetime(2026, 3, 1))])  # noqa: DTZ001  the point of the test
    assert archive.revisions.of_article(PAGE) == ()
    timestamp = datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=-7)))
    archive.revisions.store(PAGE, [a_snapshot(1, at=timestamp)])
    (revision,) = archive.revisions.of_article(PAGE)
    assert revision.at == timestamp
    assert revision.at.tzinfo is UTC


@pytest.mark.dialect
@pytest.mark.parametrize("comment", ["NUL \0 here", "lone \udc80 surrogate", "line\nbreak", "x" * 70_000])
def test_a_hostile_comment_is_kept_or_made_harmless(archive: Archive, comment: str):
    archive.revisions.store(PAGE, [a_snapshot(1, comment=comment)])
    (revision,) = archive.revisions.of_article(PAGE)
    assert revision.comment == comment.replace("\0", "\ufffd").replace("\udc80", "\ufffd")


def test_the_time_of_storing_is_the_clock_of_the_archive(url: str):
    with Archive(url, now=lambda: later(77)) as archive:
        archive.upgrade()
        archive.articles.register(PAGE, NOW)
        archive.revisions.store(PAGE, [a_snapshot(1)])
        with archive.database.read() as session:
            seen = session.connection().execute(text("SELECT CAST(seen_at AS TEXT) FROM revision")).scalar()
    assert seen.startswith("2026-03-01 12:01:17")


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
