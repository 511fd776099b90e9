from __future__ import annotations

from collections.abc import Callable

from tests.cases import for_each
from watcher.parse.render import template_values


def numbered(*written: str, **named: str):
    return {str(index): value for index, value in enumerate(written, 1)} | named


@for_each(
    ("arguments", "shown"),
    [
        (numbered("2009"), "As of 2009"),
        (numbered("2009", "7"), "As of July 2009"),
        (numbered("2009", "07", "05"), "As of 5 July 2009"),
        (numbered("2009", "7", "5", df="US"), "As of July 5, 2009"),
        (numbered("2009", "July"), "As of July 2009"),
        (numbered("2009", lc="y"), "as of 2009"),
        (numbered("2009", since="y"), "Since 2009"),
        (numbered("2009", bare="yes"), "2009"),
        (numbered("2009", pre="late"), "As of late 2009"),
        (numbered("2009", alt="In that year"), "In that year"),
        (numbered("2009", "13"), "As of 13 2009"),
        ({}, "As of"),
    ],
)
def test_as_of(arguments: dict[str, str], shown: str):
    assert template_values.format_as_of(arguments) == shown


@for_each(
    ("function", "arguments", "shown"),
    [
        (template_values.format_date_template, numbered("1950", "2", "3"), "February 3, 1950"),
        (template_values.format_date_template, numbered("1950", "2", "3", df="y"), "3 February 1950"),
        (template_values.format_date_template, numbered("1950"), "1950"),
        (template_values.format_date_template, numbered("3 February 1950"), "3 February 1950"),
        (template_values.format_death_date, numbered("2000", "1", "2", "1930", "3", "4"), "January 2, 2000 (aged 69)"),
        (template_values.format_death_date, numbered("2000", "1", "2"), "January 2, 2000"),
        (template_values.format_age, numbered("1950", "5", "3", "2000", "5", "3"), "50"),
        (template_values.format_age, numbered("1950", "5", "3"), ""),
        (template_values.format_age, numbered("x", "5", "3", "2000", "5", "3"), ""),
        (template_values.format_circa, numbered("1990", "1995"), "c. 1990 – c. 1995"),
        (template_values.format_circa, {}, "c."),
        (template_values.format_span("r."), numbered("1990", "2000"), "r. 1990–2000"),
        (template_values.format_duration, numbered("1", "5", "9"), "1:05:09"),
        (template_values.format_duration, {"m": "5", "s": "3"}, "5:03"),
    ],
)
def test_a_date_or_span_reads_as_on_the_page(
    function: Callable[[dict[str, str]], str], arguments: dict[str, str], shown: str
):
    assert function(arguments) == shown


def test_numbered_parameters_end_at_the_first_gap():
    assert template_values.positional({"1": "a", "2": "b", "4": "d", "name": "x"}) == ["a", "b"]
