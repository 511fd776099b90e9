"""Store the first revisions of many pages in a few statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, delete, update

from snapshots import texts
from snapshots.articles import register_all
from snapshots.database import insert_or_ignore
from snapshots.leases import LONGEST_LEASE, lease_expired
from snapshots.records import ImageDigests
from snapshots.revisions import columns_of
from snapshots.rows import revision_rows
from snapshots.tables import ArticleRow, ImageRow, RevisionRow, UnreachedWatch
from watcher.model import Snapshot

# Built once: building such a statement takes SQLAlchemy as long as running it takes the database.
_FREE: Final = (
    select_columns(col(ArticleRow.id), col(ArticleRow.page_id), col(ArticleRow.title))
    .where(
        col(ArticleRow.id).in_(bindparam("numbers", expanding=True)),
        col(ArticleRow.cursor).is_(None),
        lease_expired(ArticleRow, bindparam("now"), bindparam("latest")),
    )
    .order_by(col(ArticleRow.id))
    .with_for_update()
)
_UNREACHED: Final = select_columns(col(UnreachedWatch.id)).where(col(UnreachedWatch.wiki) == bindparam("wiki")).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The first revision of a page, with which the next one will be compared, and the images that it shows."""

    snapshot: Snapshot
    protection: str
    images: ImageDigests


def commit_all(session: Session, baselines: Sequence[Baseline], now: datetime) -> frozenset[int]:
    """Register pages of one wiki with their first revisions; return the page ids of those that were stored.

    Left out are pages that another worker has leased or begun meanwhile, and those of which this revision is stored.
    """
    if not baselines:
        return frozenset()
    articles = [baseline.snapshot.revision.article for baseline in baselines]
    wiki = articles[0].wiki
    ids = register_all(session, articles, now)
    known = revision_rows(session, wiki, [baseline.snapshot.revision.id for baseline in baselines])
    given = {"numbers": ids, "now": now, "latest": now + LONGEST_LEASE}
    owners = {row.page_id: row for row in session.connection().execute(_FREE, given)}
    stored = [
        (owner, baseline)
        for baseline in baselines
        if (owner := owners.get(baseline.snapshot.revision.article.page_id))
        and baseline.snapshot.revision.id not in known
    ]
    text_ids = texts.store_keyframes(session, [baseline.snapshot.wikitext or "" for _, baseline in stored])
    revisions: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    pages: list[dict[str, Any]] = []
    for (owner, baseline), text_id in zip(stored, text_ids, strict=True):
        revision = baseline.snapshot.revision
        revisions.append(columns_of(revision, owner.id, text_id, now))
        digests = baseline.images.digests.items()
        images += ({"article_id": owner.id, "file": file, "sha1": sha1} for file, sha1 in digests)
        pages.append({"number": owner.id, "judged": revision.id, "levels": baseline.protection})
    insert_or_ignore(session, RevisionRow, revisions)
    insert_or_ignore(session, ImageRow, images)
    if pages:
        checked = {"checked_at": now, "images_checked_at": now, "failures": 0, "error": None, "reserved_until": None}
        judged: Any = bindparam("judged")
        own = update(ArticleRow).where(col(ArticleRow.id) == bindparam("number")).values(**checked)
        stated = own.values(cursor=judged, images_revision_id=judged, protection=bindparam("levels"))
        session.connection().execute(stated, pages)
    # Failures that nobody was notified of are deleted.
    if session.connection().execute(_UNREACHED, {"wiki": wiki}).first() is not None:
        titles = col(UnreachedWatch.title).in_([owner.title for owner, _ in stored])
        watches = col(UnreachedWatch.wiki) == wiki, titles
        session.exec(delete(UnreachedWatch).where(*watches, col(UnreachedWatch.notified_at).is_(None)))
        session.exec(update(UnreachedWatch).where(*watches).values(reached_at=now))
    return frozenset(owner.page_id for owner, _ in stored)
