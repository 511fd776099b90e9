"""Test that no second edit takes away what excused the first, and what a restoration is quiet for."""

from __future__ import annotations

import pytest

from tests.cases import parametrize_each
from tests.flows.harness import CHANGED, SOURCE, TEXT, WikiHarness
from tests.watcher.services.stories import NEW_SOURCE as NEW
from tests.watcher.services.stories import Player, Sent, step, story_test
from watcher.services.rejudge import rejudge

REPLACED = CHANGED.replace(SOURCE, NEW)
ADDED = CHANGED.replace(SOURCE, SOURCE + NEW)
TEXTS = {
    "REPLACED": REPLACED,
    "ADDED": ADDED,
    "NEW": NEW,
    "NAMED": NEW.replace("<ref>", '<ref name="n">'),
    "NAMED AS BEFORE": SOURCE.replace("<ref>", '<ref name="n">'),
    "HIDDEN": f'<span style="display:none">{NEW}</span>{SOURCE}',
    "COMMENTED OUT": f"{SOURCE}<!-- {NEW} -->",
    "UNDEFINED": f'{SOURCE}<ref name="gone"/>',
    "BOOK": f"{SOURCE}<ref>{{{{cite book |title=Ships |isbn=978-0-306-40615-7}}}}</ref>",
    "WALL": f"on the wall.{NEW}",
    "BOTH": TEXT.replace(SOURCE, SOURCE + NEW),
}
test_what_was_quiet_for_its_source = story_test(__file__, TEXTS)


@parametrize_each(("excused", "plain"))
def test_a_change_alerts_when_its_source_is_taken_away(world: WikiHarness, excused: str, plain: str):
    player = Player(world, TEXTS)
    harmful = ["messages", "change: 21 million → 25 million boats"]
    player.play([["check"], ["step", excused, "quiet"], ["messages"], ["step", plain, "alert"], harmful])
    assert "it came with a source that is no longer cited there" in player.sent[0][1].notices[0].explanations


def test_both_are_named_who_put_it_in_and_who_took_the_source_away(world: WikiHarness):
    world.check()
    for text, editor in ((ADDED, "Ann"), (CHANGED, "RefBot")):
        world.edit_and_check(text, editor=editor)
    (delivery,) = world.alerts()
    assert [edit.editor for edit in delivery.alert.notices[0].edits] == ["Ann", "RefBot"]


def test_judging_again_keeps_what_was_told_again(world: WikiHarness):
    world.check()
    for text in (ADDED, CHANGED):
        step(world, text)
    begin = world.clock()
    with world.services() as services:
        report = rejudge(services, begin.replace(year=begin.year - 1), write=True)
    assert (report.judged, report.findings, report.fewer) == (2, 0, [])


SECTIONS = "".join(
    f"\n== Part {number} ==\nIn 20{number}, the office counted {number}40 sailors in Ardal."
    f"<ref>{{{{cite web |title=Office {number} |url=https://office.example/{number}}}}}</ref>\n"
    for number in range(10, 15)
)
GROWN = TEXT + SECTIONS
VANDALISED = GROWN.replace("21 million", "25 million")


def restored(world: WikiHarness, *texts: str, edits: int = 20, later: int = 0) -> list[str]:
    """What the last edit of several did, so many minutes later, by an editor with so many edits."""
    world.store.accounts["Editor"] = {"editcount": edits}
    world.check()
    for text in texts:
        world.clock.advance(minutes=later * (text is texts[-1]))
        (outcome,) = world.edit_and_check(text)
    assert outcome.comparison
    return [f"{finding.severity.label}: {finding.summary}" for finding in outcome.comparison.findings]


def test_a_restoration_is_quiet_for_what_it_undoes_of_edits_that_alerted(world: WikiHarness):
    done = restored(world, GROWN, VANDALISED, GROWN)
    assert [line[:9] for line in done] == ["low: 25 m"]


def test_an_accepted_text_that_drops_accepted_sections_is_judged_as_any_edit(world: WikiHarness):
    done = restored(world, GROWN, GROWN.replace("Every harbour", "Each harbour"), TEXT)
    assert sum(line.startswith("medium: section “Part 1") for line in done) == 5


@pytest.mark.parametrize(("later", "severity"), [(0, "low"), (24 * 60, "medium")])
def test_an_established_account_may_take_back_what_has_just_come(world: WikiHarness, later: int, severity: str):
    done = restored(world, GROWN, TEXT, edits=500, later=later)
    assert {line[: line.index(":")] for line in done if "section" in line} == {severity}


@pytest.mark.parametrize(("later", "alerts"), [(0, False), (24 * 60, True)])
def test_so_it_may_words_that_have_just_come_into_a_sentence(world: WikiHarness, later: int, *, alerts: bool):
    done = restored(world, TEXT.replace("on the wall", "on the wall in 12 bays"), TEXT, edits=500, later=later)
    assert any(line.startswith(("medium", "high")) for line in done) is alerts, done


def test_of_a_restoration_that_does_both_each_is_judged_for_itself(either_world: WikiHarness):
    done = restored(either_world, GROWN, VANDALISED, TEXT)
    assert "low: 25 million → 21 million boats (−16 %), same source, same year" in done
    assert sum(line.startswith("medium: section “Part 1") for line in done) == 5


def test_a_source_that_left_another_sentence_only_still_excuses_what_cites_it(world: WikiHarness):
    def text(unit: str, fare: str) -> str:
        return f"The network has 212 {unit} of track.{NEW}\n\nA ticket costs {fare}\n"

    sent = Sent()
    world.edit_and_check(text("kilometres", f"45 crowns.{NEW}"))
    assert step(world, text("km", f"45 crowns.{NEW}"), sent) == "quiet"
    assert (step(world, text("km", f"52 crowns.{SOURCE}"), sent), sent.texts) == ("quiet", [])
