import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import inspect

from snapshots import Archive, FindingFilter, NewMute, PageEvent, ReviewAction, ReviewDecision, retention
from snapshots.retention import apply_retention
from tests.snapshots.builders import (
    NOW,
    PAGE,
    a_check,
    a_revision,
    a_snapshot,
    checked_up_to,
    claim_all,
    deliver_all,
    each_statement,
    later,
)
from watcher.errors import StoreError
from watcher.model import Revision

LONG_AFTER = NOW + timedelta(days=365)
WORDS = " ".join(f"lamp{number * 7919 % 10007}" for number in range(400))


def tidied(
    archive: Archive, *, findings: bool = False, texts: bool = False, apply: bool = True
) -> tuple[dict[str, int], int]:
    """Everything but what has to stay."""
    return apply_retention(
        archive, findings=LONG_AFTER if findings else None, texts=LONG_AFTER if texts else None, apply=apply
    )


def decide_all(archive: Archive) -> None:
    ids = [finding.id for finding in archive.findings.search(FindingFilter())]
    archive.reviews.decide(ids, ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "Ada", later(20))


def with_text(archive: Archive) -> list[int]:
    """The revisions of the page whose text is there."""
    return sorted(number for number, has_text in archive.revisions.ids(PAGE).items() if has_text)


@pytest.fixture
def done(archive: Archive) -> Archive:
    """Five checks, whose messages were sent and whose findings were decided."""
    checked_up_to(archive, 5)
    deliver_all(archive, later(10))
    decide_all(archive)
    return archive


def test_a_dry_run_counts_exactly_what_then_goes_with_all_that_belongs_to_it(done: Archive):
    would, _ = planned = tidied(done, findings=True, texts=True, apply=False)
    assert len(done.comparisons.of_article(PAGE)) == 4
    assert with_text(done) == [1, 2, 3, 4, 5]
    assert tidied(done, findings=True, texts=True) == planned
    assert would["comparison"] == would["alert"] == 4
    assert would["finding"] == would["delivery"] == would["attempt"] == 8
    assert would["review_event"] == 8
    assert done.comparisons.of_article(PAGE) == ()
    assert done.outbox.newest() == ()
    assert done.findings.search(FindingFilter()) == ()
    assert len(done.revisions.of_article(PAGE)) == 5
    assert tidied(done, findings=True)[0] == {}


def test_only_what_is_older_goes(done: Archive):
    late = replace(a_check(6), now=LONG_AFTER)
    done.comparisons.commit(late)
    tidied(done, findings=True)
    assert [comparison.after.id for comparison in done.comparisons.of_article(PAGE)] == [6]


def test_a_finding_that_nobody_decided_stays(archive: Archive):
    checked_up_to(archive, 3)
    deliver_all(archive, later(10))
    [first, *_] = archive.findings.search(FindingFilter())
    archive.reviews.decide([first.id], ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "Ada", later(20))
    assert tidied(archive, findings=True)[0] == {}


def test_a_message_that_was_not_delivered_stays(archive: Archive):
    checked_up_to(archive, 4)
    decide_all(archive)
    (dead, _) = claim_all(archive, later(10), lease_seconds=1)
    archive.outbox.mark_failed(dead, later(10), "gone", None)
    while (waiting := archive.outbox.claim(later(11), owner="me")) and archive.metrics.outbox(later(11)).queued > 1:
        archive.outbox.mark_sent(waiting, later(11))
    assert waiting is not None
    archive.outbox.mark_failed(waiting, later(11), "busy", later(99))
    tidied(archive, findings=True)
    kept = {delivery.id for delivery in archive.outbox.newest()}
    assert {waiting.id, dead.id} <= kept
    assert len(archive.comparisons.of_article(PAGE)) == len({waiting.alert.key, dead.alert.key})


@pytest.fixture
def long(archive: Archive) -> Archive:
    """Seventy revisions of which only the last was judged."""
    archive.articles.register(PAGE, NOW)
    archive.revisions.store(PAGE, [a_snapshot(number, f"{WORDS} {number}") for number in range(1, 71)])
    archive.comparisons.commit(replace(a_check(70, first=70), after=a_revision(70), snapshots=()))
    return archive


@pytest.mark.dialect
def test_texts_that_nothing_needs_go_and_all_others_can_be_read_followed_and_stored_again(long: Archive):
    gone, freed = tidied(long, texts=True)
    assert gone["text"] > 25
    assert freed > 0
    assert long.revisions.find_corrupt_texts() == ()
    assert long.revisions.snapshot("en", 70).wikitext == f"{WORDS} 70"
    assert len(long.revisions.of_article(PAGE)) == 70
    assert len(with_text(long)) == 70 - gone["text"]
    long.revisions.store(PAGE, [a_snapshot(number, f"{WORDS} {number}") for number in range(71, 140)])
    assert long.revisions.find_corrupt_texts() == ()
    long.revisions.store(PAGE, [a_snapshot(number, f"{WORDS} {number}") for number in range(1, 71)])
    assert with_text(long) == list(range(1, 140))
    assert long.revisions.find_corrupt_texts() == ()


