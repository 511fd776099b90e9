"""Alert operators once to each failing or overdue check, lost page and dead letter.

Outages of the whole work are recorded with their beginning and end, so that operators are alerted once to each. Who
deleted or moved a page is read from the wiki's log, or else from its newest edit.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, zip_longest
from typing import Final

from snapshots import Delivery, OutgoingAlert, PageEvent
from watcher.config import Destination, Watch, Watchlist, accepts
from watcher.errors import FETCH_ERRORS
from watcher.model import Alert, AlertTopic, Article, Notice, OperatorEvent, Revision, Severity, Snapshot
from watcher.notify.sanitize import comment_text
from watcher.report.labels import index_query, revision_url, span
from watcher.services.alerting.alerts import delivery_for, key_of
from watcher.services.checks.poll import FAILURES_BEFORE_EVENT
from watcher.services.context import AppContext
from watcher.services.operations import probes
from watcher.services.operations.health import MISSED_INTERVALS_OVERDUE
from watcher.services.operations.probes import Installation, Probe
from watcher.text import single_line

_MAX_LISTED: Final = 50

# Kind of event → kind, severity and text of its notice. Operators are not alerted to other events.
OPERATOR_EVENTS: Final = {
    "deleted": (OperatorEvent.PAGE_DELETED, Severity.HIGH, "the page is deleted or hidden"),
    "restored": (OperatorEvent.PAGE_RESTORED, Severity.MEDIUM, "the page is back"),
    "moved": (OperatorEvent.PAGE_MOVED, Severity.MEDIUM, "the page was moved"),
    "moved-away": (OperatorEvent.PAGE_MOVED, Severity.HIGH, "the page was moved out of its namespace"),
    "impostor": (OperatorEvent.PAGE_MOVED, Severity.HIGH, "another page now has the watched title"),
    "successor": (OperatorEvent.PAGE_MOVED, Severity.MEDIUM, "another page now has its former title"),
    "redirect": (OperatorEvent.PAGE_REDIRECTED, Severity.HIGH, "the page is now a redirect"),
    "unredirected": (OperatorEvent.PAGE_RESTORED, Severity.MEDIUM, "the page is an article again"),
    "hidden": (OperatorEvent.PAGE_HIDDEN, Severity.HIGH, "the newest text is hidden"),
    "unhidden": (OperatorEvent.PAGE_RESTORED, Severity.MEDIUM, "the newest text can be read again"),
    "protected": (OperatorEvent.PAGE_PROTECTED, Severity.MEDIUM, "the protection was changed"),
    "unprotected": (OperatorEvent.PAGE_PROTECTED, Severity.MEDIUM, "the protection was lifted"),
    "too-large": (OperatorEvent.PAGE_TOO_LARGE, Severity.HIGH, "the newest text is not compared"),
    "comparable": (OperatorEvent.PAGE_RESTORED, Severity.MEDIUM, "the newest text is compared again"),
    "sections-missing": (OperatorEvent.SECTION_MISSING, Severity.HIGH, "changes cause no alert"),
    "sections-found": (OperatorEvent.PAGE_RESTORED, Severity.MEDIUM, "all headings of its `sections` are there again"),
    "not-wikitext": (OperatorEvent.PAGE_UNUSABLE, Severity.HIGH, "the page is no longer wikitext"),
    "invalid": (OperatorEvent.PAGE_UNUSABLE, Severity.HIGH, "the page cannot be used"),
    "fetch-failed": (OperatorEvent.CHECK_FAILING, Severity.HIGH, "checks fail"),
    "recovered": (OperatorEvent.CHECK_RECOVERED, Severity.MEDIUM, "checks work again"),
    "overdue": (OperatorEvent.CHECK_OVERDUE, Severity.HIGH, "checks are overdue"),
    "on-time": (OperatorEvent.CHECK_RECOVERED, Severity.MEDIUM, "checks are on time again"),
    # For the destinations of a list.
    "joined": (OperatorEvent.LIST_JOINED, Severity.LOW, "the page joined"),
    "left": (OperatorEvent.LIST_LEFT, Severity.MEDIUM, "the page left"),
    "returned": (OperatorEvent.LIST_RETURNED, Severity.LOW, "the page came back to"),
}
# After one of these, operators know why checks fail.
LOSS_EVENTS: Final = frozenset({"deleted", "redirect", "hidden", "not-wikitext", "invalid"})
# Notices about a page that exists: they link to it unless there is an entry in the wiki's log to link to.
_OF_PAGES: Final = frozenset({
    OperatorEvent.PAGE_REDIRECTED, OperatorEvent.PAGE_MOVED, OperatorEvent.PAGE_RESTORED, OperatorEvent.PAGE_PROTECTED,
    OperatorEvent.PAGE_TOO_LARGE, OperatorEvent.PAGE_UNUSABLE, OperatorEvent.SECTION_MISSING,
})  # fmt: skip
_FOR_MAINTAINERS: Final = frozenset({"too-large", "comparable", "moved-away", "impostor"})
RETURN_EVENTS: Final = frozenset({"restored", "unredirected", "unhidden"})
# Kind of event → the wiki's log for it, and the actions that cause it (API:Logevents, values of leaction).
_LOGS: Final = {
    "deleted": ("delete", {"delete/delete", "delete/delete_redir", "delete/delete_redir2"}),
    "restored": ("delete", {"delete/restore"}),
    "hidden": ("delete", {"delete/revision"}),
    "unhidden": ("delete", {"delete/revision"}),
    "moved": ("move", {"move/move", "move/move_redir"}),
    "protected": ("protect", {"protect/protect", "protect/modify", "protect/move_prot"}),
    "unprotected": ("protect", {"protect/unprotect"}),
}
# Events that are caused by an edit, which is not in a log; no revision of such a page is stored.
_EDITS: Final = frozenset({"redirect", "unredirected"})
_MAX_REASON_LENGTH: Final = 200
# Service → subject of its alerts, and the text at the end of an outage.
_SERVICES: Final = {
    probes.prefect.name: ("Prefect", "the server answers again"),
    probes.checks.name: ("Checks", "checks are made again"),
    probes.workers.name: ("Workers", "a worker is alive again"),
}


_MAX_OVERDUE: Final = 500
# The search reads all pages (half a second for a million), and a process that follows a stream delivers each second.
_OVERDUE_EVERY: Final = timedelta(minutes=1)


def queue_operator_alerts(services: AppContext) -> None:
    """Record overdue checks, and queue alerts about everything that operators were not notified of yet.

    Each alert is queued in the transaction that marks its cause as reported, so a killed pass loses nothing and two
    concurrent processes report each cause once.
    """
    _record_overdue(services)
    _alert_outages(services)
    queue_event_alerts(services)
    _alert_memberships(services)
    _alert_unreached(services)
    _alert_dead_letters(services)


def _record_overdue(services: AppContext) -> None:
    """Record the watches that were not checked for some of their intervals; read only the pages that may be late.

    During an outage of all checks there is one alert, not one for each page. After it, the intervals of all pages start
    again, because they are checked one after the other.
    """
    now = services.now()
    active = [watch.every for watch in services.watchlist.entries if watch.is_active(now)]
    if not active:
        return
    searched_at = services.overdue_searched_at
    if searched_at and timedelta() <= now - searched_at < _OVERDUE_EVERY:
        return
    record_outages(services)
    # Only outages of these probes stop all checks; the disk of one machine, or an unreadable list, does not.
    needed = {probe.name for probe in ALL_PROBES}
    outages = [each for each in services.archive.outages.list_all() if each.service in needed]
    if any(outage.ended_at is None for outage in outages):
        return  # the outage has an alert of its own
    # A time in the future comes from a clock that was wrong.
    resumed = max((each.ended_at for each in outages if each.ended_at and each.ended_at <= now), default=_NEVER)
    shortest = MISSED_INTERVALS_OVERDUE * min(active)
    if now - resumed <= shortest:
        return
    # If a list has a million members, each turn reads other ones: messages must not wait for all of them.
    longest, turn = MISSED_INTERVALS_OVERDUE * max(active), int(now.timestamp())
    late = services.archive.articles.unchecked_since(now - shortest, _MAX_OVERDUE, first=now - longest, turn=turn)
    services.overdue_searched_at = now if len(late) < _MAX_OVERDUE else None
    for article, checked_at in late:
        watch = services.index.watch_of(article)
        unchecked = now - max(checked_at, resumed)
        if watch and watch.is_active(now) and unchecked > MISSED_INTERVALS_OVERDUE * watch.every:
            detail = f"last checked {checked_at:%Y-%m-%d %H:%M} UTC"
            services.archive.events.record(article, "overdue", detail, now)


def _alert_outages(services: AppContext) -> None:
    """Report each outage, and its end if its beginning was reported."""
    for outage in services.archive.outages.list_all():
        if (outage.ended_at is not None) is not (outage.notified_at is not None):
            continue  # operators were notified already, or it ended before they were
        subject, recovery = _SERVICES.get(outage.service, (outage.service, "works again"))
        lasted = None if outage.ended_at is None else outage.ended_at - outage.began_at
        notice = outage_notice(outage.detail, recovery, lasted)
        article = about_service(services.watchlist, subject)
        alert = _operator_message(services, [outage.id], [notice], [article])
        services.archive.outages.queue_alert(outage, alert, services.now())


def about_service(watchlist: Watchlist, subject: str) -> Article:
    """Return a placeholder for the article of an alert that is about no page; the watchlist may have no wiki left."""
    return Article(wiki=next((site.name for site in watchlist.wikis), ""), page_id=0, title=subject)


def outage_notice(problem: str, recovery: str, lasted: timedelta | None) -> Notice:
    """Describe the beginning of an outage or, with how long it `lasted`, its end."""
    if lasted is None:
        return Notice(kind=OperatorEvent.SERVICE_DOWN, severity=Severity.HIGH, section=(), summary=problem)
    # A negative time shows that the clock was set back meanwhile.
    summary = recovery if lasted < timedelta() else f"{recovery}, after {span(lasted)}"
    return Notice(kind=OperatorEvent.SERVICE_RECOVERED, severity=Severity.MEDIUM, section=(), summary=summary)


def queue_event_alerts(services: AppContext) -> None:
    """Queue alerts about events of pages, one for each kind of event."""
    unreported = sorted(services.archive.events.unnotified(), key=lambda pair: (pair[1].kind, pair[1].id))
    for kind, group in groupby(unreported, key=lambda pair: pair[1].kind):
        occurrences = list(group)
        ids = [event.id for _, event in occurrences]
        reportable = [pair for pair in occurrences if kind in OPERATOR_EVENTS and not _is_explained(services, *pair)]
        articles = list(dict.fromkeys(article for article, _ in reportable))
        notices = [_notice(services, *pair, is_listed=number < _MAX_LISTED) for number, pair in enumerate(reportable)]
        # For some kinds, also alert the destinations of these pages: their edits may not be compared.
        watches = [watch for article in articles if (watch := services.index.watch_of(article))]
        further = tuple(
            destination
            for destination in (services.watchlist.destinations if kind in _FOR_MAINTAINERS else ())
            if any(accepts(destination, watch, notice) for watch in watches for notice in notices)
        )
        alert = _operator_message(services, ids, notices, articles, also=further) if reportable else None
        services.archive.outbox.queue_operator_alert(PageEvent, ids, alert, services.now())


def _alert_memberships(services: AppContext) -> None:
    """Notify the destinations of a list of the pages that joined, left or returned, in one message for each refresh."""
    lists, now = {(watch.wiki, watch.source): watch for watch in services.watchlist.sources}, services.now()
    for change in services.archive.events.unnotified_memberships(_MAX_LISTED):
        outgoing = None
        if watch := lists.get((change.wiki, change.key)):
            kind, severity, words = OPERATOR_EVENTS[change.kind]
            notices = []
            for article in change.articles:
                edit = _membership_edit(services, watch, article, joins=change.kind != "left")
                index_url = services.watchlist.index_urls.get(article.wiki, "")
                url = revision_url(index_url, edit) if edit else _page_url(services, article)
                actor = f", {_describe_actor(edit.editor, edit.comment, edit.at)}" if edit else ""
                section = (article.title,) if change.count > 1 else ()
                ends = change.kind == "left" and services.index.watch_of(article) is None
                summary = f"{words} {change.key}{', which ends its watch' if ends else ''}{actor}"
                notices.append(Notice(kind=kind, severity=severity, section=section, summary=summary, diff_url=url))
            page = change.articles[0]
            if change.count > 1:
                page = Article(wiki=change.wiki, page_id=0, title=f"{change.count:,} articles")
            alert = operator_alert(page, notices, key_of(f"{change.key}:{change.kind}:{change.wiki}:{change.at}"), now)
            members = [watch.model_copy(update={"title": member.title}) for member in change.articles]
            recipients = (
                destination
                for destination in services.watchlist.destinations
                if any(accepts(destination, member, notices[0]) for member in members)
            )
            outgoing = _to_recipients(alert, recipients, now)
        services.archive.events.queue_membership_alert(change, outgoing, now)


def _to_recipients(alert: Alert, recipients: Iterable[Destination], now: datetime) -> OutgoingAlert | None:
    """Return an alert with a delivery to each recipient; None without recipients."""
    deliveries = tuple(delivery_for(destination, alert, now) for destination in recipients)
    return OutgoingAlert(alert=alert, deliveries=deliveries) if deliveries else None


def _alert_unreached(services: AppContext) -> None:
    """Report watches whose pages no check has ever reached, and those that were reached after such a report."""
    unreached = services.archive.unreached_watches
    known = unreached.list_all()
    if unwatched_ids := [watch.id for watch in known if services.index.get(watch.wiki, watch.title) is None]:
        unreached.delete(unwatched_ids)
    known = tuple(watch for watch in known if watch.id not in unwatched_ids)
    reached = [watch for watch in known if watch.reached_at]
    failing = [
        watch
        for watch in known
        if watch.failures >= FAILURES_BEFORE_EVENT and not watch.notified_at and not watch.reached_at
    ]
    for group in filter(None, (failing, reached)):
        ids = [watch.id for watch in group]
        articles = [Article(wiki=watch.wiki, page_id=0, title=watch.title) for watch in group]
        notices = []
        for watch in group:
            kind, severity, words = OPERATOR_EVENTS["recovered" if watch.reached_at else "fetch-failed"]
            failed = f"{words}, it was never checked: {watch.error}"
            summary = "the first check has succeeded" if watch.reached_at else failed
            notices.append(Notice(kind=kind, severity=severity, section=(watch.title,), summary=summary))
        unreached.mark_notified(ids, _operator_message(services, ids, notices, articles), services.now())


def _is_explained(services: AppContext, article: Article, occurrence: PageEvent) -> bool:
    """Return whether checks failed because the page was lost, which has an alert of its own."""
    if occurrence.kind not in ("fetch-failed", "recovered"):
        return False
    lost = explained = False
    for event in reversed(services.archive.events.of_article(article, 50)):
        if event.kind in LOSS_EVENTS or event.kind in RETURN_EVENTS:
            lost = event.kind in LOSS_EVENTS
        elif event.kind == "fetch-failed":
            explained = lost
    return explained


def _notice(services: AppContext, article: Article, occurrence: PageEvent, *, is_listed: bool) -> Notice:
    """Describe an event; name its actor if it `is_listed`. For others, which no message shows, no wiki is asked."""
    kind, severity, words = OPERATOR_EVENTS[occurrence.kind]
    title, detail = article.title, occurrence.detail
    # The message names the page already: "Tide is deleted" adds nothing, "Tide is a redirect to Sea now" the target.
    predicate = detail.removeprefix(f"{title} ")
    summary = f"the page {predicate}" if predicate != detail and predicate.startswith("is ") else f"{words}: {detail}"
    summary = summary if detail else words
    url = ""
    if is_listed:
        actor, url = _actor(services, article, occurrence.kind)
        summary += f", {actor}" if actor else ""
        url = url or (_page_url(services, article) if kind in _OF_PAGES else "")
    return Notice(kind=kind, severity=severity, section=(title,), summary=summary, diff_url=url)


def _actor(services: AppContext, article: Article, kind: str) -> tuple[str, str]:
    """Return a text about the actor of an event, and the URL of the log entry or edit that caused it.

    Both are empty if they are unknown: the alert is sent without an actor rather than late. Raises StoreError.
    """
    index_url = services.watchlist.index_urls.get(article.wiki, "")
    log, actions = _LOGS.get(kind, ("", ()))
    with suppress(*FETCH_ERRORS):
        if index_url and log:
            # A move is logged under the former title of the page, so after two moves there are two titles to search.
            titles = services.archive.articles.titles_of(article)[: 2 if log == "move" else 1]
            client = services.client(article.wiki)
            entries = [entry for title in titles for entry in client.log_entries(title, log) if entry.action in actions]
            if kind == "unhidden":  # logged with the same action as hiding; an edit that ends it is not logged
                past = services.archive.events.of_article(article)
                hidden = next((event.at for event in past if event.kind == "hidden"), None)
                entries = [entry for entry in entries if hidden and entry.at > hidden]
            if entry := max(entries, key=lambda entry: (entry.at, entry.id), default=None):
                url = index_query(index_url, title="Special:Log", logid=entry.id)
                return _describe_actor(entry.user, entry.comment, entry.at), url
        elif index_url and kind in _EDITS:
            edit = services.client(article.wiki).newest(article).revision
            return _describe_actor(edit.editor, edit.comment, edit.at), revision_url(index_url, edit)
    return "", ""


def _describe_actor(user: str | None, comment: str | None, at: datetime) -> str:
    """Return on one line who did it, why and when: `by Ann: “Spam”, 2026-03-04 05:06 UTC`."""
    reason = f": “{single_line(comment_text(comment), _MAX_REASON_LENGTH)}”" if comment else ""
    return f"by {single_line(user, 80) if user else 'a hidden user'}{reason}, {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _page_url(services: AppContext, article: Article) -> str:
    """Return the URL of a page itself, even if it is a redirect now; "" if its wiki is unknown."""
    index_url = services.watchlist.index_urls.get(article.wiki, "")
    return index_url and index_query(index_url, curid=article.page_id, redirect="no")


def _membership_edit(services: AppContext, watch: Watch, article: Article, *, joins: bool) -> Revision | None:
    """Return the edit by which a page joined or left a list: an edit of the page, or of the page with the list's links.

    None if membership does not depend on an edit, or if none of the last edits caused the change. Raises StoreError.
    """
    page, name = article, watch.category or watch.template
    try:
        client = services.client(article.wiki)
        if watch.links is not None:
            list_page = client.latest([watch.links])[0].article
            if list_page is None:
                return None
            page, name = list_page, article.title
        edits = client.last_edits(page) if name else ()
        own = client.last_edits(article) if watch.links is not None and joins else ()
    except FETCH_ERRORS:  # as in `_actor`, rather without the edit than late
        return None
    # By ids, not times: edits within one second have an order, too, and so have those around a change of a clock.
    begun = max((each.revision.id for each in own if each.revision.parent_id == 0), default=0)
    for edit, earlier in zip_longest(edits, edits[1:]):
        first = earlier is None and edit.revision.parent_id == 0
        if (earlier or first) and (_names(edit, name), _names(earlier, name)) == (joins, not joins):
            # If the page was created after it was linked, its creation made it join, and not the link.
            return edit.revision if edit.revision.id > begun else None
    return None


def _names(snapshot: Snapshot | None, name: str | None) -> bool:
    """Return whether a text links to or transcludes a page, with the namespace in any language."""
    text, name = (" ".join((each or "").replace("_", " ").split()) for each in (snapshot and snapshot.wikitext, name))
    target = rf"(?:\[\[|{{{{) ?:?(?:[^\[\]{{}}|:]+: ?)?{re.escape(name)} ?(?:[|#]|\]\]|}}}})"
    return re.search(target, text, re.IGNORECASE) is not None


def _alert_dead_letters(services: AppContext) -> None:
    unreported = sorted(
        services.archive.outbox.unnotified_dead_letters(), key=lambda delivery: (delivery.destination, delivery.id)
    )
    for destination, group in groupby(unreported, key=lambda delivery: delivery.destination):
        deliveries = list(group)
        ids = [delivery.id for delivery in deliveries]
        # A dead letter about dead letters is left out, since it would cause the next one.
        dead = OperatorEvent.DELIVERY_DEAD
        lost = [item for item in deliveries if all(notice.kind is not dead for notice in item.alert.notices)]
        error = next((line.error for delivery in reversed(lost) for line in reversed(delivery.log) if line.error), None)
        count = f"{len(lost)} message{'s' * (len(lost) != 1)}"
        summary = f"{count} to “{destination}” given up: {error or 'no answer'}"
        notice = Notice(kind=dead, severity=Severity.HIGH, section=(), summary=summary)
        articles = list(dict.fromkeys(delivery.alert.article for delivery in lost))
        alert = _operator_message(services, ids, [notice], articles, without=destination) if lost else None
        services.archive.outbox.queue_operator_alert(Delivery, ids, alert, services.now())


def _operator_message(
    services: AppContext,
    ids: Sequence[int],
    notices: Sequence[Notice],
    articles: Sequence[Article],
    *,
    without: str = "",
    also: Sequence[Destination] = (),
) -> OutgoingAlert | None:
    """Build one alert for every operator except `without`, and for those in `also`; None without recipients."""
    now = services.now()
    article = articles[0]
    if len(articles) > 1:
        article = Article(wiki=article.wiki, page_id=0, title=f"{len(articles)} articles")
    else:
        notices = [replace(notice, section=()) for notice in notices]  # the title of the alert names it
    seed = f"operator:{notices[0].kind.value}:{','.join(map(str, ids))}:{now.isoformat()}"
    alert = operator_alert(article, notices[:_MAX_LISTED], key_of(seed), now)
    all_operators = operators(services.watchlist)
    recipients = [each for each in (*all_operators, *also) if each.name != without]
    if without and all_operators and not recipients:  # the only operator is the one that failed
        recipients = [each for each in services.watchlist.destinations if each.name != without]
    return _to_recipients(alert, {destination.name: destination for destination in recipients}.values(), now)


def operators(watchlist: Watchlist) -> tuple[Destination, ...]:
    """Return the destinations for operators."""
    return tuple(destination for destination in watchlist.destinations if destination.operator)


def operator_alert(
    article: Article, notices: Sequence[Notice], key: str, now: datetime, topic: AlertTopic = AlertTopic.OPERATOR
) -> Alert:
    """Build an alert that is not about an edit; its revision is a placeholder that holds the time."""
    nothing = Revision(article=article, id=0, parent_id=0, at=now, editor="Article Watcher", comment=None)
    return Alert(
        key=key, article=article, before=nothing, after=nothing, notices=tuple(notices), diff_url="", topic=topic
    )


# A restart of Prefect's server, which takes half a minute, is not an outage.
_ATTEMPTS: Final = 4
_PAUSE: Final = 10.0  # seconds
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
# The probes of each process that sends messages, and those of the watchdog alone: workers' runs depend on Prefect.
LOCAL_PROBES: Final = (probes.disk, probes.checks)
ALL_PROBES: Final = (probes.database, probes.disk, probes.prefect, probes.workers, probes.checks)


def record_outages(
    services: AppContext, selected: tuple[Probe, ...] = LOCAL_PROBES, environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Run the probes, record the beginning or end of outages, and return the problems.

    If Prefect's server does not answer, its probe is repeated for half a minute. Raises StoreError.
    """
    installation = Installation.of(services, environ=environ)
    outages, problems = services.archive.outages, []
    active = {each.service for each in outages.list_all() if each.ended_at is None}
    for probe in selected:
        if probe is probes.checks and not active.isdisjoint((probes.prefect.name, probes.workers.name)):
            continue  # an outage of Prefect or its workers, which has an alert of its own, is the cause
        for attempt in range(_ATTEMPTS if probe is probes.prefect else 1):
            if attempt:
                services.sleep(_PAUSE)
            diagnoses = probes.stopped(probe, installation)
            if not diagnoses:
                break
        message = "; ".join(dict.fromkeys(each.message for each in diagnoses))
        # Each machine reports its own disk.
        service = f"disk of {socket.gethostname()}" if probe is probes.disk else probe.name
        if message and service not in active:
            outages.begin(service, message, diagnoses[0].since or services.now())
            active.add(service)
        elif service in active and not message:
            outages.end(service, services.now())
            active.remove(service)
        problems += [message] if message else []
    return tuple(problems)
