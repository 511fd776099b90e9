"""Compare the parts of an edit that exceed the limits as bags of numbers and words, in linear time.

An edit can be made so large that only a part of it is compared sentence by sentence. Changes hidden in the rest must
still be reported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from watcher.diff.statistics import changes_notation
from watcher.model import Change, FieldChange, Kind, Sentence, Unread
from watcher.model.elements import FAILED, LIMIT

UNCOMPARED = "uncompared"  # field: the numbers, or words if there are none, that one side has more often
_MOST_NAMED = 20
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<ref\b[^<>]*+(?<!/)>(?:[^<]|<(?!/?ref\b))*+</ref\s*>|<[^<>]*+>|(?:https?:)?//[^\s<>\]|]++"
    r"|^[ \t]*(?:\{\||\|-)[^\n]*+|\b[a-z-]{3,20}\s*+=\s*+\"[^\"\n]*+\"|&[a-z]{2,8};",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)
_TOKEN = re.compile(r"\d(?:[\d.,'\u00a0\u2009\u202f]*\d)?|[^\W\d_]+")
_GROUPING = re.compile(r"[,'\u00a0\u2009\u202f]")
_NOT_A_DIGIT = re.compile(r"\D")
_Bag = Counter[tuple[str, ...]]


def uncompared(old: str, new: str, unread: Iterable[Unread], changes: Sequence[Change]) -> Change | None:
    """Return a change with the numbers (else words) that no other change reports; None if the edit was compared."""
    gaps = [gap for gap in unread if gap.reason.startswith((LIMIT, FAILED))]
    if not gaps:
        return None
    digits_alone = changes_notation(old, new)
    lines = Counter(old.split("\n")), Counter(new.split("\n"))
    own, other = ("\n".join(remaining.elements()) for remaining in (lines[0] - lines[1], lines[1] - lines[0]))
    before, after = _bag(own, digits_alone=digits_alone), _bag(other, digits_alone=digits_alone)
    removed, added = before - after, after - before
    removed -= _bag(_reported(change.old_sentence for change in changes), digits_alone=digits_alone)
    added -= _bag(_reported(change.new_sentence for change in changes), digits_alone=digits_alone)
    numbers = [_by_weight(removed, added), _by_weight(added, removed)]
    sides = numbers if any(numbers) else [[*removed], [*added]]
    if not any(sides):
        return None
    field = FieldChange(name=UNCOMPARED, old=_named(sides[0]), new=_named(sides[1]))
    where = gaps[0].location
    before_, after_ = (Sentence(text=text, location=where) if text else None for text in (field.old, field.new))
    return Change(kind=Kind.PROSE_CHANGED, old=before_, new=after_, fields=(field,), location=where)


def _by_weight(side: _Bag, other: _Bag) -> list[tuple[str, ...]]:
    """Return the numbers of one side: first those that the other side lacks, then those that have other words there."""
    elsewhere = {key[0] for key in other}
    return sorted((key for key in side if len(key) > 1), key=lambda key: key[0] in elsewhere)


def _reported(sentences: Iterable[str | None]) -> str:
    return "\n".join(dict.fromkeys(filter(None, sentences)))


def _bag(text: str, *, digits_alone: bool) -> _Bag:
    """Return the counts of each number with the words beside it, and of each word, in the order of the text."""
    result: _Bag = Counter()
    row = _TOKEN.findall(_MARKUP.sub(" ", text))
    for at, token in enumerate(row):
        if token[0].isdecimal():
            number = (_NOT_A_DIGIT if digits_alone else _GROUPING).sub("", token)
            result[number, _word(row, at - 1), _word(row, at + 1)] += 1
        else:
            result[(token.casefold(),)] += 1
    return result


def _word(row: Sequence[str], at: int) -> str:
    return row[at].casefold() if 0 <= at < len(row) and not row[at][0].isdecimal() else ""


def _named(keys: Sequence[tuple[str, ...]]) -> str | None:
    """Return the first numbers with the word after (or before) them, or the first words; None for no keys."""
    words = (key if len(key) == 1 else (key[0], key[2] or key[1]) for key in keys)
    names = [*dict.fromkeys(" ".join(filter(None, row)) for row in words)]
    further = [f"{len(names) - _MOST_NAMED:,} more"] if len(names) > _MOST_NAMED else []
    return ", ".join((*names[:_MOST_NAMED], *further)) or None
