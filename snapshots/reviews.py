"""Findings and what reviewers decide of them become rows: history is only added to, and the state follows from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select, update

from snapshots import mutes
from snapshots.review_rows import ReviewRow, StepRow, ViewingRow
from snapshots.review_values import Action, Deed, Dismissal, Muting, ReviewState, Step
from snapshots.rows import ArticleRow, ComparisonRow, FindingRow
from snapshots.upsert import insert_once
from snapshots.values import Mute
from watcher.errors import Missing

AT_ONCE: Final = 500
"""So many findings can be decided at once."""

JOINED: Final = " › "
LONGEST_NAME: Final = 64
LONGEST_NOTE: Final = 2000
_LONGEST_WORDS: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """Findings to be queued: from which position on, when and by whom, and the positions that mutes (ids) keep back."""

    first: int
    at: datetime
    editor: str | None
    silent: Mapping[int, int]


def add(session: Session, row: ComparisonRow, owner: ArticleRow, new: New) -> None:
    """Queue the stored findings of a comparison from a position on."""
    found = select(FindingRow).where(col(FindingRow.comparison_id) == row.id, col(FindingRow.position) >= new.first)
    insert_once(session, ReviewRow, [_columns(one, row, owner, new) for one in session.exec(found)])


def _columns(one: FindingRow, row: ComparisonRow, owner: ArticleRow, new: New) -> dict[str, Any]:
    mute_id = new.silent.get(one.position)
    sentence = one.body.get("sentence") or {}
    words = (owner.title, new.editor, *one.section, one.summary, sentence.get("old"), sentence.get("new"))
    return {
        "finding_id": one.id,
        "comparison_id": row.id,
        "article_id": owner.id,
        "severity": one.severity,
        "at": new.at,
        "kind": one.kind,
        "section": JOINED.join(one.section),
        "editor": new.editor,
        "words": "\n".join(word for word in words if word).casefold()[:_LONGEST_WORDS],
        "state": (ReviewState.OPEN if mute_id is None else ReviewState.MUTED).value,
        "muted_by": mute_id,
    }


def act(session: Session, ids: Sequence[int], action: Action, by: str, now: datetime) -> int:
    """Write the same decision down for each finding; the number of the batch. Missing when one is not stored."""
    return _written(session, ids, _parts(action), by, now)


def _parts(action: Action) -> dict[str, Any]:
    """The columns of an action; ValueError when it lacks what it needs."""
    note = (action.note or "").strip()[:LONGEST_NOTE] or None
    parts: dict[str, Any] = {"deed": action.deed.value, "note": note}
    match action.deed:
        case Deed.ACKNOWLEDGE:
            return parts
        case Deed.DISMISS if action.reason is not None:
            return parts | {"reason": action.reason.value}
        case Deed.ASSIGN if action.assignee is not None:
            return parts | {"assignee": " ".join(action.assignee.split())[:LONGEST_NAME]}
        case Deed.NOTE if note:
            return parts
        case _:
            raise ValueError(f"{action.deed.value} needs more than it was given, or is done in another way")


def mute(session: Session, finding_id: int, muting: Muting, by: str, now: datetime) -> Mute:
    """Begin a mute from a finding and write that down in the finding's history."""
    begun = mutes.add(session, asdict(muting), now)
    session.exec(update(ReviewRow).where(col(ReviewRow.finding_id) == finding_id).values(muted_by=begun.id))
    _written(session, [finding_id], {"deed": Deed.MUTE.value, "mute_id": begun.id}, by, now)
    return begun


def undo(session: Session, steps: Sequence[Step], by: str, now: datetime) -> int:
    """Take steps back; what was taken back meanwhile is left alone. The number of the batch, 0 for nothing."""
    _locked(session, list({one.finding_id for one in steps}))
    done = set(session.exec(select(StepRow.undoes).where(col(StepRow.undoes).in_([one.id for one in steps]))))
    rows = [
        StepRow(finding_id=one.finding_id, at=now, by=by, deed=Deed.UNDO.value, undoes=one.id)
        for one in steps
        if one.id not in done and one.deed is not Deed.UNDO
    ]
    return _stored(session, rows) if rows else 0


