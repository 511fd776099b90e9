"""Store mutes, and since when each of them has suppressed something of an article."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import case
from sqlmodel import Session, col, select, update

from snapshots import outbox, sent_facts
from snapshots.database import Database, Repository, as_method, insert_or_ignore, reads, writes
from snapshots.queries import get_row, row_id, to_article, to_revision
from snapshots.records import OutgoingAlert
from snapshots.tables import ArticleRow, Mute, NewMute, RevisionRow, SuppressedRow
from watcher.errors import Unavailable
from watcher.model import Article, Revision

# Built once: each comparison asks for them.
_OPEN: Final = select(Mute).where(col(Mute.ended_at).is_(None)).order_by(col(Mute.id))


def begin_mute(session: Session, new_mute: NewMute, now: datetime) -> Mute:
    """Begin to suppress what matches all given parts, until a time or until the mute is ended."""
    mute = Mute(**new_mute.model_dump(), at=now)
    session.add(mute)
    session.flush()
    return mute


def record_suppressed(session: Session, article_id: int, since: int, mute_ids: Sequence[int]) -> None:
    """Record that mutes suppressed something; the first revision counts, from which the summary will start."""
    rows = [{"mute_id": number, "article_id": article_id, "since": since} for number in mute_ids]
    insert_or_ignore(session, SuppressedRow, rows)


def are_open(session: Session, mute_ids: Collection[int]) -> bool:
    """Return whether none of some mutes has been ended, and let nobody end them before the transaction does."""
    still = select(Mute.id).where(col(Mute.id).in_(mute_ids), col(Mute.ended_at).is_(None))
    return not mute_ids or len(session.exec(still.with_for_update(read=True)).all()) == len(mute_ids)


class MuteRepository(Repository):
    """Mutes, and what they have suppressed."""

    begin = as_method(begin_mute, Database.write)

    @reads
    def list_open(self, session: Session) -> tuple[Mute, ...]:
        """List the mutes that have not been ended, those that have run out too, oldest first."""
        return tuple(session.exec(_OPEN))

    @reads
    def ended_since(self, session: Session, since: datetime) -> tuple[Mute, ...]:
        """List the mutes that have ended since a time, oldest first."""
        return tuple(session.exec(select(Mute).where(col(Mute.ended_at) >= since).order_by(col(Mute.id))))

    @reads
    def suppressed(self, session: Session, mute: Mute) -> tuple[tuple[Article, int], ...]:
        """List the articles of which a mute has suppressed something, each with the revision since which it does."""
        rows = (
            select(ArticleRow, SuppressedRow.since)
            .join(ArticleRow, col(ArticleRow.id) == col(SuppressedRow.article_id))
            .where(col(SuppressedRow.mute_id) == mute.id)
            .order_by(col(SuppressedRow.id))
        )
        return tuple((to_article(article), since) for article, since in session.exec(rows))

    @reads
    def suppressed_since(self, session: Session, article: Article, mute_ids: Sequence[int]) -> tuple[Revision, ...]:
        """List the revisions of a page since which some mutes hold something back, the oldest first."""
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
        """End a mute and queue the summary of what it suppressed; False, nothing is done, when it was ended already.

        The queued deliveries that the summary replaces are `superseded`; `judged` are the last judged revisions of the
        pages that it is about. Unavailable where one was tried, or a page was judged, meanwhile.
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
        # What it suppressed goes into the queue, except what somebody has decided about or was resolved before. Loaded
        # where it is needed: each check asks for the mutes, few end one.
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
