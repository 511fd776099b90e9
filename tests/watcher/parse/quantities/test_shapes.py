"""The shapes that numbers take in news, science and names: what each sentence states, with its unit."""

from __future__ import annotations

from pathlib import Path

import pytest

from watcher.model import Quantity
from watcher.parse.quantities import read_quantities

SHAPES = [
    line.rpartition("|")
    for line in Path(__file__).with_name("shapes.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def written(found: Quantity) -> str:
    """A statistic as the cases write it."""
    value = found.value if found.value is not None else f"{found.low}..{found.high}"
    shown = f"{found.value:.6g}" if found.value is not None and len(str(value)) > len("12345678901234") else str(value)
    return f"{shown} {found.unit or ''}".strip()


@pytest.mark.parametrize(("sentence", "statistics"), [(sentence.strip(), said.strip()) for sentence, _, said in SHAPES])
def test_a_sentence_states_these_statistics(sentence: str, statistics: str) -> None:
    read = [written(found) for found in read_quantities(sentence) if not found.measure.is_context]

    assert "; ".join(read) == statistics
