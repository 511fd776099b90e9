from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.model import Measure
from watcher.parse.quantities import read_quantities


@for_each(
    ("text", "years"),
    [
        ("He ruled in 44 BC.", ["-44"]),
        ("The town burned in AD 79.", ["79"]),
        ("It was built in 165 C.E..", ["165"]),
        ("They came in 568 and stayed until 774.", ["568", "774"]),
        ("It stood there (568–774 A.D.), says Gull.", ["568", "774"]),
        ("It was built in 1300 B.C.E. by others.", ["-1300"]),
        ("In 1327 and 1328 the king was away.", ["1327", "1328"]),
        ("The church was built around 1307, which is late.", ["1307"]),
    ],
)
def test_an_early_year_is_a_year(text: str, years: list[str]) -> None:
    assert [(str(quantity.value), quantity.measure) for quantity in read_quantities(text)] == [
        (year, Measure.YEAR) for year in years
    ]


@pytest.mark.parametrize("text", ["an army of 1250 men", "a force of 1200.", "In 120 of them"])
def test_a_number_in_that_range_may_count(text: str) -> None:
    assert [quantity.measure for quantity in read_quantities(text)] == [Measure.COUNT]
