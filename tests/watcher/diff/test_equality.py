from __future__ import annotations

from decimal import Decimal

from tests.cases import for_each
from watcher.diff.statistics import same_measure, same_share, same_unit, same_value
from watcher.model import Measure, Quantity


def a_quantity(value: str | None, measure: Measure = Measure.COUNT, **fields: object) -> Quantity:
    given: dict[str, object] = {"text": "", "start": 0, "end": 0, "measure": measure}
    number = None if value is None else Decimal(value)
    return Quantity(value=number, **(given | fields))  # type: ignore[arg-type]


@for_each(
    ("old", "new", "same"),
    [
        (a_quantity("21E6"), a_quantity("21000000"), True),
        (a_quantity("21"), a_quantity("12"), False),
        (a_quantity(None, low=Decimal(5)), a_quantity(None, low=Decimal("5.0")), True),
        (a_quantity(None, low=Decimal(5)), a_quantity("5"), False),
        (a_quantity("50", Measure.PERCENT), a_quantity("0.5", Measure.RATIO), True),
        (a_quantity("66.7", Measure.PERCENT), a_quantity("0.6666666666", Measure.RATIO), True),
        (a_quantity("60", Measure.PERCENT), a_quantity("0.6666666666", Measure.RATIO), False),
    ],
)
def test_values_are_one_number_in_any_form(old: Quantity, new: Quantity, same: bool) -> None:  # noqa: FBT001  a case
    assert same_value(old, new) is same
    assert same_value(new, old) is same


@for_each(("old", "new", "same"))
def test_units_that_count_the_same_are_one(old: str, new: str, same: bool) -> None:  # noqa: FBT001  a case
    assert same_unit(old, new) is same


def test_a_fraction_and_a_percent_may_be_one_share() -> None:
    assert same_share(a_quantity("50", Measure.PERCENT), a_quantity("0.5", Measure.RATIO))
    assert not same_share(a_quantity("50", Measure.PERCENT), a_quantity("50", Measure.PERCENT))
    assert not same_share(a_quantity("50"), a_quantity("0.5", Measure.RATIO))


@for_each(
    ("old", "new", "same"),
    [
        (a_quantity("18"), a_quantity("18", Measure.AGE), True),
        (a_quantity("18"), a_quantity("19", Measure.AGE), False),
        (a_quantity("68", Measure.PERCENT), a_quantity("68"), False),
        (a_quantity("5", Measure.CURRENCY), a_quantity("5"), False),
    ],
)
def test_a_number_read_better_keeps_its_measure(old: Quantity, new: Quantity, same: bool) -> None:  # noqa: FBT001  a case
    assert same_measure(old, new) is same
