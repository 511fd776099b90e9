from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text

from snapshots import Archive
from snapshots.element_history import HistoryBatch, HistoryProgress
from tests.snapshots.builders import NOW, PAGE, a_hidden_snapshot, a_revision, a_snapshot
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Location, Measure, Quantity, Statistic
from watcher.model.history import CurrentElement, EditVerb, ElementContext, HistoryEntries, HistoryEntry

ELSEWHERE = Article(wiki="en", page_id=99, title="Foghorns")


def lamps(count: int) -> Statistic:
    quantity = Quantity(text=str(count), start=0, end=1, value=Decimal(count), measure=Measure.COUNT, unit="lamps")
    return Statistic(quantity=quantity, sentence=f"{count} lamps")


def a_note(number: int, count: int, verb: EditVerb = EditVerb.CHANGED) -> HistoryEntry:
    context = ElementContext(sentence=f"{count} lamps", section=("Coast",), sources=("Census",))
    return HistoryEntry(
        verb=verb, revision=a_revision(number), element=lamps(count), context=context, value=number, source=1
    )


def a_chapter(before: HistoryProgress | None, number: int, verb: EditVerb = EditVerb.CHANGED) -> HistoryBatch:
    """What revision `number` did: there are as many lamps now."""
    now = CurrentElement(
        number=0, subject="statistic", verb=verb, element=lamps(number), sentence=f"{number} lamps",
        location=Location(section=("Coast",), start=4, end=9), sources=("Census",), revision=number, origin=number,
        source_origin=1,
    )  # fmt: skip
    return HistoryBatch(
        before=before, revision_id=number, parsed_revisions=number, parser_version="r", state=b"state",
        current_elements=(now,), entries=(HistoryEntries(0, "statistic", (a_note(number, number, verb),)),),
    )  # fmt: skip


def followed(archive: Archive, upto: int) -> HistoryProgress:
    """An article of which each revision is a chapter."""
    archive.articles.register(PAGE, NOW)
    archive.revisions.store(PAGE, [a_snapshot(number) for number in range(1, upto + 1)])
    before = None
    for number in range(1, upto + 1):
        before = archive.history.append(
            PAGE, a_chapter(before, number, EditVerb.CHANGED if before else EditVerb.ADDED), NOW
        )
    assert before
    return before


@pytest.mark.dialect
def test_what_was_followed_comes_back_as_timelines(archive: Archive):
    followed(archive, 3)
    (timeline,) = archive.history.timelines(PAGE)
    assert [(e.verb, e.revision.id, e.element) for e in timeline.episodes] == [
        (EditVerb.ADDED, 1, lamps(1)),
        (EditVerb.CHANGED, 2, lamps(2)),
        (EditVerb.CHANGED, 3, lamps(3)),
    ]
    assert timeline.episodes[0].revision == archive.revisions.snapshot("en", 1).revision
    assert (timeline.location.start, timeline.sentence, timeline.latest.sources) == (4, "3 lamps", ("Census",))


def test_an_article_that_was_never_followed_has_nothing_to_show(archive: Archive):
    archive.articles.register(PAGE, NOW)
    assert (archive.history.progress(PAGE), archive.history.timelines(PAGE)) == (None, ())


def test_an_article_that_is_not_registered_is_missing(archive: Archive):
    with pytest.raises(Missing):
        archive.history.timelines(ELSEWHERE)


def test_how_far_an_article_was_followed_is_remembered(archive: Archive):
    last = followed(archive, 2)
    assert (
        archive.history.progress(PAGE)
        == last
        == HistoryProgress(revision_id=2, parsed_revisions=2, batches=2, parser_version="r", state=b"state")
    )


def test_a_chapter_after_one_that_somebody_else_wrote_is_refused(archive: Archive):
    last = followed(archive, 3)
    assert archive.history.append(PAGE, a_chapter(replace(last, revision_id=2, batches=2), 3), NOW) is None
    assert len(archive.history.timelines(PAGE)[0].episodes) == 3


def test_a_first_chapter_takes_the_place_of_all_that_was_there(archive: Archive):
    followed(archive, 3)
    archive.articles.register(ELSEWHERE, NOW)
    assert archive.history.append(PAGE, a_chapter(None, 1, EditVerb.ADDED), NOW)
    assert len(archive.history.timelines(PAGE)[0].episodes) == 1


def test_readings_are_the_revisions_with_a_text_up_to_one(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.revisions.store(
        PAGE, [a_snapshot(1), a_hidden_snapshot(2), a_snapshot(3), a_snapshot(4, at=a_revision(3).at)]
    )
    assert [archive.history.count_parsed(PAGE, number) for number in (1, 2, 3, 4, 5)] == [1, 1, 2, 3, 0]


@pytest.mark.parametrize("damage", [b"", b"(\xb5/\xfd", b"no frame"])
def test_a_damaged_chapter_is_corrupt_and_a_damaged_state_is_none(archive: Archive, damage: bytes):
    followed(archive, 1)
    with archive.database.write() as session:
        session.connection().execute(text("UPDATE history_batch SET body = :it"), {"it": damage})
        session.connection().execute(text("UPDATE history_progress SET state = :it"), {"it": damage})
    with pytest.raises(Corrupt):
        archive.history.timelines(PAGE)
    known = archive.history.progress(PAGE)
    assert known
    assert known.state == b""
