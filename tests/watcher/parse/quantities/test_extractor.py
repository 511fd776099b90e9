"""Test quantities as a whole: equal ones said otherwise, exact values, long and hostile texts."""

import sys
from decimal import Decimal
from itertools import pairwise
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, table
from watcher.model import Measure
from watcher.parse.quantities import read_quantities
from watcher.parse.quantities.extractor import CACHED_LENGTH, _read

SAME = table(__file__, "same")


@for_each(("first", "other"), SAME.values(), ids=SAME.keys())
def test_the_same_said_otherwise_is_equal(first: str, other: str) -> None:
    def written(text: str) -> list[tuple[object, ...]]:
        return [(q.value, q.low, q.high, q.measure, q.unit, q.qualifier, q.period) for q in read_quantities(text)]

    assert written(first) == written(other)
    assert written(first)


def test_values_are_exact() -> None:
    (quantity,) = read_quantities("It was 0.1 percent.")

    assert quantity.value == Decimal("0.1")
    assert isinstance(quantity.value, Decimal)


def test_an_unknown_language_still_has_its_digits() -> None:
    read = read_quantities("Ang 42% at 1,200 na barko", "tl")
    assert [(quantity.value, quantity.unit) for quantity in read] == [(42, "%"), (1200, None)]


def test_a_prefix_said_without_end_is_no_unit() -> None:
    (quantity,) = read_quantities("It is 5 " + "square " * 3000)

    assert quantity.measure is Measure.COUNT


def test_a_long_line_is_read_whole() -> None:
    text = "In 2012, some 42 boats sank. " * 200
    assert len(text) > CACHED_LENGTH

    quantities = read_quantities(text)

    assert sum(quantity.measure is Measure.COUNT for quantity in quantities) == 200
    assert quantities[-1].as_of == "2012"


HOSTILE = (
    "1,|12.|1/2|a |twenty |and |one hundred and |1–|$|(|in 2012 |half of a |"
    "½|million |1 234 |4 May |no. 5, |1) |4 5 |a.1|a%2F|c. 1 E5 "
)


def calls_of(text: str, language: str) -> int:
    """How many calls a reading takes: the same on every machine, unlike its time."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    _read(text[: len(text) // 2], language)  # what the first reading in a language prepares is not counted
    sys.setprofile(count)
    try:
        _read(text, language)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.slow
@pytest.mark.parametrize("unit", HOSTILE.split("|"))
@pytest.mark.parametrize("language", ["en", "de"])
def test_twice_the_repetition_takes_twice_the_work(unit: str, language: str) -> None:
    assert calls_of(unit * 80, language) < 2.5 * calls_of(unit * 40, language) + 50


PIECES = st.sampled_from(
    (
        "21 million 1,100 – - to and % per cent $ US £ bn half a third of twenty one hundred 2012 in In May 4th ( ) "
        "/ : . , ½ km 2 years old No Section twice dozen − \u00a0 people e 10 ^ × or more ft between from point"
    ).split(" ")
)


@pytest.mark.slow
@given(
    st.lists(st.tuples(PIECES, st.sampled_from(["", " "])), max_size=14),
    st.sampled_from(["en", "de", "fr", "es", "xx"]),
)
def test_spans_slice_back_and_never_overlap(pieces: list[tuple[str, str]], language: str) -> None:
    text = "".join(piece + gap for piece, gap in pieces)

    quantities = read_quantities(text, language)

    for quantity in quantities:
        assert text[quantity.start : quantity.end] == quantity.text
        if quantity.measure is not Measure.DATE:
            assert (quantity.value is None) == (quantity.low is not None)
    assert all(quantity.end <= other.start for quantity, other in pairwise(quantities))


@for_each("text")
def test_odd_texts_are_read_without_an_error(text: str) -> None:
    for quantity in read_quantities(text):
        assert text[quantity.start : quantity.end] == quantity.text


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for quantity in read_quantities(text):
        assert text[quantity.start : quantity.end] == quantity.text