def _written(session: Session, ids: Sequence[int], parts: dict[str, Any], by: str, now: datetime) -> int:
    ordered = sorted(set(ids))
    if not 0 < len(ordered) <= AT_ONCE:
        raise ValueError(f"{len(ordered)} findings: choose 1 to {AT_ONCE} at once")
    _locked(session, ordered)
    rows = [StepRow(finding_id=number, at=now, by=by[:LONGEST_NAME], **parts) for number in ordered]
    return _stored(session, rows)


def _stored(session: Session, rows: list[StepRow]) -> int:
    session.add_all(rows)
    session.flush()
    batch = min(row.id for row in rows)
    session.exec(update(StepRow).where(col(StepRow.id).in_([row.id for row in rows])).values(batch=batch))
    refresh(session, [row.finding_id for row in rows])
    return batch


def _locked(session: Session, ids: Sequence[int]) -> None:
    """Hold the findings until the end of the transaction, in one order: two reviewers must not block each other."""
    held: Any = (
        select(ReviewRow.finding_id).where(col(ReviewRow.finding_id).in_(ids)).order_by(col(ReviewRow.finding_id))
    )
    if lost := sorted(set(ids) - set(session.exec(held.with_for_update()))):
        raise Missing(f"finding {lost[0]} is not stored")


def refresh(session: Session, ids: Sequence[int]) -> None:
    """Write the state that follows from the history of each finding."""
    told: dict[int, list[Step]] = defaultdict(list)
    for one in steps(session, ids):
        told[one.finding_id].append(one)
    rows = select(ReviewRow).where(col(ReviewRow.finding_id).in_(ids)).execution_options(populate_existing=True)
    for row in session.exec(rows):
        history = [one for one in told[row.finding_id] if not one.undone]
        decided = [one for one in history if one.deed in (Deed.ACKNOWLEDGE, Deed.DISMISS)]
        assigned = [one.assignee for one in history if one.deed is Deed.ASSIGN]
        row.state = _state(decided[-1].deed if decided else None, muted=row.muted_by is not None).value
        row.reason = decided[-1].reason if decided else None
        row.assignee = (assigned[-1] if assigned else None) or None
        session.add(row)
    session.flush()


def _state(deed: Deed | None, *, muted: bool) -> ReviewState:
    if deed is None:
        return ReviewState.MUTED if muted else ReviewState.OPEN
    return ReviewState.DISMISSED if deed is Deed.DISMISS else ReviewState.ACKNOWLEDGED


def steps(session: Session, ids: Sequence[int]) -> tuple[Step, ...]:
    """The histories of these findings, oldest step first."""
    return _steps(session, col(StepRow.finding_id).in_(ids))


def batch_steps(session: Session, batch: int) -> tuple[Step, ...]:
    """What was done at once under this number."""
    return _steps(session, col(StepRow.batch) == batch)


def _steps(session: Session, condition: Any) -> tuple[Step, ...]:
    rows = session.exec(select(StepRow).where(condition).order_by(col(StepRow.id))).all()
    taken = select(StepRow.undoes).where(col(StepRow.undoes).in_([row.id for row in rows]))
    undone = set(session.exec(taken)) if rows else set()
    return tuple(
        Step(
            id=row.id,
            finding_id=row.finding_id,
            batch=row.batch or row.id,
            at=row.at,
            by=row.by,
            deed=Deed(row.deed),
            reason=None if row.reason is None else Dismissal(row.reason),
            assignee=row.assignee,
            note=row.note,
            mute_id=row.mute_id,
            undoes=row.undoes,
            undone=row.id in undone,
        )
        for row in rows
    )


def last_step(session: Session, finding_id: int) -> Step | None:
    """The newest step of a finding that can be taken back."""
    open_still = [one for one in steps(session, [finding_id]) if not one.undone and one.deed is not Deed.UNDO]
    return open_still[-1] if open_still else None


def seen(session: Session, reader: str, now: datetime) -> None:
    """Note that a reader has seen all that was found until now."""
    insert_once(session, ViewingRow, [{"reader": reader, "at": now}])
    later = update(ViewingRow).where(col(ViewingRow.reader) == reader, col(ViewingRow.at) < now)
    session.exec(later.values(at=now))


def last_seen(session: Session, reader: str) -> datetime | None:
    """Until when a reader has seen what was found; None before the first time."""
    return session.exec(select(ViewingRow.at).where(col(ViewingRow.reader) == reader)).first()
