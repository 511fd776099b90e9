"""Decide whether the value of a cell or parameter was replaced by another thing.

A cell has no sentence around it and, in many scripts, no capitals: what stands under the same label is compared as a
whole, by its words and by what its links lead to.
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz.distance import Indel

from watcher.diff.names import Names
from watcher.diff.token_diff import respelt
from watcher.diff.tokens import Token, tokens
from watcher.model import FieldChange, Sentence, TextKind

_CELLS = frozenset({TextKind.TABLE, TextKind.INFOBOX})
_LONGEST = 120  # characters; a longer value is prose and is compared as such
_FEWEST = 2
_PLACEHOLDER = re.compile(
    r"\W*(?:t\.?\s?b\.?\s?[acd]\b|n/?a\b|none|unknown|vacant|various|yes|no|incumbent|present)\W*$", re.IGNORECASE
)
_COLOR = re.compile(r"#?(?:[0-9a-f]{3}){1,2}", re.IGNORECASE)
_ALIKE = 0.5


def cell_change(old: Sentence, new: Sentence, names: Names) -> FieldChange | None:
    """Return the value replaced under the same label, None where it is the same thing or only part of it."""
    if old.where not in _CELLS or old.where is not new.where or not old.label or old.label != new.label:
        return None
    if not _FEWEST <= len(old.text) <= _LONGEST or not _FEWEST <= len(new.text) <= _LONGEST:
        return None
    if _PLACEHOLDER.match(old.text) or _PLACEHOLDER.match(new.text):
        return None
    if not (_has_letters(old.text) and _has_letters(new.text)) or names.same(old.text, new.text):
        return None
    own, other = ([token for token in tokens(text) if token.kind.is_content] for text in (old.text, new.text))
    if not own or not other or _share(own, other, names):
        return None
    return FieldChange(name="cell", old=old.text, new=new.text)


def is_color(old: str, new: str) -> bool:
    """Whether two values are colors as style sheets write them, at least one of them with figures: "2ef" → "DCF"."""
    return all(_COLOR.fullmatch(text.strip()) for text in (old, new)) and any(map(str.isdigit, old + new))


def _has_letters(text: str) -> bool:
    return any(unicodedata.category(char).startswith("L") for char in text)


def _share(own: list[Token], other: list[Token], names: Names) -> bool:
    """Return whether two values have a word in common, or so many letters that one is a spelling of the other."""
    if all(token.key in names.subject for token in (*own, *other)):
        return True
    if any(respelt(old, new) or names.same(old.text, new.text) for old in own for new in other):
        return True
    before, after = ("".join(token.text for token in row).casefold() for row in (own, other))
    return Indel.normalized_similarity(before, after) > _ALIKE
