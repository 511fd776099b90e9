"""Test that a removed statement is a removed claim, unless another sentence repeats it."""

from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.diff import diff
from watcher.model import Change, Claim, Kind
from watcher.parse import parse
from watcher.pipeline import compare_wikitext

KEPT = "The town lies between two rivers of the northern plain.\n\n"
STATED = "The bishop ordered the builders to raise the wooden bridge again."
OTHER = "Merchants from the coast settled around the covered market."


def changes(old: str, new: str) -> list[Change]:
    return [*diff(parse(old), parse(new))]


def test_a_sentence_that_is_gone_is_a_removed_claim() -> None:
    (change,) = changes(KEPT + STATED, KEPT)
    assert change.kind is Kind.CLAIM_REMOVED
    assert isinstance(change.old, Claim)
    assert (change.old.text, change.new, change.fields) == (STATED, None, ())


LATER_YEARS = (
    "In later years, as the chronicles of monks and merchants tell, when the plague was over and the wooden bridge "
    "had burned to the water, {}."
)
REPEATED = LATER_YEARS.format("the bishop ordered that the builders raise it again")
DIVIDED = f"{KEPT}== Middle ages ==\n{{}}It had a market.\n\n== Chronicles ==\n{{}}\n"


def test_a_removed_claim_names_the_sentence_that_repeats_it() -> None:
    old, new = DIVIDED.format(f"{STATED}\n\n", LATER_YEARS.format("the town was empty")), DIVIDED.format("", REPEATED)
    (removed,) = (change for change in changes(old, new) if change.kind is Kind.CLAIM_REMOVED)
    assert [(field.name, field.old, field.new) for field in removed.fields] == [("restated", STATED, REPEATED)]


def test_a_sentence_that_was_rewritten_in_another_section_is_compared_with_what_it_became() -> None:
    old, new = DIVIDED.format(f"{STATED}\n\n", "A monk wrote it."), DIVIDED.format("", f"A monk wrote it. {REPEATED}")
    assert {(change.kind, change.old_sentence) for change in changes(old, new)} == {(Kind.CLAIM_CHANGED, STATED)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{KEPT}* A short entry.\n", KEPT),
        (f"{KEPT}lol you are so funny, haha, the bridge and the bishop and the builders!!\n", KEPT),
        (f"{KEPT}== External links ==\n* The official site of the bridge builders and the bishop of the town\n", KEPT),
    ],
    ids=["too short", "chat", "list of links"],
)
def test_text_that_states_nothing_is_no_claim(old: str, new: str) -> None:
    assert Kind.CLAIM_REMOVED not in {change.kind for change in changes(old, new)}


def test_a_sentence_whose_figure_is_reported_as_removed_is_not_a_claim_too() -> None:
    result = changes(f"{KEPT}The bridge carried 4,100 wagons to the covered market.\n", KEPT)
    assert [change.kind for change in result] == [Kind.STATISTIC_REMOVED]


def test_a_section_that_lost_several_sentences_says_how_many() -> None:
    lost = f"{STATED} {OTHER} Nobody rebuilt the southern granary after the great fire."
    result = [change for change in changes(f"{KEPT}{lost}\n", KEPT) if change.kind is Kind.CLAIM_REMOVED]
    assert [[(field.name, field.old) for field in change.fields] for change in result] == [[("passage", "3")]] * 3


@for_each("sentence")
def test_a_quotation_a_year_in_brackets_or_a_plain_see_does_not_make_a_statement_none(sentence: str) -> None:
    (change,) = changes(f"{KEPT}{sentence}\n", KEPT)
    assert change.kind is Kind.CLAIM_REMOVED


@for_each("line")
def test_a_line_of_a_bibliography_and_a_pointer_state_nothing(line: str) -> None:
    assert Kind.CLAIM_REMOVED not in {change.kind for change in changes(f"{KEPT}{line}\n", KEPT)}


@for_each(
    ("field", "kinds"),
    [
        ("builder = Tom Orr", [Kind.CLAIM_REMOVED]),
        ("builder = n/a", [Kind.PROSE_REMOVED]),
        ("builder = 不明", [Kind.PROSE_REMOVED]),
        ("builder = unbekannt", [Kind.PROSE_REMOVED]),
        ("pushpin_map = Brae relief", []),
    ],
)
def test_a_field_of_an_infobox_that_says_nothing_of_the_subject_is_no_claim(field: str, kinds: list[Kind]) -> None:
    box = "{{{{Infobox mill\n| name = Ebb\n{}}}}}\n" + KEPT
    findings = compare_wikitext(box.format(f"| {field}\n"), box.format("")).findings
    assert [finding.change.kind for finding in findings] == kinds
