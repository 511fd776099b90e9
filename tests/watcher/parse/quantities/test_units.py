from __future__ import annotations

from tests.cases import for_each
from watcher.model import Measure
from watcher.parse.quantities import read_quantities


@for_each(
    ("text", "unit"),
    [
        ("It is 5 km long.", "km"),
        ("It is 5km long.", "km"),
        ("It is 5 kilometres long.", "km"),
        ("A 5-kilometre road.", "km"),
        ("It is 5 square miles.", "mi2"),
        ("It is 5 sq mi.", "mi2"),
        ("It is 5 km2.", "km2"),
        ("It is 5 km² wide.", "km2"),
        ("It is 5 cubic metres.", "m3"),
        ("It does 5 miles per hour.", "mi/h"),
        ("It does 5 km/h now.", "km/h"),
        ("It is 5 °C out.", "°C"),
        ("It is 40C out.", "°C"),
        ("It is 5 degrees Fahrenheit.", "°F"),
        ("It weighs 5 metric tons.", "ton"),
        ("Half a mile away.", "mi"),
        ("It holds 5 GB.", "GB"),
    ],
)
def test_names_the_unit_of_a_measurement(text: str, unit: str) -> None:
    (quantity,) = read_quantities(text)

    assert (quantity.measure, quantity.unit) == (Measure.MEASUREMENT, unit)


@for_each(
    ("text", "measure", "unit"),
    [
        ("It took 5 years.", Measure.DURATION, "years"),
        ("A 5-day trip.", Measure.DURATION, "days"),
        ("He is 5 years old.", Measure.AGE, "years"),
        ("A 5-month-old.", Measure.AGE, "months"),
        ("It is 5%.", Measure.PERCENT, "%"),
        ("A 5-percent share.", Measure.PERCENT, "%"),
        ("It is 5 pct.", Measure.PERCENT, "%"),
        ("It is 5‰.", Measure.PERCENT, "‰"),
        ("Up 5 percentage points.", Measure.PERCENT, "percentage points"),
    ],
)
def test_names_the_measure(text: str, measure: Measure, unit: str) -> None:
    (quantity,) = read_quantities(text)

    assert (quantity.measure, quantity.unit) == (measure, unit)


def test_a_prefix_said_without_end_is_no_unit() -> None:
    (quantity,) = read_quantities("It is 5 " + "square " * 3000)

    assert quantity.measure is Measure.COUNT
