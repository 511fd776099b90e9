"""Find the open findings that an edit undoes: what is no longer in the article must not stay in the review queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from snapshots import FindingFilter, ReviewedFinding, ReviewState, SentFact, SortOrder
from watcher.model import Comparison, Revision
from watcher.model.changes import editors_of
from watcher.report.cards import finding_from_dict
from watcher.services.alerts import facts_undone_by, sent_fact_of
from watcher.services.context import AppContext

MAX_OPEN_FINDINGS: Final = 500
"""Open findings of an article that are compared with an edit, the newest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFinding:
    """An open finding with what it states."""

    finding: ReviewedFinding
    fact: SentFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolutions:
    """Notes for the audit trail: of open findings that are undone, by id, and of those that undo them, by position."""

    undone: tuple[tuple[int, str], ...] = ()
    undoing: tuple[tuple[int, str], ...] = ()


def find_resolutions(services: AppContext, comparison: Comparison) -> Resolutions:
    """Find which open findings of the article a comparison undoes, and which of its findings do so.

    Raises StoreError.
    """
    article, after = comparison.article, comparison.after
    if article is None or after is None or not comparison.findings:
        return Resolutions()
    query = FindingFilter(states=(ReviewState.OPEN,), article=(article.wiki, article.page_id))
    newest = services.archive.findings.search(query, order=SortOrder.NEWEST, limit=MAX_OPEN_FINDINGS)
    reverted = _reverted(newest[::-1], after)
    if reverted:  # the whole text is what it was: every finding of this comparison undoes something
        undone = {finding.id: _undone_note(finding, (after,)) for finding in reverted}
        return Resolutions(
            undone=tuple(undone.items()),
            undoing=tuple((position, _UNDOING) for position in range(len(comparison.findings))),
        )
    return _undone_by_fact(list(_open_findings(newest[::-1])), comparison)


_UNDOING: Final = "it restores what was there before"


def _reverted(oldest_first: Sequence[ReviewedFinding], after: Revision) -> Sequence[ReviewedFinding]:
    """Return the findings since the revision whose text is there again."""
    for index, finding in enumerate(oldest_first):
        if after.sha1 and finding.before.sha1 == after.sha1:
            return oldest_first[index:]
    return ()


def _open_findings(findings: Sequence[ReviewedFinding]) -> Iterator[OpenFinding]:
    for finding in findings:
        if fact := _fact(finding.body):
            yield OpenFinding(finding=finding, fact=fact)


def _fact(body: Mapping[str, Any]) -> SentFact | None:
    """Return what a stored finding states; both sides are read from JSON, which leaves out the same of both."""
    try:
        return sent_fact_of(finding_from_dict(body))
    except (KeyError, TypeError, ValueError):  # another version wrote it: it stays open, and the check goes on
        return None


def _undone_by_fact(open_findings: Sequence[OpenFinding], comparison: Comparison) -> Resolutions:
    undone, undoing = dict[int, str](), dict[int, str]()
    # In an edit war each turn undoes the one before it: one chain at a time is open.
    for position, finding in enumerate(comparison.findings) if open_findings else ():
        fact = _fact(finding.to_dict())
        for item in facts_undone_by(fact, open_findings) if fact else ():
            undone[item.finding.id] = _undone_note(item.finding, finding.edits)
            undoing[position] = _UNDOING
    return Resolutions(undone=tuple(undone.items()), undoing=tuple(undoing.items()))


def _undone_note(finding: ReviewedFinding, edits: Sequence[Revision]) -> str:
    """`no longer in the article: undone by Ann, stood 8 minutes`."""
    by = f"undone by {editors_of(edits) or 'a hidden editor'}" if edits else "undone"
    # times of the wiki's clock on both sides, which may differ from ours
    length = f", stood {_duration(edits[-1].at - finding.edits[-1].at)}" if edits else ""
    return f"no longer in the article: {by}{length}"


def _duration(length: timedelta) -> str:
    minutes = max(0, round(length.total_seconds() / 60))
    for size, name in ((1440, "day"), (60, "hour")):
        if minutes >= 2 * size:
            return f"{minutes // size} {name}s"
    return f"{minutes} minute{'s' * (minutes != 1)}"
