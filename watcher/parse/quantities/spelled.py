"""Read the number words of Romance and Germanic languages through text2num, which knows their grammar."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from text_to_num import find_numbers

from watcher.parse.quantities.tokenizer import NUMBER, TextToken

LANGUAGES = frozenset({"de", "fr", "es", "it", "pt", "nl"})
# A float has 15 digits; past them a spelled number is no statistic.
LARGEST = 10**15
# Short forms that the library reads in full only.
IN_FULL = {"veintiún": "veintiuno", "veintiun": "veintiuno"}


class Occurrence(Protocol):
    """What the library says of a number: its tokens, its value."""

    start: int
    end: int
    value: float
    is_ordinal: bool


class _Word:
    """A token as the library takes it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = IN_FULL.get(text.lower(), text)

    def text(self) -> str:
        """Return the word, its apostrophe and hyphens apart."""
        return self._text

    def nt_separated(self, previous: _Word) -> bool:  # noqa: ARG002  the library's protocol
        """Written text has signs where something separates."""
        return False

    def not_a_number_part(self) -> bool:
        """Return whether a word cannot belong to a number: digits have their own reader."""
        return self._text[:1].isdigit()


def spelled_numbers(tokens: Sequence[TextToken], language: str) -> dict[int, tuple[int, Decimal, bool]]:
    """Get the spelled numbers by the index of their first token: the index after the last, the value, whether ordinal.

    A scale word behind digits, as in "21 Millionen", belongs to the digits and is left out.
    """
    if language not in LANGUAGES:
        return {}
    occurrences: Sequence[Occurrence] = find_numbers([_Word(token.text) for token in tokens], language, threshold=0.0)
    return {
        occurrence.start: (occurrence.end, Decimal(repr(occurrence.value)), occurrence.is_ordinal)
        for occurrence in occurrences
        if abs(occurrence.value) < LARGEST and not (occurrence.start and tokens[occurrence.start - 1].kind == NUMBER)
    }
