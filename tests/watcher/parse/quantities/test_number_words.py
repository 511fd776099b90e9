from __future__ import annotations

from decimal import Decimal

from tests.cases import for_each
from watcher.parse.quantities.languages import language_of
from watcher.parse.quantities.number_words import below_hundred, decimal_words, denominator, fraction_after
from watcher.parse.quantities.token_stream import TokenStream


def line(text: str) -> TokenStream:
    return TokenStream.of(text, language_of("en"))


@for_each(("text", "read"), [("forty-two", (42, 3)), ("forty two", (42, 2)), ("nine", (9, 1)), ("boats", None)])
def test_reads_a_cardinal_below_a_hundred(text: str, read: tuple[int, int] | None) -> None:
    assert below_hundred(line(text), 0) == read


def test_reads_digits_after_point() -> None:
    assert decimal_words(line("point zero three"), 0) == (Decimal("0.03"), 3)
    assert decimal_words(line("point of view"), 0) is None


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


def test_reads_the_fraction_that_and_adds() -> None:
    assert fraction_after(line("and three quarters"), 0) == (Decimal("0.75"), 3)
    assert fraction_after(line("and a half"), 0) == (Decimal("0.5"), 3)
    assert fraction_after(line("and a boat"), 0) is None
