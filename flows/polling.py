"""Watches → where their pages stand on the wiki, with what happened to the pages recorded as events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from flows.outcome import Outcome
from flows.services import Services
from snapshots import Known
from watcher.config import Watch
from watcher.errors import Missing
from watcher.fetch import Page, PageState
from watcher.model import Article

# Each event that a good check ends, with the one that says so.
_ENDED: Final = {
    "deleted": "restored",
    "redirect": "unredirected",
    "hidden": "unhidden",
    "too-large": "comparable",
    "fetch-failed": "recovered",
    "overdue": "on-time",
}

_TEXT_MISSING: Final = frozenset({"hidden", "too-large"})

FAILURES: Final = 3  # in a row: the network of an evening is no event, a page that stays unreachable is


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A watched page as the archive knows it (None: not yet) and as the wiki shows it now.

    `protection` is what it was at the last check, None where that is not known; `digests` are those of pictures
    that were looked at, of this page and of others.
    """

    known: Article | None
    page: Page
    protection: str | None = None
    record: Known | None = None
    digests: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done but to note the time: same page, same title, judged, and nothing to end."""
        record, page = self.record, self.page
        return (
            record is not None
            and page.state is PageState.OK
            and page.article == record.article
            and page.latest == record.cursor
            and page.protection == self.protection
            and record.pictured
            and not record.troubled
        )


def records(services: Services, wiki: str, watches: Sequence[Watch]) -> dict[str, Known]:
    """What the archive knows of each watch's page, by the watch's title."""
    return services.archive.known(wiki, [watch.title for watch in watches], tuple(_ENDED))


def poll(
    services: Services, wiki: str, watches: Sequence[Watch], recorded: Mapping[str, Known] | None = None
) -> dict[str, Standing]:
    """Where each page stands, by the watch's title; 50 pages a request. `recorded` saves asking the archive again.

    Known pages are asked for by id, which a move does not change. Where an id is gone, the page's last
    title and the watch's are asked for: a page that was deleted and written anew has another id.
    """
    client = services.client(wiki)
    recorded = records(services, wiki, watches) if recorded is None else recorded
    known = {watch.title: recorded[watch.title].article if watch.title in recorded else None for watch in watches}
    ids = dict.fromkeys(article.page_id for article in known.values() if article)
    fresh = [title for title, article in known.items() if article is None]
    pages = {page.asked: page for page in client.latest(fresh, [*ids])}
    lost = {
        title: (article.title, title)
        for title, article in known.items()
        if article and pages[article.page_id].state is PageState.MISSING
    }
    names = dict.fromkeys(name for both in lost.values() for name in both)
    anew = {page.asked: page for page in client.latest([*names])} if names else {}
    found = {}
    for title, article in known.items():
        page = pages[article.page_id if article else title]
        heirs = [anew[name] for name in lost.get(title, ()) if anew[name].state is PageState.OK]
        record = recorded.get(title)
        protection = record.protection if record and not heirs else None
        found[title] = Standing(known=article, page=heirs[0] if heirs else page, protection=protection, record=record)
    return found


def with_title(outcome: Outcome, article: Article) -> Outcome:
    """The outcome with the page's title, where the watchlist has another."""
    if article.title == outcome.watch.title:
        return outcome
    return replace(outcome, text=f"{outcome.text}; the page is called {article.title!r}")


def stand(services: Services, watch: Watch, standing: Standing) -> tuple[Article, int]:
    """The article and its latest revision id as the wiki has them; Missing, with the reason, when there is none."""
    known, page = standing.known, standing.page
    if page.article is None or page.latest is None or page.state is not PageState.OK:
        if known:
            _record_loss(services, known, page)
        raise Missing(f"{watch.title} on {watch.wiki}: {_reason(known, page)}")
    article, now = page.article, services.now()
    if known != article:
        services.archive.register(article, now)
    if page.protection != standing.protection:
        services.archive.protected(article, page.protection, now)
    if known and known.page_id != article.page_id:
        services.archive.event(known, "deleted", f"{known.title} is deleted", now)
        told = f"page {known.page_id} is deleted; page {article.page_id} is watched in its place"
        services.archive.event(article, "successor", told, now)
    if watch.title != article.title and services.archive.known_as(watch.wiki, watch.title) != article:
        services.archive.event(article, "followed", f"{watch.title} → {article.title}", now)
    return article, page.latest


def _record_loss(services: Services, known: Article, page: Page) -> None:
    kind, detail = {
        PageState.MISSING: ("deleted", f"{known.title} is deleted or hidden"),
        PageState.REDIRECT: ("redirect", f"{known.title} is a redirect to {page.redirected_to} now"),
    }.get(page.state, (page.state.value, f"{known.title}: {page.reason or page.content_model or page.state.value}"))
    services.archive.event(known, kind, detail, services.now())


def _reason(known: Article | None, page: Page) -> str:
    if known and page.state is PageState.MISSING:
        return "the page is deleted; it is asked for again at the next check"
    return {
        PageState.MISSING: "there is no such page; correct the title in the watchlist",
        PageState.REDIRECT: f"it is a redirect to {page.redirected_to!r}; watch that page instead"
        if page.redirected_to
        else "it is a redirect that leads nowhere; correct the title in the watchlist",
        PageState.SPECIAL: "it is made by the wiki's software and has no text; watch another page",
        PageState.NOT_WIKITEXT: "it is not wikitext, which is all that can be compared; watch another page",
    }.get(page.state, f"{page.reason or page.state.value}; correct the title in the watchlist")


def recover(services: Services, article: Article, *, text_seen: bool) -> None:
    """Record the end of all that was wrong with a page; `text_seen` says that its newest text could be read."""
    begun = {event.kind for event in services.archive.events(article)}
    for trouble, end in _ENDED.items():
        if trouble in begun and (text_seen or trouble not in _TEXT_MISSING):
            services.archive.event(article, end, f"{article.title} can be watched again", services.now())
