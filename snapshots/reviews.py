"""Record review decisions in an append-only audit trail; the state of a finding follows from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select, update

from snapshots import mutes
from snapshots.database import Repository, insert_or_ignore, reads, writes
from snapshots.records import Dismissal, Mute, NewMute, ReviewAction, ReviewDecision, ReviewEvent, ReviewState
from snapshots.tables import ArticleRow, ComparisonRow, FindingRow, LastSeenRow, ReviewEventRow, ReviewRow
from watcher.errors import Missing

AT_ONCE: Final = 500
"""So many findings can be decided at once."""

JOINED: Final = " › "
LONGEST_NAME: Final = 64
LONGEST_NOTE: Final = 2000
_LONGEST_WORDS: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFindings:
    """Findings to be queued: from which position on, when and by whom, and the positions that mutes (ids) keep back.

    `editors` are of the findings in order.
    """

    first: int
    at: datetime
    editors: Sequence[str | None]
    muted_findings: Mapping[int, int]


def enqueue(session: Session, row: ComparisonRow, owner: ArticleRow, new: NewFindings) -> None:
    """Queue the stored findings of a comparison from a position on."""
    result = select(FindingRow).where(col(FindingRow.comparison_id) == row.id, col(FindingRow.position) >= new.first)
    insert_or_ignore(
        session, ReviewRow, [_columns(finding_row, row, owner, new) for finding_row in session.exec(result)]
    )


def _columns(finding_row: FindingRow, row: ComparisonRow, owner: ArticleRow, new: NewFindings) -> dict[str, Any]:
    mute_id = new.muted_findings.get(finding_row.position)
    editor = new.editors[finding_row.position - new.first]
    sentence = finding_row.body.get("sentence") or {}
    words = (
        owner.title,
        editor,
        *finding_row.section,
        finding_row.summary,
        sentence.get("old"),
        sentence.get("new"),
    )
    return {
        "finding_id": finding_row.id,
        "comparison_id": row.id,
        "article_id": owner.id,
        "severity": finding_row.severity,
        "at": new.at,
        "kind": finding_row.kind,
        "section": JOINED.join(finding_row.section),
        "editor": editor,
        "words": "\n".join(word for word in words if word).casefold()[:_LONGEST_WORDS],
        "state": (ReviewState.OPEN if mute_id is None else ReviewState.MUTED).value,
        "muted_by": mute_id,
    }


def _parts(decision: ReviewDecision) -> dict[str, Any]:
    """The columns of an action; ValueError when it lacks what it needs."""
    note = (decision.note or "").strip()[:LONGEST_NOTE] or None
    parts: dict[str, Any] = {"action": decision.action.value, "note": note}
    match decision.action:
        case ReviewAction.ACKNOWLEDGE:
            return parts
        case ReviewAction.DISMISS if decision.reason is not None:
            return parts | {"reason": decision.reason.value}
        case ReviewAction.ASSIGN if decision.assignee is not None:
            return parts | {"assignee": " ".join(decision.assignee.split())[:LONGEST_NAME]}
        case ReviewAction.NOTE if note:
            return parts
        case _:
            raise ValueError(f"{decision.action.value} needs more than it was given, or is done in another way")


def _write_events(session: Session, ids: Sequence[int], parts: dict[str, Any], by: str, now: datetime) -> int:
    ordered = sorted(set(ids))
    if not 0 < len(ordered) <= AT_ONCE:
        raise ValueError(f"{len(ordered)} findings: choose 1 to {AT_ONCE} at once")
    _locked(session, ordered)
    rows = [ReviewEventRow(finding_id=number, at=now, by=by[:LONGEST_NAME], **parts) for number in ordered]
    return _stored(session, rows)


def _stored(session: Session, rows: list[ReviewEventRow]) -> int:
    session.add_all(rows)
    session.flush()
    batch = min(row.id for row in rows)
    session.exec(update(ReviewEventRow).where(col(ReviewEventRow.id).in_([row.id for row in rows])).values(batch=batch))
    recompute_state(session, [row.finding_id for row in rows])
    return batch


def _locked(session: Session, ids: Sequence[int]) -> None:
    """Hold the findings until the end of the transaction, in one order: two reviewers must not block each other."""
    tracked: Any = (
        select(ReviewRow.finding_id).where(col(ReviewRow.finding_id).in_(ids)).order_by(col(ReviewRow.finding_id))
    )
    if lost := sorted(set(ids) - set(session.exec(tracked.with_for_update()))):
        raise Missing(f"finding {lost[0]} is not stored")


def recompute_state(session: Session, ids: Sequence[int]) -> None:
    """Write the state that follows from the history of each finding."""
    reported: dict[int, list[ReviewEvent]] = defaultdict(list)
    for event in events_of(session, ids):
        reported[event.finding_id].append(event)
    rows = select(ReviewRow).where(col(ReviewRow.finding_id).in_(ids)).execution_options(populate_existing=True)
    for row in session.exec(rows):
        history = [event for event in reported[row.finding_id] if not event.undone]
        decided = [event for event in history if event.action in (ReviewAction.ACKNOWLEDGE, ReviewAction.DISMISS)]
        assigned = [event.assignee for event in history if event.action is ReviewAction.ASSIGN]
        row.state = _state(decided[-1].action if decided else None, muted=row.muted_by is not None).value
        row.reason = decided[-1].reason if decided else None
        row.assignee = (assigned[-1] if assigned else None) or None
        session.add(row)
    session.flush()


def _state(action: ReviewAction | None, *, muted: bool) -> ReviewState:
    if action is None:
        return ReviewState.MUTED if muted else ReviewState.OPEN
    return ReviewState.DISMISSED if action is ReviewAction.DISMISS else ReviewState.ACKNOWLEDGED


def events_of(session: Session, ids: Sequence[int]) -> tuple[ReviewEvent, ...]:
    """The histories of these findings, oldest step first."""
    return _select_events(session, col(ReviewEventRow.finding_id).in_(ids))


def _select_events(session: Session, condition: Any) -> tuple[ReviewEvent, ...]:
    rows = session.exec(select(ReviewEventRow).where(condition).order_by(col(ReviewEventRow.id))).all()
    taken = select(ReviewEventRow.undoes).where(col(ReviewEventRow.undoes).in_([row.id for row in rows]))
    undone = set(session.exec(taken)) if rows else set()
    return tuple(
        ReviewEvent(
            id=row.id,
            finding_id=row.finding_id,
            batch=row.batch or row.id,
            at=row.at,
            by=row.by,
            action=ReviewAction(row.action),
            reason=None if row.reason is None else Dismissal(row.reason),
            assignee=row.assignee,
            note=row.note,
            mute_id=row.mute_id,
            undoes=row.undoes,
            undone=row.id in undone,
        )
        for row in rows
    )


class ReviewRepository(Repository):
    """Decisions of reviewers and what each reader has seen."""

    @reads
    def events_of(self, session: Session, finding_id: int) -> tuple[ReviewEvent, ...]:
        """The history of a finding, oldest step first."""
        return events_of(session, [finding_id])

    @reads
    def events_of_batch(self, session: Session, batch: int) -> tuple[ReviewEvent, ...]:
        """What was decided at once under this number; () where there is none."""
        return _select_events(session, col(ReviewEventRow.batch) == batch)

    @reads
    def last_undoable(self, session: Session, finding_id: int) -> ReviewEvent | None:
        """The newest step of a finding that can be taken back."""
        open_still = [
            event
            for event in events_of(session, [finding_id])
            if not event.undone and event.action is not ReviewAction.UNDO
        ]
        return open_still[-1] if open_still else None

    @writes
    def decide(self, session: Session, ids: Sequence[int], decision: ReviewDecision, by: str, now: datetime) -> int:
        """Decide the same of 1 to 500 findings, or of none; the number of the batch. ValueError for half an action."""
        return _write_events(session, ids, _parts(decision), by, now)

    @writes
    def mute(self, session: Session, finding_id: int, new_mute: NewMute, by: str, now: datetime) -> Mute:
        """Begin a mute and note it in the history of the finding that it was begun from."""
        begun = mutes.begin_mute(session, asdict(new_mute), now)
        session.exec(update(ReviewRow).where(col(ReviewRow.finding_id) == finding_id).values(muted_by=begun.id))
        _write_events(session, [finding_id], {"action": ReviewAction.MUTE.value, "mute_id": begun.id}, by, now)
        return begun

    @writes
    def undo(self, session: Session, events: Sequence[ReviewEvent], by: str, now: datetime) -> int:
        """Take steps back; the number of the batch, 0 when all were taken back before. A mute is ended on its own."""
        _locked(session, list({event.finding_id for event in events}))
        done = set(
            session.exec(
                select(ReviewEventRow.undoes).where(col(ReviewEventRow.undoes).in_([event.id for event in events]))
            )
        )
        rows = [
            ReviewEventRow(finding_id=event.finding_id, at=now, by=by, action=ReviewAction.UNDO.value, undoes=event.id)
            for event in events
            if event.id not in done and event.action is not ReviewAction.UNDO
        ]
        return _stored(session, rows) if rows else 0

    @writes
    def mark_seen(self, session: Session, reader: str, now: datetime) -> None:
        """Note that a reader has seen all that was found until now."""
        insert_or_ignore(session, LastSeenRow, [{"reader": reader, "at": now}])
        later = update(LastSeenRow).where(col(LastSeenRow.reader) == reader, col(LastSeenRow.at) < now)
        session.exec(later.values(at=now))

    @reads
    def last_seen(self, session: Session, reader: str) -> datetime | None:
        """Until when a reader has seen what was found; None before the first time."""
        return session.exec(select(LastSeenRow.at).where(col(LastSeenRow.reader) == reader)).first()
