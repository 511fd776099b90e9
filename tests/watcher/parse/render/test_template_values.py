from __future__ import annotations

from collections.abc import Callable

from tests.cases import for_each
from watcher.parse.render import template_values


def numbered(*written: str, **named: str):
    return {str(index): value for index, value in enumerate(written, 1)} | named


@for_each(
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
    assert template_values.format_number(written) == shown


@for_each(
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
    assert template_values.format_conversion(arguments) == shown


@for_each(
    ("function", "arguments", "shown"),
    [
        (template_values.format_fraction, numbered("1", "2", "3"), "1 2/3"),
        (template_values.format_fraction, numbered("2", "3"), "2/3"),
        (template_values.format_fraction, numbered("3"), "1/3"),
        (template_values.format_fraction, {}, ""),
        (template_values.format_percentage, numbered("1", "3"), "33%"),
        (template_values.format_percentage, numbered("2", "3", "1"), "66.7%"),
        (template_values.format_percentage, numbered("1,000", "2,000"), "50%"),
        (template_values.format_percentage, numbered("1", "0"), "1/0"),
        (template_values.format_percentage, numbered("1", "x"), "1/x"),
        (template_values.format_percentage, numbered("12"), "12%"),
        (template_values.format_percentage, {}, ""),
        (template_values.format_value, numbered("1234.5", "0.3", u="km"), "1,234.5 ± 0.3 km"),
        (template_values.format_value, numbered("1.5", e="-6"), "1.5 × 10⁻⁶"),
        (template_values.format_value, numbered("12", u="%"), "12%"),
        (template_values.format_value, {}, ""),
        (template_values.format_power, numbered("6"), " × 10⁶"),
        (template_values.format_ship("HMS"), numbered("Ark", "R09"), "HMS Ark (R09)"),
        (template_values.format_ship(""), numbered("HMS", "Ark"), "HMS Ark"),
        (template_values.format_ship_class, numbered("Ark", "ferry"), "Ark-class ferry"),
        (template_values.format_ordinal, numbered("1"), "1st"),
        (template_values.format_ordinal, numbered("112"), "112th"),
        (template_values.format_ordinal, numbered("last"), "last"),
        (template_values.format_formatnum, numbered("12345", prefix="~"), "~12,345"),
        (template_values.format_inflation, numbered("US", "1000", "1990"), "1,000"),
        (template_values.format_money("US$"), numbered("31 billion"), "US$31 billion"),
        (template_values.format_money("₹"), numbered("500", "c"), "₹500 crore"),
        (template_values.format_money("£"), numbered("12000"), "£12,000"),
        (template_values.format_currency, numbered("31", "USD"), "US$31"),
        (template_values.format_currency, numbered("31", "XYZ"), "XYZ 31"),
        (template_values.format_currency, numbered("31"), "$31"),
        (template_values.format_nihongo, numbered("Edo", "江戸"), "Edo (江戸)"),
        (template_values.format_nihongo, numbered("Edo"), "Edo"),
    ],
)
def test_a_value_reads_as_on_the_page(function: Callable[[dict[str, str]], str], arguments: dict[str, str], shown: str):
    assert function(arguments) == shown
