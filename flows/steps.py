"""Watches → their pages polled, new revisions stored, judged and queued: what `watcher check` and the flows both do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from flows.alerts import alert_of, drafts_of, links_of
from flows.services import Services
from snapshots import Checked
from watcher.config import Watch, policy_of
from watcher.errors import Missing, WatcherError
from watcher.fetch import Page, PageState
from watcher.model import Article, Comparison, Revision, Severity, Snapshot
from watcher.pipeline import compare
from watcher.report import report

_LEASE_SECONDS = 900.0  # longer than any check of one page; a lost worker's pages are free again after it
_STORED_AT_ONCE = 50  # revisions: what is fetched is kept although the rest of the walk may fail
_LONGEST_HOLD = 6  # settle times: a page that is edited all the time is judged at last
PARSER = RULES = "1"


class State(StrEnum):
    """How the check of one article ended."""

    BASELINE = "baseline"
    UNCHANGED = "unchanged"
    SETTLING = "settling"
    QUIET = "quiet"
    ALERT = "alert"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the check of one watch came to; `text` is a line for people, without wiki text."""

    watch: Watch
    state: State
    text: str
    comparison: Comparison | None = None
    revisions: int = 0
    error: Exception | None = None

    @property
    def failed(self) -> bool:
        """Whether something could not be fetched or judged."""
        return self.state is State.FAILED


def check(services: Services, watches: Sequence[Watch]) -> Iterator[Outcome]:
    """One pass over some watches: an Outcome each, as soon as it is known; a failure touches its own article only."""
    for wiki in dict.fromkeys(watch.wiki for watch in watches):
        yield from _check_wiki(services, wiki, [watch for watch in watches if watch.wiki == wiki])


def _check_wiki(services: Services, wiki: str, watches: Sequence[Watch]) -> Iterator[Outcome]:
    known = {watch.title: services.archive.find(wiki, watch.title) for watch in watches}
    try:
        pages = _poll(services, wiki, known)
    except WatcherError as error:
        for watch in watches:
            yield _failed(services, watch, known[watch.title], error)
        return
    for watch in watches:
        yield _check_page(services, watch, known[watch.title], pages[watch.title])


def _poll(services: Services, wiki: str, known: dict[str, Article | None]) -> dict[str, Page]:
    """Where each page stands: known ones by their id, which a move does not change; 50 a request."""
    by_id = {article.page_id: title for title, article in known.items() if article}
    titles = [title for title, article in known.items() if article is None]
    found = services.client(wiki).latest(titles, [*by_id])
    return {by_id[page.asked] if isinstance(page.asked, int) else page.asked: page for page in found}


def _failed(services: Services, watch: Watch, article: Article | None, error: Exception) -> Outcome:
    if article is not None:
        services.archive.checked(article, services.now(), str(error))
    return Outcome(watch=watch, state=State.FAILED, text=str(error), error=error)


def _check_page(services: Services, watch: Watch, known: Article | None, page: Page) -> Outcome:
    """The one broad guard of the project: whatever one article does, the others are checked."""
    article = known
    try:
        article = _standing(services, watch, known, page)
        if not services.archive.acquire(article, services.owner, services.now(), _LEASE_SECONDS):
            return Outcome(watch=watch, state=State.BUSY, text="another worker is at it")
        try:
            outcome = _follow(services, watch, article, page.latest)
        finally:
            services.archive.release(article, services.owner)
        services.archive.checked(article, services.now(), None)
    except WatcherError as error:
        return _failed(services, watch, article, error)
    except Exception as error:  # noqa: BLE001  a defect in one article's check must not stop the others
        story = WatcherError(
            f"{watch.title}: {type(error).__name__} during the check; run it with --debug and report it"
        )
        story.__cause__ = error
        return _failed(services, watch, article, story)
    return outcome


def _standing(services: Services, watch: Watch, known: Article | None, page: Page) -> Article:
    """The article as the wiki has it now, with what happened to its page recorded; Missing when there is none."""
    now = services.now()
    if page.state is PageState.MISSING and known:
        services.archive.event(known, "deleted", f"{known.title} is deleted or hidden", now)
        raise Missing(f"{watch.title} on {watch.wiki}: the page is deleted; it is asked for again at the next check")
    if page.article is None or page.latest is None or page.state is not PageState.OK:
        reason = {
            PageState.MISSING: "there is no such page; correct the title in the watchlist",
            PageState.REDIRECT: f"it is a redirect to {page.redirected_to!r}; watch that page instead",
            PageState.NOT_WIKITEXT: "it is not wikitext, which is all that can be compared; watch another page",
        }.get(page.state, f"{page.reason or page.state.value}; correct the title in the watchlist")
        if known and page.state is PageState.REDIRECT:
            services.archive.event(known, "redirect", f"now a redirect to {page.redirected_to}", now)
        raise Missing(f"{watch.title} on {watch.wiki}: {reason}")
    services.archive.register(page.article, now)
    if known:
        services.archive.event(known, "restored", "the page is there", now)
    return page.article


