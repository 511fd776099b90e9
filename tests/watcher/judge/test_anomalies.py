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
