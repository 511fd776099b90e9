"""Test sentences in the style of newspapers: all their numbers that state something, and no others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.cases import for_each
from watcher.parse.quantities import read_quantities

NEWS = [
    line.rpartition("|")
    for line in Path(__file__).with_name("news.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def written(value: object) -> str:
    """A value to six digits, alike for a third and its 28 digits."""
    return f"{float(str(value)):.6g}"


@for_each(("sentence", "numbers"), [(sentence.strip(), numbers) for sentence, _, numbers in NEWS])
def test_a_sentence_of_the_news_states_these_numbers(sentence: str, numbers: str) -> None:
    read = Counter(
        written(value)
        for quantity in read_quantities(sentence)
        if not quantity.measure.is_context
        for value in (quantity.value, quantity.low, quantity.high)
        if value is not None
    )

    assert read == Counter(map(written, numbers.split()))
