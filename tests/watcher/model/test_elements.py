"""Test that elements are deeply frozen, and equal wherever they stand."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from tests.cases import for_each
from watcher.model import (
    Claim,
    Cue,
    CueMatch,
    Figure,
    Location,
    Measure,
    Quantity,
    Reference,
    Section,
    Sentence,
    Statistic,
    Tag,
    percent,
)

TWELVE = Quantity(text="12", start=0, end=2, value=Decimal(12), measure=Measure.COUNT)
ELEMENTS: dict[str, Any] = {
    "section": Section(path=("A", "B"), level=3),
    "figure": Figure(file="Map.svg"),
    "reference": Reference(key="r"),
    "statistic": Statistic(quantity=TWELVE, sentence="12 came."),
    "claim": Claim(text="It was the first."),
    "tag": Tag(name="citation needed"),
    "sentence": Sentence(text="They came."),
}
each = pytest.mark.parametrize("element", ELEMENTS.values(), ids=ELEMENTS)


@each
def test_an_element_is_the_same_wherever_it_stands(element: Any):
    moved = dataclasses.replace(element, location=Location(section=("Elsewhere",), start=7, end=9))
    assert moved == element
    assert hash(moved) == hash(element)
    assert "Elsewhere" not in repr(moved)


@each
def test_nothing_of_an_element_can_be_changed(element: Any):
    for field in dataclasses.fields(element):
        value = getattr(element, field.name)
        assert isinstance(hash(value), int), f"{field.name} is not frozen"
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(element, field.name, value)


def test_a_section_that_says_other_things_is_still_the_same_section():
    assert Section(path=("A",), level=2, body="old") == Section(path=("A",), level=2, body="new")


def test_a_figure_that_only_changed_its_size_is_the_same():
    assert Figure(file="Map.svg", options=("thumb",)) == Figure(file="Map.svg", options=("300px",))
    assert Figure(file="Map.svg", sha1="a") != Figure(file="Map.svg", sha1="b")


def test_a_reference_that_is_used_more_often_or_read_again_is_the_same():
    assert Reference(key="r", uses=1, access_date="1 May") == Reference(key="r", uses=4, access_date="2 May")
    assert Reference(key="r", url="https://a.example/") != Reference(key="r", url="https://b.example/")


def test_a_claims_cues_are_named_once_in_their_order():
    marks = [CueMatch(cue=cue, text="x", normalized="x") for cue in (Cue.RANK, Cue.NEGATION, Cue.RANK)]
    assert Claim(text="", marks=tuple(marks)).cues == ("rank", "negation")
    assert Claim(text="", marks=tuple(marks[:1]), pinned="It was.").cues == ("rank", "pinned")


@for_each(("label", "states"), [("", True), ("Population", True), ("category", False), ("hatnote", False)])
def test_furniture_of_the_page_states_nothing(label: str, *, states: bool):
    assert Sentence(text="x", label=label).is_content is states


@for_each(("share", "shown"))
def test_a_share_has_two_digits_and_a_half_is_rounded_up(share: str, shown: str):
    assert percent(Decimal(share)) == shown