def _follow(services: Services, watch: Watch, article: Article, latest: int | None) -> Outcome:
    """Store what is new, and judge it when it has settled."""
    newest = services.archive.newest(article)
    cursor = services.archive.cursor(article)
    if newest is None or cursor is None:
        return _baseline(services, watch, article)
    fetched = 0
    if latest != newest.id:
        fetched = _store_new(services, article, newest)
        newest = services.archive.newest(article) or newest
    if newest.id == cursor.id:
        return Outcome(watch=watch, state=State.UNCHANGED, text=f"nothing since revision {cursor.id}")
    return _judge(services, watch, article, cursor, newest, fetched)


def _baseline(services: Services, watch: Watch, article: Article) -> Outcome:
    snapshot = services.client(article.wiki).newest(article)
    now = services.now()
    services.archive.commit(
        Checked(article=article, before=None, after=snapshot.revision, snapshots=(snapshot,), now=now)
    )
    text = f"watching from revision {snapshot.revision.id} on"
    return Outcome(watch=watch, state=State.BASELINE, text=text, revisions=1)


def _store_new(services: Services, article: Article, newest: Revision) -> int:
    walk = services.client(article.wiki).revisions_since(article, newest)
    count = 0
    while batch := list(islice(walk, _STORED_AT_ONCE)):
        count += services.archive.store(article, batch)
    return count


def _judge(
    services: Services, watch: Watch, article: Article, cursor: Revision, newest: Revision, fetched: int
) -> Outcome:
    """Compare the last judged revision with the newest, and commit all that follows from it at once."""
    before = services.archive.snapshot(article.wiki, cursor.id)
    after = services.archive.snapshot(article.wiki, newest.id)
    pending = services.archive.revisions(article, after=cursor)
    if after.wikitext is None:
        services.archive.event(
            article, "hidden", f"the text of revision {newest.id} is hidden", services.now(), newest.id
        )
        return Outcome(watch=watch, state=State.SETTLING, text=f"revision {newest.id} is hidden; waiting for the next")
    comparison = compare(before, after, policy=policy_of(watch), dialect=services.dialect(article.wiki))
    now = services.now()
    if not _settled(watch, pending, now) and not (watch.critical_bypass and comparison.worst is Severity.CRITICAL):
        until = newest.at + watch.settle
        text = f"revision {newest.id} is judged when it has stood until {until:%H:%M:%S} UTC"
        return Outcome(watch=watch, state=State.SETTLING, text=text, revisions=fetched)
    return _decide(services, watch, comparison, before, after, pending)


def _settled(watch: Watch, pending: Sequence[Revision], now: datetime) -> bool:
    """Whether the newest edit has stood long enough, or the oldest has waited too long for the page to come to rest."""
    newest, oldest = max(one.at for one in pending), min(one.at for one in pending)
    return now - newest >= watch.settle or now - oldest >= max(watch.settle * _LONGEST_HOLD, timedelta())


def _decide(
    services: Services,
    watch: Watch,
    comparison: Comparison,
    before: Snapshot,
    after: Snapshot,
    pending: Sequence[Revision],
) -> Outcome:
    now = services.now()
    article = after.revision.article
    alert = alert_of(services.watchlist, watch, comparison)
    if comparison.findings:
        _write_report(services, watch, comparison, before, after)
    drafts = drafts_of(services.watchlist, watch, alert, now) if alert else ()
    done = services.archive.commit(
        Checked(
            article=article,
            before=before.revision,
            after=after.revision,
            now=now,
            comparison=comparison,
            alert=alert if drafts else None,
            drafts=drafts,
            parser=PARSER,
            rules=RULES,
        )
    )
    if done is None:
        return Outcome(watch=watch, state=State.BUSY, text="another worker judged it meanwhile")
    said = f"revisions {before.revision.id} → {after.revision.id}: {_counted(comparison)}"
    if len(pending) > 1 and not comparison.findings:
        said += f", {len(pending)} edits that cancel out"
    state = State.ALERT if alert else State.QUIET
    if alert and not drafts:
        said += "; no destination wants it"
    return Outcome(watch=watch, state=state, text=said, comparison=comparison, revisions=len(pending))


def _counted(comparison: Comparison) -> str:
    count = len(comparison.findings)
    if not count or comparison.worst is None:
        return "no change"
    return f"{count} finding{'s' * (count > 1)}, worst {comparison.worst.label}"


def report_name(comparison: Comparison) -> str:
    """The file name of a comparison's report: from ids, never from a title."""
    assert comparison.article
    assert comparison.before
    assert comparison.after
    article = comparison.article
    return f"{article.wiki}-{article.page_id}-{comparison.before.id}-{comparison.after.id}.html"


def _write_report(services: Services, watch: Watch, comparison: Comparison, before: Snapshot, after: Snapshot) -> None:
    """Write the page before the alert is queued, so that no alert points to nothing."""
    folder = services.watchlist.reports
    page = report(
        comparison,
        "html",
        before_text=before.wikitext,
        after_text=after.wikitext,
        links=links_of(services.watchlist, comparison),
        threshold=watch.threshold,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / report_name(comparison)).write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise WatcherError(
            f"{folder}: the report cannot be written ({error.strerror}); free or change the folder"
        ) from error
