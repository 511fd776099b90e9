"""Find the noun that a number counts."""

from __future__ import annotations

from watcher.parse.quantities.token_stream import REACH, WORD, TokenStream

SHORTEST_PLURAL = 4  # letters: "gas", "bus" and "its" are none
NOT_PLURAL = ("ss", "us", "is", "'s", "’s")


def is_plural(line: TokenStream, index: int) -> bool:
    """Return whether the token looks like a plural noun; without a dictionary, "-s" has to do."""
    word = line.lower(index)
    if line.language.contains("noun.irregular", word):
        return True
    if line.language.contains("noun.endings", "capital"):
        return line.token(index).text[:1].isupper() and len(word) >= SHORTEST_PLURAL
    if word.endswith("s") and line.token(index).text[-2:-1].isupper():
        return True
    if len(word) < SHORTEST_PLURAL or not line.language.contains("noun.endings", word[-1]) or word.endswith(NOT_PLURAL):
        return False
    return not line.language.contains("noun.not_plural", word)


def _noun_text(line: TokenStream, at: int) -> str:
    text = line.token(at).text
    if line.language.contains("noun.endings", "capital"):
        return text
    plain = text.removesuffix("'s").removesuffix("’s")
    # AHTUs and NGOs keep their capitals.
    return plain if sum(letter.isupper() for letter in plain) > 1 else plain.lower()


def noun_after(line: TokenStream, index: int, *, single: bool = False) -> tuple[str, int] | None:
    """Return the head noun of the phrase that begins at `index`, and the token after it.

    With `single` (one woman) the first word that is no adjective, else the first plural, or the second of two
    plurals in a row ("sports teams").
    """
    if line.lower(index) == "-" and line.is_adjacent(index):
        return _hyphened(line, index + 1)
    index = _past_bracket(line, index)
    words: list[int] = []
    for at in range(index, min(index + REACH, line.count)):
        token = line.token(at)
        if not words and line.language.contains("noun.through", token.lower):
            continue
        if token.lower == "-" and line.is_adjacent(at) and line.is_adjacent(at + 1):
            continue
        if not _is_content(line, at):
            break
        words.append(at)
        if not single and is_plural(line, at):
            return _head(line, at)
    if not single and not (len(words) == 1 and line.lower(words[0]).endswith("s")):
        return None
    # What follows the noun is its verb: "one boat sank".
    chosen = next((at for at in words if not (_is_adjective(line, at) or _is_joined(line, at))), None)
    return (_noun_text(line, chosen), chosen + 1) if chosen is not None else None


def _is_content(line: TokenStream, at: int) -> bool:
    return line.token(at).kind == WORD and not line.has("noun.stop", at)


def _hyphened(line: TokenStream, at: int) -> tuple[str, int] | None:
    """Return a two-car garage has two cars; "6-of-13" counts nothing."""
    return (_noun_text(line, at), at + 1) if _is_content(line, at) else None


def _is_adjective(line: TokenStream, at: int) -> bool:
    endings = tuple(line.language.sets.get("noun.adjective_endings", ()))
    if line.token(at).text.istitle() and line.token(at + 1).text.islower() and not line.has("noun.stop", at + 1):
        return True
    return line.lower(at).endswith(endings) or line.has("noun.adjectives", at)


def _is_joined(line: TokenStream, at: int) -> bool:
    """Return whether a hyphen joins the word to the next: the "self" of "self-taught"."""
    joined = line.lower(at + 1) == "-" and line.is_adjacent(at + 1) and line.is_adjacent(at + 2)
    return joined and line.token(at + 2).kind == WORD


def _head(line: TokenStream, at: int) -> tuple[str, int]:
    if is_plural(line, at + 1) and line.token(at + 1).kind == WORD and not line.has("noun.stop", at + 1):
        at += 1
    return _noun_text(line, at), at + 1


def _past_bracket(line: TokenStream, index: int) -> int:
    """After "(12 lakh)" when a noun follows it; else `index`."""
    if line.lower(index) not in ("(", "["):
        return index
    for close in range(index + 1, min(index + REACH, line.count)):
        if line.lower(close) in (")", "]"):
            return close + 1
    return index
