"""Test that an alert about a table is over when its cells are what they were, and that nobody is alerted of a fix."""

from __future__ import annotations

import re

import pytest

from snapshots import ReviewState
from tests.cases import for_each
from tests.flows.harness import TEXT, WikiHarness
from tests.watcher.services.test_alerting import Sent, step
from tests.watcher.services.test_attribution import START, ArticleStory
from tests.watcher.services.test_mutes import WATCH, a_mute
from watcher import compare_wikitext
from watcher.model import Finding, Kind
from watcher.report.cards import finding_from_dict
from watcher.services.alerts import matches, sent_facts_of
from watcher.services.attribution import attribute

HARBOURS = {"Ardal": ("640", "12"), "Borvik": ("955", "31"), "Camar": ("780", "22"), "Dunmor": ("410", "9")}
FALSIFIED = HARBOURS | {"Ardal": ("690", "12"), "Camar": ("530", "22"), "Dunmor": ("470", "5")}
NOTE = "\nThe harbour master reports to the council.\n"


def text(harbours: dict[str, tuple[str, str]], more: str = "") -> str:
    rows = "".join(f"|-\n| {name} || {boats} || {quays}\n" for name, (boats, quays) in harbours.items())
    return f"{TEXT}\n{{|\n! Harbour !! Boats !! Quays\n{rows}|}}\n{more}"


def open_findings(world: WikiHarness) -> list[str]:
    return [finding.summary for finding in world.findings(ReviewState.OPEN) if finding.severity > 1]


def begin(world: WikiHarness, sent: Sent) -> None:
    world.edit_and_check(text(HARBOURS))
    step(world, text(FALSIFIED), sent)
    assert len(sent.texts) == 1
    assert sent.texts[0].startswith("change: table updated: 4 cells in 2 columns")


def test_cells_that_are_all_back_end_the_alert_about_the_table(either_world: WikiHarness) -> None:
    world, sent = either_world, Sent()
    begin(world, sent)
    step(world, text(HARBOURS, NOTE), sent)
    assert sent.texts[1].startswith("resolved: 4 cells as before")
    assert open_findings(world) == []


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (text({name: HARBOURS[name] for name in HARBOURS if name != "Camar"}), "row Camar back"),
        (re.sub(r" \|\| [\d,]+\n| !! Quays", "\n", text(HARBOURS)), "column Quays back"),
    ],
    ids=["row", "column"],
)
def test_a_row_or_column_that_is_back_is_named(world: WikiHarness, gone: str, words: str) -> None:
    sent = Sent()
    for wikitext in (text(HARBOURS), gone, text(HARBOURS, NOTE)):
        step(world, wikitext, sent)
    assert sent.texts[-1].startswith(f"resolved: {words}")


def test_cells_that_are_back_one_by_one_alert_nobody(world: WikiHarness) -> None:
    sent = Sent()
    begin(world, sent)
    for name in ("Ardal", "Camar"):
        step(world, text(FALSIFIED | {key: HARBOURS[key] for key in ("Ardal", name)}, NOTE), sent)
        assert [line.partition(":")[0] for line in sent.texts[1:]] == ["resolved"] * (len(sent.texts) - 1)
        assert open_findings(world)  # other cells are not what they were
    step(world, text(HARBOURS, NOTE), sent)
    assert {line.partition(":")[0] for line in sent.texts[1:]} == {"resolved"}
    assert open_findings(world) == []


def test_another_value_in_a_cell_of_the_table_is_told(world: WikiHarness) -> None:
    sent = Sent()
    begin(world, sent)
    step(world, text(FALSIFIED | {"Borvik": ("155", "31")}, NOTE), sent)
    assert len(sent.texts) == 2
    assert "955 → 155" in sent.texts[1]
    assert not sent.texts[1].startswith("resolved")


def test_single_cells_that_are_back_together_alert_nobody(world: WikiHarness) -> None:
    sent = Sent()
    world.edit_and_check(text(HARBOURS))
    now = HARBOURS
    for name in ("Ardal", "Camar", "Dunmor"):
        now = now | {name: FALSIFIED[name]}
        step(world, text(now), sent)
    count = len(sent.texts)
    step(world, text(HARBOURS, NOTE), sent)
    assert {line.partition(":")[0] for line in sent.texts[count:]} == {"resolved"}
    assert open_findings(world) == []


@for_each(("old", "false"))
def test_what_is_back_alerts_nobody(old: str, false: str, either_world: WikiHarness) -> None:
    world, sent = either_world, Sent()
    world.edit_and_check(f"{TEXT}\n{old}\n")
    step(world, f"{TEXT}\n{false}\n", sent)
    count = len(sent.texts)
    step(world, f"{TEXT}\n{old}\n{NOTE}", sent)
    assert [line for line in sent.texts[count:] if not line.startswith("resolved")] == []


def the_update() -> Finding:
    (finding,) = compare_wikitext(text(HARBOURS), text(FALSIFIED)).findings
    assert (finding.change.kind, len(finding.change.cells)) == (Kind.STATISTIC_CHANGED, 4)
    return finding


def test_a_stored_finding_about_a_table_states_what_its_cells_state() -> None:
    finding = the_update()
    stored = finding_from_dict(finding.to_dict())
    assert sent_facts_of(stored) == sent_facts_of(finding)
    assert [fact.label for fact in sent_facts_of(stored)] == [
        "Ardal × Boats",
        "Camar × Boats",
        "Dunmor × Boats",
        "Dunmor × Quays",
    ]


@for_each(("parts", "suppressed"))
def test_a_mute_silences_a_table_where_it_silences_each_cell(parts: dict[str, str], suppressed: object) -> None:
    assert matches(a_mute(**parts), WATCH, the_update()) is suppressed


def test_the_edits_of_a_table_are_those_of_its_cells() -> None:
    def with_table(harbours: dict[str, tuple[str, str]]) -> str:
        return f"{START}\n{text(harbours).removeprefix(TEXT)}"

    first = HARBOURS | {"Ardal": FALSIFIED["Ardal"], "Camar": FALSIFIED["Camar"]}
    story = ArticleStory(("Founder", with_table(HARBOURS)), ("One", with_table(first)), ("Two", with_table(FALSIFIED)))
    comparison = compare_wikitext(with_table(HARBOURS), with_table(FALSIFIED))
    (editors,) = attribute(comparison, story.pending())
    assert [revision.editor for revision in editors] == ["One", "Two"]


def test_what_ends_an_alert_with_a_new_one_is_never_an_empty_message(world: WikiHarness) -> None:
    sent = Sent()
    begin(world, sent)
    again = HARBOURS | {"Ardal": ("720", "14"), "Camar": ("610", "25"), "Dunmor": ("510", "9")}
    step(world, text(again), sent)
    assert [line for line in sent.texts if not line.partition(": ")[2]] == []
    assert "resolved: what was reported has changed again" in sent.texts
