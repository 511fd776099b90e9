from __future__ import annotations

from decimal import Decimal

from tests.cases import for_each
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.token_stream import TokenStream, language_of


def read(text: str) -> list[Decimal]:
    line = TokenStream.of(text, language_of("en"))
    values, index = [], 0
    while index < line.count:
        numeral = numeral_at(line, index)
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
