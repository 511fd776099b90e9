from __future__ import annotations

from decimal import Decimal

from tests.cases import for_each
from watcher.parse.quantities import read_quantities


@for_each(
    ("text", "expected", "value"),
    [
        ("It was −0.4 °C.", "−0.4", "-0.4"),
        ("A change of -3.5% then.", "-3.5%", "-3.5"),
        ("Plus or minus 3 percent.", "3 percent", "3"),
        ("It was minus five then.", "minus five", "-5"),
        ("It cost −$5 then.", "−$5", "-5"),
        ("A lens of 75 -300mm.", "300", "300"),
        ("He is 5-foot-6 tall.", "5-foot-6", "5.5"),
        ("A 5 ft 6 in boat.", "5 ft 6", "5.5"),
    ],
)
def test_reads_signs_and_second_units(text: str, expected: str, value: str) -> None:
    quantity = read_quantities(text)[-1]

    assert (quantity.text, quantity.value) == (expected, Decimal(value))