def test_both_sides_of_a_comparison_that_is_kept_stay(archive: Archive):
    checked_up_to(archive, 3)  # undecided
    archive.revisions.store(PAGE, [a_snapshot(4), a_snapshot(5)])
    tidied(archive, findings=True, texts=True)
    assert with_text(archive) == [1, 2, 3, 4, 5]


def test_what_was_not_judged_yet_stays(done: Archive):
    done.revisions.store(PAGE, [a_snapshot(6), a_snapshot(7)])
    tidied(done, findings=True, texts=True)
    assert {5, 6, 7} <= set(with_text(done))


def test_a_page_without_a_cursor_keeps_everything(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.revisions.store(PAGE, [a_snapshot(1), a_snapshot(2)])
    assert tidied(archive, texts=True)[0] == {}


def test_what_a_mute_will_sum_up_stays(done: Archive):
    mute = done.mutes.begin(NewMute(rule="section_added"), NOW)
    before: Revision = a_revision(5)
    done.comparisons.commit(replace(a_check(6), before=before, suppressing_mutes=(mute.id,)))
    for number in (7, 8):
        done.comparisons.commit(a_check(number))
    deliver_all(done, later(10))
    decide_all(done)
    tidied(done, findings=True, texts=True)
    assert 5 in with_text(done)


def test_events_go_when_they_were_reported_save_the_last_of_a_kind(archive: Archive):
    checked_up_to(archive, 1)
    for number, kind in enumerate(("deleted", "restored", "deleted", "restored")):
        archive.events.record(PAGE, kind, "x", later(number))
    archive.events.record(PAGE, "moved", "Lights → Lighthouses", later(9))
    assert tidied(archive, findings=True)[0] == {}
    archive.outbox.queue_operator_alert(PageEvent, [row.id for _, row in archive.events.unnotified()], None, later(60))
    assert tidied(archive, findings=True)[0] == {"event": 3}
    assert [event.kind for event in archive.events.of_article(PAGE)] == ["moved", "restored"]
    assert archive.articles.find_by_title_or_former_title("en", "Lights") == PAGE


REMOVED = {"alert", "comparison", "event", "finding", "text"}


def test_rows_that_reference_what_is_removed_are_found_by_an_index(archive: Archive):
    """Both engines look for them with each row that goes: without an index, in the whole table."""
    with archive.database.read() as session:
        inspector = inspect(session.connection())
        for table in inspector.get_table_names():
            keys = [
                inspector.get_pk_constraint(table)["constrained_columns"],
                *(index["column_names"] for index in inspector.get_indexes(table)),
                *(constraint["column_names"] for constraint in inspector.get_unique_constraints(table)),
            ]
            columns = {
                reference["constrained_columns"][0]
                for reference in inspector.get_foreign_keys(table)
                if reference["referred_table"] in REMOVED
            }
            assert columns - {key[0] for key in keys} == set(), table


def test_no_row_is_compared_with_a_list_of_all_others(done: Archive):
    statements: list[str] = []

    with each_statement(lambda _connection, statement, _parameters: statements.append(statement)):
        assert tidied(done, findings=True, texts=True)[0]
    assert [text for text in statements if re.search(r"NOT IN\s*\(\s*SELECT", text)] == []


@pytest.mark.dialect
def test_a_text_that_an_edit_brings_back_meanwhile_stays(long: Archive, open_archive: Callable[..., Archive]):
    other, tried = open_archive(timeout=0.2), []

    def bring_back(_connection: object, statement: str, _parameters: object) -> None:
        if statement.startswith("UPDATE revision SET text_id") and not tried:
            tried.append(statement)
            with suppress(StoreError):  # it has to wait
                other.revisions.store(PAGE, [a_snapshot(71, f"{WORDS} 63")])

    with each_statement(bring_back):
        tidied(long, texts=True)
    assert tried
    assert long.revisions.ids(PAGE).get(71, True)


def test_a_removal_that_was_interrupted_goes_on(done: Archive, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "IDS_IN_STATEMENT", 1)
    begin, begun = done.database.write, []

    def begin_thrice() -> Any:
        begun.append(1)
        if len(begun) == 4:
            raise StoreError("the database was shut down")
        return begin()

    monkeypatch.setattr(done.database, "write", begin_thrice)
    with pytest.raises(StoreError):
        tidied(done, findings=True)
    assert len(done.comparisons.of_article(PAGE)) == 1
    assert tidied(done, findings=True)[0]["comparison"] == 1
    assert done.comparisons.of_article(PAGE) == ()
