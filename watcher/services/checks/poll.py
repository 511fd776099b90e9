"""Poll watched pages for their current status, and record deletions, moves and the like as events.

For pages that were never checked, the first revision is fetched and stored here, fifty pages with one request and in
one transaction. For edited pages, the newest texts are fetched, twenty with one request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from snapshots import ImageDigests, PollState
from snapshots.events import EVENT_GROUPS
from watcher.batching import batched
from watcher.config import Watch
from watcher.errors import FETCH_ERRORS, Missing, Unavailable, WatcherError
from watcher.fetch import Page, PageState
from watcher.model import Article, Snapshot
from watcher.services.checks.images import poll_images
from watcher.services.checks.outcome import CheckOutcome, CheckState
from watcher.services.context import AppContext

# Events that a successful check ends, each with the event that records the end.
_EVENT_ENDINGS: Final = {
    begun: end for end, begun in EVENT_GROUPS.items() if begun not in ("protected", "sections-missing")
}

_TEXT_MISSING: Final = frozenset({"hidden", "too-large"})

FAILURES_BEFORE_EVENT: Final = 3  # in a row: a single network failure is not worth an event


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStatus:
    """A watched page as it is stored (`article`, None if it is not stored yet) and as the wiki shows it now.

    `protection` is that of the last check, None if unknown; `digests` are those of all polled images, also of other
    pages. `is_rendered`: the rendered text is watched, too. `newest` is the newest revision, if it was fetched together
    with those of other pages. `impostor` is another page that has the watch's title after the watch's page was moved.
    """

    article: Article | None
    page: Page
    protection: str | None = None
    poll_state: PollState | None = None
    is_rendered: bool = False
    newest: Snapshot | None = None
    digests: Mapping[str, str | None] = field(default_factory=dict)
    impostor: Article | None = None

    @property
    def nothing_to_do(self) -> bool:
        """Whether only the time of the check needs to be recorded: nothing has changed, and no event is open."""
        record, page = self.poll_state, self.page
        return (
            record is not None
            and page.state is PageState.OK
            and page.article == record.article
            and page.latest == record.cursor
            and page.protection == self.protection
            and record.images_recorded  # without the digests of its images, new uploads would not be noticed
            and not record.has_open_event
            and not self.is_out_of_date
            and self.impostor is None  # it is to be reported once
        )

    @property
    def is_edited(self) -> bool:
        """Whether the page was judged before, and its newest revision is not the last judged one."""
        record, page = self.poll_state, self.page
        judged = record.cursor if record is not None and page.state is PageState.OK else None
        return judged is not None and judged != page.latest

    @property
    def is_out_of_date(self) -> bool:
        """Whether the page is to be rendered: the wiki has touched it since it was last rendered."""
        return self.is_rendered and (self.poll_state is None or self.page.touched != self.poll_state.touched)

    def needs_baseline(self, watch: Watch) -> bool:
        """Return whether the check of this page only has to store its newest text."""
        page, known = self.page, self.poll_state
        return (
            page.state is PageState.OK
            and page.article is not None
            and page.article.title == watch.title
            and not watch.sections  # with these, the text is searched for the headings
            and self.article in (None, page.article)
            and (known is None or (known.cursor is None and not known.has_open_event))
        )


def load_poll_states(services: AppContext, wiki: str, watches: Sequence[Watch]) -> dict[str, PollState]:
    """Load the stored states of the watches' pages, by the watches' titles."""
    return services.archive.articles.poll_states(wiki, [watch.title for watch in watches], tuple(_EVENT_ENDINGS))


def poll(
    services: AppContext, wiki: str, watches: Sequence[Watch], recorded: Mapping[str, PollState] | None = None
) -> dict[str, PageStatus]:
    """Fetch the status of each page, by the watch's title, with one request for 50 pages.

    Known pages are requested by id, which a move does not change. If an id no longer exists, the page's last title and
    the watch's are requested: a page that was deleted and created again has another id. `recorded` are the stored
    states, if the caller has them.
    """
    client = services.client(wiki)
    recorded = load_poll_states(services, wiki, watches) if recorded is None else recorded
    known = {watch.title: recorded[watch.title].article if watch.title in recorded else None for watch in watches}
    ids = dict.fromkeys(article.page_id for article in known.values() if article)
    new_titles = [title for title, article in known.items() if article is None]
    # By id for known pages: after a move, the old title may already belong to another page.
    pages = {page.requested: page for page in client.latest(new_titles, [*ids])}
    missing = {
        title: (article.title, title)
        for title, article in known.items()
        if article and pages[article.page_id].state is PageState.MISSING
    }
    moved = [title for title, article in known.items() if article and article.title != title and title not in missing]
    names = dict.fromkeys((*(name for both in missing.values() for name in both), *moved))
    by_new_title = {page.requested: page for page in client.latest([*names])} if names else {}
    rendered = {watch.title for watch in watches if watch.rendered}
    result = {}
    for title, article in known.items():
        page = pages[article.page_id if article else title]
        matches = [by_new_title[name] for name in missing.get(title, ()) if by_new_title[name].state is PageState.OK]
        record = recorded.get(title)
        # The page that succeeds a deleted one has its own protection.
        protection = record.protection if record and not matches else None
        impostor = None
        if article and title in moved:  # another page with this title, but no redirect left by the move
            other = by_new_title[title]
            is_another = other.state is PageState.OK and other.article and other.article.page_id != article.page_id
            impostor = other.article if is_another and not other.redirected_to else None
        result[title] = PageStatus(
            article=article,
            page=matches[0] if matches else page,
            protection=protection,
            poll_state=record,
            is_rendered=title in rendered,
            impostor=impostor,
        )
    return result


def with_title(outcome: CheckOutcome, article: Article) -> CheckOutcome:
    """Add the page's title to an outcome if the watchlist has another title."""
    if article.title == outcome.watch.title:
        return outcome
    return replace(outcome, text=f"{outcome.text}; the page is called {article.title!r}")


