"""Test reviewers' decisions and mutes, on both engines."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from snapshots import (
    Archive,
    Dismissal,
    FindingFilter,
    NewMute,
    OutgoingAlert,
    ReviewAction,
    ReviewDecision,
    ReviewState,
    SortOrder,
)
from snapshots.reviews import DECIDING, MIN_SERIES_ARTICLES, resolve
from tests.review_fixtures import judge_all
from tests.snapshots.builders import NOW, PAGE, a_check, an_alert, checked_up_to, later, new_deliveries
from watcher.errors import Missing
from watcher.model import Article, Severity

ACKNOWLEDGE = ReviewDecision(action=ReviewAction.ACKNOWLEDGE)
DISMISS = ReviewDecision(action=ReviewAction.DISMISS, reason=Dismissal.NOT_A_FACT, note="  it is a page number ")


@pytest.fixture
def finding_ids(archive: Archive) -> list[int]:
    """The ids of four stored findings."""
    checked_up_to(archive, 3)
    return sorted(finding.id for finding in archive.findings.search(FindingFilter()))


def current(archive: Archive, number: int) -> tuple[ReviewState, str | None, str | None]:
    finding = archive.findings.get(number)
    return finding.state, finding.reason, finding.assignee


def test_what_is_found_waits_for_a_review_and_a_decision_is_on_record_with_who_when_and_why(
    archive: Archive, finding_ids: list[int]
):
    finding = archive.findings.get(finding_ids[0])
    assert (finding.article, finding.before.id, finding.after.id, finding.position) == (PAGE, 1, 2, 0)
    assert (finding.state, finding.severity) == (ReviewState.OPEN, Severity.HIGH)
    assert (finding.section, finding.at) == (("Coast", "North"), NOW)
    assert finding.body["summary"] == finding.summary == "a section is new"
    assert archive.reviews.events_of(finding.id) == ()
    archive.reviews.decide([finding_ids[0]], DISMISS, "ada", later(60))
    assert current(archive, finding_ids[0]) == (ReviewState.DISMISSED, "not-a-fact", None)
    (step,) = archive.reviews.events_of(finding_ids[0])
    assert (step.by, step.at, step.note) == ("ada", later(60), "it is a page number")
    assert (step.action, step.reason) == (ReviewAction.DISMISS, Dismissal.NOT_A_FACT)
    assert archive.findings.get(finding_ids[0]).notes == 1


def test_the_newest_decision_counts_and_those_before_stay_on_record(archive: Archive, finding_ids: list[int]):
    archive.reviews.decide(finding_ids[:1], ACKNOWLEDGE, "ada", NOW)
    archive.reviews.decide(finding_ids[:1], DISMISS, "bob", NOW)
    archive.reviews.decide(finding_ids[:1], ReviewDecision(action=ReviewAction.ASSIGN, assignee=" eve  x "), "bob", NOW)
    assert current(archive, finding_ids[0]) == (ReviewState.DISMISSED, "not-a-fact", "eve x")
    assert [step.by for step in archive.reviews.events_of(finding_ids[0])] == ["ada", "bob", "bob"]
    archive.reviews.decide(finding_ids[:1], ReviewDecision(action=ReviewAction.ASSIGN, assignee=""), "bob", NOW)
    assert archive.findings.get(finding_ids[0]).assignee is None


def test_undoing_goes_back_step_by_step(archive: Archive, finding_ids: list[int]):
    for action in (ACKNOWLEDGE, DISMISS, ReviewDecision(action=ReviewAction.NOTE, note="see talk")):
        archive.reviews.decide(finding_ids[:1], action, "ada", NOW)
    seen = []
    while step := archive.reviews.last_event(finding_ids[0]):
        assert archive.reviews.undo([step], "bob", NOW)
        seen.append(archive.findings.get(finding_ids[0]).state.value)
    assert seen == ["dismissed", "acknowledged", "open"]
    assert archive.findings.get(finding_ids[0]).notes == 0
    assert [step.undone for step in archive.reviews.events_of(finding_ids[0])] == [True] * 3 + [False] * 3


def test_the_same_step_is_taken_back_once(archive: Archive, finding_ids: list[int]):
    archive.reviews.decide(finding_ids[:1], ACKNOWLEDGE, "ada", NOW)
    (step,) = archive.reviews.events_of(finding_ids[0])
    assert archive.reviews.undo([step], "ada", NOW) > 0
    assert archive.reviews.undo([step], "bob", NOW) == 0
    assert len(archive.reviews.events_of(finding_ids[0])) == 2


@pytest.mark.dialect
def test_several_are_decided_and_taken_back_at_once(archive: Archive, finding_ids: list[int]):
    batch = archive.reviews.decide([*finding_ids, finding_ids[0]], DISMISS, "ada", NOW).batch
    assert [step.finding_id for step in archive.reviews.events_of_batch(batch)] == finding_ids
    assert {archive.findings.get(number).state for number in finding_ids} == {ReviewState.DISMISSED}
    back = archive.reviews.undo(archive.reviews.events_of_batch(batch), "ada", NOW)
    assert len(archive.reviews.events_of_batch(back)) == 4
    assert {archive.findings.get(number).state for number in finding_ids} == {ReviewState.OPEN}
    assert archive.reviews.events_of_batch(99) == ()


def test_one_that_is_not_stored_stops_the_whole_batch(archive: Archive, finding_ids: list[int]):
    with pytest.raises(Missing, match="finding 404 is not stored"):
        archive.reviews.decide([*finding_ids, 404], ACKNOWLEDGE, "ada", NOW)
    assert {archive.findings.get(number).state for number in finding_ids} == {ReviewState.OPEN}
    with pytest.raises(Missing):
        archive.findings.get(404)


def test_a_note_answers_another_of_its_finding_and_a_thread_has_one_level(archive: Archive, finding_ids: list[int]):
    def note(answered: int | None) -> ReviewDecision:
        return ReviewDecision(action=ReviewAction.NOTE, note="why?", answers=answered)

    first = archive.reviews.decide(finding_ids[:1], DISMISS, "ada", NOW).batch
    second = archive.reviews.decide(finding_ids[:1], note(first), "ben", NOW).batch
    archive.reviews.decide(finding_ids[:1], note(second), "ada", NOW)
    assert [step.answers for step in archive.reviews.events_of(finding_ids[0])] == [None, first, first]
    for ids, answered in ((finding_ids[1:2], first), (finding_ids[:2], first), (finding_ids[:1], 999)):
        with pytest.raises(Missing, match="is not one of this finding"):
            archive.reviews.decide(ids, note(answered), "ben", NOW)


def test_a_mute_begun_from_a_finding_keeps_it_back_until_the_mute_ends(archive: Archive, finding_ids: list[int]):
    muting = NewMute(wiki="en", title="Lighthouses", words="lamps of the coast", until=later(3600))
    mute = archive.reviews.mute(finding_ids[0], muting, "ada", NOW)
    assert archive.mutes.list_open() == (mute,)
    assert (mute.title, mute.words, mute.until) == ("Lighthouses", "lamps of the coast", later(3600))
    muted = archive.findings.get(finding_ids[0])
    assert (muted.state, muted.muted_by) == (ReviewState.MUTED, mute.id)
    assert archive.reviews.events_of(finding_ids[0])[0].mute_id == mute.id
    archive.mutes.end(mute, (), later(7200))
    waiting = archive.findings.get(finding_ids[0])
    assert (waiting.state, waiting.muted_by) == (ReviewState.OPEN, None)


def test_what_was_decided_meanwhile_stays_decided_when_a_mute_ends(archive: Archive, finding_ids: list[int]):
    mute = archive.reviews.mute(finding_ids[0], NewMute(wiki="en", title="Lighthouses", rule="x"), "ada", NOW)
    archive.reviews.decide(finding_ids[:1], ACKNOWLEDGE, "ada", NOW)
    archive.mutes.end(mute, (), later(1))
    assert archive.findings.get(finding_ids[0]).state is ReviewState.ACKNOWLEDGED
    archive.reviews.undo([archive.reviews.last_event(finding_ids[0])], "ada", NOW)
    assert archive.findings.get(finding_ids[0]).state is ReviewState.OPEN
    with archive.database.write() as session:
        resolve(session, {finding_ids[0]: "undone in 4"}, NOW)
    mute = archive.reviews.mute(finding_ids[0], NewMute(rule="x"), "ada", NOW)
    archive.mutes.end(mute, (), later(1))
    assert archive.findings.get(finding_ids[0]).state is ReviewState.RESOLVED


def test_what_a_mute_keeps_back_is_stored_as_muted(archive: Archive):
    archive.articles.register(PAGE, NOW)
    archive.comparisons.commit(a_check(1))
    mute = archive.mutes.begin(NewMute(words="lamps"), NOW)
    archive.comparisons.commit(replace(a_check(2), muted_findings=((1, mute.id),)))
    states = {finding.position: finding.state for finding in archive.findings.search(FindingFilter(states=()))}
    assert states == {0: ReviewState.OPEN, 1: ReviewState.MUTED}
    archive.mutes.end(mute, (), NOW)
    assert {finding.state for finding in archive.findings.search(FindingFilter(states=()))} == {ReviewState.OPEN}


@pytest.mark.dialect
def test_mutes_are_listed_until_they_are_ended(archive: Archive):
    first = archive.mutes.begin(NewMute(wiki="en", title="Lighthouses", until=later(60)), NOW)
    second = archive.mutes.begin(NewMute(rule="claim.*", words="lamps of"), NOW)
    assert archive.mutes.list_open() == (first, second)
    assert (first.until, second.title, second.words) == (later(60), None, "lamps of")
    assert archive.mutes.end(first, (), later(1)) is True
    assert archive.mutes.list_open() == (second,)


@pytest.mark.dialect
def test_the_first_revision_that_was_kept_back_is_remembered(archive: Archive):
    checked_up_to(archive, 1)
    mute = archive.mutes.begin(NewMute(), NOW)
    for number in (2, 3):
        assert archive.comparisons.commit(replace(a_check(number), suppressing_mutes=(mute.id,))) is not None
    assert archive.mutes.suppressed(mute) == ((PAGE, 1),)


@pytest.mark.dialect
def test_the_summary_is_queued_in_the_same_breath_and_once(archive: Archive):
    checked_up_to(archive, 1)
    mute = archive.mutes.begin(NewMute(), NOW)
    alert = OutgoingAlert(alert=an_alert(9), deliveries=new_deliveries(9))
    assert archive.mutes.end(mute, (alert,), NOW) is True
    assert archive.mutes.end(mute, (alert,), NOW) is False
    assert [delivery.alert for delivery in archive.outbox.newest()] == [an_alert(9)] * 2


def test_each_reader_has_seen_up_to_a_time_of_their_own(archive: Archive):
    assert archive.reviews.last_seen("ada") is None
    archive.reviews.mark_seen("ada", later(60))
    archive.reviews.mark_seen("ada", NOW)
    assert archive.reviews.last_seen("ada") == later(60)
    assert archive.reviews.last_seen("bob") is None


@pytest.mark.dialect
def test_reviewers_at_once_lose_no_decision(open_archive: Callable[..., Archive]):
    from threading import Thread

    first = open_archive()
    checked_up_to(first, 3)
    result = [finding.id for finding in first.findings.search(FindingFilter())]
    archives = [open_archive() for _ in range(4)]

    def decide(archive: Archive, turn: int) -> None:
        for number in (result, result[::-1])[turn % 2]:
            archive.reviews.decide([number], ACKNOWLEDGE, f"reviewer {turn}", NOW)

    threads = [Thread(target=decide, args=(archive, turn)) for turn, archive in enumerate(archives)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in result:
        assert len(first.reviews.events_of(number)) == 4
        assert first.findings.get(number).state is ReviewState.ACKNOWLEDGED


@pytest.mark.dialect
def test_a_finding_that_is_deleted_takes_its_review_along(archive: Archive, finding_ids: list[int]):
    archive.reviews.decide(finding_ids, ACKNOWLEDGE, "ada", NOW)
    with archive.database.write() as session:
        session.connection().execute(text("DELETE FROM finding WHERE id = :id"), {"id": finding_ids[0]})
    assert [finding.id for finding in archive.findings.search(FindingFilter(states=()))] == sorted(
        finding_ids[1:], reverse=True
    )


def test_what_another_reviewer_decided_meanwhile_stays(archive: Archive, finding_ids: list[int]):
    as_of = archive.reviews.last_event_id()
    archive.reviews.decide(finding_ids[:1], ACKNOWLEDGE, "ben", NOW)
    archive.reviews.decide(finding_ids[1:2], ReviewDecision(action=ReviewAction.NOTE, note="hm"), "ben", NOW)
    result = archive.reviews.decide(finding_ids, DISMISS, "ada", NOW, as_of=as_of)
    assert [(event.finding_id, event.by) for event in result.conflicts] == [(finding_ids[0], "ben")]
    assert current(archive, finding_ids[0])[0] is ReviewState.ACKNOWLEDGED
    assert {current(archive, number)[0] for number in finding_ids[1:]} == {ReviewState.DISMISSED}
    only = archive.reviews.decide(finding_ids[:1], DISMISS, "ada", NOW, as_of=as_of)
    assert (only.batch, len(only.conflicts)) == (0, 1)
    assert archive.reviews.last_event(finding_ids[0], DECIDING) == only.conflicts[0]
    seen = archive.reviews.decide(finding_ids[:1], DISMISS, "ada", NOW, as_of=archive.reviews.last_event_id())
    assert seen.conflicts == ()
    assert archive.reviews.decided_since(finding_ids, as_of, "ben")[0].by == "ada"
    to_ada, to_ben = (ReviewDecision(action=ReviewAction.ASSIGN, assignee=name) for name in ("ada", "ben"))
    assert archive.reviews.decide(finding_ids, to_ben, "ben", NOW, as_of=as_of).conflicts == ()
    assert archive.reviews.decide(finding_ids, to_ada, "ada", NOW, as_of=as_of).batch == 0
    assert archive.reviews.decide(finding_ids, to_ada, "ada", NOW, as_of=archive.reviews.last_event_id()).batch


def test_a_decision_that_was_taken_back_is_no_conflict(archive: Archive, finding_ids: list[int]):
    batch = archive.reviews.decide(finding_ids[:1], ACKNOWLEDGE, "ben", NOW).batch
    archive.reviews.undo(archive.reviews.events_of_batch(batch), "ben", NOW)
    assert archive.reviews.last_event_id() == batch  # other events may be seen before decisions with lower ids
    assert archive.reviews.decide(finding_ids[:1], DISMISS, "ada", NOW, as_of=0).conflicts == ()


OLD, NEW = (f"The town has {count} lamps." for count in ("8,232", "8,967"))


def edit_articles(archive: Archive, comments: list[str], editor: str = "CensusBot", first: int = 100) -> None:
    """Change the number of one article after the other, with these edit summaries."""
    for number, comment in enumerate(comments, start=first):
        article = Article(wiki="en", page_id=number, title=f"Town {number}")
        judge_all(archive, article, [(OLD, "Heron", "draft"), (NEW, editor, comment)])


def rows(archive: Archive, order: SortOrder = SortOrder.WORST) -> list[tuple[int, int]]:
    """The articles and findings of each row."""
    return [(edit.articles, edit.findings) for edit in archive.findings.edits(FindingFilter(), order=order).edits]


@pytest.mark.parametrize("order", SortOrder)
def test_edits_of_one_editor_with_one_summary_are_one_row_once_they_are_several(archive: Archive, order: SortOrder):
    edit_articles(archive, ["census of 2024"] * (MIN_SERIES_ARTICLES - 1))
    assert rows(archive, order) == [(1, 1)] * (MIN_SERIES_ARTICLES - 1)
    edit_articles(archive, ["/* People */ Census of 2024, 17 of [[Town]]", "census of 2024"], first=200)
    assert rows(archive, order) == [(1, 1), (MIN_SERIES_ARTICLES, MIN_SERIES_ARTICLES)]
    edit_articles(archive, ["census of 2024, 31 of [[Town]]"] * MIN_SERIES_ARTICLES, first=300)
    assert sorted(rows(archive, order)) == [(MIN_SERIES_ARTICLES, MIN_SERIES_ARTICLES), (5, 5)]


@pytest.mark.parametrize(
    ("comments", "editor"),
    [([""] * 6, "CensusBot"), (["one", "two", "three", "four"], "CensusBot"), (["/* People */"] * 6, "CensusBot")],
)
def test_edits_without_a_summary_in_common_stay_apart(archive: Archive, comments: list[str], editor: str):
    edit_articles(archive, comments, editor)
    assert rows(archive) == [(1, 1)] * len(comments)


def test_edits_of_two_editors_or_of_one_article_stay_apart(archive: Archive):
    edit_articles(archive, ["census"] * 3)
    edit_articles(archive, ["census"] * 3, "Heron", first=200)
    texts = [(OLD.replace("8,232", f"{count * 1000:,}"), "Tern", "census") for count in range(1, 8)]
    judge_all(archive, Article(wiki="en", page_id=300, title="Town"), texts, days=0)
    assert {articles for articles, _ in rows(archive)} == {1}


def test_what_lies_days_apart_is_not_one_series(archive: Archive):
    for number in range(MIN_SERIES_ARTICLES + 1):
        article = Article(wiki="en", page_id=400 + number, title=f"Town {number}")
        judge_all(archive, article, [(OLD, "Heron", "draft"), (NEW, "CensusBot", "census")], days=2 * (number + 1))
    assert {articles for articles, _ in rows(archive)} == {1}
