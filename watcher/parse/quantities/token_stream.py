"""Provide a stream of tokens that rules can look around in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from watcher.parse.quantities.languages import Language, Phrases
from watcher.parse.quantities.spelled import spelled_numbers
from watcher.parse.quantities.tokenizer import END, TextToken, tokens_of

UNITY = Decimal(1)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number over tokens `first` to `last` (exclusive); `scale` is what its scale words multiplied.

    `form` is "digits", "words", "ordinal" or "fraction"; `plain` is the text of a lone digit token
    without separators, the only shape that years and identifiers have.
    """

    first: int
    last: int
    value: Decimal
    form: str
    scale: Decimal = UNITY
    plain: str = ""


@dataclass(slots=True)
class TokenStream:
    """A text with its tokens; looking past either end finds empty tokens."""

    text: str
    language: Language
    tokens: list[TextToken]
    count: int
    seen: dict[int, Numeral | None] = field(default_factory=dict)
    years: set[int] = field(default_factory=set)  # tokens that were read as years
    spelled: dict[int, tuple[int, Decimal, bool]] = field(default_factory=dict)
    names: set[int] = field(default_factory=set)  # tokens that were read as part of a name

    @classmethod
    def of(cls, text: str, language: Language) -> TokenStream:
        """Read `text` into tokens."""
        tokens = tokens_of(text, language)
        return cls(text, language, tokens, len(tokens), spelled=spelled_numbers(tokens, language.code))

    def token(self, index: int) -> TextToken:
        """Return the token at `index`, or END."""
        return self.tokens[index] if 0 <= index < self.count else END

    def lower(self, index: int) -> str:
        """Return the token's text in lower case, empty past the ends."""
        return self.tokens[index].lower if 0 <= index < self.count else ""

    def is_adjacent(self, index: int) -> bool:
        """Whether nothing lies between this token and the one before."""
        return 0 < index < self.count and self.tokens[index].start == self.tokens[index - 1].end

    def phrase_at(self, phrases: Phrases, index: int) -> tuple[str, int] | None:
        """Return the longest phrase that begins at `index`: its meaning, and the index after it."""
        for pieces, meaning in phrases.get(self.lower(index), ()):
            if self._matches(pieces, index):
                return meaning, index + len(pieces)
        return None

    def phrase_before(self, phrases: Phrases, index: int) -> tuple[str, int] | None:
        """Return the longest phrase that ends right before `index`: its meaning, and where it begins."""
        for pieces, meaning in phrases.get(self.lower(index - 1), ()):
            if self._matches(pieces, index - len(pieces)):
                return meaning, index - len(pieces)
        return None

    def _matches(self, pieces: Sequence[str], index: int) -> bool:
        if index < 0:
            return False
        for offset, piece in enumerate(pieces, index):  # noqa: SIM110  all() costs twice as much, and this runs most
            if self.lower(offset) != piece:
                return False
        return True
