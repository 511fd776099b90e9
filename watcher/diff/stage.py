"""Two Documents → all Changes between them, in document order."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from watcher.diff.align import Aligned, align
from watcher.diff.figures import figure_changes
from watcher.diff.moved import without_moved
from watcher.diff.passages import Facts, passage_changes
from watcher.diff.pins import pin
from watcher.diff.references import pair_references
from watcher.diff.removed import mark_removed_claims
from watcher.diff.sections import pair_sections
from watcher.model import Change, Document, Kind, Sentence, Tag, Where

_MOST_CAPTIONS = 300  # past it a sentence is looked for as a whole caption only


def diff(old: Document, new: Document, pinned: Sequence[str] = ()) -> tuple[Change, ...]:
    """What is different, without a judgement; `()` for equal Documents.

    Moved text is compared with where it came from, and says nothing if it is the same. A sentence that is like one of
    `pinned` is told as a claim whatever happened to it.
    """
    sections = pair_sections(old.sections, new.sections)
    rows = align(old.sentences, new.sentences, sections.paths)
    sources = pair_references(old, new, [(_cites(row.old), _cites(row.new)) for row in rows])
    before, after = Facts(old), Facts(new)
    figures = figure_changes(old.figures, new.figures, sections.paths)
    told = {text for change in figures for text in (change.old_sentence, change.new_sentence) if text}
    quoted = pin(rows, pinned, sources, sections.paths)
    words = [
        change
        for index, row in enumerate(rows)
        for change in passage_changes(row, before, after, sources, quoted.get(index))
    ]
    words = [change for change in without_moved(words) if not _told_by_figure(change, told)]
    words = [*mark_removed_claims(words, rows)]
    changes = (*sections.changes, *sources.changes, *figures, *_boxes(old.tags, new.tags), *words)
    return tuple(sorted(changes, key=_Order(rows)))


def _cites(row: Sequence[Sentence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for one in row for key in one.cites))


def _told_by_figure(change: Change, captions: set[str]) -> bool:
    """Whether plain words of a caption stand in a figure's change already."""
    if change.where is not Where.CAPTION or change.kind.subject != "prose":
        return False
    texts = [one for one in (change.old_sentence, change.new_sentence) if one]
    if len(captions) > _MOST_CAPTIONS:
        return any(one in captions for one in texts)
    return any(one in caption for one in texts for caption in captions)


def _boxes(old: Sequence[Tag], new: Sequence[Tag]) -> Iterator[Change]:
    """Maintenance tags on no sentence: boxes over an article or a section."""
    mine, theirs = Counter(_lone(old)), Counter(_lone(new))
    yield from (Change(kind=Kind.TAG_REMOVED, old=tag, new=None, place=tag.place) for tag in (mine - theirs))
    yield from (Change(kind=Kind.TAG_ADDED, old=None, new=tag, place=tag.place) for tag in (theirs - mine))


def _lone(tags: Iterable[Tag]) -> list[Tag]:
    return [tag for tag in tags if not tag.sentence]


class _Order:
    """Sorts changes by the new text; what is gone stands where its predecessor is now."""

    def __init__(self, rows: Iterable[Aligned]) -> None:
        both = sorted((row.old[0].place.start, row.new[0].place.start) for row in rows if row.old and row.new)
        self.olds = [old for old, _ in both]
        self.news = [new for _, new in both]

    def __call__(self, change: Change) -> tuple[int, int, int]:
        if change.new is not None or change.new_sentence is not None:
            return change.place.start, 0, 0
        at = bisect_right(self.olds, change.place.start) - 1
        if at < 0:
            return change.place.start if not self.olds else min(change.place.start, self.news[0]), 1, change.place.start
        drift = min(change.place.start - self.olds[at], 1)
        return self.news[at] + drift, 1, change.place.start