def resolve_article(services: AppContext, watch: Watch, page_status: PageStatus) -> tuple[Article, int]:
    """Resolve a watch to its article and latest revision; record page moves. Raises Missing if the page is gone."""
    known, page = page_status.article, page_status.page
    if page.article is None or page.latest is None or page.state is not PageState.OK:
        if known:  # otherwise the title was never a page, which is an error in the watchlist, not an event
            kind, detail = {
                PageState.MISSING: ("deleted", f"{known.title} is deleted or hidden"),
                PageState.REDIRECT: ("redirect", f"{known.title} is a redirect to {page.redirected_to} now"),
            }.get(
                page.state,
                (page.state.value, f"{known.title}: {page.reason or page.content_model or page.state.value}"),
            )
            services.archive.events.record(known, kind, detail, services.now())
        raise Missing(f"{watch.title} on {watch.wiki}: {_advice(known, page)}")
    article, now = page.article, services.now()
    if known != article:
        services.archive.articles.register(article, now)
    if page.protection != page_status.protection:
        services.archive.articles.record_protection(article, page.protection, now)
    # A page that is created again after a deletion has a new id and a new history.
    if known and known.page_id != article.page_id:
        services.archive.events.record(known, "deleted", f"{known.title} is deleted", now)
        reported = f"page {known.page_id} is deleted; page {article.page_id} is watched in its place"
        services.archive.events.record(article, "successor", reported, now)
    # The namespace is the part of a title before its first colon, if there is one.
    old_namespace, new_namespace = (
        title.partition(":")[0] if ":" in title else "" for title in (known.title if known else "", article.title)
    )
    if known and known.title != article.title and page.namespace and old_namespace != new_namespace:
        services.archive.events.record(article, "moved-away", f"{known.title} → {article.title}", now)
    if other := page_status.impostor:
        reported = f"{watch.title} is page {other.page_id} now; page {article.page_id}, {article.title}, is watched"
        services.archive.events.record(article, "impostor", reported, now)
    # If no move from the watch's title is stored, a redirect led here.
    if (
        watch.title != article.title
        and services.archive.articles.find_by_title_or_former_title(watch.wiki, watch.title) != article
    ):
        services.archive.events.record(article, "followed", f"{watch.title} → {article.title}", now)
    return article, page.latest


def _advice(known: Article | None, page: Page) -> str:
    if known and page.state is PageState.MISSING:
        return "the page is deleted; it is looked up again at the next check"
    return {
        PageState.MISSING: "there is no such page; correct the title in the watchlist",
        PageState.REDIRECT: f"it is a redirect to {page.redirected_to!r}; watch that page instead"
        if page.redirected_to
        else "it is a redirect that leads nowhere; correct the title in the watchlist",
        PageState.SPECIAL: "it is a special page without a text; watch another page",
        PageState.NOT_WIKITEXT: "it is not wikitext, and nothing else can be compared; watch another page",
    }.get(page.state, f"{page.reason or page.state.value}; correct the title in the watchlist")


