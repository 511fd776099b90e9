"""Test that numbers in findings are short and exact."""

from decimal import Decimal

from tests.cases import for_each
from watcher.judge.rule import field_severity, midpoint, relative_change
from watcher.model import FieldChange, Measure, Quantity


def quantity(value=None, low=None, high=None):
    numbers = {"value": value, "low": low, "high": high}
    numbers = {name: None if number is None else Decimal(number) for name, number in numbers.items()}
    return Quantity(text="x", start=0, end=1, measure=Measure.COUNT, **numbers)


def test_range_stands_for_its_middle():
    assert midpoint(quantity(low="10", high="20")) == 15
    assert midpoint(quantity(low="10")) == 10
    assert midpoint(quantity()) is None


def test_shift_is_relative_to_what_was_and_undefined_from_nothing():
    assert relative_change(quantity("20"), quantity("25")) == Decimal("0.25")
    assert relative_change(quantity("-20"), quantity("-25")) == Decimal("-0.25")
    assert relative_change(quantity("0"), quantity("5")) is None


@for_each(("name", "replaced", "gone", "came"))
def test_a_field_is_as_serious_as_what_happened_to_its_words(name: str, replaced: str, gone: str, came: str) -> None:
    sides = (("x", "y"), ("x", None), (None, "y"))
    result = [field_severity(FieldChange(name=name, old=old, new=new)).label for old, new in sides]
    assert result == [replaced, gone, came]
