"""Test that a changed figure is judged by what changed with it."""

import pytest

from tests.cases import for_each


@for_each(("old", "new", "severity"))
def test_severity_follows_from_value_source_and_year(judged, old_source, new_source, old, new, severity):
    def filled(text):
        sentence, _, mark = text.partition("{")
        return f"{sentence} were counted." + {"a}": old_source, "b}": new_source}.get(mark, "")

    assert judged(filled(old), filled(new)).severity.label == severity


@for_each(("text", "old", "new", "severity"))
def test_an_update_rests_on_a_new_source_beside_it(findings, text, old, new, severity):
    source = "<ref name=x>{{{{cite web |title=Register |url=https://count.example/{} |date={}}}}}</ref>"
    pages = [
        text.format(*values, ref=source.format(*cited)) for values, cited in ((old[:-1], old[-1]), (new[:-1], new[-1]))
    ]
    assert max(finding.severity for finding in findings(*pages)).label == severity


def test_summary_names_both_numbers_the_move_the_source_and_the_year(judged, old_source):
    result = judged(f"In 2012, 21 million victims.{old_source}", f"In 2012, 25 million victims.{old_source}")
    assert result.summary == "21 million → 25 million victims (+19 %), same source, same year"
    assert [reason.code for reason in result.reasons] == ["source-unchanged", "as-of-unchanged"]


def test_figure_that_is_gone_is_reported(ruled):
    rows = [row for row in ruled("It has 4,500 members. End.", "End.") if row.change.kind.value == "statistic.removed"]
    assert [row.severity.label for row in rows] == ["medium"]


def test_new_figure_without_source_says_so(judged, old_source):
    bare = judged("Start.", "Start. It has 4,500 members.", "statistic.added")
    assert [reason.code for reason in bare.reasons] == ["unsourced"]
    assert judged("Start.", f"Start. It has 4,500 members.{old_source}", "statistic.added").reasons == ()


def test_a_number_in_a_box_is_reported_with_its_parameter(judged):
    box = "{{Infobox town |attendance = %s |name = Hill}}"
    assert judged(box % "4,000", box % "4,136").summary == "attendance: 4,000 → 4,136 (+3.4 %), no source"


def test_a_number_that_names_no_noun_is_reported_with_the_words_beside_it(judged):
    result = judged("The vote was 312 in the end.", "The vote was 318 in the end.")
    assert result.summary == "312 → 318 (+1.9 %), no source (“The vote was 318 in the end.”)"


def test_of_a_cell_nothing_is_said_of_sources_that_stand_apart_from_it(judged, old_source):
    table = "{| class=wikitable\n! Year !! Students\n|-\n| 2022 || %s\n|}\n\nFrom the reports of 2023." + old_source
    (reason, _) = judged(table % "25,118", table % "35,118").reasons
    assert (reason.code, reason.text) == ("source-unchanged", "no source is cited beside it, before or after")


def test_twice_is_not_reported_as_twice_times(judged):
    result = judged("It is sold at twice the price.", "It is sold.", "statistic.removed")
    assert result.summary == "twice is no longer stated"


BOX = "{{{{Infobox town\n| population_total = {}\n| population_as_of = [[2021 census]]\n}}}}\nA town."
DATED = {
    "its sentence": ("At the 2021 census it had {} people.", "its sentence names 2021"),
    "a number of the sentence that is no year": ("Of 1950 boats and {} people.", "no year says when it holds"),
    "the head of its row": ("{{|\n! Year !! People\n|-\n| 2015 || {}\n|}}", "its row or column names 2015"),
    "the field beside it": (BOX, "the field beside it names 2021"),
    "its heading": ("== Census of 2021 ==\nIt has {} people.", "its heading names 2021"),
    "nothing": ("It has {} people.", "no year says when it holds"),
}


@pytest.mark.parametrize(("text", "reason"), DATED.values(), ids=DATED)
def test_a_year_that_is_named_beside_a_value_is_given_as_such(judged, text, reason):
    assert reason in [each.text for each in judged(text.format("8,232"), text.format("8,967")).reasons]


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


@for_each("old, new")
def test_arithmetic_that_did_not_hold_before_is_not_held_against_an_edit(judged, old: str, new: tuple[str, str]):
    assert {"share-mismatch", "sum-mismatch"}.isdisjoint(
        reason.code for reason in judged(old, old.replace(*new)).reasons
    )


def test_same_number_of_something_else_is_no_contradiction(judged):
    old = "Some 4,500 ships sank.\n== Crews ==\nThe yards employed 4,500 workers."
    assert judged(old, old.replace("Some 4,500", "Some 5,500")).change.elsewhere == ()