def close_open_events(services: AppContext, article: Article, *, text_seen: bool) -> None:
    """Record the end of every open event of a page; `text_seen` tells whether its newest text could be read."""
    recorded = {event.kind for event in services.archive.events.of_article(article)}
    for kind, end in _EVENT_ENDINGS.items():
        if kind in recorded and (text_seen or kind not in _TEXT_MISSING):
            services.archive.events.record(article, end, f"{article.title} can be watched again", services.now())


_TEXTS_AT_ONCE: Final = 20  # pages whose texts are held in memory; none is judged before all are fetched


class NewestTexts:
    """The newest revisions of some edited pages of one wiki, fetched when the first of them is taken.

    Some are left to the check of their page, which lists its revisions: texts that are hidden or too large, those that
    are stored already because they have not settled, and that of a page which alone was edited, unless it is replayed,
    which takes no requests. Raises StoreError.
    """

    def __init__(self, services: AppContext, edited: Sequence[PageStatus]) -> None:
        self._services = services
        self._texts: dict[int, Snapshot] = {}
        pages = {status.page.latest: status.page.article for status in edited if status.page.latest is not None}
        wiki = next((article.wiki for article in pages.values() if article), "")
        self._least = 1 if services.is_replay else 2
        # A replay asks for no list, so its newest revision is taken even if it is stored.
        stored: Collection[int] = () if services.is_replay else pages.keys()
        if len(pages) > 1:
            stored = services.archive.revisions.stored_ids(wiki, [*pages])
        self._waiting = [article for latest, article in pages.items() if article and latest not in stored]

    def take(self, article: Article | None) -> Snapshot | None:
        """Return the newest revision of a page; None if the check of the page must list its revisions."""
        if article is None:
            return None
        if article.page_id not in self._texts and len(self._waiting) >= self._least and article in self._waiting:
            asked, self._waiting = self._waiting[:_TEXTS_AT_ONCE], self._waiting[_TEXTS_AT_ONCE:]
            try:
                newest = self._services.client(asked[0].wiki).newest_of(asked)
                self._texts = {snapshot.revision.article.page_id: snapshot for snapshot in newest}
            except FETCH_ERRORS:  # each page is then fetched on its own and reports its own error
                self._waiting = []
        return self._texts.pop(article.page_id, None)


_BASELINES_AT_ONCE: Final = 50  # pages whose texts are fetched together and held in memory

_Polled = tuple[Watch, PageStatus | CheckOutcome]


def establish_baselines(services: AppContext, polled: Iterable[_Polled]) -> Iterator[_Polled]:
    """Yield the results of a poll, with an outcome instead of the status for pages that were never checked.

    This handles only plain cases, several in a row: a page that was moved, is hidden, cannot be fetched or was just
    started by another worker keeps its status and is checked like any other. Raises StoreError.
    """
    new: list[tuple[Watch, PageStatus]] = []
    for watch, result in polled:
        status = result if isinstance(result, PageStatus) and result.needs_baseline(watch) else None
        if new and (status is None or len(new) == _BASELINES_AT_ONCE or new[0][0].wiki != watch.wiki):
            yield from _with_outcomes(services, new)
            new = []
        if status is None:
            yield watch, result
        else:
            new.append((watch, status))
    yield from _with_outcomes(services, new)


def _with_outcomes(services: AppContext, new: Sequence[tuple[Watch, PageStatus]]) -> Iterator[_Polled]:
    """Fetch and store the newest revisions of some pages of one wiki, and yield each with its outcome."""
    pages = {status.page.article.page_id: status.page for _, status in new if status.page.article}
    newest, stored = dict[int, Snapshot](), frozenset[int]()
    if len(new) > 1:  # a single page is not worth a batch
        from snapshots.revisions import Baseline
        from watcher.parse import files_in

        wiki, now = new[0][0].wiki, services.now()
        try:
            client, articles = services.client(wiki), [page.article for page in pages.values() if page.article]
            newest = {snapshot.revision.article.page_id: snapshot for snapshot in client.newest_of(articles)}
            dialect = services.dialect(wiki)
            files = {page_id: files_in(snapshot.wikitext or "", dialect) for page_id, snapshot in newest.items()}
            digests = client.image_digests([*dict.fromkeys(file for shown in files.values() for file in shown)])
        except FETCH_ERRORS:  # each page is then fetched on its own and reports its own error
            newest = {}
        baselines = [
            Baseline(
                snapshot=newest[page_id],
                protection=page.protection,
                images=ImageDigests(
                    revision_id=newest[page_id].revision.id,
                    seen_at=now,
                    digests={file: digests[file] for file in files[page_id]},
                ),
            )
            for page_id, page in pages.items()
            if page_id in newest
        ]
        stored = frozenset(services.archive.revisions.commit_baselines(baselines, now))
    for watch, status in new:
        number = status.page.article.page_id if status.page.article else 0
        if number in stored:
            text = f"watching from revision {newest[number].revision.id} on"
            yield watch, CheckOutcome(watch, CheckState.BASELINE, text, revisions=1)
        else:
            yield watch, status


