from __future__ import annotations

from collections.abc import Callable

import pytest

from watcher.parse import values


def numbered(*written: str, **named: str):
    return {str(index): value for index, value in enumerate(written, 1)} | named


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1", "1"),
        ("1234", "1,234"),
        ("1234567.891", "1,234,567.891"),
        ("-1234", "−1,234"),
        ("12,345", "12,345"),
        ("", ""),
        ("many", "many"),
        ("٣", "٣"),
        ("9" * 30, ",".join(["999"] * 10)),
    ],
)
def test_digits_are_grouped_and_words_left_alone(written: str, shown: str):
    assert values.number(written) == shown


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (numbered("12", "km"), "12 km"),
        (numbered("12", "km", "mi"), "12 km"),
        (numbered("12", "km2", "sqmi", "1"), "12 km²"),
        (numbered("12", "to", "15", "km"), "12 to 15 km"),
        (numbered("12", "-", "15", "mph", "km/h"), "12–15 mph"),
        (numbered("2", "x", "3", "m"), "2 × 3 m"),
        (numbered("5", "ft", "6", "in", "cm"), "5 ft 6 in"),
        (numbered("20", "C", "F"), "20°C"),
        (numbered("12000", "acre"), "12,000 acres"),
        (numbered("1.5", "e6km2"), "1.5 million km²"),
        (numbered("1/2", "mi"), "1/2 mi"),
        (numbered("some", "km"), "some km"),
        (numbered("12"), "12"),
        ({}, ""),
    ],
)
def test_convert_shows_what_was_measured(arguments: dict[str, str], shown: str):
    assert values.convert(arguments) == shown


@pytest.mark.parametrize(
    ("function", "arguments", "shown"),
    [
        (values.fraction, numbered("1", "2", "3"), "1 2/3"),
        (values.fraction, numbered("2", "3"), "2/3"),
        (values.fraction, numbered("3"), "1/3"),
        (values.fraction, {}, ""),
        (values.percentage, numbered("1", "3"), "33%"),
        (values.percentage, numbered("2", "3", "1"), "66.7%"),
        (values.percentage, numbered("1,000", "2,000"), "50%"),
        (values.percentage, numbered("1", "0"), "1/0"),
        (values.percentage, numbered("1", "x"), "1/x"),
        (values.percentage, numbered("12"), "12%"),
        (values.percentage, {}, ""),
        (values.value, numbered("1234.5", "0.3", u="km"), "1,234.5 ± 0.3 km"),
        (values.value, numbered("1.5", e="-6"), "1.5 × 10⁻⁶"),
        (values.value, numbered("12", u="%"), "12%"),
        (values.value, {}, ""),
        (values.power, numbered("6"), " × 10⁶"),
        (values.ship("HMS"), numbered("Ark", "R09"), "HMS Ark (R09)"),
        (values.ship(""), numbered("HMS", "Ark"), "HMS Ark"),
        (values.ship_class, numbered("Ark", "ferry"), "Ark-class ferry"),
        (values.ordinal, numbered("1"), "1st"),
        (values.ordinal, numbered("112"), "112th"),
        (values.ordinal, numbered("last"), "last"),
        (values.formatted, numbered("12345", prefix="~"), "~12,345"),
        (values.inflation, numbered("US", "1000", "1990"), "1,000"),
        (values.money("US$"), numbered("31 billion"), "US$31 billion"),
        (values.money("₹"), numbered("500", "c"), "₹500 crore"),
        (values.money("£"), numbered("12000"), "£12,000"),
        (values.currency, numbered("31", "USD"), "US$31"),
        (values.currency, numbered("31", "XYZ"), "XYZ 31"),
        (values.currency, numbered("31"), "$31"),
        (values.nihongo, numbered("Edo", "江戸"), "Edo (江戸)"),
        (values.nihongo, numbered("Edo"), "Edo"),
    ],
)
def test_a_value_reads_as_on_the_page(function: Callable[[dict[str, str]], str], arguments: dict[str, str], shown: str):
    assert function(arguments) == shown
