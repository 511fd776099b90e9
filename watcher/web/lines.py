"""Findings with where their review stands become what a page shows of them: lines, names of states, histories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from snapshots import Counts, Deed, Dismissal, Reviewed, ReviewState, Step
from watcher.model import Kind
from watcher.report.labels import LEAD, SEVERITIES, counted, kind_label
from watcher.report.safety import one_line
from watcher.report.sentences import Told, told

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
_DEEDS: Final = {
    Deed.ACKNOWLEDGE: "acknowledged it",
    Deed.DISMISS: "dismissed it",
    Deed.NOTE: "noted",
    Deed.MUTE: "muted this statistic",
}
_LONGEST_SENTENCE: Final = 420
_LONGEST_SUMMARY: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A finding in a list. Texts are on one line, visible and bounded; times are in UTC."""

    id: int
    severity: str
    severity_label: str
    kind: str
    place: str
    summary: str
    told: Told | None
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


def line(one: Reviewed, seen: datetime | None = None) -> Line:
    """What a list shows of a finding; it is new when it was found after the reader had `seen` all."""
    sentence = one.body.get("sentence") or {}
    old, new = sentence.get("old"), sentence.get("new")
    return Line(
        id=one.id,
        severity=one.severity.label,
        severity_label=SEVERITIES[one.severity],
        kind=kind_name(one.kind),
        place=place(one.section),
        summary=one_line(one.summary, _LONGEST_SUMMARY),
        told=told(old or "", new or "", _LONGEST_SENTENCE) if old or new else None,
        title=one_line(one.article.title, 200),
        article=f"{one.article.wiki}/{one.article.page_id}",
        editor=editor_name(one.after.editor),
        at=moment(one.after.at),
        at_iso=one.after.at.isoformat(),
        state=one.state.value,
        state_label=STATES[one.state],
        reason=reason_name(one.reason),
        assignee=one_line(one.assignee or "", 64),
        notes=counted(one.notes, "note") if one.notes else "",
        new=seen is not None and one.at > seen,
    )


def kind_name(kind: str) -> str:
    """`Statistic changed`; a kind of another version as it is."""
    return kind_label(Kind(kind)) if kind in {one.value for one in Kind} else one_line(kind, 60)


def place(section: Iterable[str]) -> str:
    """A heading path in one line."""
    return one_line(" › ".join(section), 200) or LEAD


def editor_name(editor: str | None) -> str:
    """An editor's name, or that the wiki hides it."""
    return "(hidden by the wiki)" if editor is None else one_line(editor, 120)


def reason_name(reason: str | None) -> str:
    """`Not a fact` of `not-a-fact`."""
    known = {one.value: name for one, name in REASONS.items()}
    return known.get(reason or "", "")


def moment(at: datetime) -> str:
    """`3 November 2026, 14:44 UTC`; stored times are UTC."""
    return f"{at:%-d %B %Y, %H:%M} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A line of a finding's history."""

    by: str
    says: str
    note: str
    at: str
    at_iso: str
    undone: bool


def past(steps: Iterable[Step]) -> tuple[Past, ...]:
    """The history of a finding, newest first."""
    known = {step.id: step for step in steps}
    lines = [
        Past(
            by=one_line(step.by, 64),
            says=_says(step, known.get(step.undoes or 0)),
            note=one_line(step.note or "", 2000),
            at=moment(step.at),
            at_iso=step.at.isoformat(),
            undone=step.undone,
        )
        for step in known.values()
    ]
    return tuple(lines[::-1])


def _says(step: Step, undone: Step | None) -> str:
    match step.deed:
        case Deed.UNDO:
            return f"took back: {undone.by} {_says(undone, None)}" if undone else "took a step back"
        case Deed.ASSIGN:
            return f"assigned it to {one_line(step.assignee, 64)}" if step.assignee else "took the assignment back"
        case Deed.DISMISS:
            return f"dismissed it: {reason_name(step.reason).lower()}"
        case _:
            return _DEEDS[step.deed]


def batch_says(steps: tuple[Step, ...]) -> str:
    """What was done at once: `3 findings dismissed: not a fact`."""
    if not steps:
        return ""
    first = steps[0]
    deeds = {
        Deed.ACKNOWLEDGE: "acknowledged",
        Deed.DISMISS: f"dismissed: {reason_name(first.reason).lower()}",
        Deed.ASSIGN: f"assigned to {one_line(first.assignee, 64)}" if first.assignee else "assigned to nobody",
        Deed.NOTE: "noted",
        Deed.MUTE: "muted",
        Deed.UNDO: "put back as before",
    }
    return f"{counted(len(steps), 'finding')} {deeds[first.deed]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value of a facet: how many findings it has, where it leads, and whether it is chosen."""

    label: str
    count: int
    href: str
    chosen: bool
    mark: str = ""


def open_count(counts: Counts) -> int:
    """How many findings nobody has decided about."""
    return counts.states.get(ReviewState.OPEN, 0)
