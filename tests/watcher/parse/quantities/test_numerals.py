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


@for_each(
    ("text", "values"),
    [
        ("two hundred and two thousand", ["202000"]),
        ("twenty-one trillion three hundred", ["21000000000300"]),
        ("人口は2万3千人、12億5千万円です", ["23000", "1250000000"]),
        ("인구는 1,200만 명", ["12000000"]),
        ("three lakh crore", ["3000000000000"]),
        ("between one hundred and two hundred", ["100", "200"]),
        ("one and a half million", ["1500000"]),
        ("one million and a half", ["1500000"]),
        ("three and a quarter", ["3.25"]),
        ("one hundred and three quarters", ["100.75"]),
        ("half a million", ["500000"]),
        ("two thirds of a million", ["666666.6666666666666666666667"]),
        ("three quarters billion", ["750000000"]),
        ("half a dozen", ["6"]),
        ("three dozen", ["36"]),
        ("two hundred point seventy-one", ["200.71"]),
        ("one point five million", ["1500000"]),
        ("twenty-fifth", ["25"]),
        ("⅔", ["0.6666666666666666666666666667"]),
        ("2 1/2", ["2.5"]),
        ("3/4", ["0.75"]),
        ("1.3x10^6", ["1300000"]),
        ("6.23x10^-4", ["0.000623"]),
        ("12e3", ["12000"]),
        ("10k", ["10000"]),
        ("1.4M", ["1400000"]),
        ("£3m", ["3000000"]),
        ("1.5m people", ["1500000"]),
        ("a 50m pool", ["50"]),
        ("hundreds of thousands", []),
        ("1e99999", ["1", "99999"]),
    ],
)
def test_reads_one_exact_value(text: str, values: list[str]) -> None:
    assert read(text) == [Decimal(value) for value in values]


@for_each("text", ["9/11", "24/7", "5/17/2018", "2011/92/EU"])
def test_no_fraction_where_a_slash_joins_a_name(text: str) -> None:
    assert all(value == value.to_integral_value() for value in read(text))
