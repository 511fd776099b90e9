"""What reviewers decide, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from snapshots import Action, Archive, Deed, Dismissal, Muting, ReviewState, Wanted
from tests.snapshots.builders import NOW, PAGE, a_check, checked_up_to, later
from watcher.errors import Missing
from watcher.model import Severity

ACKNOWLEDGE = Action(deed=Deed.ACKNOWLEDGE)
DISMISS = Action(deed=Deed.DISMISS, reason=Dismissal.NOT_A_FACT, note="  it is a page number ")


@pytest.fixture
def found(archive: Archive) -> list[int]:
    """The ids of four stored findings."""
    checked_up_to(archive, 3)
    return sorted(one.id for one in archive.reviews(Wanted()))


def standing(archive: Archive, number: int) -> tuple[ReviewState, str | None, str | None]:
    one = archive.review(number)
    return one.state, one.reason, one.assignee


def test_what_is_found_waits_for_a_review_at_once(archive: Archive, found: list[int]):
    one = archive.review(found[0])
    assert (one.article, one.before.id, one.after.id, one.position) == (PAGE, 1, 2, 0)
    assert (one.state, one.severity, one.section, one.at) == (ReviewState.OPEN, Severity.HIGH, ("Coast", "North"), NOW)
    assert one.body["summary"] == one.summary == "a section is new"
    assert archive.steps(one.id) == ()


def test_a_decision_and_its_reason_are_on_record_with_who_and_when(archive: Archive, found: list[int]):
    archive.act([found[0]], DISMISS, "ada", later(60))
    assert standing(archive, found[0]) == (ReviewState.DISMISSED, "not-a-fact", None)
    (step,) = archive.steps(found[0])
    assert (step.by, step.at, step.deed, step.reason) == ("ada", later(60), Deed.DISMISS, Dismissal.NOT_A_FACT)
    assert step.note == "it is a page number"
    assert archive.review(found[0]).notes == 1


def test_the_newest_decision_counts_and_those_before_stay_on_record(archive: Archive, found: list[int]):
    archive.act(found[:1], ACKNOWLEDGE, "ada", NOW)
    archive.act(found[:1], DISMISS, "bob", NOW)
    archive.act(found[:1], Action(deed=Deed.ASSIGN, assignee=" eve  x "), "bob", NOW)
    assert standing(archive, found[0]) == (ReviewState.DISMISSED, "not-a-fact", "eve x")
    assert [step.by for step in archive.steps(found[0])] == ["ada", "bob", "bob"]
    archive.act(found[:1], Action(deed=Deed.ASSIGN, assignee=""), "bob", NOW)
    assert archive.review(found[0]).assignee is None


def test_undoing_goes_back_step_by_step(archive: Archive, found: list[int]):
    for action in (ACKNOWLEDGE, DISMISS, Action(deed=Deed.NOTE, note="see talk")):
        archive.act(found[:1], action, "ada", NOW)
    seen = []
    while step := archive.last_step(found[0]):
        assert archive.undo([step], "bob", NOW)
        seen.append(archive.review(found[0]).state.value)
    assert seen == ["dismissed", "acknowledged", "open"]
    assert archive.review(found[0]).notes == 0
    assert [step.undone for step in archive.steps(found[0])] == [True] * 3 + [False] * 3


def test_the_same_step_is_taken_back_once(archive: Archive, found: list[int]):
    archive.act(found[:1], ACKNOWLEDGE, "ada", NOW)
    (step,) = archive.steps(found[0])
    assert archive.undo([step], "ada", NOW) > 0
    assert archive.undo([step], "bob", NOW) == 0
    assert len(archive.steps(found[0])) == 2


def test_several_are_decided_and_taken_back_at_once(archive: Archive, found: list[int]):
    batch = archive.act([*found, found[0]], DISMISS, "ada", NOW)
    assert [step.finding_id for step in archive.batch(batch)] == found
    assert {archive.review(number).state for number in found} == {ReviewState.DISMISSED}
    back = archive.undo(archive.batch(batch), "ada", NOW)
    assert len(archive.batch(back)) == 4
    assert {archive.review(number).state for number in found} == {ReviewState.OPEN}
    assert archive.batch(99) == ()


def test_one_that_is_not_stored_stops_the_whole_batch(archive: Archive, found: list[int]):
    with pytest.raises(Missing, match="finding 404 is not stored"):
        archive.act([*found, 404], ACKNOWLEDGE, "ada", NOW)
    assert {archive.review(number).state for number in found} == {ReviewState.OPEN}
    with pytest.raises(Missing):
        archive.review(404)


@pytest.mark.parametrize(
    "action",
    [
        Action(deed=Deed.DISMISS),
        Action(deed=Deed.ASSIGN),
        Action(deed=Deed.NOTE, note="  "),
        Action(deed=Deed.MUTE),
        Action(deed=Deed.UNDO),
    ],
)
def test_half_an_action_is_refused(archive: Archive, found: list[int], action: Action):
    with pytest.raises(ValueError, match="needs more"):
        archive.act(found, action, "ada", NOW)


@pytest.mark.parametrize("count", [0, 501])
def test_so_many_at_once_are_refused(archive: Archive, count: int):
    with pytest.raises(ValueError, match="choose 1 to 500"):
        archive.act(range(1, count + 1), ACKNOWLEDGE, "ada", NOW)


def test_a_mute_begun_from_a_finding_keeps_it_back_until_the_mute_ends(archive: Archive, found: list[int]):
    muting = Muting(wiki="en", title="Lighthouses", words="lamps of the coast", until=later(3600))
    mute = archive.mute_finding(found[0], muting, "ada", NOW)
    assert archive.mutes() == (mute,)
    assert (mute.title, mute.words, mute.until) == ("Lighthouses", "lamps of the coast", later(3600))
    assert (archive.review(found[0]).state, archive.steps(found[0])[0].mute_id) == (ReviewState.MUTED, mute.id)
    archive.end_mute(mute, (), later(7200))
    assert (archive.review(found[0]).state, archive.review(found[0]).muted_by) == (ReviewState.OPEN, None)


def test_what_was_decided_meanwhile_stays_decided_when_a_mute_ends(archive: Archive, found: list[int]):
    mute = archive.mute_finding(found[0], Muting(wiki="en", title="Lighthouses", rule="x"), "ada", NOW)
    archive.act(found[:1], ACKNOWLEDGE, "ada", NOW)
    archive.end_mute(mute, (), later(1))
    assert archive.review(found[0]).state is ReviewState.ACKNOWLEDGED
    archive.undo([archive.last_step(found[0])], "ada", NOW)
    assert archive.review(found[0]).state is ReviewState.OPEN


def test_what_a_mute_keeps_back_is_stored_as_muted(archive: Archive):
    archive.register(PAGE, NOW)
    archive.commit(a_check(1))
    mute = archive.mute(NOW, words="lamps")
    archive.commit(replace(a_check(2), silent=((1, mute.id),)))
    states = {one.position: one.state for one in archive.reviews(Wanted(states=()))}
    assert states == {0: ReviewState.OPEN, 1: ReviewState.MUTED}
    archive.end_mute(mute, (), NOW)
    assert {one.state for one in archive.reviews(Wanted(states=()))} == {ReviewState.OPEN}


def test_each_reader_has_seen_up_to_a_moment_of_their_own(archive: Archive):
    assert archive.last_seen("ada") is None
    archive.seen("ada", later(60))
    archive.seen("ada", NOW)
    assert archive.last_seen("ada") == later(60)
    assert archive.last_seen("bob") is None


def test_reviewers_at_once_lose_no_decision(open_archive: Callable[..., Archive]):
    from threading import Thread

    first = open_archive()
    checked_up_to(first, 3)
    found = [one.id for one in first.reviews(Wanted())]
    archives = [open_archive() for _ in range(4)]

    def decide(archive: Archive, turn: int) -> None:
        for number in (found, found[::-1])[turn % 2]:
            archive.act([number], ACKNOWLEDGE, f"reviewer {turn}", NOW)

    threads = [Thread(target=decide, args=(archive, turn)) for turn, archive in enumerate(archives)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in found:
        assert len(first.steps(number)) == 4
        assert first.review(number).state is ReviewState.ACKNOWLEDGED


def test_a_database_from_before_reviews_has_all_its_findings_in_the_queue(archive: Archive):
    checked_up_to(archive, 3)
    before = archive.reviews(Wanted())
    counted = archive.counts(Wanted())
    archive.upgrade("0002")
    archive.upgrade()
    assert archive.reviews(Wanted()) == before
    assert archive.counts(Wanted()) == counted
    assert archive.reviews(Wanted(search="SECTION north lighthouses ada")) != ()


def test_a_finding_that_is_deleted_takes_its_review_along(archive: Archive, found: list[int]):
    archive.act(found, ACKNOWLEDGE, "ada", NOW)
    with archive._store.writing() as session:
        session.connection().execute(text("DELETE FROM finding WHERE id = :id"), {"id": found[0]})
    assert [one.id for one in archive.reviews(Wanted(states=()))] == sorted(found[1:], reverse=True)
