"""Test what a check does with everything that happened on the wiki since the last one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.flows.harness import CHANGED, TEXT, WikiHarness
from tests.watcher.services.stories import story_test
from watcher.errors import Corrupt, StoreError
from watcher.model import Comparison, Kind
from watcher.services.checks.check import check
from watcher.services.checks.outcome import CheckState

test_what_a_check_does = story_test(__file__)


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


def test_what_every_edit_changes_again_is_told_after_six_settle_times(world: WikiHarness):
    world.watch("Tide", settle="10m").check()
    states = []
    for number in range(31, 43):
        world.edit(TEXT.replace("21 million", f"{number} million"))
        world.clock.advance(minutes=4)
        states.append(world.check_state())
    # an edit every six minutes: the eleventh check comes an hour and more after the first of them
    assert states == ["settling"] * 10 + ["alert", "settling"]


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
    with closing(sqlite3.connect(tmp_path / "watcher.db")) as connection, connection:
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
