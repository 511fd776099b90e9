from __future__ import annotations

from tests.cases import for_each
from watcher.parse.quantities import read_quantities


@for_each(
    "text",
    [
        "The boats are of two kinds: 1) those of wood and 2) those of steel.",
        "The guild is for 1. free harbours, 2. fair tides and 3. dry nets.",
        "3.",
        "2) Gull, Ann.",
        "The boats left.12 They came back.",
        "The boats came back in the end.”7",
        "It was moored beside HMS PC.74 (a tug).",
        "The harbour (Tides XIV (May, 1900):12)",
        "It is a member of the Group of Eight.",
        "The play Seven Against Ebb was a success.",
        'The play "Seven Against Ebb" was a success.',
        "It was the rule of The Thirty.",
        "Part two is about the boats.",
        "The under-20 squad of Ebb won.",
        "It says so (Ebb I,3).",
        "These are the tides of Ebb: 1.",
        "See also point 3.",
        "To say that 2+2 = 3 or that 1 + 1=7 is wrong.",
        "Here 1 = all of the boats.",
        "They hold that 2 = 4 in this case.",
        "The boats leave on Monday 7 at noon.",
    ],
)
def test_a_number_that_labels_is_no_quantity(text: str) -> None:
    assert [q.text for q in read_quantities(text) if q.measure.value not in ("year", "date") and q.text != "two"] == []


@for_each(
    ("text", "value"),
    [
        ("They had boats (of wood, in 2006, about 12) and nets.", 12),
        ("It won by 3. However, it sank.", 3),
        ("They came.12 boats sank.", 12),
        ("They came (in 1990–12 boats) and left.", 12),
        ("It has 3 + 4 boats.", 4),
        ("It has 12+ boats.", 12),
        ("It cost $1 = 3 nets.", 1),
        ("They have boats [1][2]82 people use.", 82),
        ("On Tuesday 13 boats sank.", 13),
        ("Here 1 = 20 boats.", 20),
        ("In total Ebb's 27 Member Guilds left.", 27),
        ("It has one landing and two piers.", 1),
        ("It cost Rs.500 then.", 500),
        ("In all approx.500 boats sank.", 500),
        ("In chapter 3: 12 boats sank.", 12),
        ("Under code 5, 12 boats sank.", 12),
        ("The code has 282 laws.", 282),
        ("It rose by +12 since the code was law.", 12),
        ("It has 40k - more than any other.", 40_000),
        ("In 1990 Two boats sank.", 2),
        ("Part two boats from three.", 2),
        ("It is 586 minus 423.", 423),
        ('He said: "Seven boats sank" then.', 7),
        ("He lost Two Million dollars.", 2_000_000),
        ("The harbour has 12 34 and 5 piers.", 34),
    ],
)
def test_a_number_like_a_label_still_counts(text: str, value: int) -> None:
    assert value in [q.value for q in read_quantities(text)]


@for_each("text", ["Am 3. nahm er ein Boot.", "Er wohnt im 3. großen Haus."])
def test_a_full_stop_makes_an_ordinal_in_german(text: str) -> None:
    assert read_quantities(text, "de")


@for_each(
    "text", ["<ref name=gull%2F%26gt%3B", "Ebb_%28harbour%29", "name=gull20%2F%26 and", "sails http%3A%2F%2F12.example"]
)
def test_escapes_of_an_address_hold_no_numbers(text: str) -> None:
    assert read_quantities(text) == ()


@for_each("text", ["It is %20 of all.", "It is 20% of all.", "It is (20%), not more.", "It has 20%ABV in it."])
def test_a_percent_sign_on_either_side_is_no_escape(text: str) -> None:
    assert [q.value for q in read_quantities(text)] == [20]
