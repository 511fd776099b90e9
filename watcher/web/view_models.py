"""Build what pages show of findings: rows, names of states, audit trails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from snapshots import Dismissal, FacetCounts, ReviewAction, ReviewedFinding, ReviewEvent, ReviewState
from watcher.model import Kind
from watcher.report.labels import LEAD, SEVERITIES, counted, kind_label
from watcher.report.word_diff import SentenceDiff, diff_sentences
from watcher.text import single_line

STATES: Final = {
    ReviewState.OPEN: "Open",
    ReviewState.ACKNOWLEDGED: "Acknowledged",
    ReviewState.DISMISSED: "Dismissed",
    ReviewState.MUTED: "Muted",
}
REASONS: Final = {
    Dismissal.NOT_A_FACT: "Not a fact",
    Dismissal.VANDALISM_REVERTED: "Vandalism, reverted",
    Dismissal.UPDATE_IS_RIGHT: "The update is right",
    Dismissal.DUPLICATE: "Duplicate",
    Dismissal.OTHER: "Other",
}
_ACTIONS: Final = {
    ReviewAction.ACKNOWLEDGE: "acknowledged it",
    ReviewAction.DISMISS: "dismissed it",
    ReviewAction.NOTE: "noted",
    ReviewAction.MUTE: "muted this statistic",
}
_LONGEST_SENTENCE: Final = 420
_LONGEST_SUMMARY: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A finding in a list. Texts are on one line, visible and bounded; times are in UTC."""

    id: int
    severity: str
    severity_label: str
    kind: str
    section: str
    summary: str
    words: SentenceDiff | None
    title: str
    article: str
    editor: str
    at: str
    at_iso: str
    state: str
    state_label: str
    reason: str
    assignee: str
    notes: str
    new: bool


def finding_row(finding: ReviewedFinding, seen: datetime | None = None) -> FindingRow:
    """What a list shows of a finding; it is new when it was found after the reader had `seen` all."""
    sentence = finding.body.get("sentence") or {}
    old, new = sentence.get("old"), sentence.get("new")
    return FindingRow(
        id=finding.id,
        severity=finding.severity.label,
        severity_label=SEVERITIES[finding.severity],
        kind=kind_name(finding.kind),
        section=section_label(finding.section),
        summary=single_line(finding.summary, _LONGEST_SUMMARY),
        words=diff_sentences(old or "", new or "", _LONGEST_SENTENCE) if old or new else None,
        title=single_line(finding.article.title, 200),
        article=f"{finding.article.wiki}/{finding.article.page_id}",
        editor=editor_name(finding.after.editor),
        at=format_timestamp(finding.after.at),
        at_iso=finding.after.at.isoformat(),
        state=finding.state.value,
        state_label=STATES[finding.state],
        reason=reason_name(finding.reason),
        assignee=single_line(finding.assignee or "", 64),
        notes=counted(finding.notes, "note") if finding.notes else "",
        new=seen is not None and finding.at > seen,
    )


def kind_name(kind: str) -> str:
    """`Statistic changed`; a kind of another version as it is."""
    return kind_label(Kind(kind)) if kind in {kind.value for kind in Kind} else single_line(kind, 60)


def section_label(section: Iterable[str]) -> str:
    """A heading path in one line."""
    return single_line(" › ".join(section), 200) or LEAD


def editor_name(editor: str | None) -> str:
    """An editor's name, or that the wiki hides it."""
    return "(hidden by the wiki)" if editor is None else single_line(editor, 120)


def reason_name(reason: str | None) -> str:
    """`Not a fact` of `not-a-fact`."""
    known = {dismissal.value: name for dismissal, name in REASONS.items()}
    return known.get(reason or "", "")


def format_timestamp(at: datetime) -> str:
    """`3 November 2026, 14:44 UTC`; stored times are UTC."""
    return f"{at:%-d %B %Y, %H:%M} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A line of a finding's history."""

    by: str
    message: str
    note: str
    at: str
    at_iso: str
    undone: bool


def audit_trail(steps: Iterable[ReviewEvent]) -> tuple[AuditEntry, ...]:
    """The history of a finding, newest first."""
    known = {step.id: step for step in steps}
    lines = [
        AuditEntry(
            by=single_line(step.by, 64),
            message=_event_message(step, known.get(step.undoes or 0)),
            note=single_line(step.note or "", 2000),
            at=format_timestamp(step.at),
            at_iso=step.at.isoformat(),
            undone=step.undone,
        )
        for step in known.values()
    ]
    return tuple(lines[::-1])


def _event_message(step: ReviewEvent, undone: ReviewEvent | None) -> str:
    match step.action:
        case ReviewAction.UNDO:
            return f"took back: {undone.by} {_event_message(undone, None)}" if undone else "took a step back"
        case ReviewAction.ASSIGN:
            return f"assigned it to {single_line(step.assignee, 64)}" if step.assignee else "took the assignment back"
        case ReviewAction.DISMISS:
            return f"dismissed it: {reason_name(step.reason).lower()}"
        case _:
            return _ACTIONS[step.action]


def decision_summary(steps: tuple[ReviewEvent, ...]) -> str:
    """What was done at once: `3 findings dismissed: not a fact`."""
    if not steps:
        return ""
    first = steps[0]
    actions = {
        ReviewAction.ACKNOWLEDGE: "acknowledged",
        ReviewAction.DISMISS: f"dismissed: {reason_name(first.reason).lower()}",
        ReviewAction.ASSIGN: f"assigned to {single_line(first.assignee, 64)}"
        if first.assignee
        else "assigned to nobody",
        ReviewAction.NOTE: "noted",
        ReviewAction.MUTE: "muted",
        ReviewAction.UNDO: "put back as before",
    }
    return f"{counted(len(steps), 'finding')} {actions[first.action]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetOption:
    """A value of a facet: how many findings it has, where it leads, and whether it is chosen."""

    label: str
    count: int
    href: str
    chosen: bool
    mark: str = ""


def open_count(counts: FacetCounts) -> int:
    """How many findings nobody has decided about."""
    return counts.states.get(ReviewState.OPEN, 0)
