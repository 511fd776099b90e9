from __future__ import annotations

from tests.cases import for_each
from watcher.parse.quantities import read_quantities


@for_each(
    "name",
    (
        "Section 370|Sections 3, 4 and 5|Section 370 and 370A|Article 34|No. 105|CETS No. 197|2011/92/EU|p. 154"
        "|pp. 12–14|Chapter 12|G20|COVID-19|F-16|SCP-173|U-20|ISO 9001|UN Resolution 1325|Apollo 11|Route 66|channel 4"
        "|vol 109, no 1. p. 119-125"
        "|version 3.11|007|§ 12|#5|Boeing 747|5G|season 3|World War 2|Agenda 21"
        "|10 Downing Street|the list (2)"
    ).split("|"),
)
def test_a_number_in_a_name_is_no_quantity(name: str) -> None:
    assert read_quantities(f"They spoke of {name} there.") == ()


@for_each(
    ("text", "value"),
    [
        ("In Kabul 35 people sailed.", 35),
        ("There were no 5 boats.", 5),
        ("Of volume 5, there were no 20 copies.", 20),
        ("The mid-20 range.", 20),
        ("In this section 12 boats sank.", 12),
    ],
)
def test_a_number_beside_a_name_still_counts(text: str, value: int) -> None:
    assert value in [q.value for q in read_quantities(text)]
