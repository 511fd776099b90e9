"""Resolve the references of a change to sources, and summarise a comparison in one sentence, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from watcher.model import Change, Cited, Comparison, Finding, Kind, Reference, Severity, SourceChange
from watcher.report.labels import NOUNS, VERBS, counted
from watcher.text import single_line
from watcher.urls import web_link

_LONGEST_LABEL = 300
_MOST_SOURCES = 12
_CITATIONS = (Kind.REFERENCE_ADDED, Kind.REFERENCE_REMOVED, Kind.REFERENCE_CHANGED)
_READABLE_PREFIXES = ("http://", "https://")


def known_references(comparison: Comparison, given: Iterable[Reference]) -> dict[str, Reference]:
    """Every reference that can be named by its key: those given, and those that the findings carry."""
    known = {reference.key: reference for reference in given}
    for finding in comparison.findings:
        for element in (finding.change.old, finding.change.new):
            if isinstance(element, Reference):
                known[element.key] = element
    return known


def edited_keys(comparison: Comparison) -> frozenset[str]:
    """Keys of references whose fields changed."""
    hits = (f.change for f in comparison.findings if f.change.kind is Kind.REFERENCE_CHANGED)
    return frozenset(e.key for change in hits for e in (change.old, change.new) if isinstance(e, Reference))


def sources(change: Change, known: Mapping[str, Reference], edited: frozenset[str]) -> tuple[Cited, ...]:
    """Return the sources of a change's sentence, or those that a reference's change is about; at most a dozen."""
    if change.kind.subject == "reference":
        replaced = any(field.name in ("url", "title", "replaced") for field in change.fields)
        sides = {"removed": change.old, "added": change.new}
        if change.kind not in _CITATIONS or (change.old and change.new and not replaced):
            sides = {"edited" if change.kind is Kind.REFERENCE_CHANGED else "kept": change.new or change.old}
        return tuple(_cited(item.key, item, status) for status, item in sides.items() if isinstance(item, Reference))
    named = {**{reference.key: reference for reference in change.cited}, **known}
    return tuple(_cited(key, named.get(key), status) for key, status in _statuses(change, edited))[:_MOST_SOURCES]


def _cited(key: str, reference: Reference | None, status: str) -> Cited:
    url, archived = _address(key, reference), web_link(reference.archive_url) if reference else None
    label = reference_label(key, reference)
    return Cited(label=label, url=url, status=status, archive_url=None if archived == url else archived)


def source_verdict(change: Change, edited: frozenset[str]) -> str:
    """Return what changed about the sources of a sentence, in a word or two.

    `change.source` recognises a source under another name; keys decide the rest.

    >>> source_verdict(Change(kind=Kind.PROSE_CHANGED, old=None, new=None, old_references=("a",)), frozenset())
    'source removed'
    """
    old, new = set(change.old_references), set(change.new_references)
    if not old and not new:
        return "no source"
    if old == new or (change.source is SourceChange.UNCHANGED and len(new) >= len(old)):
        return "source edited" if new & edited else "same source"
    return _moved_support(old, new)


def _moved_support(old: set[str], new: set[str]) -> str:
    if not old:
        return "new source"
    if new < old:
        return "source removed"
    if old < new:
        return "source added"
    return "sources changed" if old & new else "source replaced"


def has_new_source(change: Change) -> bool:
    """Whether the new sentence cites something that the old one did not."""
    if change.source is not SourceChange.NONE:
        return change.source in (SourceChange.ADDED, SourceChange.CHANGED)
    return bool(set(change.new_references) - set(change.old_references))


def reference_label(key: str, reference: Reference | None) -> str:
    """Return what a reader recognises a source by: its title, else its text, its address, its key."""
    if reference is None:
        return single_line(key, _LONGEST_LABEL)
    name = reference.title or reference.text or reference.url or reference.name or key
    extra = [part for part in (reference.work or reference.publisher, reference.date) if part]
    return single_line(" · ".join((name, *extra)), _LONGEST_LABEL)


def _statuses(change: Change, edited: frozenset[str]) -> Iterator[tuple[str, str]]:
    old, new = change.old_references, change.new_references
    known_again = change.source is SourceChange.UNCHANGED and len(new) >= len(old)
    for key in dict.fromkeys(new if known_again else (*old, *new)):
        if key not in new:
            yield key, "removed"
        elif key not in old and not known_again:
            yield key, "added"
        else:
            yield key, "edited" if key in edited else "kept"


def _address(key: str, reference: Reference | None) -> str | None:
    if reference is None:
        return web_link(key) if key.startswith(_READABLE_PREFIXES) else None
    return web_link(reference.url) or web_link(reference.archive_url)


_MOST_PHRASES = 4
# Among phrases of one severity.
_ORDER = ("statistic", "claim", "reference", "tag", "figure", "section", "prose")


def summarize(comparison: Comparison, threshold: Severity = Severity.MEDIUM) -> str:
    """One sentence on the findings at or above `threshold`, and on what was not read.

    >>> summarize(Comparison())
    'No change was found.'
    """
    reported = comparison.at_least(threshold)
    sentence = _finding_line(reported, len(comparison.findings) - len(reported))
    if comparison.is_rendered:
        sentence = f"As rendered, without an edit of the article: {sentence}"
    gaps = len(comparison.unread) - bool(comparison.not_listed)
    if gaps > 0:
        stretch = counted(gaps, "stretch").replace("stretchs", "stretches")
        sentence = f"{sentence[:-1]}; {stretch} of the text could not be read."
    if comparison.not_listed:
        sentence = f"{sentence[:-1]}; {counted(comparison.not_listed, 'further change')} not listed."
    return sentence


def _finding_line(findings: Sequence[Finding], tracked: int) -> str:
    if not findings:
        return (
            f"Nothing of substance changed ({counted(tracked, 'minor change')})." if tracked else "No change was found."
        )
    phrases = _phrases(findings)
    shown = phrases[:_MOST_PHRASES]
    rest = len(phrases) - len(shown)
    more = f", and {counted(rest, 'other kind')} of change" if rest else ""
    others = f"; {counted(tracked, 'minor change')} besides." if tracked else "; nothing else of substance."
    return ", ".join(shown) + more + others


def _phrases(findings: Sequence[Finding]) -> list[str]:
    counts = Counter(_phrase(finding) for finding in findings)
    worst: dict[tuple[str, str], Severity] = {}
    for finding in findings:
        phrase = _phrase(finding)
        worst[phrase] = max(worst.get(phrase, Severity.INFO), finding.severity)
    ranked = sorted(counts, key=lambda phrase: (-worst[phrase], _ORDER.index(phrase[0])))
    return [f"{counted(counts[phrase], NOUNS[phrase[0]])} {phrase[1]}" for phrase in ranked]


def _phrase(finding: Finding) -> tuple[str, str]:
    kind = finding.change.kind
    verb = VERBS.get(kind.verb, kind.verb).partition(":")[0]
    if kind in (Kind.STATISTIC_CHANGED, Kind.CLAIM_CHANGED):
        verb += " with a new source" if has_new_source(finding.change) else " without a new source"
    return kind.subject, verb
