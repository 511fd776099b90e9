"""Find the open findings that an edit undoes: what is no longer in the article must not stay in the review queue."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from snapshots import ReviewedFinding, SentFact
from snapshots.review_records import OpenFinding
from watcher.config import Watch
from watcher.model import Change, Claim, Comparison, Element, Finding, Revision, Sentence, Severity, TextKind
from watcher.model.changes import editors_of
from watcher.report.cards import finding_from_dict
from watcher.report.labels import headline
from watcher.services.alerts import sent_facts_of
from watcher.services.context import AppContext
from watcher.services.reverts import facts_undone_by
from watcher.text import shorten

MAX_OPEN_FINDINGS: Final = 500
"""Open findings of an article that are compared with an edit, the newest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFinding:
    """A stored finding by what it states."""

    fact: SentFact


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated(StatedFinding):
    """An open finding with what it states."""

    finding: OpenFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolutions:
    """Notes for the audit trail: of open findings that are undone, by id, and of those that undo them, by position.

    `restoring` are the positions of findings that restore, with its sources, what stood before a change that was below
    the threshold for its source, and has lost that source.
    """

    undone: tuple[tuple[int, str], ...] = ()
    undoing: tuple[tuple[int, str], ...] = ()
    restoring: frozenset[int] = frozenset()


_SHORT: Final = 40  # characters of a value that stands beside another one
RESTORES: Final = "restores what stood before a change whose source is gone"


def without_restorations(comparison: Comparison, resolutions: Resolutions) -> Comparison:
    """Keep findings that restore what was accepted out of alerts: what last stood accepted counts."""
    findings = (
        replace(finding, filtered=finding.filtered or RESTORES) if position in resolutions.restoring else finding
        for position, finding in enumerate(comparison.findings)
    )
    return replace(comparison, findings=tuple(findings))


def find_resolutions(services: AppContext, watch: Watch, comparison: Comparison) -> Resolutions:
    """Find which open findings of the article a comparison undoes, and which of its findings do so.

    Raises StoreError.
    """
    article, after = comparison.article, comparison.after
    if article is None or after is None or not comparison.findings:
        return Resolutions()
    oldest_first = services.archive.reviews.open_findings(article, MAX_OPEN_FINDINGS)
    reverted = _reverted(oldest_first, after)
    if reverted:  # the whole text is what it was: every finding of this comparison undoes something
        findings = services.archive.findings.load([finding.id for finding in reverted])
        undone = {finding.id: _undone_note(finding, (after,)) for finding in findings}
        return Resolutions(
            undone=tuple(undone.items()),
            undoing=tuple((position, _UNDOING) for position in range(len(comparison.findings))),
        )
    return _undone_by_fact(services, [*_stated(oldest_first)], comparison, watch.threshold)


_UNDOING: Final = "it restores what was there before"


def _reverted(oldest_first: Sequence[OpenFinding], after: Revision) -> Sequence[OpenFinding]:
    """Return the findings since the revision whose text is there again."""
    of_edits = [finding for finding in oldest_first if finding.is_of_edit]
    for index, finding in enumerate(of_edits):
        if after.sha1 and finding.before_sha1 == after.sha1:
            return of_edits[index:]
    return ()


def _stated(findings: Sequence[OpenFinding]) -> Iterator[_Stated]:
    for finding in findings:
        yield from (_Stated(finding=finding, fact=fact) for fact in _facts_of_json(finding.body))


@lru_cache(maxsize=4 * MAX_OPEN_FINDINGS)
def _facts_of_json(body: str) -> tuple[SentFact, ...]:
    return facts_of(body)


def facts_of(body: str | Mapping[str, Any]) -> tuple[SentFact, ...]:
    """Return what a stored finding states; both sides are read from JSON, which leaves out the same of both."""
    try:
        return sent_facts_of(finding_from_dict(json.loads(body) if isinstance(body, str) else body))
    except (KeyError, TypeError, ValueError):  # another version wrote it: it stays open, and the check goes on
        return ()


