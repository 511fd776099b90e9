"""Test forms of numbers in news, science and names: the quantities of each sentence, with units."""

from __future__ import annotations

from pathlib import Path

from tests.cases import for_each
from watcher.model import Quantity
from watcher.parse.quantities import read_quantities

SHAPES = [
    line.rpartition("|")
    for line in Path(__file__).with_name("shapes.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def written(quantity: Quantity) -> str:
    """A statistic as the cases write it."""
    value = quantity.value if quantity.value is not None else f"{quantity.low}..{quantity.high}"
    shown = (
        f"{quantity.value:.6g}"
        if quantity.value is not None and len(str(value)) > len("12345678901234")
        else str(value)
    )
    return f"{shown} {quantity.unit or ''}".strip()


@for_each(("sentence", "statistics"), [(sentence.strip(), text.strip()) for sentence, _, text in SHAPES])
def test_a_sentence_states_these_statistics(sentence: str, statistics: str) -> None:
    read = [written(quantity) for quantity in read_quantities(sentence) if not quantity.measure.is_context]

    assert "; ".join(read) == statistics
