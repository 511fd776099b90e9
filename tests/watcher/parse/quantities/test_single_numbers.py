from __future__ import annotations

from decimal import Decimal

from tests.cases import for_each
from watcher.parse.quantities import read_quantities


@for_each(
    "text",
    [
        "Several hundred boats.",
        "A few thousand boats.",
        "Tens of thousands sank.",
        "A multi-million affair.",
        "The first-half and the other half of it.",
        "His half-brother came.",
        "In the quarter it sank.",
        "A double standard.",
        "One of them sank.",
        "No one sank.",
        "The one that sank.",
        "One component of it.",
        "The number-one song.",
        "They showed zero tolerance to it.",
        "It is a zero-sum game of boats.",
        "The loss of one without the other is rare.",
        "According to one recent view it is rare.",
    ],
)
def test_no_number_is_given(text: str) -> None:
    assert [q for q in read_quantities(text) if not q.measure.is_context] == []


@for_each(
    ("text", "value"),
    [
        ("Only one boat sank.", 1),
        ("Zero boats sank.", 0),
        ("A boat of 14 gross tons sank.", 14),
        ("It has zero confirmed sinkings.", 0),
        ("It fell to zero.", 0),
        ("If one series of boats sinks, all do.", 1),
        ("In Ebb one notable boat sank.", 1),
        ('About 200 "recovered" boats float.', 200),
        ("Umanitï¿½ has 12 boats.", 12),
        ("Twice as many sank.", 2),
        ("Three times as many.", 3),
        ("A 10x rise.", 10),
    ],
)
def test_a_number_is_given(text: str, value: Decimal | int) -> None:
    assert [q.value for q in read_quantities(text)] == [value]


def test_a_rate_keeps_its_noun_and_base() -> None:
    rate, base = read_quantities("There were 12 deaths per 100,000 people.")

    assert (rate.value, rate.unit) == (12, "deaths per 100,000")
    assert (base.value, base.unit) == (100_000, "people")