def _undone_by_fact(
    services: AppContext, open_findings: Sequence[_Stated], comparison: Comparison, threshold: Severity
) -> Resolutions:
    undone, undoing, restoring = dict[int, str](), dict[int, str](), set[int]()
    left = {id(item): item for item in open_findings}
    by_thing = defaultdict[tuple[str, str, str], list[_Stated]](list)
    for item in open_findings:
        by_thing[_thing(item.fact)].append(item)
    # In an edit war each turn undoes the one before it: one chain at a time is open.
    by_finding = [
        [facts_undone_by(fact, by_thing[_thing(fact)]) for fact in facts_of(finding.to_dict())]
        for finding in (comparison.findings if open_findings else ())
    ]
    ids = {item.finding.id for by_fact in by_finding for ended in by_fact for item in ended}
    stored = {each.id: each for each in services.archive.findings.load([*ids])} if ids else {}
    for position, by_fact in enumerate(by_finding):
        items = [item for ended in by_fact for item in ended]
        if not items:
            continue
        finding = comparison.findings[position]
        for item in items:
            left.pop(id(item), None)
        # A finding about many cells is over when none of them is what it reported.
        stays = {item.finding.id for item in left.values()}
        numbers = [number for number in dict.fromkeys(item.finding.id for item in items) if number in stored]
        undone |= {number: _undone_note(stored[number], finding.edits) for number in numbers if number not in stays}
        if all(by_fact):
            undoing[position] = _UNDOING
        first = stored.get(items[0].finding.id)
        if first and first.severity < threshold and _lost_its_source(first, finding.change):
            restoring.add(position)
    return Resolutions(undone=tuple(undone.items()), undoing=tuple(undoing.items()), restoring=frozenset(restoring))


def _thing(fact: SentFact) -> tuple[str, str, str]:
    """Return what facts of stored findings have in common when they are about the same thing."""
    return fact.subject, fact.label, fact.section


def _lost_its_source(undone: ReviewedFinding, change: Change) -> bool:
    """Return whether a change came with a source that was gone before `change` restored what it had replaced."""
    cited = undone.body.get("references") or {}
    before, came = set(cited.get("old") or ()), set(cited.get("new") or ())
    added = came - before
    return bool(added) and added.isdisjoint(change.old_references) and set(change.new_references) == before


def _undone_note(finding: ReviewedFinding, edits: Sequence[Revision]) -> str:
    return f"no longer in the article: {_undone_by(edits, finding.edits[-1].at)}"


def resolution_summary(finding: Finding, edits: Sequence[Revision], since: datetime) -> str:
    """Say what a finding restores that an alert had reported changed at `since`.

    `back to 608,000 children (was 680,000 children), undone by Ann, stood 8 minutes`.
    """
    change = finding.change
    # A section's heading alone would read as a value: "back to History".
    if change.kind.subject == "section":
        restored = "the section is back" if change.new else "the section is gone again"
        what = f"{restored}: {headline(change.new or change.old)}"
    elif change.new is None:
        what = f"no longer in the article: {_named(change.old)}"
    else:
        now, before = _named(change.new), _named(change.old)
        was = f" (was {before})" if 0 < len(before) <= _SHORT and before != now else ""
        what = f"back to {now}{was}"
    of = f"{shorten(change.label)}: " if change.label and change.where in (TextKind.INFOBOX, TextKind.TABLE) else ""
    return f"{of}{what}, {_undone_by(edits, since)}"


def _named(element: Element | None) -> str:
    name = shorten(headline(element, qualified=True) or "")
    return f"“{name}”" if isinstance(element, Claim | Sentence) else name


def _undone_by(edits: Sequence[Revision], since: datetime) -> str:
    """`undone by Ann, stood 8 minutes`, by the wiki's clock at both ends, which may differ from ours."""
    if not edits:
        return "undone"
    return f"undone by {editors_of(edits) or 'a hidden editor'}, stood {_duration(edits[-1].at - since)}"


def _duration(length: timedelta) -> str:
    minutes = max(0, round(length.total_seconds() / 60))
    for size, name in ((1440, "day"), (60, "hour")):
        if minutes >= 2 * size:
            return f"{minutes // size} {name}s"
    return f"{minutes} minute{'s' * (minutes != 1)}"
