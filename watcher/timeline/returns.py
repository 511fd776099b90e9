"""What sentences that were gone became of the new ones → who comes back, and whether it says something else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from watcher.model import Sentence
from watcher.model.timelines import Passage, Row, Succession
from watcher.timeline.gone import Gone
from watcher.timeline.state import Line

_ALIKE: Final = 0.6  # of the words, figures left out; less is another sentence
_WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Return:
    """A line that is back as a passage: its statistics by their places then and now, each with whether it changed."""

    line: Line
    passage: Passage
    statistics: tuple[tuple[int, int, bool], ...]
    claim_changed: bool
    resourced: bool


def returns(back: Succession, gone: Gone) -> Iterator[Return]:
    """The rows of `back` in which one sentence became one that is much like it."""
    for at, row in enumerate(back.rows):
        if len(row.old) != 1 or len(row.new) != 1:
            continue
        then, now = row.old[0], row.new[0]
        line = gone.get(then.sentence.text)
        if line is None or len(line.held) != len(then.statistics) or not _alike(then.sentence, now.sentence):
            continue
        yield Return(line, now, tuple(_pairs(back, at, row)), bool(row.fields), row.resourced)


def _pairs(back: Succession, at: int, row: Row) -> Iterator[tuple[int, int, bool]]:
    if row.same:
        yield from ((index, index, False) for index in range(len(row.new[0].statistics)))
    for heir in back.heirs:
        if heir.old[0] == heir.new[0] == at:
            yield heir.old[1], heir.new[1], bool(heir.fields)


def _alike(then: Sentence, now: Sentence) -> bool:
    """Whether most words are the same, and not one name in place of another."""
    old, new = (f"{one.label} {one.text}" for one in (then, now))
    mine, theirs = (Counter(_WORD.findall(text.casefold())) for text in (old, new))
    if _names(old) - theirs.keys() and _names(new) - mine.keys():
        return False
    total = mine.total() + theirs.total()
    return bool(total) and 2 * (mine & theirs).total() / total >= _ALIKE


def _names(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text) if word[0].isupper()}
