"""A watched page → its whole history in the memory, from the first revision on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flows.polling import poll, stand
from flows.services import Services
from watcher.config import Watch
from watcher.model import Article, Revision, Snapshot

_AT_ONCE: Final = 50  # revisions with text in a request, and in a transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilled:
    """A page whose history is stored: how many revisions it has, and how many of them were fetched now."""

    article: Article
    revisions: int
    fetched: int


def _silent(done: int, total: int) -> None:
    """Nobody looks on."""


def backfill(services: Services, watch: Watch, told: Callable[[int, int], None] = _silent) -> Backfilled:
    """Fetch and store every revision that is not stored; `told` gets how many are, of how many, after each 50.

    The list of revisions (500 a request, without text) tells what is missing, so that a run that was killed goes on
    where it stopped and one that has nothing to do fetches no text. Checks are not disturbed: what is judged is
    told by the cursor, which stays. Raises Missing, Unavailable, Refused, Corrupt, StoreError; what was stored stays.
    """
    article, _ = stand(services, watch, poll(services, watch.wiki, [watch])[watch.title])
    client, archive = services.client(article.wiki), services.archive
    listed = [one.revision for one in client.history(article, with_text=False)]
    stored = {one.id for one in archive.revisions(article)}
    done, fetched = sum(one.id in stored for one in listed), 0
    told(done, len(listed))
    for before, last in _missing(listed, stored):
        for batch in _batches(_until(last, client.revisions_since(article, before))):
            fetched += archive.store(article, batch)
            told(min(done + fetched, len(listed)), len(listed))
    return Backfilled(article=article, revisions=len(listed), fetched=fetched)


def _missing(listed: Sequence[Revision], stored: set[int]) -> Iterator[tuple[Revision | None, Revision]]:
    """Stretches of what is not stored: the revision before each (None at the start), and its last."""
    begun, before = False, None
    for at, revision in enumerate(listed):
        if revision.id not in stored and not begun:
            begun, before = True, listed[at - 1] if at else None
        ends = at + 1 == len(listed) or listed[at + 1].id in stored
        if begun and ends:
            begun = False
            yield before, revision


def _until(last: Revision, walk: Iterator[Snapshot]) -> Iterator[Snapshot]:
    """What comes up to `last`, be it there still or deleted meanwhile."""
    for snapshot in walk:
        if (snapshot.revision.at, snapshot.revision.id) > (last.at, last.id):
            return
        yield snapshot
        if snapshot.revision.id == last.id:
            return


def _batches(walk: Iterator[Snapshot]) -> Iterator[list[Snapshot]]:
    """Groups as large as an answer of the wiki; what came before an error is given out before the error."""
    batch: list[Snapshot] = []
    try:
        for snapshot in walk:
            batch.append(snapshot)
            if len(batch) == _AT_ONCE:
                yield batch
                batch = []
    except GeneratorExit:
        return
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
