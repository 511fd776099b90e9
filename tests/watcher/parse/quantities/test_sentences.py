"""Test what is read of each sentence of sentences.txt; where one is read otherwise on purpose, its line is changed."""

from collections.abc import Iterator
from pathlib import Path

from tests.cases import for_each
from watcher.parse.quantities import read_quantities


def sentences() -> Iterator[tuple[str, str, str]]:
    """Yield language, sentence and what is read of it."""
    language = "en"
    for line in Path(__file__).with_name("sentences.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            language = line[1:-1]
        elif line and not line.startswith("# "):
            text, _, expected = line.partition(" →")
            yield language, text, expected.strip()


def number(value: object) -> str:
    return str(value) if len(str(value)) <= 14 else f"{value:.6g}"


def shown(text: str, language: str) -> Iterator[str]:
    for quantity in read_quantities(text, language):
        value = "-"
        if quantity.low is not None:
            value = f"{number(quantity.low)}..{number(quantity.high)}"
        elif quantity.value is not None:
            value = number(quantity.value)
        head = " ".join(filter(None, (value, quantity.measure.value, quantity.unit)))
        year = quantity.as_of if quantity.as_of != value else None
        yield f"{quantity.text}: " + ", ".join(filter(None, (head, quantity.qualifier, quantity.period, year)))


@for_each(("language", "text", "expected"), sentences())
def test_a_sentence_states_these_quantities(language: str, text: str, expected: str) -> None:
    assert " | ".join(shown(text, language)) == expected
