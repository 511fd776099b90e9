"""Limit the number and size of the findings of one comparison, since anybody can make an edit too large to read.

The findings of long sentences contain excerpts around the change. Of very many findings, those that matter most are
kept, and the others are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, Final, TypeVar

from watcher.common_ends import common_ends
from watcher.model import (
    Change,
    Claim,
    Element,
    FieldChange,
    Finding,
    Location,
    Mention,
    Reason,
    Reference,
    Sentence,
    Statistic,
    Tag,
)
from watcher.model.changes import MAX_CELLS
from watcher.model.excerpts import EXCERPT, MAX_LENGTH, Excerpt, excerpt, short_claim, short_statistic
from watcher.text import truncate

MAX_FINDINGS: Final = 3_000
MAX_BYTES: Final = 6_000_000  # of the findings' texts; stored as JSON, they take up to three times as much
_MAX_LABEL: Final = 500  # characters of a heading, cell label, key or title
_MAX_KEYS: Final = 50  # references on one sentence
# Fields of findings, changes and elements that are not stored, or have a bounded size
_UNSTORED_FIELDS: Final = frozenset(
    {"before", "siblings", "dated", "looked_up", "wikitext", "part_of", "body", "parts", "marks", "edits"}
)
_FIELDS: Final = dict[type, tuple[str, ...]]()
_Element = TypeVar("_Element", bound=Element)


def limit_findings(findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], int]:
    """Return the most important findings, shortened and in document order, and the number of those left out.

    Within a severity, changed elements precede added and removed ones, and the sections take turns: a flood of changes
    in one section must not hide a change in another.
    """
    shortener = _Shortener()
    kept: list[tuple[int, Finding]] = []
    remaining_bytes = MAX_BYTES
    for position in _by_importance(findings):
        finding, size = shortener.short(findings[position])
        remaining_bytes -= size
        if len(kept) == MAX_FINDINGS or remaining_bytes < 0:
            break
        kept.append((position, finding))
    kept.sort(key=lambda entry: entry[0])
    return tuple(finding for _, finding in kept), len(findings) - len(kept)


def _by_importance(findings: Sequence[Finding]) -> Sequence[int]:
    """Return the positions of the findings, the most important first."""
    if len(findings) <= 1:
        return range(len(findings))
    turns: Counter[object] = Counter()
    keys = []
    for position, finding in enumerate(findings):
        change = finding.change
        group = (-finding.severity, change.old is None or change.new is None)
        turns[group, change.location.section] += 1
        keys.append((*group, turns[group, change.location.section], position))
    return [key[-1] for key in sorted(keys)]


class _Shortener:
    """Shortens the texts of findings; caches where two long sentences differ, for all findings in them."""

    def __init__(self) -> None:
        self._common = cache(common_ends)

    def short(self, finding: Finding) -> tuple[Finding, int]:
        """Return the finding with long texts cut, and the size of its texts in bytes; most need no cut."""
        change, texts = finding.change, _texts(finding)
        most = max(len(change.elsewhere), len(change.old_references), len(change.cited))
        if sum(map(len, texts)) <= MAX_LENGTH and most <= _MAX_KEYS:
            return finding, _size(texts)
        shortened = replace(
            finding,
            change=self._change(change),
            summary=truncate(finding.summary, EXCERPT),
            reasons=tuple(Reason(code=reason.code, text=truncate(reason.text, EXCERPT)) for reason in finding.reasons),
        )
        return shortened, _size(_texts(shortened))

    def _change(self, change: Change) -> Change:
        old, new = change.old_sentence or _sentence(change.old), change.new_sentence or _sentence(change.new)
        before, after = self._excerpts(change, old or "", new or "")
        long = max(len(old or ""), len(new or "")) > MAX_LENGTH
        return replace(
            change,
            old=_short_element(change.old, old, before),
            new=_short_element(change.new, new, after),
            fields=tuple(_short_field(field) for field in change.fields),
            label=truncate(change.label, _MAX_LABEL),
            old_sentence=None if change.old_sentence is None else before.text,
            new_sentence=None if change.new_sentence is None else after.text,
            old_references=_short_keys(change.old_references),
            new_references=_short_keys(change.new_references),
            before=() if long else change.before,
            siblings=() if long else change.siblings,
            elsewhere=tuple(_short_mention(mention, change.old) for mention in change.elsewhere),
            unsupported=tuple(_short_mention(mention, None) for mention in change.unsupported),
            cited=tuple(_short_texts(reference) for reference in change.cited[:_MAX_KEYS]),
            location=_short_location(change.location),
            cells=tuple(map(self._change, change.cells[:MAX_CELLS])),
        )

    def _excerpts(self, change: Change, old: str, new: str) -> tuple[Excerpt, Excerpt]:
        """Return the excerpts of both sentences around the changed part."""
        if max(len(old), len(new)) <= MAX_LENGTH:
            return excerpt(old), excerpt(new)
        prefix, suffix = (0, 0) if old == new else self._common(old, new)
        spans = [(0, 0) if old == new else (prefix, len(text) - suffix) for text in (old, new)]
        for side, (element, text) in enumerate(((change.old, old), (change.new, new))):
            if isinstance(element, Statistic) and element.sentence == text:
                spans[side] = (element.quantity.start, element.quantity.end)
                if not isinstance((change.old, change.new)[1 - side], Statistic):
                    spans[1 - side] = _corresponding_span(spans[side], prefix, suffix, (text, (old, new)[1 - side]))
        if isinstance(change.old, Claim) and isinstance(change.new, Claim):
            # The first changed cue within the words that differ, or all of those words if there is none
            words = {text for field in change.fields for text in (field.old, field.new) if text}
            for side, claim in enumerate((change.old, change.new)):
                start, end = spans[side]
                marks = (mark for mark in claim.marks if start - len(mark.text) <= mark.start < max(start, end))
                cues = (mark for mark in marks if mark.text in words or mark.normalized in words)
                spans[side] = next(((cue.start, cue.end) for cue in cues), (start, end))
        return excerpt(old, *spans[0]), excerpt(new, *spans[1])


def _corresponding_span(span: tuple[int, int], prefix: int, suffix: int, texts: tuple[str, str]) -> tuple[int, int]:
    """Return the span in the other text that corresponds to a span of one text; it may be empty."""
    start, end = span
    if end <= prefix:
        return span
    offset = len(texts[1]) - len(texts[0])
    if start >= len(texts[0]) - suffix:
        return start + offset, end + offset
    return prefix, prefix


def _sentence(element: Element | None) -> str | None:
    match element:
        case Statistic(sentence=text) | Tag(sentence=text) | Claim(text=text) | Sentence(text=text):
            return text
        case _:
            return None


def _short_element(element: Element | None, sentence: str | None, around: Excerpt) -> Element | None:
    """Return the element with its sentence cut: to `around` if it is the change's sentence, else to its own excerpt."""
    own = _sentence(element)
    cut = around if own == sentence else excerpt(own or "")
    match element:
        case None:
            return None
        case Statistic():
            # None: `short_statistic` makes its own excerpt
            return _short_texts(short_statistic(element, cut if cut is around else None))
        case Claim():
            return _short_texts(short_claim(element, cut))
        case Tag():
            return _short_texts(replace(element, sentence=cut.text))
        case Sentence():
            return _short_texts(replace(element, text=cut.text))
        case _:
            return _short_texts(element)


