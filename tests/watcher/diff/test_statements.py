"""Test changes of what a subject is said to be, of its qualification, and of most of a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.cases import for_each
from watcher.diff.sentence_pair import SentencePair
from watcher.diff.statements import (
    definition_change,
    qualification_change,
    school_change,
    shouting,
    statement_change,
    viewpoint_change,
)
from watcher.diff.token_diff import token_changes
from watcher.diff.tokens import tokens
from watcher.model import FieldChange


def fields(rule: Callable[[SentencePair], Iterator[FieldChange]], old: str, new: str) -> list[tuple[str, str | None]]:
    """What a rule says of two sentences: the field and its new value."""
    rows = tokens(old), tokens(new)
    pair = SentencePair(
        old_marks=(), new_marks=(), changes=token_changes(old, new, *rows), old=rows[0], new=rows[1], texts=(old, new)
    )
    return [(field.name, field.new) for field in rule(pair)]


@for_each(
    ("old", "new", "expected"),
    [
        ("Port Vell is a town in the north.", "Port Vell is a village in the north.", [("definition", "village")]),
        ("Port Vell is a town in the north.", "Port Vell is a town in the south.", []),
        ("Port Vell lies in the north.", "Port Vell lies in the south.", []),
        ("Port Vell is a town in the north.", "Port Vell is a town in the north.", []),
        ("The Drin is a river in the north.", "The Drin is a beautiful river in the north.", []),
    ],
)
def test_a_changed_definition_is_the_noun_phrase_after_the_verb(
    old: str, new: str, expected: list[tuple[str, str | None]]
) -> None:
    assert fields(definition_change, old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        ("Port Vell is a state of the union.", "Port Vell is a disputed state of the union.", 1),
        ("Port Vell is a former state of the union.", "Port Vell is a state of the union.", 1),
        ("Port Vell is a large state of the union.", "Port Vell is a state of the union.", 0),
    ],
)
def test_a_word_that_bounds_a_claim_is_a_qualification(old: str, new: str, count: int) -> None:
    assert [name for name, _ in fields(qualification_change, old, new)] == ["qualification"] * count


def test_a_view_that_only_some_hold_is_a_qualification() -> None:
    old, new = "It is considered a classic.", "It is considered by some a classic."
    assert fields(viewpoint_change, old, new) == [("qualification", "by some")]
    assert fields(viewpoint_change, new, new) == []


def test_a_sentence_of_which_little_is_left_states_something_else() -> None:
    old = "The bishop ordered builders to raise the wooden bridge near the market."
    new = "Merchants from distant coasts settled here and sold salted fish to monks."
    assert fields(statement_change, old, new) == [("statement", new)]
    assert fields(statement_change, old, old.replace("wooden", "stone")) == []


def test_another_school_or_creed_is_another_predicate() -> None:
    old = "The party of the coast is federalist today."
    assert fields(school_change, old, old.replace("federalist", "centralist")) == [("predicate", "centralist")]
    assert fields(school_change, old, old.replace("coast", "plain")) == []


def test_a_majority_in_other_words_is_no_other_view() -> None:
    old = "The majority of its harbour lies on the coast."
    assert fields(viewpoint_change, old, "Its majority lies on the coast.") == []
    assert fields(viewpoint_change, old, "Its harbour lies on the coast.") == [("qualification", None)]


def test_an_everyday_word_in_capitals_is_shouting() -> None:
    old = "The bridge was built in the north."
    assert fields(shouting, old, old.replace("was built", "was built WRONG and")) == [("shouting", "WRONG")]
    assert fields(shouting, old, old.replace("north", "UNESCO zone")) == []
    assert fields(shouting, old.upper(), old.upper().replace("NORTH", "WRONG NORTH")) == []
