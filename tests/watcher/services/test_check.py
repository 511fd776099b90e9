"""Test what a check does with everything that happened on the wiki since the last one."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from tests.flows.harness import CHANGED, COPY_EDITED, CRITICAL, TEXT, VANDALISED, WikiHarness
from watcher.errors import Corrupt, StoreError, Unavailable
from watcher.model import Comparison, Kind, Severity
from watcher.services.check import check
from watcher.services.outcome import CheckState


def test_the_first_check_is_a_baseline_and_raises_no_alert(either_world: WikiHarness):
    assert either_world.check_state() == "baseline"
    assert (either_world.stored(), either_world.alerts()) == ([1], [])


def test_a_quiet_change_of_one_figure_queues_one_alert_that_names_it(each_world: WikiHarness):
    each_world.check()
    (outcome,) = each_world.edit_and_check(CHANGED, editor="203.0.113.5")
    (delivery,) = each_world.alerts()
    (notice,) = delivery.alert.notices
    assert outcome.state is CheckState.ALERT
    assert (notice.kind, notice.section) == (Kind.STATISTIC_CHANGED, ("Harbours",))
    assert "21 million → 25 million boats" in notice.summary
    assert "same source" in notice.summary
    assert (delivery.alert.before.id, delivery.alert.after.id, delivery.alert.after.editor) == (1, 2, "203.0.113.5")


def test_a_copy_edit_is_stored_and_reported_to_nobody(world: WikiHarness):
    world.check()
    assert world.state_after(COPY_EDITED) == "quiet"
    assert (world.stored(), world.alerts()) == ([1, 2], [])


def test_vandalism_undone_between_two_checks_is_on_record_and_reported_to_nobody(either_world: WikiHarness):
    either_world.check()
    either_world.edit(VANDALISED)
    (outcome,) = either_world.edit_and_check(TEXT)
    assert (outcome.state, outcome.revisions) == (CheckState.QUIET, 2)
    assert "2 edits that cancel out" in outcome.text
    assert (either_world.stored(), either_world.alerts()) == ([1, 2, 3], [])
    (event,) = either_world.happened()
    assert (event.kind, event.revision_id) == ("cancelled-out", 3)


def test_all_revisions_of_a_busy_day_are_stored_and_judged_as_one(world: WikiHarness):
    world.check()
    for number in range(22, 130):
        world.edit(TEXT.replace("21 million", f"{number} million"))
    assert world.check_state() == "alert"
    assert world.stored() == list(range(1, 110))
    assert "21 million → 129 million" in world.alerts()[0].alert.notices[0].summary


# Settling


def test_an_edit_is_judged_only_when_it_has_stood_for_the_settle_time(world: WikiHarness):
    world.watch("Tide", settle="10m").check()
    world.edit(CHANGED)
    assert [world.check_state() for _ in range(9)] == ["settling"] * 9
    assert world.check_state() == "alert"


@pytest.mark.parametrize(("bypass", "state"), [(True, "alert"), (False, "settling")])
def test_a_critical_change_is_reported_at_once_where_the_watch_says_so(world: WikiHarness, *, bypass: bool, state: str):
    world.watch("Tide", settle="10m", critical_bypass=bypass).check()
    assert world.state_after(CRITICAL) == state


def busy_states(world: WikiHarness, *texts: str) -> list[str]:
    """How the checks end with an edit every six minutes and a check five minutes after each."""
    world.watch("Tide", settle="10m").check()
    states = []
    for text in texts:
        world.edit(text)
        world.clock.advance(minutes=4)
        states.append(world.check_state())
    return states


def test_what_has_stood_for_the_settle_time_is_told_whatever_else_is_edited(world: WikiHarness):
    assert busy_states(world, *(f"{CHANGED}\n[[Category:Shore {number}]]\n" for number in range(2))) == [
        "settling",
        "alert",
    ]
    (alert,) = world.alerts()
    assert [notice.summary.partition(" (")[0] for notice in alert.alert.notices] == ["21 million → 25 million boats"]
    assert [alert.alert.after.id] == world.stored()[1:2]
    # The edit after the one that was judged is judged in its turn.
    world.clock.advance(minutes=11)
    assert [world.check_state(), world.check_state()] == ["alert", "unchanged"]
    assert [row.state.value for row in world.alerts()] == ["replaced", "queued"]


@pytest.mark.parametrize(
    "later", [TEXT, CHANGED.replace("Tidal survey |url=https://survey", "Harbour count |url=https://count")]
)
def test_what_was_undone_or_sourced_before_it_had_stood_is_not_told(world: WikiHarness, later: str):
    assert busy_states(world, CHANGED, later + "\nMore words.\n") == ["settling"] * 2
    world.clock.advance(minutes=11)
    assert (world.check_state(), world.alerts()) == ("quiet", [])


def test_what_every_edit_changes_again_is_told_after_six_settle_times(world: WikiHarness):
    states = busy_states(world, *(TEXT.replace("21 million", f"{number} million") for number in range(31, 43)))
    # an edit every six minutes: the eleventh check comes an hour and more after the first of them
    assert states == ["settling"] * 10 + ["alert", "settling"]


def test_without_a_settle_time_nothing_waits_although_the_wikis_clock_is_ahead(world: WikiHarness):
    world.check()
    assert world.state_after(CHANGED, at=world.clock() + timedelta(hours=3)) == "alert"


# Hidden, restored, set back


def test_a_page_whose_text_is_hidden_at_first_gets_its_baseline_from_the_next_text(world: WikiHarness):
    world.store.hide(1, "content")
    assert [world.check_state(), world.check_state()] == ["settling", "settling"]
    assert world.state_after(CHANGED) == "baseline"
    assert world.state_after(TEXT) == "alert"
    assert world.events() == ["hidden", "unhidden"]


def test_a_hidden_newest_text_is_waited_for_and_recorded_once(world: WikiHarness):
    world.check()
    number = world.edit(CHANGED)
    world.store.hide(number, "content", "user")
    (first,), (second,) = world.check(), world.check()
    assert (first.state, second.state) == (CheckState.SETTLING, CheckState.SETTLING)
    assert first.text == "the text of revision 2 is hidden; waiting for the next one"
    assert world.events() == ["hidden"]
    assert world.state_after(CHANGED + "More.") == "alert"
    assert world.events() == ["hidden", "unhidden"]


def test_a_page_restored_to_an_older_revision_is_judged_as_readers_see_it(world: WikiHarness):
    world.check()
    world.edit_and_check(COPY_EDITED)
    world.edit_and_check(CHANGED)
    leaf = world.store.delete("Tide")
    assert world.check_state() == "failed"
    leaf.revisions.pop()
    world.store.restore(leaf)
    (outcome,) = world.check()
    assert (outcome.state, outcome.text[:18]) == (CheckState.QUIET, "revisions 3 → 2: 2"[:18])
    assert [(delivery.alert.after.id, delivery.state.value) for delivery in world.alerts()] == [(3, "replaced")]
    assert world.check_state() == "unchanged"
    assert world.events() == ["deleted", "restored"]


def test_a_revision_with_an_earlier_time_than_the_last_is_stored_and_judged(world: WikiHarness):
    world.check()
    world.edit_and_check(COPY_EDITED)
    number = world.set_back(CHANGED, minutes=30)
    assert world.check_state() == "alert"
    assert sorted(world.stored()) == [1, 2, number]
    assert world.check_state() == "unchanged"


# Failures


def test_a_wiki_that_does_not_answer_fails_its_articles_and_loses_nothing(world: WikiHarness):
    world.edit(TEXT, "Ebb")
    world.watch("Tide", "Ebb").check()
    world.edit(CHANGED)
    world.wiki.refuse(1)
    failed = world.check()
    assert [outcome.state for outcome in failed] == [CheckState.FAILED] * 2
    assert all(isinstance(outcome.error, Unavailable) for outcome in failed)
    assert [outcome.state.value for outcome in world.check()] == ["alert", "unchanged"]


def test_a_wiki_that_fails_half_way_keeps_what_was_fetched(world: WikiHarness):
    world.check()
    for number in range(22, 130):
        world.edit(TEXT.replace("21 million", f"{number} million"))
    answers = world.wiki.api
    asked = []

    def fails_on_the_third_page(query: dict[str, str]) -> tuple[dict[str, str], bytes]:
        asked.append(query)
        headers, body = answers(query)
        return headers, body[:100] if len(asked) == 3 else body

    world.wiki.api = fails_on_the_third_page  # type: ignore[method-assign]  # a wiki that breaks off
    assert world.check_state() == "failed"
    assert world.stored() == list(range(1, 51))
    world.wiki.api = answers  # type: ignore[method-assign]  # and is whole again
    assert world.check_state() == "alert"
    assert world.stored() == list(range(1, 110))


def test_a_damaged_stored_text_fails_its_own_article_in_one_line(world: WikiHarness, tmp_path: Path):
    world.edit(TEXT + "Ebb is the other half.", "Ebb")
    world.watch("Tide", "Ebb").check()
    world.edit(CHANGED)
    world.edit(CHANGED + "Ebb is the other half.", "Ebb")
    with sqlite3.connect(tmp_path / "watcher.db") as connection:
        connection.execute(
            "UPDATE text SET body = x'00' WHERE id = (SELECT text_id FROM revision WHERE revision_id = 1)"
        )
    connection.close()
    tide, ebb = world.check()
    assert (tide.state, ebb.state) == (CheckState.FAILED, CheckState.ALERT)
    assert isinstance(tide.error, Corrupt)
    assert "\n" not in tide.text


@pytest.mark.parametrize(
    ("is_link", "problem"), [(False, "the report cannot be written"), (True, "this is a symbolic link")]
)
def test_a_report_that_cannot_be_written_costs_no_alert(
    world: WikiHarness, tmp_path: Path, *, is_link: bool, problem: str
):
    world.check()
    (tmp_path / "elsewhere").mkdir()
    if is_link:
        (tmp_path / "reports").symlink_to(tmp_path / "elsewhere")
    else:
        (tmp_path / "reports").write_text("in the way")
    (outcome,) = world.edit_and_check(CHANGED)
    assert (outcome.state, len(world.alerts())) == (CheckState.ALERT, 1)
    assert problem in outcome.text
    assert [*(tmp_path / "elsewhere").iterdir()] == []


def test_a_defect_in_one_articles_check_is_reported_and_does_not_stop_the_others(world: WikiHarness):
    world.edit(TEXT, "Ebb")
    world.watch("Tide", "Ebb").check()
    world.edit(CHANGED)
    world.edit(CHANGED, "Ebb")
    with world.services() as services:
        names = services.dialect("w")

        class Defect(dict):  # type: ignore[type-arg]
            def __contains__(self, _: object) -> bool:
                if self:
                    return True
                self["w"] = names
                raise ZeroDivisionError

        services.dialects = Defect()
        tide, ebb = check(services, services.watchlist.watches)
    assert tide.text == "Tide: ZeroDivisionError during the check; run it with --debug and report it"
    assert ebb.state is CheckState.ALERT


def test_a_page_that_another_worker_checks_is_left_to_it(world: WikiHarness):
    world.check()
    world.edit(CHANGED)
    with world.archive() as archive:
        archive.leases.acquire_page(world.article(), "elsewhere-1-abc", world.clock(), 600)
    assert world.check_state() == "busy"
    world.clock.advance(minutes=10)
    assert world.check_state() == "alert"


def test_a_database_that_fails_two_pages_in_a_row_ends_the_pass(world: WikiHarness):
    titles = ("Tide", "Ebb", "Flood")
    for title in titles:
        world.edit(TEXT, title)
    world.watch(*titles).check()
    for title in titles:
        world.edit(CHANGED, title)

    def locked(*_: object, **__: object) -> Comparison:
        raise StoreError("the database is locked")

    with world.services() as services:
        services.compare = locked
        outcomes = check(services, services.watchlist.watches)
        assert next(outcomes).failed
        with pytest.raises(StoreError):
            next(outcomes)


def test_a_watch_that_is_paused_is_not_asked_for(world: WikiHarness):
    world.watch("Tide", paused=True)
    assert world.check() == []
    assert list(world.wiki.requests) == []
    world.watch("Tide")
    assert world.check_state() == "baseline"


def test_a_text_that_was_never_judged_is_no_accepted_one(world: WikiHarness):
    world.check()
    world.edit(CHANGED)
    world.edit_and_check(COPY_EDITED)
    world.edit_and_check(CHANGED)
    with world.archive() as archive:
        assert archive.comparisons.of_article(world.article())[0].worst is Severity.HIGH
