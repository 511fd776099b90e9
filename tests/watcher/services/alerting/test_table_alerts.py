"""Test that an alert about a table is over when its cells are what they were, and that nobody is alerted of a fix."""

import re

from tests.cases import for_each, parametrize_each
from tests.flows.harness import TEXT, WikiHarness
from tests.watcher.services.alerting.test_mutes import WATCH, a_mute
from tests.watcher.services.checks.test_attribution import START, ArticleStory
from tests.watcher.services.stories import Sent, step, story_test
from watcher import compare_wikitext
from watcher.model import Finding, Kind
from watcher.report.page import finding_from_dict
from watcher.services.alerting.alerts import matches
from watcher.services.alerting.facts import sent_facts_of
from watcher.services.checks.attribution import attribute

HARBOURS = {"Ardal": ("640", "12"), "Borvik": ("955", "31"), "Camar": ("780", "22"), "Dunmor": ("410", "9")}
FALSIFIED = HARBOURS | {"Ardal": ("690", "12"), "Camar": ("530", "22"), "Dunmor": ("470", "5")}
NOTE = "\nThe harbour master reports to the council.\n"


def text(harbours: dict[str, tuple[str, str]], more: str = "") -> str:
    rows = "".join(f"|-\n| {name} || {boats} || {quays}\n" for name, (boats, quays) in harbours.items())
    return f"{TEXT}\n{{|\n! Harbour !! Boats !! Quays\n{rows}|}}\n{more}"


test_a_table = story_test(
    __file__,
    {
        "HARBOURS": text(HARBOURS),
        "FALSIFIED": text(FALSIFIED),
        "NOTE": NOTE,
        "WITHOUT CAMAR": text({name: HARBOURS[name] for name in HARBOURS if name != "Camar"}),
        "WITHOUT QUAYS": re.sub(r" \|\| [\d,]+\n| !! Quays", "\n", text(HARBOURS)),
        "AGAIN": text(HARBOURS | {"Ardal": ("640", "14"), "Camar": ("780", "25"), "Dunmor": ("510", "9")}),
        "NEW": text(HARBOURS | {"Ardal": ("720", "14"), "Camar": ("610", "25"), "Dunmor": ("510", "9")}),
    },
)


@parametrize_each(("old", "false"))
def test_what_is_back_alerts_nobody(either_world: WikiHarness, old: str, false: str) -> None:
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
