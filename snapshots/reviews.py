"""Record review decisions in an append-only audit trail, from which the state of each finding is derived."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Text, bindparam, type_coerce
from sqlalchemy import select as select_columns
from sqlmodel import Session, and_, col, delete, func, or_, select, update

from snapshots import mutes
from snapshots.database import Database, Repository, as_method, insert_or_ignore, reads, writes
from snapshots.queries import IDS_IN_STATEMENT, row_id
from snapshots.review_records import (
    FindingRow,
    LastSeenRow,
    OpenFinding,
    ReviewAction,
    ReviewDecision,
    ReviewEvent,
    ReviewRow,
    ReviewState,
    RuleOutcomes,
    SavedFilterRow,
)
from snapshots.tables import ComparisonRow, Mute, NewMute, RevisionRow, UTCDateTime
from watcher.batching import batched
from watcher.errors import Conflict, Missing
from watcher.model import Article

AT_ONCE: Final = 5000
"""The most findings that can be decided at once: a blanked page can have thousands."""

DECIDING: Final = (ReviewAction.ACKNOWLEDGE, ReviewAction.DISMISS)
"""The actions that take a finding out of the queue."""
_ASSIGNING: Final = (ReviewAction.ASSIGN,)
UNDOABLE: Final = tuple(action for action in ReviewAction if action is not ReviewAction.UNDO)

_LOCK: Final = 7_317_204  # of PostgreSQL: decisions get their ids in the order in which others see them

SYSTEM: Final = "Article Watcher"
"""The author of events that no reviewer caused."""

MAX_NAME_LENGTH: Final = 64
MAX_NOTE_LENGTH: Final = 2000
MAX_WORDS_LENGTH: Final = 4000
MIN_SERIES_ARTICLES: Final = 4
"""From this number of articles on, edits by one editor with one edit summary are one row of the queue."""
MAX_SERIES_DURATION: Final = timedelta(days=1)


Edits = tuple[tuple[int, str], ...]


_RECENT: Final = (
    col(ReviewRow.series) == bindparam("of_series"),
    col(ReviewRow.at).between(bindparam("since", type_=UTCDateTime), bindparam("until", type_=UTCDateTime)),
)
_OF_SERIES: Final = select_columns(col(ReviewRow.article_id), col(ReviewRow.edit_id)).where(*_RECENT).distinct()


def join_series(session: Session, series: str, article_id: int, edit_id: int, at: datetime) -> int:
    """Return the queue key for an edit of a series; if the series has enough articles, give all its edits one key."""
    given = {"of_series": series, "since": at - MAX_SERIES_DURATION, "until": at + MAX_SERIES_DURATION}
    known = session.connection().execute(_OF_SERIES, given).all()
    if len({article_id, *(article for article, _ in known)}) < MIN_SERIES_ARTICLES:
        return edit_id
    first = min(number for _, number in known)
    row = ReviewRow
    others = update(row).where(*_RECENT, col(row.edit_id) != first).values(edit_id=first)
    session.connection().execute(others, given)
    return first


def edit_ids(session: Session, comparison_id: int) -> dict[Edits, int]:
    """Map the edits that made the stored findings of a comparison to their keys in the queue."""
    stored = select(FindingRow.body, ReviewRow.edit_id).join(ReviewRow, col(ReviewRow.finding_id) == col(FindingRow.id))
    rows = session.exec(stored.where(col(FindingRow.comparison_id) == comparison_id))
    return {edits_of(body): edit_id for body, edit_id in rows}


def edits_of(body: Mapping[str, Any]) -> Edits:
    """Return the wiki's id and time of each edit that made a finding, () if unknown.

    Uploads of files in one revision differ only in their times.
    """
    edits = body.get("revisions") or ([body["revision"]] if body.get("revision") else [])
    return tuple((edit["id"], edit["at"]) for edit in edits)


def overwritten_by(action: ReviewAction) -> tuple[ReviewAction, ...]:
    """Return the actions whose result an action replaces: decisions replace decisions, assignments assignments."""
    return {ReviewAction.ASSIGN: _ASSIGNING, ReviewAction.NOTE: ()}.get(action, DECIDING)


def _decided_since(
    session: Session, ids: Sequence[int], as_of: int, by: str, actions: Collection[ReviewAction] = DECIDING
) -> tuple[ReviewEvent, ...]:
    """Return the last of these actions about each finding after the event `as_of`, unless `by` took it."""
    after = _select_events(session, and_(col(ReviewEvent.finding_id).in_(ids), col(ReviewEvent.id) > as_of))
    last = {event.finding_id: event for event in after if event.action in actions and not event.undone}
    return tuple(event for _, event in sorted(last.items()) if event.by != by)


def _record_batch(session: Session, rows: list[ReviewEvent]) -> int:
    """Store events as one batch and recompute the states of their findings; return its number, 0 without events."""
    if not rows:
        return 0
    session.add_all(rows)
    session.flush()
    ids = [row.id for row in rows]
    batch = min(ids)
    session.connection().execute(_SET_BATCH, {"ids": ids, "number": batch})
    _recompute_state(session, [row.finding_id for row in rows])
    return batch


def _lock_findings(session: Session, ids: Sequence[int]) -> None:
    """Lock findings, in a fixed order so that reviewers cannot deadlock; raise Missing if one is not stored."""
    number = col(ReviewRow.finding_id)
    stored = session.exec(select(number).where(number.in_(ids)).order_by(number).with_for_update())
    if missing := {*ids}.difference(stored):
        raise Missing(f"finding {min(missing)} is not stored")


def _recompute_state(session: Session, ids: Sequence[int]) -> None:
    """Derive the state of each finding from its audit trail, and store it."""
    events: dict[int, list[ReviewEvent]] = defaultdict(list)
    for event in events_of(session, ids):
        if not event.undone:
            events[event.finding_id].append(event)
    rows = select(ReviewRow).where(col(ReviewRow.finding_id).in_(ids)).execution_options(populate_existing=True)
    for row in session.exec(rows):
        history = events[row.finding_id]
        decided = [event for event in history if event.action in DECIDING]
        assigned = [event.assignee for event in history if event.action is ReviewAction.ASSIGN]
        resolved = any(event.action is ReviewAction.RESOLVE for event in history)
        # Decisions take precedence over mutes, and mutes over resolutions.
        if decided:
            dismissed = decided[-1].action is ReviewAction.DISMISS
            row.state = ReviewState.DISMISSED if dismissed else ReviewState.ACKNOWLEDGED
        elif row.muted_by is not None:
            row.state = ReviewState.MUTED
        else:
            row.state = ReviewState.RESOLVED if resolved else ReviewState.OPEN
        row.reason = decided[-1].reason if decided else None
        row.assignee = (assigned[-1] if assigned else None) or None
        session.add(row)
    session.flush()


# Built once: most comparisons execute them.
_FINDING: Final = col(ReviewRow.finding_id)
_GIVEN: Final[Any] = bindparam("ids", expanding=True)
_SET_BATCH: Final = update(ReviewEvent).where(col(ReviewEvent.id).in_(_GIVEN)).values(batch=bindparam("number"))
_OPEN_AMONG: Final = (
    select_columns(_FINDING)
    .where(_FINDING.in_(_GIVEN), col(ReviewRow.state) == ReviewState.OPEN)
    .order_by(_FINDING)
    .with_for_update()
)
_SET_RESOLVED: Final = update(ReviewRow).where(_FINDING.in_(_GIVEN)).values(state=ReviewState.RESOLVED)


def resolve(session: Session, notes: Mapping[int, str], now: datetime) -> None:
    """Record that findings were undone (`notes` by their ids); findings that are not open stay as they are."""
    connection = session.connection()
    for ids in batched(sorted(notes), IDS_IN_STATEMENT):
        if open_ids := connection.execute(_OPEN_AMONG, {"ids": ids}).scalars().all():
            event = {"at": now, "by": SYSTEM, "action": ReviewAction.RESOLVE}
            rows = [event | {"finding_id": id_, "note": notes[id_]} for id_ in open_ids]
            events = [row.id for row in insert_or_ignore(session, ReviewEvent, rows, "id")]
            connection.execute(_SET_BATCH, {"ids": events, "number": min(events)})
            # An open finding has no decision and no mute, so its state does not depend on earlier events.
            connection.execute(_SET_RESOLVED, {"ids": open_ids})


def reopen(session: Session, ids: Sequence[int], note: str, now: datetime) -> None:
    """Undo the resolutions of findings whose notes begin with `note`; decisions stay as they are."""
    for group in batched(ids, IDS_IN_STATEMENT):
        resolved = (event for event in events_of(session, group) if event.action is ReviewAction.RESOLVE)
        _undo(session, (event for event in resolved if (event.note or "").startswith(note)), SYSTEM, now)


def _undo(session: Session, events: Iterable[ReviewEvent], by: str, now: datetime) -> int:
    rows = [
        ReviewEvent(finding_id=event.finding_id, at=now, by=by, action=ReviewAction.UNDO, undoes=event.id)
        for event in events
        if not event.undone
    ]
    return _record_batch(session, rows)


def decided_ids(session: Session, comparison_id: int) -> frozenset[int]:
    """Return the ids of those findings of a comparison about which a reviewer has decided."""
    states = [state.value for state in (ReviewState.ACKNOWLEDGED, ReviewState.DISMISSED)]
    rows = select(ReviewRow.finding_id).where(col(ReviewRow.comparison_id) == comparison_id)
    return frozenset(session.exec(rows.where(col(ReviewRow.state).in_(states))))


def events_of(session: Session, ids: Sequence[int]) -> tuple[ReviewEvent, ...]:
    """Read the events of these findings' audit trails, oldest first."""
    return _select_events(session, col(ReviewEvent.finding_id).in_(ids))


