"""List all changes between two Documents, in document order, with the wikitext of their claims and figures.

A change of the whole page is one change: reported sentence by sentence, the blanking of a page would be a hundred.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from watcher.diff.align import Aligned, align
from watcher.diff.figures import figure_changes
from watcher.diff.headers import once_per_header
from watcher.diff.layout import span_changes
from watcher.diff.names import NO_NAMES, Names
from watcher.diff.passages import SentenceIndex, passage_changes
from watcher.diff.pinned import match_pinned
from watcher.diff.references import mark_dated, mark_replaced_sources, mark_unsupported, mark_updates, pair_references
from watcher.diff.removed import drop_moved_statistics, drop_moved_words, drop_other_notation, mark_removed_claims
from watcher.diff.sections import pair_sections
from watcher.diff.tables import mark_table_edits
from watcher.model import (
    Change,
    Claim,
    Document,
    Element,
    FieldChange,
    Figure,
    Kind,
    Location,
    Section,
    Sentence,
    TextKind,
)
from watcher.model.changes import PAGE
from watcher.model.elements import Guard
from watcher.model.revisions import redirect_target

_MIN_LENGTH = 200  # characters; a shorter page or lead has nothing to lose
_MAX_BLANK_SHARE = 0.03
_LEAD_PIECES = 8  # pieces of the old lead, each searched for in the new lead
_WORD = re.compile(r"[^\W\d_]{4,}")
_FEWEST_WORDS = 30  # distinct words of four or more letters in a lead
_LONG_PAGE = 2_500


COLLAPSED: Final = "collapsed"  # field: the number of elements that are collapsed until the reader opens them


def page_change(old: str, new: str) -> Change | None:
    """Return the change of the page as a whole (blanked, redirected, replaced), or None for an ordinary edit."""
    result = _outcome(old, new) or _other_lead(old, new)
    if result is None:
        return None
    return Change(
        kind=Kind.SECTION_REMOVED,
        old=Section(path=(), level=0, location=Location(end=len(old))),
        new=None,
        fields=(FieldChange(name=PAGE, old=f"{len(old):,} characters", new=result),),
        location=Location(end=len(new)),
    )


def collapsed_change(old: int, new: int) -> Change | None:
    """Return a change if the page has more collapsed elements than before, else None; `old` and `new` count them."""
    if new <= old:
        return None
    field = FieldChange(name=COLLAPSED, old=str(old), new=str(new))
    return Change(kind=Kind.PROSE_CHANGED, old=None, new=None, fields=(field,))


def leaves_nothing(change: Change) -> bool:
    """Return whether nothing is left to compare after a page-level change: the page is empty or a redirect."""
    result = change.fields[0].new or ""
    return result == "nothing" or result.startswith("a redirect")


def _other_lead(old: str, new: str) -> str | None:
    """Return a description of the new text if its lead has hardly a word of the old lead, else None."""
    leads = [text[:10_000].split("\n==", 1)[0] for text in (old, new)]
    if leads[0] == leads[1] or not all(len(lead) >= _MIN_LENGTH for lead in leads):
        return None
    size = -(-len(leads[0]) // _LEAD_PIECES)
    pieces = (leads[0][at : at + size] for at in range(0, len(leads[0]), size))
    if sum(piece in leads[1] for piece in pieces) * 2 >= _LEAD_PIECES:
        return None  # half of it is unchanged; this check is fifty times as fast as counting words
    own, other = (set(_WORD.findall(lead.casefold())) for lead in leads)
    if len(own) < _FEWEST_WORDS or len(own & other) > 0.12 * len(own):
        return None
    return "an article with another lead"


def _outcome(old: str, new: str) -> str | None:
    if target := redirect_target(new):
        return None if redirect_target(old) else f"a redirect to {target}"
    if len(old) < _MIN_LENGTH:
        return None
    # In MediaWiki a comment ends at the first `-->`; an unclosed comment hides the rest of the page. The text before
    # the first comment is nearly always enough to decide.
    rest = len(new.partition("<!--")[0].strip())
    if rest <= _MAX_BLANK_SHARE * len(old):
        first, *others = new.split("<!--")
        rest = len("".join((first, *(other.partition("-->")[2] for other in others))).strip())
    if rest <= _MAX_BLANK_SHARE * len(old):
        return "nothing" if not rest else f"{rest:,} characters"
    return f"{len(new):,} characters" if len(old) >= _LONG_PAGE and len(new) <= 0.35 * len(old) else None


_MAX_EXCERPT = 1_500  # characters; a longer "sentence" is usually a table with broken markup


_LONGEST_TAG = 200  # characters of a citation tag that uses a name
_CITATION_END = re.compile(r"(?:</ref\s*>|<ref\b[^<>]*/>)[^\S\n]*\Z", re.IGNORECASE)


def with_wikitext(changes: Iterable[Change], old: str, new: str) -> Iterator[Change]:
    """Yield the changes, those of claims, figures and links with the wikitext of their elements in the two texts."""
    for change in changes:
        result = _excerpt(change.old, old), _excerpt(change.new, new)
        start = change.location.start
        source = _CITATION_END.search(new, max(0, start - _LONGEST_TAG), start) if change.old_sentence is None else None
        yield replace(change, wikitext=result, follows_source=source is not None) if any(result) or source else change


def _excerpt(element: Element | None, text: str) -> str:
    if not isinstance(element, Claim | Figure | Sentence) or not 0 < element.location.end <= len(text):
        return ""
    result = text[element.location.start : element.location.end].strip()
    is_kept = len(result) <= _MAX_EXCERPT and (not isinstance(element, Sentence) or "://" in result)
    return result if is_kept else ""


_MOST_CAPTIONS = 300  # if there are more, a sentence must equal a whole caption


def diff(
    old: Document,
    new: Document,
    pinned: Sequence[str] = (),
    guard: Guard | None = None,
    *,
    names: Names = NO_NAMES,
) -> tuple[Change, ...]:
    """Return the differences, without judging them; `()` for equal Documents.

    Moved text is compared with its original, and yields no change if both are the same. Any change of a sentence that
    is quoted in `pinned` is reported as a change of a claim. `guard` records elements that cannot be compared, `names`
    knows which names mean the same thing.
    """
    guard = guard or Guard()
    sections = pair_sections(old.sections, new.sections)
    rows = align(old.sentences, new.sentences, sections.paths)
    sources = pair_references(old, new, [(_cites(row.old), _cites(row.new)) for row in rows], guard)
    before, after = SentenceIndex(old, names), SentenceIndex(new, names)
    figures = guard.run(
        lambda: [*figure_changes(old.figures, new.figures, sections.paths)], otherwise=[], element="the figures"
    )
    reported = {text for change in figures for text in (change.old_sentence, change.new_sentence) if text}
    quoted = match_pinned(rows, pinned, sources, sections.paths)
    words = [
        change
        for index, row in enumerate(rows)
        for change in _row_changes(row, partial(passage_changes, row, before, after, sources, quoted.get(index)), guard)
    ]
    words = [*drop_other_notation(words, names.texts)]
    words = [change for change in drop_moved_statistics(words) if not _reported_by_figure(change, reported)]
    words = [*once_per_header(words, old.sentences, new.sentences), *span_changes(old.sentences, new.sentences)]
    words = [*mark_dated([*mark_updates(words)], new.sentences)]
    words = [*mark_removed_claims([*drop_moved_words(words)], rows, new.references, names.texts)]
    words = [*mark_table_edits([*drop_moved_words(words)], rows, names.texts)]
    # Maintenance tags that belong to no sentence: boxes above an article or a section
    boxes = [Counter(tag for tag in side.tags if not tag.sentence) for side in (old, new)]
    changes = (
        *sections.changes,
        *mark_replaced_sources(mark_unsupported(sources.changes, rows), words),
        *figures,
        *(Change(kind=Kind.TAG_REMOVED, old=tag, new=None, location=tag.location) for tag in boxes[0] - boxes[1]),
        *(Change(kind=Kind.TAG_ADDED, old=None, new=tag, location=tag.location) for tag in boxes[1] - boxes[0]),
        *words,
    )
    return tuple(sorted(changes, key=_Order(rows)))


def _row_changes(row: Aligned, compared: Callable[[], Iterator[Change]], guard: Guard) -> tuple[Change, ...]:
    """Return the changes of one row; if the comparison fails, one change with the plain words of both sides."""
    changes = guard.run(lambda: (*compared(),), otherwise=None, element="a sentence", location=_first(row).location)
    return _other_words(row) if changes is None else changes


def _first(row: Aligned) -> Sentence:
    return (row.new or row.old)[0]


def _other_words(row: Aligned) -> tuple[Change, ...]:
    """Return the plain words of a row that cannot be compared, so that the report at least shows the difference."""
    old, new = (" ".join(sentence.text for sentence in side) or None for side in (row.old, row.new))
    if old == new:
        return ()
    kind = Kind.PROSE_ADDED if old is None else Kind.PROSE_REMOVED if new is None else Kind.PROSE_CHANGED
    location = _first(row).location
    own, other = (Sentence(text=text, location=location) if text else None for text in (old, new))
    return (Change(kind=kind, old=own, new=other, old_sentence=old, new_sentence=new, location=location),)


def _cites(row: Sequence[Sentence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for sentence in row for key in sentence.cites))


def _reported_by_figure(change: Change, captions: set[str]) -> bool:
    """Return whether a prose change of a caption is already part of a figure's change."""
    if change.where is not TextKind.CAPTION or change.kind.subject != "prose":
        return False
    texts = [item for item in (change.old_sentence, change.new_sentence) if item]
    if len(captions) > _MOST_CAPTIONS:
        return any(text in captions for text in texts)
    return any(text in caption for text in texts for caption in captions)


class _Order:
    """Sort key of changes: their position in the new text; removed text comes after its predecessor."""

    def __init__(self, rows: Iterable[Aligned]) -> None:
        both = sorted((row.old[0].location.start, row.new[0].location.start) for row in rows if row.old and row.new)
        self.old_starts = [old for old, _ in both]
        self.new_starts = [new for _, new in both]

    def __call__(self, change: Change) -> tuple[int, int, int]:
        start = change.location.start
        if change.new is not None or change.new_sentence is not None:
            return start, 0, 0
        at = bisect_right(self.old_starts, start) - 1
        if at < 0:
            return min([start, *self.new_starts[:1]]), 1, start
        return self.new_starts[at] + min(start - self.old_starts[at], 1), 1, start
