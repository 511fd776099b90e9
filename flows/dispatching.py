"""A watchlist of thousands → the few pages that moved, in chunks for workers; all others are done with."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flows.measuring import counted
from flows.outcome import Outcome
from flows.polling import Standing, records
from flows.services import Services
from flows.steps import check_page
from flows.surveying import survey
from snapshots import Known
from watcher.config import Watch
from watcher.fetch import PageState

_EARLY: Final = timedelta(seconds=30)  # a page is due when it would be by the middle of the time to the next dispatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some pages of one wiki, by their titles in the watchlist, for one run to check."""

    wiki: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a poll left to do, and how the watches ended that need no more."""

    chunks: tuple[Chunk, ...]
    outcomes: tuple[Outcome, ...]


def due(services: Services) -> list[Watch]:
    """The watches to ask about now: their time has come, and no run has been asked to check them."""
    now = services.now()
    found: list[Watch] = []
    for wiki in dict.fromkeys(watch.wiki for watch in services.watchlist.watches):
        watches = [watch for watch in services.watchlist.watches if watch.wiki == wiki]
        known = records(services, wiki, watches)
        found += [watch for watch in watches if is_due(watch, known.get(watch.title), now)]
    return found


def is_due(watch: Watch, known: Known | None, now: datetime) -> bool:
    """Whether a page is to be asked about; a time in the future is that of a clock that was wrong."""
    if known is None or known.checked_at is None:
        return known is None or not _is_queued(known, now)
    waited = now - known.checked_at
    return (waited >= watch.every - min(_EARLY, watch.every / 2) or waited < -_EARLY) and not _is_queued(known, now)


def _is_queued(known: Known, now: datetime) -> bool:
    return known.queued_until is not None and now < known.queued_until < now + timedelta(days=1)


def plan(
    services: Services,
    watches: Sequence[Watch],
    *,
    size: int,
    patience: timedelta,
    most: int | None = None,
    shuffle: Callable[[list[Any]], None] = random.shuffle,
) -> Plan:
    """Ask where the pages stand; those that moved in chunks of at most `size`, which nobody else is given meanwhile.

    A page that is not checked within `patience` is due again, for the run that had it is lost, whatever the
    scheduler believes of it; it goes with others like it, in another order, for one of them may be what killed the
    run. At most `most` chunks are made, of the pages that wait longest; the others stay due. Raises StoreError.
    """
    moved: list[tuple[Watch, Standing]] = []
    outcomes: list[Outcome] = []
    for watch, found in survey(services, watches):
        if isinstance(found, Outcome):
            outcomes.append(found)
        elif found.page.state is PageState.OK and found.page.article:
            moved.append((watch, found))
        else:  # gone, a redirect, no wikitext: that is noted without asking more
            outcomes.append(check_page(services, watch, found))
    if most is not None:
        moved = sorted(moved, key=lambda one: _last_look(one[1]))[: most * max(size, 1)]
    _reserve(services, [found for _, found in moved], services.now() + patience)
    fresh = [watch for watch, found in moved if not _was_lost(found)]
    lost = [watch for watch, found in moved if _was_lost(found)]
    shuffle(lost)
    groups = [*_chunks(fresh, size), *_chunks(lost, size)]
    services.counts.add("runs", 1, kind="dispatch")
    return Plan(chunks=tuple(groups), outcomes=tuple(counted(services.counts, outcomes, services.now, services.owner)))


def _was_lost(found: Standing) -> bool:
    """Whether a run was asked to check the page and never did."""
    return found.record is not None and found.record.queued_until is not None


def _last_look(found: Standing) -> datetime:
    """When the page was checked last; the beginning of time for one that never was."""
    checked_at = found.record.checked_at if found.record else None
    return checked_at or datetime.min.replace(tzinfo=UTC)


def _reserve(services: Services, moved: Sequence[Standing], until: datetime) -> None:
    articles = [one.page.article for one in moved if one.page.article]
    for one in moved:
        if one.known is None and one.page.article:
            services.archive.register(one.page.article, services.now())
    services.archive.queue_pages([*dict.fromkeys(articles)], until)


def _chunks(watches: Sequence[Watch], size: int) -> Iterator[Chunk]:
    for wiki in dict.fromkeys(watch.wiki for watch in watches):
        titles = [*dict.fromkeys(watch.title for watch in watches if watch.wiki == wiki)]
        for at in range(0, len(titles), max(size, 1)):
            yield Chunk(wiki=wiki, titles=tuple(titles[at : at + max(size, 1)]))
