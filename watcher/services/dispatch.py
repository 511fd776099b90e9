"""Plan which of thousands of watched pages need a check, in batches for workers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from snapshots import PollState
from watcher.batching import batched
from watcher.config import Watch
from watcher.fetch import PageState
from watcher.services.check import poll_watches
from watcher.services.context import AppContext
from watcher.services.metrics import record_outcomes, save_round
from watcher.services.outcome import CheckOutcome
from watcher.services.page_check import check_page
from watcher.services.poll import PageStatus, load_poll_states
from watcher.services.sources import refresh_lists
from watcher.services.watch_index import EARLY

# Whoever may start a run of a flow can write any number into its parameters.
ChunkSize = Annotated[int, Field(ge=1, le=1000)]
"""How many pages one run or task checks."""
Seconds = Annotated[int, Field(ge=1, le=86_400)]
Hours = Annotated[int, Field(ge=1, le=87_600)]
PageCount = Annotated[int, Field(ge=0, le=10_000)]
RunCount = Annotated[int, Field(ge=0, le=1_000_000)]
DeploymentName = Annotated[str, Field(max_length=500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBatch:
    """Pages of one wiki, by their titles in the watchlist, for one run to check."""

    wiki: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPlan:
    """The batches that are left to check after a poll, and the outcomes of the watches that are done.

    `at` is when it was made, by the database's clock.
    """

    batches: tuple[PageBatch, ...]
    outcomes: tuple[CheckOutcome, ...]
    at: datetime = field(compare=False)


def active_watches(services: AppContext) -> list[Watch]:
    """Return the watches that are neither paused nor expired."""
    now = services.now()
    return [watch for batch in services.index.batches() for watch in batch if watch.is_active(now)]


def due_watches(services: AppContext) -> list[Watch]:
    """Return the active watches whose interval has passed and that no run has been asked to check."""
    now = services.now()
    result: list[Watch] = []
    active = [watch for watch in services.watchlist.watches if watch.is_active(now)]
    for wiki in dict.fromkeys(watch.wiki for watch in active):
        watches = [watch for watch in active if watch.wiki == wiki]
        known = load_poll_states(services, wiki, watches)
        result += [watch for watch in watches if is_due(watch, known.get(watch.title), now)]
    return result + [watch for batch in services.index.listed(now) for watch in batch if watch.is_active(now)]


def is_due(watch: Watch, poll_state: PollState | None, now: datetime) -> bool:
    """Return whether a page is to be polled; a time in the future comes from a clock that was wrong."""
    if poll_state is None:
        return True
    if poll_state.reserved_until is not None and now < poll_state.reserved_until < now + timedelta(days=1):
        return False
    waited = None if poll_state.checked_at is None else now - poll_state.checked_at
    return waited is None or waited >= watch.every - min(EARLY, watch.every / 2) or waited < -EARLY


def plan_dispatch(
    services: AppContext,
    select: Callable[[AppContext], Sequence[Watch]],
    *,
    batch_size: int,
    reservation: timedelta,
    max_batches: int | None = None,
    shuffle: Callable[[list[Any]], None] = random.shuffle,
) -> DispatchPlan:
    """Refresh lists, poll the selected watches, and reserve pages with new revisions in batches of `batch_size`.

    A page that is not checked within `reservation` is due again: the run that had it is lost, whatever Prefect
    believes of it. Such pages share batches, shuffled: one of them may be what killed the run. At most `max_batches`
    are made, of the pages that wait longest; the others stay due. Raises StoreError.
    """
    refresh_lists(services)
    moved: list[tuple[Watch, PageStatus]] = []
    outcomes: list[CheckOutcome] = []
    for watch, result in poll_watches(services, select(services)):
        if isinstance(result, CheckOutcome):
            outcomes.append(result)
        elif result.page.state is PageState.OK and result.page.article:
            moved.append((watch, result))
        else:  # deleted, a redirect, no wikitext: recorded without another request
            outcomes.append(check_page(services, watch, result))
    if max_batches is not None:
        never, states = datetime.min.replace(tzinfo=UTC), [(item, item[1].poll_state) for item in moved]
        states.sort(key=lambda each: (each[1] and each[1].checked_at) or never)
        moved = [item for item, _ in states][: max_batches * max(batch_size, 1)]
    # Reserved in our own database: Prefect shows a killed run as Running forever.
    fresh, lost = list[Watch](), list[Watch]()
    for watch, page_status in moved:
        if page_status.article is None and page_status.page.article:  # only a registered article can be reserved
            services.archive.articles.register(page_status.page.article, services.now())
        state = page_status.poll_state
        # A run was asked to check it and never did.
        (lost if state is not None and state.reserved_until is not None else fresh).append(watch)
    articles = [page_status.page.article for _, page_status in moved if page_status.page.article]
    services.archive.leases.reserve_pages([*dict.fromkeys(articles)], services.now() + reservation)
    shuffle(lost)
    groups = [*_batches(fresh, batch_size), *_batches(lost, batch_size)]
    counted = tuple(record_outcomes(services.counts, outcomes, services.now, services.owner))
    save_round(services.archive, services.counts, "dispatch", services.now())
    return DispatchPlan(batches=tuple(groups), outcomes=counted, at=services.now())


def _batches(watches: Sequence[Watch], size: int) -> Iterator[PageBatch]:
    for wiki in dict.fromkeys(watch.wiki for watch in watches):
        titles = [*dict.fromkeys(watch.title for watch in watches if watch.wiki == wiki)]
        for batch in batched(titles, max(size, 1)):
            yield PageBatch(wiki=wiki, titles=tuple(batch))