_GROUP: Final = 500  # pages: ten requests and one transaction before the first outcomes
_MAX_RENDERED: Final = 500  # pages of a wiki in one round, since a template may be on a million; the others wait


def poll_watches(services: AppContext, watches: Sequence[Watch], *, texts: bool = True) -> Iterator[_Polled]:
    """Poll some watches; yield each with the status of its page, or with its outcome if nothing more is to be done.

    An unchanged page costs a fiftieth of a request and no statement of its own. If a wiki is unavailable, its other
    pages are not requested. Without `texts`, the newest texts of edited pages are not fetched. Raises StoreError.
    """
    for wiki in dict.fromkeys(watch.wiki for watch in watches):
        unavailable: Unavailable | None = None
        first_watch: dict[int, Watch] = {}
        render_limit = _MAX_RENDERED
        for group in batched([watch for watch in watches if watch.wiki == wiki], _GROUP):
            recorded = load_poll_states(services, wiki, group)
            try:
                if unavailable is not None:
                    raise unavailable
                result = poll(services, wiki, group, recorded)
                digests, uploaded = poll_images(
                    services, wiki, (page_status.article for page_status in result.values() if page_status.article)
                )
            except FETCH_ERRORS as error:
                # Otherwise every group of pages would wait for an unavailable wiki's timeouts.
                unavailable = error if isinstance(error, Unavailable) else None
                yield from _poll_failed(services, group, recorded, error)
            else:
                result = {title: replace(page_status, digests=digests) for title, page_status in result.items()}
                to_render = [title for title, page_status in result.items() if page_status.is_out_of_date]
                result |= {title: replace(result[title], is_rendered=False) for title in to_render[render_limit:]}
                render_limit = max(0, render_limit - len(to_render))
                edited = [page_status for page_status in result.values() if texts and page_status.is_edited]
                yield from _finish_polled(services, group, result, uploaded, first_watch, NewestTexts(services, edited))


def _finish_polled(
    services: AppContext,
    watches: Sequence[Watch],
    result: Mapping[str, PageStatus],
    uploaded: Collection[Article],
    first_watch: dict[int, Watch],
    newest: NewestTexts,
) -> Iterator[_Polled]:
    """Yield the polled watches; finish those without changes, or whose page an earlier watch has (`first_watch`).

    `first_watch` is by page id. `uploaded` are the articles with newly uploaded images.
    """
    unchanged = {
        page_status.article
        for page_status in result.values()
        if page_status.nothing_to_do and page_status.article and page_status.article not in uploaded
    }
    if unchanged:
        services.archive.articles.record_checks([*unchanged], services.now())
    for watch in watches:
        status = result[watch.title]
        article = status.article or status.page.article
        earlier = first_watch.setdefault(article.page_id, watch) if article else watch
        if earlier is not watch:  # after a move or through a redirect, two titles may lead to one page
            text = f"is the page of {earlier.title!r}, which is checked; remove one of the two watches"
            yield watch, CheckOutcome(watch, CheckState.UNCHANGED, text)
        elif status.article in unchanged:
            text = f"nothing since revision {status.page.latest}"
            outcome = CheckOutcome(watch, CheckState.UNCHANGED, text)
            yield watch, with_title(outcome, status.article)
        else:
            yield watch, replace(status, newest=newest.take(article))


def _poll_failed(
    services: AppContext, watches: Sequence[Watch], recorded: Mapping[str, PollState], error: WatcherError
) -> Iterator[tuple[Watch, CheckOutcome]]:
    """Record that some pages of a wiki could not be polled, and an event for repeated failures."""
    now, reported = services.now(), str(error)
    services.archive.articles.record_checks([poll_state.article for poll_state in recorded.values()], now, reported)
    for item in recorded.values():
        if item.failures + 1 >= FAILURES_BEFORE_EVENT and not item.has_open_event:
            services.archive.events.record(item.article, "fetch-failed", reported, now)
    for watch in watches:
        if watch.title not in recorded:
            services.archive.unreached_watches.record_failure(watch.wiki, watch.title, reported, now)
        yield watch, CheckOutcome(watch, CheckState.FAILED, reported, error=error)
