"""Two Documents → all Changes between them, in document order."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from watcher.diff.align import Aligned, align
from watcher.diff.figures import figure_changes
from watcher.diff.moved import without_moved
from watcher.diff.names import NO_NAMES, Names
from watcher.diff.passages import Facts, passage_changes
from watcher.diff.pins import pin
from watcher.diff.references import pair_references
from watcher.diff.removed import mark_removed_claims
from watcher.diff.sections import pair_sections
from watcher.diff.updates import mark_replaced_sources
from watcher.model import Change, Document, Kind, Sentence, Tag, Where
from watcher.model.guard import Guard

_MOST_CAPTIONS = 300  # past it a sentence is looked for as a whole caption only


def diff(
    old: Document,
    new: Document,
    pinned: Sequence[str] = (),
    guard: Guard | None = None,
    *,
    names: Names = NO_NAMES,
) -> tuple[Change, ...]:
    """What is different, without a judgement; `()` for equal Documents.

    Moved text is compared with where it came from, and says nothing if it is the same. A sentence that is like one of
    `pinned` is told as a claim whatever happened to it. `guard` notes what cannot be compared, `names` knows which
    names are one.
    """
    guard = guard or Guard()
    sections = pair_sections(old.sections, new.sections)
    rows = align(old.sentences, new.sentences, sections.paths)
    sources = pair_references(old, new, [(_cites(row.old), _cites(row.new)) for row in rows], guard)
    before, after = Facts(old, names), Facts(new, names)
    figures = guard.run(
        lambda: [*figure_changes(old.figures, new.figures, sections.paths)], otherwise=[], element="the figures"
    )
    told = {text for change in figures for text in (change.old_sentence, change.new_sentence) if text}
    quoted = pin(rows, pinned, sources, sections.paths)
    words = [
        change
        for index, row in enumerate(rows)
        for change in _of_row(row, partial(passage_changes, row, before, after, sources, quoted.get(index)), guard)
    ]
    words = [change for change in without_moved(words) if not _told_by_figure(change, told)]
    words = [*mark_removed_claims(words, rows, new.references, names.texts)]
    changes = (
        *sections.changes,
        *mark_replaced_sources(sources.changes, words),
        *figures,
        *_boxes(old.tags, new.tags),
        *words,
    )
    return tuple(sorted(changes, key=_Order(rows)))


def _of_row(row: Aligned, compared: Callable[[], Iterator[Change]], guard: Guard) -> tuple[Change, ...]:
    """What is different in one row; where that fails, that its words are."""
    changes = guard.run(lambda: (*compared(),), otherwise=None, element="a sentence", place=_first(row).place)
    return _other_words(row) if changes is None else changes


def _first(row: Aligned) -> Sentence:
    return (row.new or row.old)[0]


def _other_words(row: Aligned) -> tuple[Change, ...]:
    """The plain words of a row that cannot be compared, so that what it says otherwise is shown at least."""
    old, new = (" ".join(one.text for one in side) or None for side in (row.old, row.new))
    if old == new:
        return ()
    kind = Kind.PROSE_ADDED if old is None else Kind.PROSE_REMOVED if new is None else Kind.PROSE_CHANGED
    place = _first(row).place
    mine, theirs = (Sentence(text=text, place=place) if text else None for text in (old, new))
    return (Change(kind=kind, old=mine, new=theirs, old_sentence=old, new_sentence=new, place=place),)


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
