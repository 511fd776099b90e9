from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text

from snapshots import Archive, CheckResult
from snapshots.ledger import CODEC, LEDGER_VERSION, LedgerBatch, LedgerProgress
from tests.snapshots.builders import NOW, PAGE, a_hidden_snapshot, a_revision, a_snapshot, checked_up_to
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Claim, Measure, Quantity, Statistic
from watcher.model.ledger import EditVerb, ElementState, Entry, LedgerEdit, build_timelines

ELSEWHERE = Article(wiki="en", page_id=99, title="Foghorns")


def lamps(count: int) -> ElementState:
    quantity = Quantity(text=str(count), start=0, end=1, value=Decimal(count), measure=Measure.COUNT, unit="lamps")
    statistic = Statistic(quantity=quantity, sentence=f"{count} lamps")
    return ElementState(element=statistic, sentence=f"{count} lamps", section=("Coast",), sources=("Census",))


def an_edit(number: int) -> LedgerEdit:
    """Revision `number` wrote that there are as many lamps."""
    before = lamps(number - 1) if number > 1 else None
    verb = EditVerb.CHANGED if before else EditVerb.ADDED
    entry = Entry(key=1, kind="statistic", verb=verb, before=before, after=lamps(number))
    return LedgerEdit(revision=a_revision(number), entries=(entry,))


def a_batch(before: LedgerProgress | None, number: int) -> LedgerBatch:
    return LedgerBatch(before=before, revision_id=number, texts=number, head=b"head", edits=[an_edit(number)])


def recorded(archive: Archive, upto: int) -> LedgerProgress:
    """An article of which each revision is a batch."""
    archive.articles.register(PAGE, NOW)
    archive.revisions.store(PAGE, [a_snapshot(number) for number in range(1, upto + 1)])
    before = None
    for number in range(1, upto + 1):
        before = archive.ledger.append(PAGE, a_batch(before, number), NOW)
    assert before
    return before


def episodes(archive: Archive) -> list[tuple[EditVerb, int, str]]:
    (timeline,) = build_timelines(archive.ledger.edits(PAGE))
    return [(episode.verb, episode.revision.id, episode.sentence) for episode in timeline.episodes]


@pytest.mark.dialect
def test_what_was_recorded_comes_back_as_timelines_until_a_first_batch_takes_its_place(archive: Archive):
    recorded(archive, 3)
    assert episodes(archive) == [
        (EditVerb.ADDED, 1, "1 lamps"),
        (EditVerb.CHANGED, 2, "2 lamps"),
        (EditVerb.CHANGED, 3, "3 lamps"),
    ]
    assert archive.ledger.append(PAGE, replace(a_batch(None, 1), replaces=True), NOW)
    assert episodes(archive) == [(EditVerb.ADDED, 1, "1 lamps")]


def test_of_an_article_without_a_ledger_there_is_nothing_and_one_that_is_not_registered_is_missing(archive: Archive):
    archive.articles.register(PAGE, NOW)
    assert (archive.ledger.progress(PAGE), archive.ledger.edits(PAGE)) == (None, ())
    with pytest.raises(Missing):
        archive.ledger.edits(ELSEWHERE)


def test_how_far_a_ledger_goes_is_remembered(archive: Archive):
    last = recorded(archive, 2)
    expected = LedgerProgress(revision_id=2, texts=2, edits=2, version=LEDGER_VERSION, head=b"head")
    assert archive.ledger.progress(PAGE) == last == expected


@pytest.mark.dialect
def test_with_it_comes_whether_older_revisions_are_stored(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.revisions.store(PAGE, [a_snapshot(1), a_snapshot(2)])
    assert [archive.ledger.progress_at(a_revision(number)) for number in (1, 2)] == [(None, False), (None, True)]
    last = archive.ledger.append(PAGE, a_batch(None, 1), NOW)
    assert archive.ledger.progress_at(a_revision(1)) == (last, False)


def test_a_batch_after_one_that_somebody_else_wrote_is_refused(archive: Archive):
    last = recorded(archive, 3)
    assert archive.ledger.append(PAGE, a_batch(replace(last, revision_id=2, edits=2), 3), NOW) is None
    assert len(episodes(archive)) == 3


@pytest.mark.dialect
def test_a_check_stores_what_its_edits_did_with_its_comparison_or_neither(archive: Archive):
    last = recorded(archive, 1)
    archive.comparisons.commit(CheckResult(article=PAGE, before=None, after=a_revision(1), now=NOW))
    after = CheckResult(
        article=PAGE, before=a_revision(1), after=a_revision(2), snapshots=(a_snapshot(2),), now=NOW,
        ledger=a_batch(last, 2),
    )  # fmt: skip
    assert archive.comparisons.commit(replace(after, owner="nobody")) is None
    assert archive.ledger.progress(PAGE) == last
    assert archive.comparisons.commit(after) is not None
    assert len(episodes(archive)) == 2


def test_texts_are_counted_up_to_a_revision(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.revisions.store(
        PAGE, [a_snapshot(1), a_hidden_snapshot(2), a_snapshot(3), a_snapshot(4, at=a_revision(3).at)]
    )
    assert [archive.ledger.count_texts(PAGE, number) for number in (1, 2, 3, 4, 5)] == [1, 1, 2, 3, 0]


def test_compared_articles_without_a_ledger_of_this_release_are_found(archive: Archive):
    archive.articles.register(ELSEWHERE, NOW)
    recorded(archive, 1)
    assert archive.articles.without_ledger(["en"], 5) == ()
    checked_up_to(archive, 2)
    assert archive.articles.without_ledger(["en"], 5) == ()
    with archive.database.write() as session:
        session.connection().execute(text("UPDATE ledger_head SET version = 'another'"))
    assert archive.articles.without_ledger(["en"], 5) == (PAGE,)
    assert archive.articles.without_ledger(["de"], 5) == ()


@pytest.mark.parametrize("damage", [b"", b"(\xb5/\xfd", b"no frame"])
def test_a_damaged_edit_is_corrupt_and_a_damaged_head_is_none(archive: Archive, damage: bytes):
    recorded(archive, 1)
    with archive.database.write() as session:
        session.connection().execute(text("UPDATE ledger_edit SET body = :it"), {"it": damage})
        session.connection().execute(text("UPDATE ledger_head SET head = :it"), {"it": damage})
    with pytest.raises(Corrupt):
        archive.ledger.edits(PAGE)
    known = archive.ledger.progress(PAGE)
    assert known
    assert known.head == b""


def test_the_version_is_raised_with_what_is_written():
    """Whoever changes a class of what is stored raises LEDGER_VERSION, and then this digest."""
    assert (LEDGER_VERSION, CODEC.version) == ("3", "d36e4604e6233404")


def test_a_lone_surrogate_that_json_brought_is_stored(archive: Archive):
    recorded(archive, 1)
    claim = ElementState(element=Claim(text="\ud83d"))
    edit = replace(an_edit(1), entries=(replace(an_edit(1).entries[0], after=claim),))
    archive.ledger.append(PAGE, replace(a_batch(None, 1), edits=[edit], replaces=True), NOW)
    ((_, stored),) = archive.ledger.edits(PAGE)
    assert [state for _, _, _, state, _ in stored.entries] == [claim]
