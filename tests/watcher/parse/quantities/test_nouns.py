from __future__ import annotations

from tests.cases import for_each
from watcher.parse.quantities import read_quantities


@for_each(
    ("text", "noun"),
    [
        ("Some 300,000 domestic workers from there.", "workers"),
        ("More than 5,000 potential river crossing cases in there.", "cases"),
        ("The 26 interviewed service providers stated so.", "providers"),
        ("They counted 17 country reports.", "reports"),
        ("Some 225 AHTUs work.", "AHTUs"),
        ("Some 8 sports teams left.", "teams"),
        ("Some 1.2 million (12 lakh) people were hit.", "people"),
        ("About 1.39 million of these individuals left.", "individuals"),
        ("Only one woman left.", "woman"),
        ("Two-thirds of all victims left.", "victims"),
        ("Of these, 14.2 million (68%) were boats.", None),
        ("Some 40 were hurt.", None),
        ("A two-car garage.", "car"),
        ("Only one self-proclaimed sailor left.", "sailor"),
        ("At least one well-known sailor left.", "sailor"),
        ("At least one ex-sailor left.", "sailor"),
    ],
)
def test_names_what_is_counted(text: str, noun: str | None) -> None:
    assert read_quantities(text)[0].unit == noun
