from __future__ import annotations

from decimal import Decimal

import pytest

from tests.cases import for_each
from watcher.model import Measure
from watcher.parse.quantities import read_quantities


@for_each(
    ("text", "low", "high"),
    [
        ("Some 20~100 boats.", "20", "100"),
        ("From 20 through 100 boats.", "20", "100"),
        ("Three or four boats.", "3", "4"),
        ("$5–7 billion was lost.", "5000000000", "7000000000"),
        ("It was $700m–$800m.", "700000000", "800000000"),
        ("Between one thousand and five thousand boats.", "1000", "5000"),
        ("Some 1.5-2 million tonnes.", "1500000", "2000000"),
        ("It was 0.5% to 1%.", "0.5", "1"),
        ("It was 100–50% of it.", "50", "100"),
        ("It lies at 100–50 metres.", "50", "100"),
        ("It lasted from 3.0–1.5.", "1.5", "3.0"),
    ],
)
def test_two_bounds_are_one_quantity(text: str, low: str, high: str) -> None:
    (quantity,) = read_quantities(text)

    assert (quantity.value, quantity.low, quantity.high) == (None, Decimal(low), Decimal(high))


@pytest.mark.parametrize("text", ["It fell from 8 to 5 boats.", "It rose from 5 to 8 boats.", "It fell 3.5% to 1,245."])
def test_a_change_is_two_quantities(text: str) -> None:
    assert len([q for q in read_quantities(text) if q.value is not None]) == 2


@for_each(
    ("text", "share"),
    [
        ("1 in 5 boats.", "0.2"),
        ("One-in-five boats.", "0.2"),
        ("Three in ten boats.", "0.3"),
        ("Four out of five boats.", "0.8"),
    ],
)
def test_odds_are_a_ratio(text: str, share: str) -> None:
    (quantity,) = read_quantities(text)

    assert (quantity.measure, quantity.value, quantity.unit) == (Measure.RATIO, Decimal(share), "boats")


@pytest.mark.parametrize("text", ["Some 5 in 2012 sank.", "They won 3 in ten days.", "It was 8 in 5."])
def test_no_odds_without_a_whole(text: str) -> None:
    assert Measure.RATIO not in {q.measure for q in read_quantities(text)}


@for_each(
    ("text", "values"),
    [
        ("They won 3-2.", [3, 2]),
        ("They won 7-5, 5-7.", [7, 5, 5, 7]),
        ("Lost 0–1 at home.", [0, 1]),
        ("A vote of 342-67.", [342, 67]),
        ("A record of 10-4-2.", [10, 4, 2]),
        ("A score of 6.8 out of 10.", [Decimal("6.8"), 10]),
    ],
)
def test_a_score_is_two_or_three_numbers(text: str, values: list[Decimal]) -> None:
    quantities = read_quantities(text)

    assert [q.value for q in quantities] == values
    assert {q.measure for q in quantities} == {Measure.SCORE}
