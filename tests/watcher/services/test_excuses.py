"""Test that no second edit takes away what excused the first, and what a restoration is quiet for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from snapshots import ReviewAction, ReviewDecision
from tests.flows.harness import CHANGED, SOURCE, TEXT, WikiHarness
from tests.watcher.services.test_alerting import Sent, send, step
from watcher.services.mutes import begin_mute
from watcher.services.rejudge import rejudge

NEW = "<ref>{{cite web |title=Harbour count |url=https://count.example.org/9}}</ref>"
NAMED = '<ref name="n">{{cite web |title=Harbour count |url=https://count.example.org/9}}</ref>'
REPLACED = CHANGED.replace(SOURCE, NEW)
ADDED = CHANGED.replace(SOURCE, SOURCE + NEW)
WALL = "Every harbour keeps a table of its own on the wall."
HARMFUL = "change: 21 million → 25 million boats"
GONE = {
    "the old source is back": (REPLACED, CHANGED),
    "the new source is removed": (ADDED, CHANGED),
    "both are removed": (REPLACED, CHANGED.replace(SOURCE, "")),
    "with other words": (ADDED, CHANGED.replace("on the wall", "on a wall")),
    "its definition is the old one": (
        CHANGED.replace(SOURCE, NAMED),
        CHANGED.replace(SOURCE, SOURCE.replace("<ref>", '<ref name="n">')),
    ),
    "it stands on another sentence": (ADDED, CHANGED.replace(WALL, WALL + NEW)),
    "it alone stands on another sentence": (REPLACED, CHANGED.replace(SOURCE, "").replace(WALL, WALL + NEW)),
    "its address is the old one": (
        REPLACED,
        CHANGED.replace(SOURCE, NEW.replace("count.example.org/9", "survey.example.org/1")),
    ),
    "it is hidden": (REPLACED, CHANGED.replace(SOURCE, f'<span style="display:none">{NEW}</span>{SOURCE}')),
    "it is commented out": (ADDED, CHANGED.replace(SOURCE, f"{SOURCE}<!-- {NEW} -->")),
    "it is not defined": (ADDED, CHANGED.replace(SOURCE, f'{SOURCE}<ref name="gone"/>')),
    "words without an address": (REPLACED, CHANGED.replace(SOURCE, "<ref>Harbours, a short look</ref>")),
}


@pytest.mark.parametrize("name", GONE)
def test_a_change_alerts_when_its_source_is_taken_away(name: str, world: WikiHarness):
    sent = Sent()
    world.check()
    excused, plain = GONE[name]
    assert (step(world, excused, sent), sent.texts) == ("quiet", [])
    assert (step(world, plain, sent), sent.texts) == ("alert", [HARMFUL])
    assert "it came with a source that is no longer cited there" in sent[0][1].notices[0].explanations


@pytest.mark.parametrize("last", [CHANGED.replace("on the wall", "on a wall"), CHANGED.replace("Every", "No")])
def test_another_edit_does_not_take_it_out_of_what_is_queued(world: WikiHarness, last: str):
    sent = Sent()
    world.check()
    for text in (ADDED, CHANGED, last):
        step(world, text)
    send(world, sent)
    assert HARMFUL in sent.texts


def test_the_end_of_a_mute_tells_of_it(either_world: WikiHarness):
    world, sent = either_world, Sent()
    world.check()
    with world.services() as services:
        begin_mute(services, title="Tide", until=world.clock() + timedelta(minutes=30))
    for text in (ADDED, CHANGED):
        step(world, text)
    world.clock.advance(minutes=60)
    world.check()
    send(world, sent)
    assert sent.texts == ["catch-up: 21 million → 25 million boats"]


def test_both_are_named_who_put_it_in_and_who_took_the_source_away(world: WikiHarness):
    world.check()
    for text, editor in ((ADDED, "Ann"), (CHANGED, "RefBot")):
        world.edit_and_check(text, editor=editor)
    (delivery,) = world.alerts()
    assert [edit.editor for edit in delivery.alert.notices[0].edits] == ["Ann", "RefBot"]


def test_what_was_quiet_as_a_restoration_was_not_quiet_for_its_source(world: WikiHarness):
    sent, both = Sent(), TEXT.replace(SOURCE, SOURCE + NEW)
    world.edit_and_check(both)
    step(world, both.replace("21 million", "900 million"), sent)
    with world.services() as services:
        numbers = [finding.id for finding in world.findings()]
        services.archive.reviews.decide(numbers, ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "Rita", world.clock())
    for text in (both, TEXT):
        step(world, text, sent)
    assert not [text for text in sent.texts if text.startswith("change: 900")]


def test_the_honest_fix_resolves_it_and_new_vandalism_is_no_resolution(either_world: WikiHarness):
    world, sent = either_world, Sent()
    world.check()
    for text in (REPLACED, CHANGED, TEXT.replace("on the wall", "on a wall"), CHANGED):
        step(world, text, sent)
    assert sent.texts == [HARMFUL, "resolved: back to 21 million boats", HARMFUL]


def test_another_real_source_in_its_place_is_no_news_of_the_value(world: WikiHarness):
    sent = Sent()
    world.check()
    step(world, ADDED, sent)
    step(
        world,
        CHANGED.replace(SOURCE, f"{SOURCE}<ref>{{{{cite book |title=Ships |isbn=978-0-306-40615-7}}}}</ref>"),
        sent,
    )
    assert HARMFUL not in sent.texts


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


def test_a_correction_that_a_restoration_takes_back_alerts(world: WikiHarness):
    world.check()
    assert world.state_after(TEXT.replace("21 million", "22 million").replace(SOURCE, SOURCE + NEW)) == "quiet"
    assert world.state_after(TEXT) == "alert"


def test_a_source_that_left_another_sentence_only_still_excuses_what_cites_it(world: WikiHarness):
    def text(unit: str, fare: str) -> str:
        return f"The network has 212 {unit} of track.{NEW}\n\nA ticket costs {fare}\n"

    sent = Sent()
    world.edit_and_check(text("kilometres", f"45 crowns.{NEW}"))
    assert step(world, text("km", f"45 crowns.{NEW}"), sent) == "quiet"
    assert (step(world, text("km", f"52 crowns.{SOURCE}"), sent), sent.texts) == ("quiet", [])