def _select_events(session: Session, condition: Any) -> tuple[ReviewEvent, ...]:
    # Read again: what the session has written since may have undone an event that it had read.
    rows = select(ReviewEvent).where(condition).order_by(col(ReviewEvent.id))
    return tuple(session.exec(rows.execution_options(populate_existing=True)))


# Built once: each comparison executes them. The subquery selects ids first: sorting would read the JSON of all rows.
_NEWEST_IN: Final = (
    select_columns(*(col(getattr(ReviewRow, name)) for name in ("finding_id", "comparison_id", "kind", "section")))
    .where(
        col(ReviewRow.state).in_(bindparam("states", expanding=True)), col(ReviewRow.article_id) == bindparam("page")
    )
    .order_by(col(ReviewRow.at).desc(), col(ReviewRow.finding_id).desc())
    .limit(bindparam("most"))
    .subquery()
)
_OPEN: Final = (
    select_columns(
        col(FindingRow.id),
        col(FindingRow.severity),
        col(RevisionRow.sha1),
        col(ComparisonRow.before_id) != col(ComparisonRow.after_id),
        _NEWEST_IN.c.kind,
        _NEWEST_IN.c.section,
        type_coerce(col(FindingRow.body), Text),
    )
    .join(_NEWEST_IN, _NEWEST_IN.c.finding_id == col(FindingRow.id))
    .join(ComparisonRow, col(ComparisonRow.id) == _NEWEST_IN.c.comparison_id)
    .join(RevisionRow, col(RevisionRow.id) == col(ComparisonRow.before_id))
)
_OPEN_ABOUT: Final = _OPEN.where(
    or_(
        _NEWEST_IN.c.kind.in_(bindparam("kinds", expanding=True)),
        _NEWEST_IN.c.section.in_(bindparam("sections", expanding=True)),
        and_(col(RevisionRow.sha1) == bindparam("sha1"), col(ComparisonRow.before_id) != col(ComparisonRow.after_id)),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionResult:
    """The number of the stored batch (0: none), and the decisions of others that were not overwritten."""

    batch: int
    conflicts: tuple[ReviewEvent, ...]


class ReviewRepository(Repository):
    """Decisions of reviewers, saved filters, and the time until which each reader has seen the findings."""

    @reads
    def open_findings(
        self,
        session: Session,
        article: Article,
        limit: int,
        states: Sequence[ReviewState] = (ReviewState.OPEN,),
        *,
        kinds: Collection[str] | None = None,
        sections: Collection[str] = (),
        before_sha1: str | None = None,
    ) -> tuple[OpenFinding, ...]:
        """Read the newest `limit` findings of a page in these states, in the order of their ids.

        With `kinds`, leave out those of other kinds, unless they are in one of the `sections`, or an edit made them in
        the text with the SHA-1 `before_sha1`.
        """
        given = {"page": row_id(session, article), "most": limit, "states": [state.value for state in states]}
        given |= {"kinds": [*(kinds or ())], "sections": [*sections], "sha1": before_sha1}
        rows = session.connection().execute(_OPEN if kinds is None else _OPEN_ABOUT, given).all()
        return tuple(sorted(map(OpenFinding._make, rows)))

    @reads
    def events_of(self, session: Session, finding_id: int) -> tuple[ReviewEvent, ...]:
        """Read the events of a finding's audit trail, oldest first."""
        return events_of(session, [finding_id])

    @reads
    def events_of_batch(self, session: Session, batch: int) -> tuple[ReviewEvent, ...]:
        """Read the events of a batch, oldest first; () if there is none with this number."""
        return _select_events(session, col(ReviewEvent.batch) == batch)

    @reads
    def last_event(
        self, session: Session, finding_id: int, actions: Collection[ReviewAction] = UNDOABLE
    ) -> ReviewEvent | None:
        """Return the newest event of these actions about a finding that was not undone, or None."""
        events = reversed(events_of(session, [finding_id]))
        return next((event for event in events if event.action in actions and not event.undone), None)

    @reads
    def last_batch_of(self, session: Session, reviewer: str) -> int:
        """Return the batch number of a reviewer's newest event that can be undone; 0 if there is none."""
        own = ReviewEvent.by == reviewer, ReviewEvent.action != ReviewAction.UNDO, ~col(ReviewEvent.undone)
        last = select(ReviewEvent.batch).where(*own).order_by(col(ReviewEvent.id).desc()).limit(1)
        return session.exec(last).first() or 0

    @writes
    def decide(
        self,
        session: Session,
        ids: Sequence[int],
        decision: ReviewDecision,
        by: str,
        now: datetime,
        *,
        as_of: int | None = None,
    ) -> DecisionResult:
        """Record one decision about several findings, at most `AT_ONCE`, in one transaction.

        Raise Missing if a finding is not stored. With `as_of`, the last decision that the reviewer has seen, later
        decisions or assignments by others are kept and returned as conflicts, so that nobody overwrites one unseen.
        """
        parts = decision.model_dump() | {"note": (decision.note or "").strip()[:MAX_NOTE_LENGTH] or None}
        if decision.assignee is not None:
            parts["assignee"] = " ".join(decision.assignee.split())[:MAX_NAME_LENGTH]
        if session.connection().dialect.name == "postgresql":
            session.exec(select(func.pg_advisory_xact_lock(_LOCK)))
        _lock_findings(session, ids)
        if decision.answers is not None:
            note = session.get(ReviewEvent, decision.answers)
            if note is None or [*ids] != [note.finding_id] or not note.note:
                raise Missing(f"note {decision.answers} is not one of this finding")
            parts["answers"] = note.answers or note.id  # threads have one level: an answer to an answer joins it
        replaced = overwritten_by(decision.action)
        conflicts = () if as_of is None else _decided_since(session, ids, as_of, by, replaced)
        open_ids = set(ids) - {event.finding_id for event in conflicts}
        rows = [ReviewEvent(finding_id=number, at=now, by=by[:MAX_NAME_LENGTH], **parts) for number in sorted(open_ids)]
        return DecisionResult(batch=_record_batch(session, rows), conflicts=conflicts)

    decided_since = as_method(_decided_since, Database.read)

    @reads
    def last_event_id(self, session: Session) -> int:
        """Return the id of the newest decision or assignment, 0 if there is none; pages pass it back as `as_of`."""
        newest = select(func.max(ReviewEvent.id)).where(col(ReviewEvent.action).in_((*DECIDING, *_ASSIGNING)))
        return session.exec(newest).one() or 0

    @writes
    def mute(self, session: Session, finding_id: int, new_mute: NewMute, by: str, now: datetime) -> Mute:
        """Begin a mute from a finding, and record it in that finding's audit trail.

        Raise Conflict if a mute suppresses it already: of two, only the later one could be ended from its page.
        """
        _lock_findings(session, [finding_id])
        begun = mutes.begin_mute(session, new_mute, now)
        audible = update(ReviewRow).where(col(ReviewRow.finding_id) == finding_id, col(ReviewRow.muted_by).is_(None))
        if session.exec(audible.values(muted_by=begun.id)).rowcount != 1:
            raise Conflict(f"finding {finding_id} is muted already, so nothing was done: reload it")
        step = ReviewAction.MUTE
        row = ReviewEvent(finding_id=finding_id, at=now, by=by[:MAX_NAME_LENGTH], action=step, mute_id=begun.id)
        _record_batch(session, [row])
        return begun

    @writes
    def undo(self, session: Session, events: Sequence[ReviewEvent], by: str, now: datetime) -> int:
        """Undo events; return the batch number, 0 if all were undone before. A mute must be ended separately."""
        if not events:
            return 0
        _lock_findings(session, list({event.finding_id for event in events}))
        current = _select_events(session, col(ReviewEvent.id).in_([event.id for event in events]))
        return _undo(session, (event for event in current if event.action in UNDOABLE), by, now)

    @writes
    def mark_seen(self, session: Session, reader: str, now: datetime) -> None:
        """Record that a reader has seen all findings made until now."""
        insert_or_ignore(session, LastSeenRow, [{"reader": reader, "at": now}])
        later = update(LastSeenRow).where(col(LastSeenRow.reader) == reader, col(LastSeenRow.at) < now)
        session.exec(later.values(at=now))

    @reads
    def outcomes_by_rule(self, session: Session) -> tuple[RuleOutcomes, ...]:
        """Count decisions by the rule that made the finding, the rule with most factual and not factual ones first."""
        rows = select(FindingRow.rule, ReviewRow.state, ReviewRow.reason, func.count()).join(
            FindingRow, col(FindingRow.id) == col(ReviewRow.finding_id)
        )
        outcomes: dict[str, RuleOutcomes] = {}
        for rule, state, reason, count in session.exec(
            rows.group_by(col(FindingRow.rule), col(ReviewRow.state), col(ReviewRow.reason))
        ):
            outcomes.setdefault(rule, RuleOutcomes(rule=rule)).add(state, reason, count)
        return tuple(sorted(outcomes.values(), key=lambda item: (-item.factual - item.not_factual, item.rule)))

    @reads
    def assignments(self, session: Session, assignee: str, limit: int) -> dict[int, ReviewEvent]:
        """Map the findings that are assigned to somebody to the events that last assigned them, newest first."""
        newest = (
            select(func.max(ReviewEvent.id))
            .join(ReviewRow, col(ReviewRow.finding_id) == col(ReviewEvent.finding_id))
            .where(col(ReviewRow.assignee) == assignee, col(ReviewEvent.assignee) == assignee)
            .group_by(col(ReviewEvent.finding_id))
            .order_by(func.max(ReviewEvent.id).desc())
            .limit(limit)
        )
        ids = session.exec(newest).all()
        steps = _select_events(session, col(ReviewEvent.id).in_(ids))
        return {event.finding_id: event for event in reversed(steps)}

    @reads
    def last_seen(self, session: Session, reader: str) -> datetime | None:
        """Return the time until which a reader has seen the findings; None if they have seen none."""
        return session.exec(select(LastSeenRow.at).where(col(LastSeenRow.reader) == reader)).first()

    @writes
    def save_filter(self, session: Session, reader: str, name: str, query: str, now: datetime) -> None:
        """Store a reader's filter under a name, and replace the filter that had the name."""
        row = {"reader": reader, "name": name, "query": query, "at": now}
        insert_or_ignore(session, SavedFilterRow, [row])
        session.exec(update(SavedFilterRow).where(*_saved_as(reader, name)).values(query=query, at=now))

    @writes
    def delete_filter(self, session: Session, reader: str, name: str) -> None:
        """Delete a reader's filter; do nothing if it is not stored."""
        session.exec(delete(SavedFilterRow).where(*_saved_as(reader, name)))

    @reads
    def saved_filters(self, session: Session, reader: str) -> tuple[tuple[str, str], ...]:
        """List a reader's filters, sorted by name, each with the query string of its address."""
        rows = select(SavedFilterRow).where(col(SavedFilterRow.reader) == reader)
        return tuple((row.name, row.query) for row in session.exec(rows.order_by(col(SavedFilterRow.name))))


def _saved_as(reader: str, name: str) -> list[Any]:
    return [col(SavedFilterRow.reader) == reader, col(SavedFilterRow.name) == name]
