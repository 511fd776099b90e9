"""Raise what alone may be style, where the same edit changed other facts of the section."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from watcher.judge.claims import PASSAGE, RESTATED
from watcher.judge.rule import field_of
from watcher.model import Change, Finding, Kind, Reason, Severity, SourceChange

REWRITTEN: Final = Reason(code="section-rewritten", text="other facts of the section changed as well")


def raise_in_rewritten(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Raise to medium the reworded and dropped claims of sections in which another fact alerts."""
    findings = tuple(findings)
    rewritten = {
        finding.change.location.section
        for finding in findings
        if finding.severity >= Severity.MEDIUM and finding.change.kind.changes_fact
    }
    return tuple(
        replace(finding, severity=Severity.MEDIUM, reasons=(*finding.reasons, REWRITTEN))
        if finding.severity is Severity.LOW
        and finding.change.location.section in rewritten
        and _states_otherwise(finding.change)
        else finding
        for finding in findings
    )


def _states_otherwise(change: Change) -> bool:
    """Return whether a claim was reworded, or dropped with nothing that repeats it; a new source makes it an update."""
    if change.kind is Kind.CLAIM_REMOVED:
        return field_of(change, RESTATED, PASSAGE) is None
    if change.kind is not Kind.CLAIM_CHANGED or change.source in (SourceChange.CHANGED, SourceChange.ADDED):
        return False
    return field_of(change, "wording", "deletion", "hedge", "superlative") is not None
