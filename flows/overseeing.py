"""Failing and overdue checks, vanished pages and dead deliveries → alerts for those who run the watching, once each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from flows.alerts import draft_for
from flows.polling import FAILURES
from flows.services import Services
from snapshots import Known, Newcomer, Occurrence, Telling
from watcher.config import Destination, Watch, wants
from watcher.model import Alert, Article, Happening, Notice, Revision, Severity, Topic

LATE: Final = 3  # missed intervals after which a watch is overdue
_MOST_TOLD: Final = 50

# Event → what it is called, how much it matters, and the words for it; other events are no operator's business.
_NEWS: Final = {
    "deleted": (Happening.PAGE_DELETED, Severity.HIGH, "the page is deleted or hidden"),
    "restored": (Happening.PAGE_RESTORED, Severity.MEDIUM, "the page is there again"),
    "moved": (Happening.PAGE_MOVED, Severity.MEDIUM, "the page was moved"),
    "successor": (Happening.PAGE_MOVED, Severity.MEDIUM, "another page has taken its title"),
    "redirect": (Happening.PAGE_REDIRECTED, Severity.HIGH, "the page is a redirect now"),
    "unredirected": (Happening.PAGE_RESTORED, Severity.MEDIUM, "the page is an article again"),
    "hidden": (Happening.PAGE_HIDDEN, Severity.HIGH, "the newest text is hidden"),
    "unhidden": (Happening.PAGE_RESTORED, Severity.MEDIUM, "the newest text can be read again"),
    "protected": (Happening.PAGE_PROTECTED, Severity.MEDIUM, "the protection was changed"),
    "unprotected": (Happening.PAGE_PROTECTED, Severity.MEDIUM, "the protection was lifted"),
    "too-large": (Happening.PAGE_TOO_LARGE, Severity.HIGH, "the newest text is not compared"),
    "comparable": (Happening.PAGE_RESTORED, Severity.MEDIUM, "the newest text is compared again"),
    "not-wikitext": (Happening.PAGE_UNUSABLE, Severity.HIGH, "the page is no wikitext any more"),
    "invalid": (Happening.PAGE_UNUSABLE, Severity.HIGH, "the page cannot be used"),
    "fetch-failed": (Happening.CHECK_FAILING, Severity.HIGH, "checks fail"),
    "recovered": (Happening.CHECK_RECOVERED, Severity.MEDIUM, "checks work again"),
    "overdue": (Happening.CHECK_OVERDUE, Severity.HIGH, "checks are overdue"),
    "on-time": (Happening.CHECK_RECOVERED, Severity.MEDIUM, "checks are on time again"),
}
# Of these the operator knows already why the check fails.
_LOSSES: Final = frozenset({"deleted", "redirect", "hidden", "not-wikitext", "invalid"})
_FOR_MAINTAINERS: Final = frozenset({"too-large", "comparable"})
_RETURNS: Final = frozenset({"restored", "unredirected", "unhidden"})


def oversee(services: Services) -> None:
    """Record which checks are overdue, and queue alerts about all that no operator knows.

    Each alert is queued in the transaction that marks its cause as told: killed in between, the next pass
    tells it; two processes at once tell it once.
    """
    states = services.index.poll_states()
    for watch in services.watchlist.watches:
        state = states.get((watch.wiki, watch.title))
        if state is not None and not watch.paused:
            _record(services, watch, state)
    _tell_events(services)
    _tell_newcomers(services)
    _tell_dead(services)


def _record(services: Services, watch: Watch, state: Known) -> None:
    now = services.now()
    if state.checked_at is not None and now - state.checked_at > LATE * watch.every:
        detail = f"last checked {state.checked_at:%Y-%m-%d %H:%M} UTC"
        services.archive.event(state.article, "overdue", detail, now)


def _tell_events(services: Services) -> None:
    untold = sorted(services.archive.untold_events(), key=lambda one: (one.event.kind, one.id))
    for kind, group in groupby(untold, key=lambda one: one.event.kind):
        occurrences = list(group)
        ids = [one.id for one in occurrences]
        news = [one for one in occurrences if kind in _NEWS and not _is_explained(services, one)]
        also = _maintainers(services, news) if kind in _FOR_MAINTAINERS else ()
        telling = _telling(services, ids, [_notice(one) for one in news], _titles(news), also=also) if news else None
        services.archive.tell_events(ids, telling, services.now())


def _maintainers(services: Services, news: Sequence[Occurrence]) -> list[Destination]:
    """Those who hear of the pages' edits: one of them could not be compared."""
    watches = [watch for watch in services.watchlist.watches if _watches(services, watch, news)]
    notices = [_notice(one) for one in news]
    return [
        place
        for place in services.watchlist.destinations
        if any(wants(place, watch, notice) for watch in watches for notice in notices)
    ]


def _watches(services: Services, watch: Watch, news: Sequence[Occurrence]) -> bool:
    return services.archive.known_as(watch.wiki, watch.title) in [one.article for one in news]


