"""Summarise the substantial changes of a comparison in one sentence, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from watcher.model import Comparison, Finding, Kind, Severity
from watcher.report.labels import NOUNS, VERBS, counted
from watcher.report.sources import has_new_source

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
