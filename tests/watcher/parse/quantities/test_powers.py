from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.parse.quantities import read_quantities


@for_each(
    ("text", "value"),
    [
        ("5.97 × 10²⁴ kg", 5.97e24),
        ("a charge of 1.6×10⁻¹⁹ units", 1.6e-19),
        ("10⁶ cells", 1e6),
        ("2.5 × 10^6 cells", 2.5e6),
    ],
)
def test_a_power_of_ten_belongs_to_the_value(text: str, value: float) -> None:
    assert [float(quantity.value or 0) for quantity in read_quantities(text)] == [pytest.approx(value)]


@pytest.mark.parametrize("text", ["12² tiles", "10 ×10 cm", "10⁹⁹⁹ cells"])
def test_other_small_digits_are_no_power_of_ten(text: str) -> None:
    assert all(float(quantity.value or 0) < 100 for quantity in read_quantities(text))
