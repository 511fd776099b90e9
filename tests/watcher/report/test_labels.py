from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tests.cases import for_each
from watcher.model import Change, Kind, Measure, Quantity, Severity, Statistic, Tag, TextKind
from watcher.report.labels import (
    SEVERITIES,
    TEXT_KINDS,
    difference,
    field_label,
    headline,
    kind_label,
    timestamp,
)


def test_every_kind_severity_and_place_has_words():
    assert len({kind_label(kind) for kind in Kind}) == len(Kind)
    assert set(SEVERITIES) == set(Severity)
    assert set(TEXT_KINDS) == set(TextKind)


@pytest.mark.parametrize(
    ("name", "label"), [("url", "Address"), ("access_date", "Accessed"), ("new_field", "New field")]
)
def test_a_field_has_a_heading(name: str, label: str):
    assert field_label(name) == label


def test_a_time_is_shown_in_utc():
    assert timestamp(datetime(2026, 11, 3, 5, 5, tzinfo=timezone(timedelta(hours=1)))) == "3 November 2026, 04:05 UTC"


def quantity(value: str | None, measure: Measure = Measure.COUNT, unit: str | None = None) -> Quantity:
    return Quantity(
        text="", start=0, end=0, value=None if value is None else Decimal(value), measure=measure, unit=unit
    )


@for_each(
    ("old", "new", "measure", "expected"),
    [
        ("21000000", "25000000", Measure.COUNT, "+4 million (+19 %)"),
        ("25000000", "21000000", Measure.COUNT, "−4 million (−16 %)"),
        ("80", "130", Measure.COUNT, "+50 (+63 %)"),  # the half is rounded up, as in the summary
        ("1000", "1024", Measure.COUNT, "+24 (+2.4 %)"),
        ("68", "6.8", Measure.PERCENT, "−61.2 points"),
        ("7", "8", Measure.PERCENT, "+1 point"),
        ("3", "3000", Measure.COUNT, "+2,997 (+99,900 %)"),
        ("0", "12", Measure.COUNT, "+12"),
        ("-5", "5", Measure.MEASUREMENT, "+10 (+200 %)"),
        ("150000000000", "31600000000", Measure.CURRENCY, "−118.4 billion (−79 %)"),
        ("0.5", "0.25", Measure.RATIO, "−0.25 (−50 %)"),
    ],
)
def test_the_step_and_its_share_are_reported(old: str, new: str, measure: Measure, expected: str):
    assert difference(quantity(old, measure), quantity(new, measure)) == expected


@for_each("value", [None, "NaN", "Infinity", "1E+999999", "1E-999999"])
def test_values_that_cannot_be_subtracted_have_no_difference(value: str | None):
    assert difference(quantity(value), quantity("3")) is None
    assert difference(quantity("3"), quantity(value)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (quantity("3"), quantity("3")),
        (quantity("3", unit="men"), quantity("4", unit="women")),
        (quantity("3"), quantity("4", Measure.PERCENT)),
    ],
)
def test_what_is_equal_or_not_comparable_has_no_difference(old: Quantity, new: Quantity):
    assert difference(old, new) is None


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("21 million", "victims", "21 million victims"),
        ("21 million victims", "victims", "21 million victims"),
        ("$150 billion", "USD", "$150 billion"),
        ("68%", "%", "68%"),
        ("two", None, "two"),
    ],
)
def test_a_unit_is_added_where_the_number_does_not_say_it(
    change: Callable[..., Change], text: str, unit: str | None, expected: str
):
    known = change().old
    assert isinstance(known, Statistic)
    quantity: Quantity = replace(known.quantity, text=text, unit=unit)
    assert headline(replace(known, quantity=quantity)) == expected


def test_a_tag_is_named_by_its_name():
    assert headline(Tag(name="dubious", sentence="x")) == "dubious"
    assert headline(None) is None