def _short_texts(element: _Element) -> _Element:
    """Return an element with each text cut to an excerpt."""
    # Only timelines need the further works of a note that cites several.
    changed: dict[str, Any] = {"parts": ()} if isinstance(element, Reference) else {}
    for name in _stored_fields(type(element)):
        value = getattr(element, name)
        if isinstance(value, str):
            changed[name] = excerpt(value).text
        elif isinstance(value, tuple) and all(isinstance(item, str) for item in value):
            changed[name] = _short_keys(value)
    return replace(element, **changed)


def _short_field(field: FieldChange) -> FieldChange:
    old, new = field.old or "", field.new or ""
    prefix, _ = common_ends(old, new)
    end = prefix + EXCERPT // 4
    return FieldChange(
        name=field.name,
        old=None if field.old is None else excerpt(old, prefix, end).text,
        new=None if field.new is None else excerpt(new, prefix, end).text,
    )


def _short_mention(mention: Mention, old: Element | None) -> Mention:
    number = old.quantity.text if isinstance(old, Statistic) else ""
    at = max(mention.sentence.find(number), 0)
    return replace(
        mention,
        sentence=excerpt(mention.sentence, at, at + len(number)).text,
        location=_short_location(mention.location),
    )


def _short_location(location: Location) -> Location:
    return replace(location, section=_short_keys(location.section))


def _short_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(truncate(key, _MAX_LABEL) for key in keys[:_MAX_KEYS])


def _size(texts: Iterable[str]) -> int:
    return sum(len(text) if text.isascii() else len(text.encode("utf-8", "replace")) for text in texts)


def _stored_fields(kind: type) -> tuple[str, ...]:
    """Return the names of the stored fields of a class, cached: each finding needs them about a hundred times."""
    if kind not in _FIELDS:
        own = fields(kind) if is_dataclass(kind) else ()
        _FIELDS[kind] = tuple(each.name for each in own if each.name not in _UNSTORED_FIELDS)
    return _FIELDS[kind]


def _texts(finding: Finding) -> list[str]:
    """Return every text of a finding; a text that both the change and its element contain is there twice."""
    texts: list[str] = []
    pending: list[object] = [finding]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, tuple):
            pending += value
        elif value is not None:
            part = value.quantity if isinstance(value, Statistic) else value
            pending += [getattr(part, name) for name in _stored_fields(type(part))]
    return texts
