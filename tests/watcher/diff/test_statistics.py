import re
from decimal import Decimal

import pytest

from tests.cases import for_each
from watcher.diff.statistics import compare_statistics, same_unit, statistic_fields
from watcher.model import Measure, Quantity, Statistic

_FIGURE = re.compile(r"(?P<dollar>\$?)(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)(?P<scale> million| billion)?(?P<percent>%?)")
_SCALES = {None: 1, " million": 10**6, " billion": 10**9}


def figures(sentence: str) -> tuple[Statistic, ...]:
    """A reader of plain figures, enough for pairing: the words around are what matters."""
    return tuple(
        a_statistic(
            sentence=sentence,
            text=match.group(),
            start=match.start(),
            end=match.end(),
            value=Decimal(match["digits"].replace(",", "")) * _SCALES[match["scale"]],
            measure=Measure.PERCENT if match["percent"] else Measure.CURRENCY if match["dollar"] else Measure.COUNT,
            unit="USD" if match["dollar"] else None,
        )
        for match in _FIGURE.finditer(sentence)
    )


def a_statistic(sentence: str = "", **fields: object) -> Statistic:
    given: dict[str, object] = {"text": "", "start": 0, "end": 0, "value": Decimal(1), "measure": Measure.COUNT}
    return Statistic(quantity=Quantity(**(given | fields)), sentence=sentence)  # type: ignore[arg-type]


def paired(old: str, new: str) -> list[tuple[str, str]]:
    """Pairs that differ, as texts."""
    return [
        (before.quantity.text if before else "", after.quantity.text if after else "")
        for before, after in compare_statistics(figures(old), figures(new))
        if before is None or after is None or statistic_fields(before, after)
    ]


@for_each(("old", "new", "expected"))
def test_figures_of_a_sentence_are_paired_by_what_they_count(
    old: str, new: str, expected: tuple[tuple[str, str], ...]
) -> None:
    assert paired(old, new) == [*expected]


@for_each(("old", "new", "names"))
def test_only_a_field_that_says_otherwise_is_named(
    old: dict[str, str], new: dict[str, str], names: tuple[str, ...]
) -> None:
    kinds = {"value": Decimal, "low": Decimal, "high": Decimal, "measure": Measure}
    before, after = (
        a_statistic(**{name: kinds.get(name, str)(value) if value else None for name, value in fields.items()})
        for fields in (old, new)
    )
    assert tuple(field.name for field in statistic_fields(before, after)) == names


def test_values_are_reported_as_plain_decimals() -> None:
    (field,) = statistic_fields(a_statistic(value=Decimal("2.1E7")), a_statistic(value=Decimal("2500.50")))
    assert (field.old, field.new) == ("21000000", "2500.5")


def test_a_sentence_of_very_many_figures_is_paired_in_order() -> None:
    old = ", ".join(str(number) for number in range(1000, 1200))
    assert paired(old, old.replace("1100", "3100")) == [("1100", "3100")]


@for_each(("old", "new", "before", "after"))
def test_context_that_only_moved_is_no_change(
    old: str, new: str, before: dict[str, object], after: dict[str, object]
) -> None:
    pair = [
        a_statistic(sentence=text, start=text.index("5"), end=text.index("5") + 1, **fields)
        for text, fields in ((old, before), (new, after))
    ]
    assert statistic_fields(*pair) == ()


@pytest.mark.parametrize("fields", [{"period": "per year"}, {"as_of": "2012"}])
def test_context_that_is_gone_is_a_change(fields: dict[str, object]) -> None:
    (field,) = statistic_fields(a_statistic(sentence="In 2012 a year", **fields), a_statistic(sentence="They had 5."))
    assert field.name in fields
    assert field.new is None


@for_each(("old", "new", "same"))
def test_units_that_count_the_same_are_one(old: str, new: str, same: bool) -> None:  # noqa: FBT001  a case
    assert same_unit(old, new) is same
