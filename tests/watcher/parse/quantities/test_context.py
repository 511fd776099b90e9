from __future__ import annotations

from tests.cases import for_each
from watcher.parse.quantities import read_quantities

QUALIFIERS = {
    "more than": [
        "more than 40 boats",
        "over 40 boats",
        "in excess of 40 boats",
        "upwards of 40 boats",
        "a catch exceeding 40 boats",
    ],
    "at least": ["at least 40 boats", "no fewer than 40 boats", "40 or more boats", "40+ boats"],
    "nearly": ["nearly 40 boats", "almost 40 boats", "close to 40 boats", "just under 40 boats"],
    "about": [
        "about 40 boats",
        "approximately 40 boats",
        "around 40 boats",
        "some 40 boats",
        "roughly 40 boats",
        "circa 40 boats",
        "~40 boats",
    ],
    "up to": ["up to 40 boats", "as many as 40 boats"],
    "at most": ["at most 40 boats", "no more than 40 boats", "a maximum of 40 boats"],
    "less than": ["less than 40 boats", "fewer than 40 boats", "under 40 boats"],
    "only": ["only 40 boats", "just 40 boats", "a mere 40 boats"],
    "estimated": ["an estimated 40 boats", "it is estimated that 40 boats", "she estimates that 40 boats"],
    "average": ["an average of 40 boats"],
    None: ["the 40 boats", "of 40 boats", "disputes over the 40 boats", "talks about the 40 boats"],
}


@for_each(("qualifier", "text"), [(name, text) for name, texts in QUALIFIERS.items() for text in texts])
def test_qualifiers_of_one_meaning_are_one_word(qualifier: str | None, text: str) -> None:
    (quantity,) = read_quantities(f"There were {text}.")

    assert (quantity.value, quantity.unit, quantity.qualifier) == (40, "boats", qualifier)


@for_each(
    ("text", "qualifier"),
    [
        ("Over a 12-year period they sank.", None),
        ("The tide moves over a 12 km stretch.", None),
        ("It sank after more than a 12 km voyage.", "more than"),
        ("It took over 12 years.", "more than"),
    ],
)
def test_a_stretch_of_time_or_space_is_not_bounded_by_what_goes_over_it(text: str, qualifier: str | None) -> None:
    assert [quantity.qualifier for quantity in read_quantities(text)] == [qualifier]


@for_each(
    ("text", "period"),
    [
        ("It earns $5 billion per year.", "per year"),
        ("It earns $5 billion per annum.", "per year"),
        ("It earns $5 billion a year.", "per year"),
        ("It earns $5 billion annually.", "per year"),
        ("It earns $5 billion each year.", "per year"),
        ("It earns $5 billion in annual profit.", "per year"),
        ("It has annual profits of $5 billion.", "per year"),
        ("It earns $5 billion a month.", "per month"),
        ("It earns $5 billion/day.", "per day"),
        ("It earned $5 billion a year ago.", None),
        ("It makes 150,000 t/y.", "per year"),
        ("It costs $3 at a stone quay.", None),
        ("It earned $5 billion.", None),
    ],
)
def test_periods_of_one_meaning_are_one_word(text: str, period: str | None) -> None:
    assert read_quantities(text)[0].period == period