def _tell_newcomers(services: Services) -> None:
    """Tell of watches that no check has ever reached, and of those reached at last after that was told."""
    watched = {(watch.wiki, watch.title) for watch in services.watchlist.watches}
    known = services.archive.newcomers()
    if gone := [one.id for one in known if (one.wiki, one.title) not in watched]:
        services.archive.forget_newcomers(gone)
    failing = [one for one in known if one.failures >= FAILURES and not one.told and not one.arrived]
    arrived = [one for one in known if one.arrived]
    for kind, group in (("fetch-failed", failing), ("recovered", arrived)):
        news = [one for one in group if one.id not in gone]
        if news:
            telling = _telling(services, [one.id for one in news], [_first(kind, one) for one in news], _pages(news))
            services.archive.tell_newcomers([one.id for one in news], telling, services.now())


def _first(kind: str, one: Newcomer) -> Notice:
    happening, severity, words = _NEWS[kind]
    summary = "the first check has succeeded" if one.arrived else f"{words}, it was never checked: {one.error}"
    return Notice(kind=happening, severity=severity, section=(one.title,), summary=summary)


def _pages(newcomers: Sequence[Newcomer]) -> list[Article]:
    return [Article(wiki=one.wiki, page_id=0, title=one.title) for one in newcomers]


def _is_explained(services: Services, occurrence: Occurrence) -> bool:
    """Whether checks failed because the page was gone, which the operator is told anyway."""
    if occurrence.event.kind not in ("fetch-failed", "recovered"):
        return False
    lost = explained = False
    for event in reversed(services.archive.events(occurrence.article, 50)):
        if event.kind in _LOSSES or event.kind in _RETURNS:
            lost = event.kind in _LOSSES
        elif event.kind == "fetch-failed":
            explained = lost
    return explained


def _titles(occurrences: Sequence[Occurrence]) -> list[Article]:
    return list(dict.fromkeys(one.article for one in occurrences))


def _notice(occurrence: Occurrence) -> Notice:
    kind, severity, words = _NEWS[occurrence.event.kind]
    detail = occurrence.event.detail
    summary = f"{words}: {detail}" if detail else words
    return Notice(kind=kind, severity=severity, section=(occurrence.article.title,), summary=summary)


def _tell_dead(services: Services) -> None:
    untold = sorted(services.archive.untold_dead(), key=lambda one: (one.destination, one.id))
    for destination, group in groupby(untold, key=lambda one: one.destination):
        postings = list(group)
        ids = [one.id for one in postings]
        # a dead message about a dead message would breed the next one
        lost = [one for one in postings if not _is_about_dead(one.alert)]
        error = next((line.error for one in reversed(lost) for line in reversed(one.log) if line.error), None)
        count = f"{len(lost)} message{'s' * (len(lost) != 1)}"
        summary = f"{count} to “{destination}” given up: {error or 'no answer'}"
        notice = Notice(kind=Happening.DELIVERY_DEAD, severity=Severity.HIGH, section=(), summary=summary)
        articles = list(dict.fromkeys(one.alert.article for one in lost))
        telling = _telling(services, ids, [notice], articles, without=destination) if lost else None
        services.archive.tell_dead(ids, telling, services.now())


def _is_about_dead(alert: Alert) -> bool:
    return any(notice.kind is Happening.DELIVERY_DEAD for notice in alert.notices)


def _telling(
    services: Services,
    ids: Sequence[int],
    notices: Sequence[Notice],
    articles: Sequence[Article],
    *,
    without: str = "",
    also: Sequence[Destination] = (),
) -> Telling | None:
    """One alert about all of them for every operator but `without`, and for those in `also`; None for nobody."""
    now = services.now()
    article = articles[0]
    if len(articles) > 1:
        article = Article(wiki=article.wiki, page_id=0, title=f"{len(articles)} articles")
    else:
        notices = [_alone(notice) for notice in notices]
    seed = f"operator:{notices[0].kind.value}:{','.join(map(str, ids))}:{now.isoformat()}"
    alert = operator_alert(article, notices[:_MOST_TOLD], hashlib.sha256(seed.encode()).hexdigest()[:16], now)
    places = {place.name: place for place in (*operators(services), *also)}
    drafts = tuple(draft_for(place, alert, now) for name, place in places.items() if not without or name != without)
    return Telling(alert=alert, drafts=drafts) if drafts else None


def _alone(notice: Notice) -> Notice:
    return Notice(kind=notice.kind, severity=notice.severity, section=(), summary=notice.summary)


def operators(services: Services) -> tuple[Destination, ...]:
    """The destinations that hear of the watching itself."""
    return tuple(place for place in services.watchlist.destinations if place.operator)


def operator_alert(
    article: Article, notices: Sequence[Notice], key: str, now: datetime, topic: Topic = Topic.OPERATOR
) -> Alert:
    """An alert that is about no edit: its revision is a stand-in that holds the time."""
    nothing = Revision(article=article, id=0, parent_id=0, at=now, editor="Article Watcher", comment=None)
    return Alert(
        key=key, article=article, before=nothing, after=nothing, notices=tuple(notices), diff_url="", topic=topic
    )
