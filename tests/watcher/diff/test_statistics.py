import re
from decimal import Decimal

import pytest

from tests.cases import for_each
from watcher.diff.statistics import (
    compare_statistics,
    same_unit,
    statistic_fields,
)
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


def paired(old: str, new: str) -> list[tuple[str | None, str | None]]:
    """Pairs that differ, as texts."""
    return [
        (before.quantity.text if before else None, after.quantity.text if after else None)
        for before, after in compare_statistics(figures(old), figures(new))
        if before is None or after is None or statistic_fields(before, after)
    ]


THREE_SHARES = (
    "Of all cases, 7.1 million (64%) were forced labour in private firms, 2.9 million (26%) were sexual "
    "exploitation and 1.1 million (10%) were imposed by a state."
)

REORDERED = (
    "Of all cases, 1.1 million (10%) were imposed by a state, 2.9 million (26%) were sexual exploitation "
    "and 7.1 million (64%) were forced labour in private firms."
)


@for_each(
    ("old", "new", "expected"),
    [
        (THREE_SHARES, THREE_SHARES, []),
        (THREE_SHARES, THREE_SHARES.replace("26%", "62%"), [("26%", "62%")]),
        (
            THREE_SHARES,
            THREE_SHARES.replace("2.9 million (26%)", "X")
            .replace("1.1 million (10%)", "2.9 million (26%)")
            .replace("X", "1.1 million (10%)"),
            [("2.9 million", "1.1 million"), ("26%", "10%"), ("1.1 million", "2.9 million"), ("10%", "26%")],
        ),
        (
            THREE_SHARES,
            REORDERED,
            [],
        ),
        (
            "There were 12 raids in France, 30 in Spain and 41 in Italy.",
            "There were 41 raids in Italy, 12 in France and 30 in Spain.",
            [],
        ),
        (
            "There were 12 raids in France, 30 in Spain and 41 in Italy.",
            "There were 12 raids in France, 25 in Portugal, 30 in Spain and 41 in Italy.",
            [(None, "25")],
        ),
        (
            "There were 12 raids in France, 30 in Spain and 41 in Italy.",
            "There were 12 raids in France and 41 in Italy.",
            [("30", None)],
        ),
        (
            "The trade earns $32 billion, of which 49% in industrial economies.",
            "Half of it in poor countries, the trade earns $23 billion a year, 49% in industrial economies.",
            [("$32 billion", "$23 billion")],
        ),
        ("Police freed people.", "Police freed 40 people.", [(None, "40")]),
        ("Police freed 40 people.", "Police freed people.", [("40", None)]),
    ],
)
def test_figures_of_a_sentence_are_paired_by_what_they_count(
    old: str, new: str, expected: list[tuple[str | None, str | None]]
) -> None:
    assert paired(old, new) == expected


THIRDS = Decimal("0.6666666666")


@for_each(
    ("old", "new", "names"),
    [
        ({"value": Decimal("21E6")}, {"value": Decimal(21_000_000)}, []),
        ({"value": Decimal(5)}, {"value": Decimal(6)}, ["value"]),
        (
            {"value": None, "low": Decimal(5), "high": Decimal(9)},
            {"value": None, "low": Decimal(5), "high": Decimal(8)},
            ["high"],
        ),
        ({"unit": "victims"}, {"unit": "victim"}, []),
        ({"unit": "potential fraud cases"}, {"unit": "cases"}, []),
        ({"unit": "victims"}, {"unit": "children"}, ["unit"]),
        ({"unit": "victims"}, {"unit": None}, []),
        ({"unit": "USD", "measure": Measure.CURRENCY}, {"unit": "EUR", "measure": Measure.CURRENCY}, ["unit"]),
        ({"measure": Measure.PERCENT}, {"measure": Measure.COUNT, "unit": "percentage points"}, ["measure"]),
        ({"qualifier": "up to"}, {"qualifier": "at most"}, []),
        ({"qualifier": "more than"}, {"qualifier": "nearly"}, ["qualifier"]),
        ({"qualifier": "estimated"}, {"qualifier": None}, ["qualifier"]),
        ({"period": "year"}, {"period": "month"}, ["period"]),
        ({"as_of": "2014"}, {"as_of": "2018"}, ["as_of"]),
        ({"value": Decimal(50), "measure": Measure.PERCENT}, {"value": Decimal("0.5"), "measure": Measure.RATIO}, []),
        (
            {"value": Decimal(50), "measure": Measure.PERCENT},
            {"value": Decimal("0.75"), "measure": Measure.RATIO},
            ["value", "measure"],
        ),
        ({"value": Decimal("66.7"), "measure": Measure.PERCENT}, {"value": THIRDS, "measure": Measure.RATIO}, []),
        ({"value": None, "low": Decimal(5)}, {"value": None, "low": Decimal("5.0")}, []),
        ({"value": None, "low": Decimal(5)}, {"value": Decimal(5)}, ["value", "low"]),
        ({"value": Decimal(18)}, {"value": Decimal(18), "measure": Measure.AGE}, []),
        ({"value": Decimal(18)}, {"value": Decimal(19), "measure": Measure.AGE}, ["value", "measure"]),
        ({"value": Decimal(68), "measure": Measure.PERCENT}, {"value": Decimal(68)}, ["measure"]),
    ],
)
def test_only_a_field_that_says_otherwise_is_named(
    old: dict[str, object], new: dict[str, object], names: list[str]
) -> None:
    assert [field.name for field in statistic_fields(a_statistic(**old), a_statistic(**new))] == names


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
