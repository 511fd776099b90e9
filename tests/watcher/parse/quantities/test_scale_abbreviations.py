from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.parse.quantities import read_quantities


@for_each(
    ("text", "value"),
    [
        ("It cost £3m.", "3000000"),
        ("It cost 1.3bn francs.", "1300000000"),
        ("Some 215m young workers stay.", "215000000"),
        ("Some 1.4m of these people work.", "1400000"),
    ],
)
def test_letters_after_a_number_are_its_scale(text: str, value: str) -> None:
    (quantity,) = read_quantities(text)
    assert str(quantity.value) == value


@pytest.mark.parametrize("text", ["The 100m hurdles were run.", "A 100m tall tower fell.", "He swam 100m there."])
def test_m_beside_a_length_is_metres(text: str) -> None:
    (quantity,) = read_quantities(text)
    assert (str(quantity.value), quantity.unit) == ("100", "m")
