from dataclasses import replace
from decimal import Decimal

from tests.cases import for_each
from watcher.model import Measure, Quantity
from watcher.model.conversion import is_restated, same_measurement


def quantity(text: str, value: str, unit: str | None, qualifier: str | None = None) -> Quantity:
    number, measure = Decimal(value), Measure.MEASUREMENT
    return Quantity(text=text, start=0, end=len(text), value=number, measure=measure, unit=unit, qualifier=qualifier)


@for_each(("old", "new"))
def test_a_value_in_another_unit_is_the_same_measurement(old: tuple[str, str, str], new: tuple[str, str, str]) -> None:
    assert same_measurement(quantity(*old), quantity(*new))
    assert same_measurement(quantity(*new), quantity(*old))


@for_each(("old", "new"))
def test_another_value_or_kind_of_unit_is_another_measurement(
    old: tuple[str, str, str], new: tuple[str, str, str]
) -> None:
    assert not same_measurement(quantity(*old), quantity(*new))


def test_a_round_number_that_says_so_keeps_the_value() -> None:
    exact, about = quantity("167,882", "167882", "people"), quantity("168,000", "168000", "people", "about")

    assert is_restated(exact, about)
    assert is_restated(about, exact)
    assert not is_restated(exact, quantity("168,000", "168000", "people"))
    assert not is_restated(exact, quantity("160,000", "160000", "people", "about"))
    assert not is_restated(exact, quantity("168,000", "168000", "people", "more than"))
    assert not is_restated(
        quantity("9.123.456", "9123456", "Menschen"), quantity("2.100.000", "2100000", "Menschen", "about")
    )


def test_a_range_converts_bound_by_bound() -> None:
    old, new = (
        replace(quantity(text, "0", unit), value=None, low=Decimal(low), high=Decimal(high))
        for text, low, high, unit in (("5–10", "5", "10", "km"), ("3.1–6.2", "3.1", "6.2", "mi"))
    )
    assert same_measurement(old, new)
    assert not same_measurement(old, quantity("3.1", "3.1", "mi"))
