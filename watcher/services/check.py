"""Check watched pages: poll them, and check further those that are not as they were."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from watcher.batching import batched
from watcher.errors import FETCH_ERRORS, StoreError, Unavailable, WatcherError
from watcher.processes import rare_collections
from watcher.services.catch_up import end_mute
from watcher.services.context import AppContext, Round
from watcher.services.contradictions import refresh_index, stale_articles
from watcher.services.images import poll_images
from watcher.services.ledger import fill_ledgers
from watcher.services.metrics import record_outcomes, save_round
from watcher.services.outcome import CheckOutcome, CheckState
from watcher.services.page_check import check_page
from watcher.services.poll import (
    FAILURES_BEFORE_EVENT,
    NewestTexts,
    PageStatus,
    establish_baselines,
    load_poll_states,
    poll,
    with_title,
)

if TYPE_CHECKING:
    from snapshots import PollState
    from watcher.config import Watch
    from watcher.model import Article


_LOG = logging.getLogger("watcher")
_LEDGERS_EVERY: Final = timedelta(hours=1)
_MOST_LEDGERS: Final = 50  # that one check looks at


def check(services: AppContext, watches: Sequence[Watch]) -> Iterator[CheckOutcome]:
    """Check some watches, skipping paused and expired ones; yields an outcome for each as soon as it is known.

    A failure ends the check of its own article only. Raises StoreError when the database fails two articles in a row:
    then it will fail them all.
    """
    end_mutes(services)
    services.round = Round()
    now = services.now()
    awake = [watch for watch in watches if watch.is_active(now)]

    def outcomes() -> Iterator[CheckOutcome]:
        troubled = False  # one StoreError may be a lock held too long; a second in a row is the database itself
        for watch, result in establish_baselines(services, poll_watches(services, awake)):
            begun = time.process_time()
            outcome = result if isinstance(result, CheckOutcome) else check_page(services, watch, result)
            services.round.page_seconds += time.process_time() - begun
            if isinstance(outcome.error, StoreError) and troubled:
                raise outcome.error
            troubled = isinstance(outcome.error, StoreError)
            yield outcome

    with rare_collections():
        yield from record_outcomes(services.counts, outcomes(), services.now, services.owner)
        if services.is_replay:
            return
        refresh_index(services, stale_articles(services, awake))
        # Some ledgers that an earlier release did not write; where there are none, they are looked for in an hour.
        now, filled_at = services.now(), services.ledgers_filled_at
        if filled_at is None or now - filled_at >= _LEDGERS_EVERY:
            if missing := services.archive.articles.without_ledger({watch.wiki for watch in awake}, _MOST_LEDGERS):
                fill_ledgers(services, missing)
            else:
                services.ledgers_filled_at = now
    save_round(services.archive, services.counts, "check", services.now())


def end_mutes(services: AppContext) -> None:
    """End the expired mutes and queue a summary of what each suppressed; errors are retried by the next check."""
    for mute in services.archive.mutes.list_open():
        if mute.until is not None and mute.until <= services.now():
            try:
                end_mute(services, mute)
            except Exception as error:  # noqa: BLE001  a summary that cannot be made must not stop the checks
                _LOG.warning(
                    "mute %s could not be ended (%s); the next check tries again", mute.id, type(error).__name__
                )


def check_batches(services: AppContext, batches: Iterable[Sequence[Watch]]) -> Iterator[CheckOutcome]:
    """Check watches, some at a time, as `check` does.

    A wiki that was unavailable for a whole batch is not asked about the next ones: a list may have a thousand batches,
    and each would wait for it as long.
    """
    away: set[str] = set()
    for batch in batches:
        down: dict[str, bool] = {}
        for outcome in check(services, [watch for watch in batch if watch.wiki not in away]):
            failed = isinstance(outcome.error, Unavailable)
            down[outcome.watch.wiki] = down.get(outcome.watch.wiki, True) and failed
            yield outcome
        away.update(wiki for wiki, all_failed in down.items() if all_failed)


def check_titles(services: AppContext, titles: Sequence[str], wiki: str | None = None) -> tuple[CheckOutcome, ...]:
    """Check the watches of some titles, in this order.

    Raises Unavailable when nothing at all could be fetched. Where only some articles failed, the outcomes of the others
    are returned, and the next run checks the failed ones.
    """
    order = {title: at for at, title in enumerate(titles)}
    watches = services.index.select(wiki, titles)
    # In the order of the titles: after lost runs they are shuffled, so that one page cannot block the same others.
    outcomes = tuple(check(services, sorted(watches, key=lambda watch: order[watch.title])))
    unavailable = [outcome.error for outcome in outcomes if isinstance(outcome.error, Unavailable)]
    if unavailable and len(unavailable) == len(outcomes):
        raise unavailable[0]
    return outcomes


_GROUP: Final = 500  # pages: ten requests, one transaction, and the first outcomes soon
_MOST_RENDERED: Final = 500  # pages of a wiki in one round: a template may be on a million, and the next rounds go on


def poll_watches(services: AppContext, watches: Sequence[Watch]) -> Iterator[tuple[Watch, PageStatus | CheckOutcome]]:
    """Poll some watches; yields each with the status of its page, or with its outcome where nothing more is to be done.

    An unchanged page costs a fiftieth of a request and no statement of its own. A wiki that is unavailable is not asked
    about its other pages. Raises StoreError.
    """
    for wiki in dict.fromkeys(watch.wiki for watch in watches):
        away: Unavailable | None = None
        first_watch: dict[int, Watch] = {}
        allowed = _MOST_RENDERED
        for group in batched([watch for watch in watches if watch.wiki == wiki], _GROUP):
            recorded = load_poll_states(services, wiki, group)
            try:
                if away is not None:
                    raise away
                result = poll(services, wiki, group, recorded)
                digests, other = poll_images(
                    services, wiki, (page_status.article for page_status in result.values() if page_status.article)
                )
            except FETCH_ERRORS as error:
                # An unavailable wiki would cost its timeouts again for every group of pages.
                away = error if isinstance(error, Unavailable) else None
                yield from _poll_failed(services, group, recorded, error)
            else:
                result = {title: replace(page_status, digests=digests) for title, page_status in result.items()}
                late = [title for title, page_status in result.items() if page_status.is_out_of_date]
                result |= {title: replace(result[title], is_rendered=False) for title in late[allowed:]}
                allowed = max(0, allowed - len(late))
                yield from _polled(services, group, result, other, first_watch)


def _polled(
    services: AppContext,
    watches: Sequence[Watch],
    result: Mapping[str, PageStatus],
    other: Collection[Article],
    first_watch: dict[int, Watch],
) -> Iterator[tuple[Watch, PageStatus | CheckOutcome]]:
    """Finish the watches whose pages are idle, and those whose page an earlier watch has (`first_watch`, by page id).

    `other` are the articles that show other images now.
    """
    idle = {
        page_status.article
        for page_status in result.values()
        if page_status.nothing_to_do and page_status.article and page_status.article not in other
    }
    if idle:
        services.archive.articles.record_checks([*idle], services.now())
    edited = [page_status for page_status in result.values() if page_status.is_edited]
    newest = NewestTexts(services, edited)
    titles = services.archive.articles.titles_of_all([item.article for item in edited if item.article])
    for watch in watches:
        status = result[watch.title]
        article = status.article or status.page.article
        earlier = first_watch.setdefault(article.page_id, watch) if article else watch
        if earlier is not watch:  # after a move, or through a redirect, two titles lead to one page
            text = f"is the page of {earlier.title!r}, which is checked; remove one of the two watches"
            yield watch, CheckOutcome(watch, CheckState.UNCHANGED, text)
        elif status.article in idle:
            text = f"nothing since revision {status.page.latest}"
            outcome = CheckOutcome(watch, CheckState.UNCHANGED, text)
            yield watch, with_title(outcome, status.article)
        else:
            former = titles.get(status.article) if status.article else None
            yield watch, replace(status, newest=newest.take(article), titles=former)


def _poll_failed(
    services: AppContext, watches: Sequence[Watch], recorded: Mapping[str, PollState], error: WatcherError
) -> Iterator[tuple[Watch, CheckOutcome]]:
    """Record that every page of a wiki has failed; repeated failures are an event."""
    now, reported = services.now(), str(error)
    services.archive.articles.record_checks([poll_state.article for poll_state in recorded.values()], now, reported)
    for item in recorded.values():
        if item.failures + 1 >= FAILURES_BEFORE_EVENT and not item.has_open_event:
            services.archive.events.record(item.article, "fetch-failed", reported, now)
    for watch in watches:
        if watch.title not in recorded:
            services.archive.unreached_watches.record_failure(watch.wiki, watch.title, reported, now)
        yield watch, CheckOutcome(watch, CheckState.FAILED, reported, error=error)
