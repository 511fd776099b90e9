from __future__ import annotations

from tests.cases import for_each
from watcher.parse.quantities import read_quantities


@for_each(
    "name",
    (
        "Genesis 3:1|Luke 1:1–14|NGC 4414"
        "|HD 209458|UNSCR 1244|1920x1080|1.6 Band|Row 21|chromosome 11|Stoxx 50|the Big Ten"
        "|the Type 23-class frigate|36 58 59 N 35 19 58 E|53 50 N 6 32 E"
    ).split("|"),
)
def test_a_number_that_designates_is_no_quantity(name: str) -> None:
    assert read_quantities(f"They spoke of {name} there.") == ()


@for_each("name", ["Studio 54 closed.", "Soyuz 7 did not return.", "Big 12 League"])
def test_a_name_with_a_number_may_begin_a_sentence(name: str) -> None:
    assert read_quantities(name) == ()


@for_each(
    ("text", "value"),
    [
        ("Some 54 closed.", 54),
        ("Population 950 is low.", 950),
        ("Score 3.5 is good.", 3.5),
        ("They rose by +5 in all.", 5),
        ("It fell in 12 places.", 12),
        ("A slope of 42° is steep.", 42),
        ("The boats were 40¹ then.", 40),
    ],
)
def test_a_number_that_counts_is_read_beside_a_capital_or_a_sign(text: str, value: float) -> None:
    assert [float(quantity.value or 0) for quantity in read_quantities(text)] == [value]
