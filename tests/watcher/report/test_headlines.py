from collections.abc import Callable
from dataclasses import replace

import pytest

from watcher.model import Change, Quantity, Statistic, Tag
from watcher.report.labels import headline


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("21 million", "victims", "21 million victims"),
        ("21 million victims", "victims", "21 million victims"),
        ("$150 billion", "USD", "$150 billion"),
        ("68%", "%", "68%"),
        ("two", None, "two"),
    ],
)
def test_a_unit_is_added_where_the_number_does_not_say_it(
    change: Callable[..., Change], text: str, unit: str | None, expected: str
):
    known = change().old
    assert isinstance(known, Statistic)
    quantity: Quantity = replace(known.quantity, text=text, unit=unit)
    assert headline(replace(known, quantity=quantity)) == expected


def test_a_tag_is_named_by_its_name():
    assert headline(Tag(name="dubious", sentence="x")) == "dubious"
    assert headline(None) is None
