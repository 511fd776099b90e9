"""A claim is judged by the strongest thing that changed in it."""

from __future__ import annotations

import pytest

from watcher.model import Policy

TURNED = {
    "negation": ("The law does not require a passport.", "The law does require a passport."),
    "rank": ("It is the third largest port in Europe.", "It is the second largest port in Europe."),
    "antonym": ("The practice is legal in the country.", "The practice is illegal in the country."),
    "direction": ("Prices have risen since the war.", "Prices have fallen since the war."),
    "entity": ("The treaty binds Russia and China today.", "The treaty binds Russia and India today."),
}


@pytest.mark.parametrize("cue", TURNED)
def test_turned_claim_is_high_and_names_what_changed(judged, cue):
    found = judged(*TURNED[cue], "claim.changed")
    assert found.severity.label == "high"
    assert any(field.name in (cue, "antonym") for field in found.change.fields)


def test_new_source_makes_a_changed_claim_an_update(judged, old_source, new_source):
    old, new = TURNED["rank"]
    assert judged(old + old_source, new + new_source, "claim.changed").severity.label == "medium"


def test_reworded_sentence_with_the_same_cues_is_no_changed_claim(findings):
    found = findings("It is the third largest port in Europe.", "In Europe it is the third-largest port.")
    assert all(one.severity.label == "info" for one in found)


PIN = "Consent is irrelevant where force is used."


def test_pinned_claim_whose_meaning_changed_is_critical(judged):
    policy = Policy(pinned=(PIN,))
    found = judged(f"First. {PIN}", "First. Consent is relevant where force is used.", "claim.changed", policy)
    assert (found.rule, found.severity.label) == ("pinned_touched", "critical")


def test_pinned_claim_that_is_gone_is_critical(judged):
    found = judged(f"First. {PIN}", "First.", "claim.removed", Policy(pinned=(PIN,)))
    assert found.severity.label == "critical"


def test_claim_that_is_gone_is_told_when_it_ranked_or_denied(judged):
    lost = judged("It is the largest port in Europe. End.", "End.", "claim.removed")
    assert (lost.rule, lost.severity.label) == ("claim_removed", "medium")


def test_new_claim_is_noted(judged):
    assert judged("End.", "It is the largest port in Europe. End.", "claim.added").severity.label == "low"


def test_only_in_the_place_of_another_word_is_told_with_it(findings):
    (found,) = findings("Its main focus is trade in Laos.", "Its only focus is trade in Laos.")
    assert (found.summary, found.severity.label) == ("main → only", "medium")


def test_a_slip_within_a_cue_is_no_change(findings):
    rows = findings("They threaten rather than help.", "They threaten rathher than help.")
    assert [one.severity.label for one in rows] == ["info"]
