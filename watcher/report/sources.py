"""Resolve the references of a change to sources, and summarise a comparison in one sentence, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

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
    old, new = change.old_references, change.new_references
    known_again = change.source is SourceChange.UNCHANGED and len(new) >= len(old)
    shown = []
    for key in dict.fromkeys(new if known_again else (*old, *new)):
        status = "removed" if key not in new else "edited" if key in edited else "kept"
        if key in new and key not in old and not known_again:
            status = "added"
        shown.append(_cited(key, named.get(key), status))
    return tuple(shown[:_MOST_SOURCES])


def _cited(key: str, reference: Reference | None, status: str) -> Cited:
    label = reference_label(key, reference)
    if reference is None:
        return Cited(label=label, url=web_link(key) if key.startswith(_READABLE_PREFIXES) else None, status=status)
    archived = web_link(reference.archive_url)
    url = web_link(reference.url) or archived
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


_MOST_PHRASES = 4
# Among phrases of one severity.
_ORDER = ("statistic", "claim", "reference", "tag", "figure", "section", "prose")


def summarize(comparison: Comparison, threshold: Severity = Severity.MEDIUM) -> str:
    """One sentence on the findings at or above `threshold`, and on what was not read.

    >>> summarize(Comparison())
    'No change was found.'
    """
    reported = comparison.at_least(threshold)
    tracked = len(comparison.findings) - len(reported)
    others = f"; {counted(tracked, 'minor change')} besides." if tracked else "; nothing else of substance."
    counts = Counter(_phrase(finding) for finding in reported)
    worst: dict[tuple[str, str], Severity] = {}
    for finding in reported:
        phrase = _phrase(finding)
        worst[phrase] = max(worst.get(phrase, Severity.INFO), finding.severity)
    ranked = sorted(counts, key=lambda phrase: (-worst[phrase], _ORDER.index(phrase[0])))
    phrases = [f"{counted(counts[phrase], NOUNS[phrase[0]])} {phrase[1]}" for phrase in ranked]
    rest = len(phrases) - _MOST_PHRASES
    more = f", and {counted(rest, 'other kind')} of change" if rest > 0 else ""
    sentence = ", ".join(phrases[:_MOST_PHRASES]) + more + others
    if not reported:
        minor = f"Nothing of substance changed ({counted(tracked, 'minor change')})."
        sentence = minor if tracked else "No change was found."
    if comparison.is_rendered:
        sentence = f"As rendered, without an edit of the article: {sentence}"
    gaps = len(comparison.unread) - bool(comparison.not_listed)
    if gaps > 0:
        stretch = counted(gaps, "stretch").replace("stretchs", "stretches")
        sentence = f"{sentence[:-1]}; {stretch} of the text could not be read."
    if comparison.not_listed:
        sentence = f"{sentence[:-1]}; {counted(comparison.not_listed, 'further change')} not listed."
    return sentence


def _phrase(finding: Finding) -> tuple[str, str]:
    kind = finding.change.kind
    verb = VERBS.get(kind.verb, kind.verb).partition(":")[0]
    if kind in (Kind.STATISTIC_CHANGED, Kind.CLAIM_CHANGED):
        verb += " with a new source" if has_new_source(finding.change) else " without a new source"
    return kind.subject, verb
