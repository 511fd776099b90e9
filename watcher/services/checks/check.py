"""Check watched pages: poll them, and continue with those that have changed.

For thousands of pages, the checks are planned in batches for workers. Each check first ends the expired mutes.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final

from pydantic import Field

from snapshots import Mute, PollState, ReviewAction, ReviewEvent
from watcher.batching import batched
from watcher.config import Watch
from watcher.errors import StoreError, Unavailable, WatcherError
from watcher.fetch import PageState
from watcher.model import Article
from watcher.model.elements import Guard
from watcher.processes import rare_collections
from watcher.services.alerting import planning
from watcher.services.alerting.alerts import for_watch, matches
from watcher.services.checks import contradictions, judgement, page_check, page_lists, poll
from watcher.services.checks.outcome import CheckOutcome, Difference, record_outcomes, save_round
from watcher.services.context import MAX_EARLY, AppContext, Round
from watcher.services.history import ledger

_LOG = logging.getLogger("watcher")
_LEDGERS_EVERY: Final = timedelta(hours=1)
_MAX_LEDGERS: Final = 50  # for each check


def check(services: AppContext, watches: Sequence[Watch]) -> Iterator[CheckOutcome]:
    """Check some watches, skipping paused and expired ones; yield an outcome for each as soon as it is known.

    A failure ends only the check of its own article. Raises StoreError if the database fails for two articles in a row,
    since it would then fail for all.
    """
    end_mutes(services)
    services.round = Round()
    now = services.now()
    awake = [watch for watch in watches if watch.is_active(now)]

    def outcomes() -> Iterator[CheckOutcome]:
        troubled = False  # one StoreError may be a lock held too long; two in a row mean that the database is down
        for watch, result in poll.establish_baselines(services, poll.poll_watches(services, awake)):
            outcome = result if isinstance(result, CheckOutcome) else page_check.check_page(services, watch, result)
            if isinstance(outcome.error, StoreError) and troubled:
                raise outcome.error
            troubled = isinstance(outcome.error, StoreError)
            yield outcome

    with rare_collections():
        yield from record_outcomes(services.counts, outcomes(), services.now, services.owner)
        if services.is_replay:
            return
        contradictions.refresh_index(services, awake)
        ledger.fill_ledgers(services, services.round.lagging)
        # Fill some ledgers that an earlier release did not write; if none is missing, look again in an hour.
        now, filled_at = services.now(), services.ledgers_filled_at
        if filled_at is None or now - filled_at >= _LEDGERS_EVERY:
            if missing := services.archive.articles.without_ledger({watch.wiki for watch in awake}, _MAX_LEDGERS):
                ledger.fill_ledgers(services, missing)
            else:
                services.ledgers_filled_at = now
    save_round(services.archive, services.counts, "check", services.now())


def end_mutes(services: AppContext) -> None:
    """End the expired mutes and queue a summary of what each suppressed; errors are retried by the next check."""
    for mute in services.archive.mutes.list_open():
        if mute.has_expired(services.now()):
            guard = Guard()  # a summary that cannot be built must not stop the checks
            try:
                guard.run(partial(end_mute, services, mute), otherwise=0, element="what was muted")
                failed = guard.error
            except (MemoryError, WatcherError) as error:
                failed = error
            if failed is not None:
                reported = "mute %s could not be ended (%s); the next check tries again"
                _LOG.warning(reported, mute.id, type(failed).__name__)


def check_batches(services: AppContext, batches: Iterable[Sequence[Watch]]) -> Iterator[CheckOutcome]:
    """Check watches in batches, as `check` does.

    A wiki that was unavailable for a whole batch is skipped in the next ones: a list may have a thousand batches, each
    of which would wait as long for it.
    """
    unavailable_wikis: set[str] = set()
    for batch in batches:
        all_failed_by_wiki: dict[str, bool] = {}
        for outcome in check(services, [watch for watch in batch if watch.wiki not in unavailable_wikis]):
            failed = isinstance(outcome.error, Unavailable)
            all_failed_by_wiki[outcome.watch.wiki] = all_failed_by_wiki.get(outcome.watch.wiki, True) and failed
            yield outcome
        unavailable_wikis.update(wiki for wiki, all_failed in all_failed_by_wiki.items() if all_failed)


def check_titles(services: AppContext, titles: Sequence[str], wiki: str | None = None) -> tuple[CheckOutcome, ...]:
    """Check the watches of some titles, in this order.

    Raises Unavailable if nothing could be fetched at all. If only some articles failed, the next run checks these.
    """
    # In the order of the titles: those of lost runs were shuffled, so that one page cannot always block the others.
    outcomes = tuple(check(services, [*services.index.select(wiki, titles)]))
    unavailable = [outcome.error for outcome in outcomes if isinstance(outcome.error, Unavailable)]
    if unavailable and len(unavailable) == len(outcomes):
        raise unavailable[0]
    return outcomes


def end_mute(services: AppContext, mute: Mute) -> int:
    """End a mute and queue a summary for each article for which it suppressed something; return their number.

    The summary compares the article with its text before the mute first suppressed something, so edits that were
    reverted meanwhile are left out. Facts that a destination was sent earlier and that were undone meanwhile are
    resolved. Raises StoreError, and Unavailable if a delivery that is to be replaced is just being sent.
    """
    archive, plans, judged = services.archive, list[planning.AlertPlan](), dict[Article, int | None]()
    for article, since in archive.mutes.suppressed(mute):
        watch, cursor = services.index.watch_of(article), archive.revisions.cursor(article)
        judged[article] = None if cursor is None else cursor.id
        if watch is None or cursor is None:
            continue
        before, after = (archive.revisions.snapshot(watch.wiki, number) for number in (since, cursor.id))
        difference = Difference(comparison=services.compare_for(watch, before, after), before=before, after=after)
        comparison = judgement.judge_comparison(services, watch, difference).comparison
        own_mute = for_watch(services, watch, mute)
        own = tuple(finding for finding in comparison.findings if matches(own_mute, watch, finding))
        # Findings that another mute still suppresses are left to that mute's summary.
        plans.append(planning.AlertPlan(services, watch, replace(comparison, findings=own), after, ending=own_mute))
    alerts = [alert for plan in plans for alert in plan.alerts]
    replaced = [number for plan in plans for number in plan.superseded]
    outdated = [number for plan in plans for number in plan.outdated]
    ended = archive.mutes.end(mute, alerts, services.now(), judged=judged, superseded=replaced, outdated=outdated)
    return sum(bool(plan.alerts) for plan in plans) if ended else 0


def undo_decisions(services: AppContext, events: Sequence[ReviewEvent], by: str) -> int:
    """Undo actions of reviewers, and end the mutes that these created, with a summary of what each suppressed.

    Return the number of the batch, or 0 if everything was undone already. Raises StoreError.
    """
    mute_ids = {event.mute_id for event in events if event.action is ReviewAction.MUTE and not event.undone}
    for mute in services.archive.mutes.list_open():
        if mute.id in mute_ids:
            end_mute(services, mute)
    return services.archive.reviews.undo(events, by, services.now())


# Limits of the flows' parameters: anyone who may start a run can enter any number.
ChunkSize = Annotated[int, Field(ge=1, le=1000)]
"""The number of pages that one run or task checks."""
Seconds = Annotated[int, Field(ge=1, le=86_400)]
PageCount = Annotated[int, Field(ge=0, le=10_000)]
RunCount = Annotated[int, Field(ge=0, le=1_000_000)]
DeploymentName = Annotated[str, Field(max_length=500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPlan:
    """The batches that remain to be checked after a poll, and the outcomes of the watches that are done.

    `at` is when the plan was made, by the database's clock.
    """

    batches: tuple[tuple[str, list[str]], ...]
    outcomes: tuple[CheckOutcome, ...]
    at: datetime = field(compare=False)


def due_watches(services: AppContext) -> list[Watch]:
    """Return the active watches whose interval has passed and that are not reserved for a run."""
    now = services.now()
    result: list[Watch] = []
    active = [watch for watch in services.watchlist.watches if watch.is_active(now)]
    failed = {(each.wiki, each.title): each.checked_at for each in services.archive.unreached_watches.list_all()}
    for wiki in dict.fromkeys(watch.wiki for watch in active):
        watches = [watch for watch in active if watch.wiki == wiki]
        known = poll.load_poll_states(services, wiki, watches)
        result += (
            watch for watch in watches if is_due(watch, known.get(watch.title), now, failed.get((wiki, watch.title)))
        )
    return result + [watch for batch in services.index.listed(now) for watch in batch if watch.is_active(now)]


def is_due(watch: Watch, poll_state: PollState | None, now: datetime, failed_at: datetime | None = None) -> bool:
    """Return whether a watch is due: its interval has passed since the last check, and no run has reserved its page.

    `failed_at` is the last failed check of a page that was never reached. Times in the future come from a wrong clock.
    """
    if poll_state and poll_state.reserved_until and now < poll_state.reserved_until < now + timedelta(days=1):
        return False
    checked_at = poll_state.checked_at if poll_state else failed_at
    waited = None if checked_at is None else now - checked_at
    return waited is None or waited >= watch.every - min(MAX_EARLY, watch.every / 2) or waited < -MAX_EARLY


def plan_dispatch(
    services: AppContext,
    *,
    batch_size: int,
    reservation: timedelta,
    max_batches: int | None = None,
    shuffle: Callable[[list[Any]], None] = random.shuffle,
) -> DispatchPlan:
    """Refresh lists, poll the watches that are due, and reserve pages with new revisions in batches of `batch_size`.

    A page that is not checked within `reservation` is due again: the run that had it is lost, whatever state Prefect
    shows. Such pages are shuffled into batches of their own, since one of them may have killed the run. At most
    `max_batches` are made, of the pages that have waited longest; the others stay due. This also ends mutes and
    continues the citation index, because without new revisions no check runs. Raises StoreError.
    """
    end_mutes(services)
    page_lists.refresh_lists(services)
    due = due_watches(services)
    moved: list[tuple[Watch, poll.PageStatus]] = []
    outcomes: list[CheckOutcome] = []
    for watch, result in poll.poll_watches(services, due, texts=False):
        if isinstance(result, CheckOutcome):
            outcomes.append(result)
        elif result.page.state is PageState.OK and result.page.article:
            moved.append((watch, result))
        else:  # deleted, a redirect, no wikitext: recorded without another request
            outcomes.append(page_check.check_page(services, watch, result))
    if max_batches is not None:
        never, states = datetime.min.replace(tzinfo=UTC), [(item, item[1].poll_state) for item in moved]
        states.sort(key=lambda each: (each[1] and each[1].checked_at) or never)
        moved = [item for item, _ in states][: max_batches * max(batch_size, 1)]
    # Reserved in our own database, because Prefect shows a killed run as Running forever.
    new, retried = list[Watch](), list[Watch]()
    for watch, page_status in moved:
        if page_status.article is None and page_status.page.article:  # only a registered article can be reserved
            services.archive.articles.register(page_status.page.article, services.now())
        state = page_status.poll_state
        # A page that is still reserved was given to a run that never checked it.
        (retried if state is not None and state.reserved_until is not None else new).append(watch)
    articles = [page_status.page.article for _, page_status in moved if page_status.page.article]
    services.archive.articles.update([*dict.fromkeys(articles)], {"reserved_until": services.now() + reservation})
    shuffle(retried)
    groups = [*_batches(new, batch_size), *_batches(retried, batch_size)]
    counted = tuple(record_outcomes(services.counts, outcomes, services.now, services.owner))
    contradictions.refresh_index(services, due)
    save_round(services.archive, services.counts, "dispatch", services.now())
    return DispatchPlan(batches=tuple(groups), outcomes=counted, at=services.now())


def _batches(watches: Sequence[Watch], size: int) -> Iterator[tuple[str, list[str]]]:
    for wiki in dict.fromkeys(watch.wiki for watch in watches):
        titles = [*dict.fromkeys(watch.title for watch in watches if watch.wiki == wiki)]
        for batch in batched(titles, max(size, 1)):
            yield wiki, [*batch]
