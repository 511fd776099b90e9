"""Watches, thousands of them → those whose page has not moved answered at once, the others with where they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from flows.outcome import Outcome, State
from flows.pictures import look
from flows.polling import FAILURES, Standing, poll, records, with_title
from flows.services import Services
from snapshots import Known
from watcher.config import Watch
from watcher.errors import StoreError, Unavailable, WatcherError
from watcher.model import Article

_GROUP: Final = 500  # pages: ten requests to the wiki, one transaction, and the first lines soon


def survey(services: Services, watches: Sequence[Watch]) -> Iterator[tuple[Watch, Standing | Outcome]]:
    """Each watch with the standing of its page, or with its Outcome where nothing more is to be done.

    A page that has not moved costs a fiftieth of a request and no statement of its own. Where a wiki is away, it
    is not asked about its other pages. Raises StoreError.
    """
    for wiki in dict.fromkeys(watch.wiki for watch in watches):
        away: Unavailable | None = None
        for group in _groups([watch for watch in watches if watch.wiki == wiki]):
            recorded = records(services, wiki, group)
            try:
                if away is not None:
                    raise away
                found = poll(services, wiki, group, recorded)
                digests, other = look(services, wiki, (one.known for one in found.values() if one.known))
            except StoreError:
                raise
            except WatcherError as error:
                away = error if isinstance(error, Unavailable) else None
                yield from _unanswered(services, group, recorded, error)
            else:
                found = {title: replace(one, digests=digests) for title, one in found.items()}
                yield from _answered(services, group, found, other)


def _groups(watches: Sequence[Watch]) -> Iterator[Sequence[Watch]]:
    for at in range(0, len(watches), _GROUP):
        yield watches[at : at + _GROUP]


def _answered(
    services: Services, watches: Sequence[Watch], found: Mapping[str, Standing], other: Collection[Article]
) -> Iterator[tuple[Watch, Standing | Outcome]]:
    """`other` are the articles that show other pictures now."""
    idle = {one.known for one in found.values() if one.idle and one.known and one.known not in other}
    if idle:
        services.archive.checked_all([*idle], services.now())
    for watch in watches:
        standing = found[watch.title]
        article = standing.known
        if article is None or article not in idle:
            yield watch, standing
            continue
        text = f"nothing since revision {standing.page.latest}"
        yield watch, with_title(Outcome(watch=watch, state=State.UNCHANGED, text=text), article)


def _unanswered(
    services: Services, watches: Sequence[Watch], recorded: Mapping[str, Known], error: WatcherError
) -> Iterator[tuple[Watch, Outcome]]:
    """The wiki could not be asked: every page of it has failed, and those that fail again and again are an event."""
    now, told = services.now(), str(error)
    services.archive.failed_all([one.article for one in recorded.values()], now, told)
    for one in recorded.values():
        if one.failures + 1 >= FAILURES and not one.troubled:
            services.archive.event(one.article, "fetch-failed", told, now)
    for watch in watches:
        if watch.title not in recorded:
            services.archive.missed(watch.wiki, watch.title, told, now)
        yield watch, Outcome(watch=watch, state=State.FAILED, text=told, error=error)
