"""Test the limits of one edit's findings: the most severe are kept."""

from dataclasses import replace

import pytest

from watcher import compare_wikitext
from watcher.judge.limits import MAX_FINDINGS, limit_findings
from watcher.model import Claim, Comparison, Finding, Location, Severity, Statistic
from watcher.model.excerpts import EXCERPT

FILLING = "It stood by the river and the road ran past it on the other side, "


def only(old: str, new: str, kind: str = "statistic.changed") -> Finding:
    (finding,) = [finding for finding in compare_wikitext(old, new).findings if finding.change.kind.value == kind]
    return finding


def test_both_sides_of_a_long_sentence_show_the_number_that_changed() -> None:
    before = FILLING * 100
    change = only(
        f"{before}and held 300 sacks of flour, {before}.", f"{before}and held 400 sacks of flour, {before}."
    ).change
    assert "300 sacks" in (change.old_sentence or "")
    assert "400 sacks" in (change.new_sentence or "")
    for statistic, sentence in ((change.old, change.old_sentence), (change.new, change.new_sentence)):
        assert isinstance(statistic, Statistic)
        assert statistic.sentence == sentence
        assert len(statistic.sentence) <= EXCERPT
        assert statistic.sentence[statistic.quantity.start : statistic.quantity.end] == statistic.quantity.text


def test_long_sentence_shows_the_words_that_changed_on_both_sides() -> None:
    before = FILLING * 100
    change = only(f"{before}a red door {before}.", f"{before}a blue door {before}.", "claim.changed").change
    assert "red door" in (change.old_sentence or "")
    assert "blue door" in (change.new_sentence or "")
    assert len(change.new_sentence or "") <= EXCERPT


def test_claim_shows_the_cue_that_changed() -> None:
    before = FILLING * 100
    change = only(
        f"{before}it was the largest mill, {before}.", f"{before}it was the smallest mill, {before}.", "claim.changed"
    ).change
    assert isinstance(change.new, Claim)
    assert "largest mill" in (change.old_sentence or "")
    assert "smallest mill" in change.new.text
    assert all(change.new.text[mark.start : mark.end] == mark.text for mark in change.new.marks)


def test_finding_of_usual_size_is_the_very_same() -> None:
    findings = compare_wikitext("The mill held 300 sacks.", "The mill held 400 sacks.").findings
    assert limit_findings(findings)[0][0] is findings[0]


def test_equal_pieces_of_one_node_make_a_finding_each() -> None:
    result = compare_wikitext("It stood.", f"<b>{'5 victims. ' * 40}</b>").findings
    assert sum(finding.change.kind.value == "statistic.added" for finding in result) == 40


def test_long_headings_and_texts_of_references_are_cut() -> None:
    title, heading = "a" * 50_000, "b" * 5_000
    result = compare_wikitext(
        f"Lead.\n== {heading} ==\nIt stood.",
        f"Lead.\n== {heading} ==\nIt stood.<ref>{{{{cite web |title={title} |url=https://x.example/}}}}</ref>",
    ).findings
    assert result
    assert all(len(str(finding.to_dict())) < 10_000 for finding in result)


def placed(finding: Finding, section: str, severity: Severity) -> Finding:
    change = replace(finding.change, location=Location(section=(section,)))
    return replace(finding, severity=severity, change=change)


def test_of_a_flood_the_worst_are_kept_in_document_order_and_sections_take_turns() -> None:
    finding = only("The mill held 300 sacks.", "The mill held 400 sacks.")
    flood = [placed(finding, "Flood", Severity.HIGH)] * (MAX_FINDINGS + 500)
    rest = [placed(finding, "Rest", Severity.HIGH), placed(finding, "Rest", Severity.INFO)]
    kept, left_out = limit_findings([*flood, *rest])
    assert (len(kept), left_out) == (MAX_FINDINGS, 502)
    assert kept[-1] == rest[0]


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["5 victims\n", "ships of पाँच 5 लोग and "])
def test_what_is_not_listed_is_counted_and_named(unit: str) -> None:
    comparison = compare_wikitext("It stood.", unit * 5_000)
    assert isinstance(comparison, Comparison)
    assert len(comparison.findings) <= MAX_FINDINGS
    assert comparison.not_listed > 1_000
    assert comparison.unread[-1].reason == f"{comparison.not_listed:,} further changes not listed"
