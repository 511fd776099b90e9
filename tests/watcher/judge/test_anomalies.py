"""Test that a suspicious change of a figure is raised by one step, and is reported with its numbers."""

from __future__ import annotations

from tests.cases import for_each


@for_each(("code", "old", "new", "story"))
def test_suspicion_is_reported_with_its_numbers(judged, code, old, new, story):
    reasons = {reason.code: reason.text for reason in judged(old, new).reasons}
    assert story in reasons[code]


def test_each_suspicion_raises_by_one_step(judged, old_source, new_source):
    plain = judged(f"In 2010, 300 boats.{old_source}", f"In 2014, 420 boats.{new_source}")
    tenfold = judged(f"In 2010, 300 boats.{old_source}", f"In 2014, 4200 boats.{new_source}")
    assert (plain.severity.label, tenfold.severity.label) == ("low", "medium")


def test_places_that_still_state_the_old_value_are_named(judged):
    old = "Some 4,500 ships sank.\n== Losses ==\nOf the losses, 4,500 ships were merchantmen."
    result = judged(old, old.replace("Some 4,500", "Some 5,500"))
    assert {"contradicts-elsewhere"} <= {reason.code for reason in result.reasons}
    assert result.change.elsewhere[0].location.section == ("Losses",)


def test_same_number_of_something_else_is_no_contradiction(judged):
    old = "Some 4,500 ships sank.\n== Crews ==\nThe yards employed 4,500 workers."
    assert judged(old, old.replace("Some 4,500", "Some 5,500")).change.elsewhere == ()


def test_title_of_the_source_that_states_the_old_value_speaks_against_the_new_one(judged):
    source = "<ref>{{cite news |url=https://example.org/x |title=Report: 21 million in bondage}}</ref>"
    result = judged(f"Some 21 million people.{source}", f"Some 25 million people.{source}")
    assert (
        "Report: 21 million in bondage"
        in {reason.code: reason.text for reason in result.reasons}["contradicts-source-title"]
    )


def test_fault_that_stood_before_the_edit_is_not_held_against_it(judged):
    old = "Of these, 14.2 million (48%) worked and 4.5 million (22%) were sold."
    result = judged(old, old.replace("48%", "49%"))
    assert "share-mismatch" not in {reason.code for reason in result.reasons}


def test_growth_may_pass_a_hundred_per_cent(judged):
    result = judged("Exports grew by 90% then.", "Exports grew by 120% then.")
    assert "sum-mismatch" not in {reason.code for reason in result.reasons}
