"""Store mutes, and since which revision each mute has suppressed findings of an article."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import case
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select, update

from snapshots import outbox, sent_facts
from snapshots.database import Database, Repository, as_method, insert_or_ignore, reads, writes
from snapshots.queries import all_columns, get_row, row_id, to_article, to_revision
from snapshots.records import OutgoingAlert
from snapshots.tables import ArticleRow, Mute, NewMute, RevisionRow, SuppressedRow
from watcher.errors import Unavailable
from watcher.model import Article, Revision

# Built once: each comparison executes it.
_OPEN: Final = select_columns(*all_columns(Mute)).where(col(Mute.ended_at).is_(None)).order_by(col(Mute.id))


def begin_mute(session: Session, new_mute: NewMute, now: datetime) -> Mute:
    """Store a mute, which suppresses findings that match all given parts until its time, or until it is ended."""
    mute = Mute(**new_mute.model_dump(), at=now)
    session.add(mute)
    session.flush()
    return mute


def record_suppressed(session: Session, article_id: int, since: int, mute_ids: Sequence[int]) -> None:
    """Record that mutes suppressed findings of an article; the first revision is kept, where the summary starts."""
    rows = [{"mute_id": number, "article_id": article_id, "since": since} for number in mute_ids]
    insert_or_ignore(session, SuppressedRow, rows)


def are_open(session: Session, mute_ids: Collection[int]) -> bool:
    """Return whether all these mutes are still open; lock them so that nobody can end them during the transaction."""
    open_mutes = select(Mute.id).where(col(Mute.id).in_(mute_ids), col(Mute.ended_at).is_(None))
    return not mute_ids or len(session.exec(open_mutes.with_for_update(read=True)).all()) == len(mute_ids)


class MuteRepository(Repository):
    """Mutes, and the articles of which they have suppressed findings."""

    begin = as_method(begin_mute, Database.write)

    @reads
    def list_open(self, session: Session) -> tuple[Mute, ...]:
        """List the mutes that have not been ended, oldest first, including expired ones."""
        return tuple(Mute(**row._mapping) for row in session.connection().execute(_OPEN).all())  # noqa: SLF001  public

    @reads
    def ended_since(self, session: Session, since: datetime) -> tuple[Mute, ...]:
        """List the mutes that were ended since a time, oldest first."""
        return tuple(session.exec(select(Mute).where(col(Mute.ended_at) >= since).order_by(col(Mute.id))))

    @reads
    def suppressed(self, session: Session, mute: Mute) -> tuple[tuple[Article, int], ...]:
        """List the articles of which a mute has suppressed findings, each with the revision (id) since which it has."""
        rows = (
            select(ArticleRow, SuppressedRow.since)
            .join(ArticleRow, col(ArticleRow.id) == col(SuppressedRow.article_id))
            .where(col(SuppressedRow.mute_id) == mute.id)
            .order_by(col(SuppressedRow.id))
        )
        return tuple((to_article(article), since) for article, since in session.exec(rows))

    @reads
    def suppressed_since(self, session: Session, article: Article, mute_ids: Sequence[int]) -> tuple[Revision, ...]:
        """List the revisions since which these mutes have suppressed findings of a page, oldest first."""
        if not mute_ids:
            return ()
        number = row_id(session, article)
        own = col(SuppressedRow.article_id) == number, col(SuppressedRow.mute_id).in_(mute_ids)
        since = select(SuppressedRow.since).where(*own)
        rows = select(RevisionRow).where(col(RevisionRow.revision_id).in_(since), col(RevisionRow.article_id) == number)
        return tuple(to_revision(row, article) for row in session.exec(rows.order_by(col(RevisionRow.at))))

    @writes
    def end(
        self,
        session: Session,
        mute: Mute,
        alerts: Sequence[OutgoingAlert],
        now: datetime,
        *,
        judged: Mapping[Article, int | None] | None = None,
        superseded: Sequence[int] = (),
        outdated: Sequence[int] = (),
    ) -> bool:
        """End a mute and queue the summary of what it suppressed; return False, and do nothing, if it was ended before.

        `superseded` are the queued deliveries that the summary replaces, `judged` the last judged revisions of its
        pages. Raise Unavailable if one of the deliveries was tried, or one of the pages was judged, meanwhile.
        """
        open_still = update(Mute).where(col(Mute.id) == mute.id, col(Mute.ended_at).is_(None))
        if session.exec(open_still.values(ended_at=now)).rowcount != 1:
            return False
        pages = select(ArticleRow).join(SuppressedRow).where(col(SuppressedRow.mute_id) == mute.id)
        if judged is not None and judged != {to_article(row): row.cursor for row in session.exec(pages)}:
            raise Unavailable(f"mute {mute.id} is not ended: a page of it is being checked; try again")
        if not sent_facts.supersede(session, superseded, now):
            raise Unavailable(f"mute {mute.id} is not ended: a message about its page is being sent; try again")
        sent_facts.close(session, outdated, now)
        # Muted findings go back into the queue, as open or as resolved; decided ones stay as they are. Imported here,
        # because every check loads this module, but few checks end a mute.
        from snapshots.review_records import ReviewAction, ReviewEvent, ReviewRow, ReviewState  # noqa: PLC0415

        own, event = col(ReviewRow.muted_by) == mute.id, ReviewEvent
        steps = select(event.id).where(event.finding_id == ReviewRow.finding_id, ~col(event.undone))
        resolved = steps.where(event.action == ReviewAction.RESOLVE).exists()
        state = case((resolved, ReviewState.RESOLVED.value), else_=ReviewState.OPEN.value)
        session.exec(update(ReviewRow).where(own, col(ReviewRow.state) == ReviewState.MUTED.value).values(state=state))
        session.exec(update(ReviewRow).where(own).values(muted_by=None))
        for alert in alerts:
            outbox.queue(session, alert, now, article_id=get_row(session, alert.alert.article).id)
        return True
