"""The words after a number become the noun that it counts."""

from __future__ import annotations

from watcher.parse.quantities.line import Line
from watcher.parse.quantities.tokens import WORD

SHORTEST_PLURAL = 4
NOT_PLURAL = ("ss", "us", "is", "'s", "’s")
MOST_WORDS = 6
MOST_BRACKETED = 8


def is_plural(line: Line, index: int) -> bool:
    """Whether the token looks like a plural noun; without a dictionary, "-s" has to do."""
    word = line.low(index)
    if line.language.has("noun.irregular", word):
        return True
    if line.language.has("noun.endings", "capital"):
        return line.at(index).text[:1].isupper() and len(word) >= SHORTEST_PLURAL
    if word.endswith("s") and line.at(index).text[-2:-1].isupper():
        return True
    if len(word) < SHORTEST_PLURAL or not line.language.has("noun.endings", word[-1]) or word.endswith(NOT_PLURAL):
        return False
    return not line.language.has("noun.not_plural", word)


def _noun_text(line: Line, at: int) -> str:
    text = line.at(at).text
    if line.language.has("noun.endings", "capital"):
        return text
    plain = text.removesuffix("'s").removesuffix("’s")
    # AHTUs and NGOs keep their capitals.
    return plain if sum(letter.isupper() for letter in plain) > 1 else plain.lower()


def noun_after(line: Line, index: int, *, single: bool = False) -> tuple[str, int] | None:
    """The head noun of the phrase that begins at `index`, and the token after it.

    With `single` (one woman) the first word that is no adjective, else the first plural, or the second of two
    plurals in a row ("sports teams").
    """
    if line.low(index) == "-" and line.glued(index):
        return _hyphened(line, index + 1)
    index = _past_bracket(line, index)
    words: list[int] = []
    for at in range(index, min(index + MOST_WORDS, line.count)):
        token = line.at(at)
        if not words and line.language.has("noun.through", token.low):
            continue
        if token.low == "-" and line.glued(at) and line.glued(at + 1):
            continue
        if not _is_content(line, at):
            break
        words.append(at)
        if not single and is_plural(line, at):
            return _head(line, at)
    if not single and not (len(words) == 1 and line.low(words[0]).endswith("s")):
        return None
    # What follows the noun is its verb: "one boat sank".
    chosen = next((at for at in words if not _is_adjective(line, at)), None)
    return (_noun_text(line, chosen), chosen + 1) if chosen is not None else None


def _is_content(line: Line, at: int) -> bool:
    return line.at(at).kind == WORD and not line.language.has("noun.stop", line.low(at))


def _hyphened(line: Line, at: int) -> tuple[str, int] | None:
    """A two-car garage has two cars; "6-of-13" counts nothing."""
    return (_noun_text(line, at), at + 1) if _is_content(line, at) else None


def _is_adjective(line: Line, at: int) -> bool:
    endings = tuple(line.language.sets.get("noun.adjective_endings", ()))
    if (
        line.at(at).text.istitle()
        and line.at(at + 1).text.islower()
        and not line.language.has("noun.stop", line.low(at + 1))
    ):
        return True
    return line.low(at).endswith(endings) or line.language.has("noun.adjectives", line.low(at))


def _head(line: Line, at: int) -> tuple[str, int]:
    if (
        is_plural(line, at + 1)
        and line.at(at + 1).kind == WORD
        and not line.language.has("noun.stop", line.low(at + 1))
    ):
        at += 1
    return _noun_text(line, at), at + 1


def _past_bracket(line: Line, index: int) -> int:
    """After "(12 lakh)" when a noun follows it; else `index`."""
    if line.low(index) not in ("(", "["):
        return index
    for close in range(index + 1, min(index + MOST_BRACKETED, line.count)):
        if line.low(close) in (")", "]"):
            return close + 1
    return index
