from __future__ import annotations

from decimal import Decimal

from tests.cases import for_each
from watcher.parse.quantities.numerals import denominator, numeral_at
from watcher.parse.quantities.token_stream import TokenStream, language_of


def line(text: str) -> TokenStream:
    return TokenStream.of(text, language_of("en"))


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
