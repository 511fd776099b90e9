"""Store watched pages by wiki and page id, the state that polls need, and the digests of the pages' images."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import bindparam, case
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, delete, func, or_, select, update

from snapshots import queries
from snapshots.database import Database, Repository, as_method, insert_or_ignore, reads, writes
from snapshots.events import record_event
from snapshots.records import ImageDigests, PollState
from snapshots.tables import ArticleRow, ImageRow, PageEvent, RevisionRow, UnreachedWatch
from watcher.model import Article

# Events whose detail is "old title → the page's title".
TITLE_EVENTS: Final = ("moved", "followed")
ARROW: Final = " → "
STATE: Final = tuple(
    col(getattr(ArticleRow, name))
    for name in (
        "id", "wiki", "page_id", "title", "checked_at", "failures", "error", "cursor", "reserved_until", "protection",
        "images_revision_id", "touched",
    )
)  # fmt: skip
"""The columns that `to_state` needs: plain columns are faster than table objects for 100,000 pages."""

Digests = Mapping[str, str | None]
"""The SHA-1 of each image file that an article shows; None if the wiki has no such file."""

# Statements that every check executes are built once: building one takes as long as executing it.
_OF_TITLES: Final = (
    select_columns(*STATE)
    .where(col(ArticleRow.wiki) == bindparam("wiki"), col(ArticleRow.title).in_(bindparam("titles", expanding=True)))
    .order_by(func.coalesce(ArticleRow.checked_at, ArticleRow.registered_at), col(ArticleRow.id))
)
# The articles of a wiki that were moved or reached through a redirect, one row for each event, oldest first.
_TITLE_EVENTS: Final = (
    select_columns(*STATE, col(PageEvent.detail))
    .join(PageEvent, col(PageEvent.article_id) == col(ArticleRow.id))
    .where(col(PageEvent.kind).in_(TITLE_EVENTS), col(ArticleRow.wiki) == bindparam("wiki"))
    .order_by(col(PageEvent.id))
)


def _rows_by_title(session: Session, wiki: str, titles: Collection[str]) -> dict[str, Any]:
    """Map each title to the page that has it, else to the last page that had it or was reached through it."""
    # A deleted page and its successor have the same title. The one that was checked last counts, because the successor
    # may be deleted and the first page restored.
    result = {row.title: row for row in queries.in_parts(session, _OF_TITLES, "titles", titles, wiki=wiki)}
    missing = set(titles) - result.keys()
    if missing:
        for row in session.connection().execute(_TITLE_EVENTS, {"wiki": wiki}):
            result |= dict.fromkeys(missing.intersection(_former_titles(row.detail)), row)
    return result


_OF_PAGES: Final = (
    col(ArticleRow.wiki) == bindparam("wiki"),
    col(ArticleRow.page_id).in_(bindparam("page_ids", expanding=True)),
)
_MOVES: Final = (
    select_columns(col(ArticleRow.page_id), col(PageEvent.detail))
    .join(ArticleRow, col(ArticleRow.id) == col(PageEvent.article_id))
    .where(col(PageEvent.kind).in_(TITLE_EVENTS), *_OF_PAGES)
    .order_by(col(PageEvent.id).desc())
)
_TITLES_OF_PAGES: Final = select_columns(col(ArticleRow.id), col(ArticleRow.page_id), col(ArticleRow.title)).where(
    *_OF_PAGES
)


def _former_titles(detail: str) -> list[str]:
    """List every possible old title in "old → new": a title may itself contain an arrow."""
    parts = detail.split(ARROW)
    return [ARROW.join(parts[:count]) for count in range(1, len(parts))]


def register_all(session: Session, articles: Sequence[Article], now: datetime) -> list[int]:
    """Store many pages as `ArticleRepository.register` does, and return the ids of their rows."""
    columns = [{"wiki": page.wiki, "page_id": page.page_id, "title": page.title, "failures": 0} for page in articles]
    insert_or_ignore(session, ArticleRow, [row | {"registered_at": now} for row in columns])
    titles = {(page.wiki, page.page_id): page.title for page in articles}
    ids: list[int] = []
    for wiki in dict.fromkeys(page.wiki for page in articles):
        of_wiki = [page.page_id for page in articles if page.wiki == wiki]
        for number, page_id, known in queries.in_parts(session, _TITLES_OF_PAGES, "page_ids", of_wiki, wiki=wiki):
            ids.append(number)
            title = titles[wiki, page_id]
            if known != title:
                before = Article(wiki=wiki, page_id=page_id, title=known)
                record_event(session, before, "moved", f"{known}{ARROW}{title}", now)
                session.exec(update(ArticleRow).where(col(ArticleRow.id) == number).values(title=title))
    return ids


def to_state(row: Any, *, has_open_event: bool = False) -> PollState:
    """Convert a row with the columns of `STATE`."""
    checks = row.checked_at, row.failures, row.error, row.cursor, row.reserved_until
    has_images = row.images_revision_id is not None
    return PollState(queries.to_article(row), *checks, row.protection, has_images, row.touched, has_open_event)


def check_columns(now: Any, failures: Any, error: str | None) -> dict[str, Any]:
    """Return the values that a finished check writes to the row of its page."""
    return {"checked_at": now, "failures": failures, "error": error, "reserved_until": None}


# One statement for the result and the lease, so that the end of a check writes the row of the page once.
_IS_OWN: Final = col(ArticleRow.lease_owner) == bindparam("owner")
_ENDED: Final = (
    update(ArticleRow)
    .where(col(ArticleRow.id) == bindparam("row"))
    .values(check_columns(bindparam("now"), 0, None))
    .values({name: case((_IS_OWN, None), else_=getattr(ArticleRow, name)) for name in queries.RELEASED})
)
_ENDED_WITH_IMAGES: Final = _ENDED.values(images_revision_id=bindparam("judged"), images_checked_at=bindparam("seen"))
_KINDS: Final[Any] = bindparam("kinds", expanding=True)
_LATEST_EVENTS: Final = (
    select_columns(func.max(PageEvent.id))
    .where(col(PageEvent.article_id).in_(bindparam("page_ids", expanding=True)), col(PageEvent.event_group).in_(_KINDS))
    .group_by(col(PageEvent.article_id), col(PageEvent.event_group))
)
_OPEN_EVENTS: Final = select_columns(col(PageEvent.article_id)).where(
    col(PageEvent.id).in_(_LATEST_EVENTS), col(PageEvent.kind).in_(_KINDS)
)
_OUTDATED_INDEX: Final = (
    _OF_TITLES.where(
        col(ArticleRow.cursor).is_not(None),
        or_(
            col(ArticleRow.cited_revision_id).is_distinct_from(col(ArticleRow.cursor)),
            col(ArticleRow.cited_version).is_distinct_from(bindparam("version")),
        ),
    )
    .with_only_columns(col(ArticleRow.wiki), col(ArticleRow.page_id), col(ArticleRow.title))
    .limit(bindparam("most"))
)
_SEEN: Final = col(ArticleRow.images_checked_at)
_RECORDED: Final = (
    select_columns(col(ArticleRow.page_id), col(ImageRow.file), col(ImageRow.sha1))
    .outerjoin(ImageRow, col(ImageRow.article_id) == col(ArticleRow.id))
    .where(
        *_OF_PAGES,
        col(ArticleRow.cursor).is_not(None),
        # A time in the future comes from a clock that was wrong.
        or_(_SEEN.is_(None), ~_SEEN.between(bindparam("before"), bindparam("now"))),
    )
    .order_by(col(ImageRow.id))
)
_DIGESTS: Final = (
    select_columns(
        col(ArticleRow.images_revision_id), col(ArticleRow.images_checked_at), col(ImageRow.file), col(ImageRow.sha1)
    )
    .outerjoin(ImageRow, col(ImageRow.article_id) == col(ArticleRow.id))
    .where(col(ArticleRow.id) == bindparam("page"))
    .order_by(col(ImageRow.id))
)


def save_images(session: Session, article: Article, seen: ImageDigests) -> None:
    """Replace the stored image digests of an article, after locking its row."""
    article_id = queries.row_id(session, article)
    checked = update(ArticleRow).where(col(ArticleRow.id) == article_id)
    session.connection().execute(checked.values(images_revision_id=seen.revision_id, images_checked_at=seen.seen_at))
    replace_digests(session, article_id, seen.digests)


def replace_digests(session: Session, article_id: int, digests: Digests, before: Digests | None = None) -> None:
    """Replace the image digests of an article whose row is locked; `before` are the stored ones, if known."""
    own = col(ImageRow.article_id) == article_id
    if before is None:
        before = dict(session.exec(select(ImageRow.file, ImageRow.sha1).where(own)).all())
    # One statement per file: an article with a thousand images must not exceed SQLite's limit of parameters.
    for file, _ in before.items() - digests.items():
        session.exec(delete(ImageRow).where(own, col(ImageRow.file) == file))
    new = [item for item in digests.items() if item not in before.items()]
    insert_or_ignore(session, ImageRow, [{"article_id": article_id, "file": file, "sha1": sha1} for file, sha1 in new])


class ArticleRepository(Repository):
    """Registered pages: their titles, the results of their checks, and their protection."""

    update = as_method(queries.update_articles, Database.write)

    @writes
    def register(self, session: Session, article: Article, now: datetime) -> None:
        """Store a page; if it is known under another title, record the move as an event."""
        register_all(session, [article], now)

    @reads
    def find_by_title_or_former_title(self, session: Session, wiki: str, title: str) -> Article | None:
        """Return the page with this title, else the last one that had it before a move or was reached through it."""
        row = _rows_by_title(session, wiki, [title]).get(title)
        return None if row is None else queries.to_article(row)

    @reads
    def by_page_id(self, session: Session, wiki: str, page_id: int) -> Article | None:
        """Return the page with this id, which identifies an article when its title changes; None if not registered."""
        row = session.exec(select(ArticleRow).where(*queries.is_page(wiki, page_id))).first()
        return None if row is None else queries.to_article(row)

    @reads
    def titles_of(self, session: Session, article: Article) -> tuple[str, ...]:
        """List the title of a page, then the titles that it had before a move or was reached through, newest first.

        If a former title is ambiguous because of an arrow in it, all candidates are listed; the caller confirms one
        with `find_by_title_or_former_title`.
        """
        titles = [article.title]
        for _, detail in queries.in_parts(session, _MOVES, "page_ids", [article.page_id], wiki=article.wiki):
            titles += _former_titles(detail)
        return tuple(dict.fromkeys(titles))

    @reads
    def list_all(self, session: Session) -> tuple[Article, ...]:
        """List all registered pages in the order of their registration."""
        return tuple(queries.to_article(row) for row in session.exec(select(ArticleRow).order_by(col(ArticleRow.id))))

    @reads
    def named(self, session: Session, words: Collection[str], limit: int) -> tuple[Article, ...]:
        """List up to `limit` pages whose title contains all these words, in the order of their registration."""
        columns = select(ArticleRow.wiki, ArticleRow.page_id, ArticleRow.title).where(
            *map(queries.title_contains, words)
        )
        rows = session.exec(columns.order_by(col(ArticleRow.id)).limit(limit))
        return tuple(map(queries.to_article, rows))

    @writes
    def record_failure(self, session: Session, article: Article, now: datetime, error: str) -> int:
        """Record a failed check; return how many checks in a row have failed."""
        failures = queries.get_row(session, article, lock=True).failures + 1
        queries.update_articles(session, [article], check_columns(now, failures, error))
        return failures

    @writes
    def record_success(
        self,
        session: Session,
        article: Article,
        now: datetime,
        *,
        owner: str,
        shown: ImageDigests | None = None,
        before: Digests | None = None,
    ) -> None:
        """Record a successful check and the images that the page has `shown`, and end the lease if `owner` holds it.

        `before` are the stored digests, if the caller has read them under the lease.
        """
        row = queries.row_id(session, article)
        given: dict[str, Any] = {"row": row, "now": now, "owner": owner}
        if shown is not None:
            given |= {"seen": shown.seen_at, "judged": shown.revision_id}
        ended = _ENDED if shown is None else _ENDED_WITH_IMAGES
        session.connection().execute(ended, given)
        if shown is not None:
            replace_digests(session, row, shown.digests, before)

    @writes
    def record_checks(
        self, session: Session, articles: Sequence[Article], now: datetime, error: str | None = None
    ) -> None:
        """Record successful checks of many pages, or failed ones with a common error, such as an unreachable wiki."""
        queries.update_articles(
            session, articles, check_columns(now, 0 if error is None else col(ArticleRow.failures) + 1, error)
        )

    @reads
    def failing(self, session: Session, since: datetime) -> tuple[int, int, str | None]:
        """Count the pages checked since then and those of them that failed; also return the newest error of these.

        Both counts include watches that no check has ever reached.
        """
        pages: Any = select(col(ArticleRow.checked_at), col(ArticleRow.error).label("error")).union_all(
            select(col(UnreachedWatch.checked_at), col(UnreachedWatch.error)).where(
                col(UnreachedWatch.reached_at).is_(None)
            )
        )
        recent = pages.subquery()
        failed, is_recent = recent.c.error.is_not(None), recent.c.checked_at >= since
        checked, failing = session.exec(select(func.count(), func.count().filter(failed)).where(is_recent)).one()
        newest = select(recent.c.error).where(failed, is_recent).order_by(recent.c.checked_at.desc()).limit(1)
        return checked, failing, session.scalars(newest).first()

    @reads
    def unchecked_since(
        self, session: Session, at: datetime, limit: int, *, first: datetime | None = None, turn: int = 0
    ) -> tuple[tuple[Article, datetime], ...]:
        """List up to `limit` pages whose last check was before `at`, each with the time of that check.

        Pages last checked before `first` come first, the others in an order that differs from `turn` to `turn`. Pages
        that were recorded as overdue since their last check are left out.
        """
        checked_at = col(ArticleRow.checked_at)
        recorded = select(PageEvent.id).where(
            col(PageEvent.article_id) == col(ArticleRow.id),
            col(PageEvent.event_group) == "overdue",
            col(PageEvent.kind) == "overdue",
            col(PageEvent.at) >= checked_at,
        )
        late = select_columns(*STATE).where(checked_at < at, ~recorded.exists())
        # A pseudo-random order, so that each turn begins with other pages.
        shuffled = (col(ArticleRow.id) * 618_034 + turn * 104_729) % 1_000_003
        rows = session.execute(late.order_by(checked_at >= (first or at), shuffled, col(ArticleRow.id)).limit(limit))
        return tuple((queries.to_article(row), row.checked_at) for row in rows)

    @reads
    def without_ledger(self, session: Session, wikis: Collection[str], limit: int) -> tuple[Article, ...]:
        """List up to `limit` checked articles that have other texts, but no ledger of the current version."""
        from snapshots.ledger import LEDGER_VERSION, LedgerHeadRow  # noqa: PLC0415  most commands do not need it

        page, head = col(ArticleRow.id), col(LedgerHeadRow.article_id)
        other = (
            col(RevisionRow.article_id) == page,
            col(RevisionRow.revision_id) != col(ArticleRow.cursor),
            col(RevisionRow.text_id).is_not(None),
        )
        rows = (
            select(ArticleRow.wiki, ArticleRow.page_id, ArticleRow.title)
            .outerjoin(LedgerHeadRow, head == page)
            .where(
                col(ArticleRow.wiki).in_(wikis),
                head.is_(None) | (col(LedgerHeadRow.version) != LEDGER_VERSION),
                select(RevisionRow.id).where(*other).exists(),
            )
        )
        return tuple(map(queries.to_article, session.exec(rows.order_by(page).limit(limit))))

    @reads
    def with_outdated_index(
        self, session: Session, wiki: str, titles: Sequence[str], version: int, most: int
    ) -> tuple[Article, ...]:
        """List up to `most` judged articles of these titles whose index of cited statistics is missing or outdated.

        An index is outdated if it is not of the last judged revision, or not of this `version`.
        """
        rows = queries.in_parts(session, _OUTDATED_INDEX, "titles", titles, wiki=wiki, version=version, most=most)
        return tuple(map(queries.to_article, islice(rows, most)))

    @reads
    def last_check(self, session: Session) -> datetime | None:
        """Return the time of the last check of any page, or None before the first check."""
        return session.exec(select(func.max(ArticleRow.checked_at))).one()

    @reads
    def poll_states(
        self, session: Session, wiki: str, titles: Sequence[str], event_kinds: Collection[str] = ()
    ) -> dict[str, PollState]:
        """Map each title to the stored poll state of its page, with a few statements for any number of titles.

        A page has an open event if the last event of a group is of one of `event_kinds`.
        """
        rows = _rows_by_title(session, wiki, titles)
        queries.remember_ids(session, rows.values())
        # Only the events of these pages are read: an outage may leave some for each of a million pages.
        pages = [row.id for row in rows.values()] if event_kinds else []
        open_ids = {
            page for (page,) in queries.in_parts(session, _OPEN_EVENTS, "page_ids", pages, kinds=[*event_kinds])
        }
        return {title: to_state(row, has_open_event=row.id in open_ids) for title, row in rows.items()}

    @writes
    def record_protection(self, session: Session, article: Article, protection: str, now: datetime) -> None:
        """Store the protection of a page; record an event if it differs from the one stored before."""
        row = queries.get_row(session, article, lock=True)
        before, row.protection = row.protection, protection
        if before not in (None, protection):
            kind = "protected" if protection else "unprotected"
            detail = f"{before or 'not protected'}{ARROW}{protection or 'not protected'}"
            session.add(PageEvent(article_id=row.id, event_group="protected", kind=kind, detail=detail, at=now))


class ImageRepository(Repository):
    """The digests of the images that articles show."""

    @reads
    def digests(self, session: Session, article: Article) -> ImageDigests:
        """Read the digests of the images that an article showed when its images were last checked."""
        rows = session.connection().execute(_DIGESTS, {"page": queries.row_id(session, article)}).all()
        digests = {file: sha1 for _, _, file, sha1 in rows if file is not None}
        return ImageDigests(revision_id=rows[0][0], seen_at=rows[0][1], digests=digests)

    save = as_method(save_images, Database.write)

    @reads
    def recorded(
        self, session: Session, wiki: str, page_ids: Sequence[int], before: datetime, now: datetime
    ) -> dict[int, dict[str, str | None]]:
        """Map the ids of those judged pages whose images were not checked since `before` to their image digests."""
        result: dict[int, dict[str, str | None]] = {}
        given = {"wiki": wiki, "before": before, "now": now}
        for page_id, file, sha1 in queries.in_parts(session, _RECORDED, "page_ids", page_ids, **given):
            digests = result.setdefault(page_id, {})
            if file is not None:
                digests[file] = sha1
        return result
