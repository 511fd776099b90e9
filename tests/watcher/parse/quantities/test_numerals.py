from __future__ import annotations

from decimal import Decimal

from tests.cases import for_each
from watcher.parse.quantities.numerals import denominator, numeral_at
from watcher.parse.quantities.token_stream import TokenStream, language_of


def line(text: str) -> TokenStream:
    return TokenStream.of(text, language_of("en"))


def read(text: str) -> list[Decimal]:
    stream = line(text)
    values, index = [], 0
    while index < stream.count:
        numeral = numeral_at(stream, index)
        if numeral:
            values.append(numeral.value)
        index = max(numeral.last if numeral else 0, index + 1)
    return values


@for_each(("text", "values"))
def test_reads_one_exact_value(text: str, values: list[str]) -> None:
    assert read(text) == [Decimal(value) for value in values]


@for_each("text", ["9/11", "24/7", "5/17/2018", "2011/92/EU"])
def test_no_fraction_where_a_slash_joins_a_name(text: str) -> None:
    assert all(value == value.to_integral_value() for value in read(text))


@for_each(("text", "value", "last"))
def test_reads_a_cardinal_with_what_follows_it(text: str, value: str, last: int) -> None:
    numeral = numeral_at(line(text), 0)

    assert numeral is not None
    assert (numeral.value, numeral.last) == (Decimal(value), last)


def test_a_noun_is_no_numeral() -> None:
    assert numeral_at(line("boats"), 0) is None


@for_each(
    ("word", "numerator", "parts"),
    [
        ("thirds", 2, 3),
        ("third", 1, 3),
        ("quarters", 3, 4),
        ("half", 1, 2),
        ("third", 2, None),
        ("seconds", 5, None),
        ("second", 1, None),
    ],
)
def test_a_denominator_agrees_with_its_numerator(word: str, numerator: int, parts: int | None) -> None:
    result = denominator(line(word), 0, Decimal(numerator))

    assert (result and result[0]) == parts
