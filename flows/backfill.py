"""A watched page → its whole history in the memory, from the first revision on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from flows.polling import poll, stand
from flows.services import Services
from watcher.config import Watch
from watcher.model import Article, Revision, Snapshot
from watcher.model.limits import says_too_large

_AT_ONCE: Final = 50  # revisions with text in a request, and in a transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilled:
    """A page whose history is stored: how many revisions it has, and how many of them were fetched now."""

    article: Article
    revisions: int
    fetched: int


Told = Callable[[int, int], None]  # how many revisions are stored, of how many


def _silent(done: int, total: int) -> None:
    """Nobody looks on."""


def backfill(services: Services, watch: Watch, told: Told = _silent) -> Backfilled:
    """Fetch and store every revision that is not stored; `told` gets how many are, of how many, after each 50.

    The list of revisions (500 a request, without text) tells what is missing, so that a run that was killed goes on
    where it stopped and one that has nothing to do fetches no text. A revision that is stored without its text is
    fetched again when the wiki shows it. Checks are not disturbed: what is judged is told by the cursor, which stays.
    Raises Missing, Unavailable, Refused, Corrupt, StoreError; what was stored stays.
    """
    article, _ = stand(services, watch, poll(services, watch.wiki, [watch])[watch.title])
    client, archive = services.client(article.wiki), services.archive
    # What was followed and tidied away since need not come back: its lives are stored.
    stored = archive.revision_ids(article, tidied=archive.followed(article) is not None)
    stretches, total = _missing(client.history(article, with_text=False), stored)
    done, fetched = total - sum(one.length for one in stretches), 0
    told(done, total)
    for stretch in stretches:
        for batch in _batches(_until(stretch.last, client.revisions_since(article, stretch.before))):
            fetched += archive.store(article, batch)
            done += len(batch)
            told(min(done, total), total)
    return Backfilled(article=article, revisions=total, fetched=fetched)


@dataclass(slots=True, kw_only=True)
class _Stretch:
    """Revisions in a row that are not stored: the one before them (None at the start), their last, how many."""

    before: Revision | None
    last: Revision
    length: int = 1


def _missing(listed: Iterable[Snapshot], stored: Mapping[int, bool]) -> tuple[list[_Stretch], int]:
    """What is missing of the listed revisions, and how many are listed; `stored` tells who has a text."""
    found: list[_Stretch] = []
    before: Revision | None = None
    there, total = True, 0
    for snapshot in listed:
        revision, total = snapshot.revision, total + 1
        was_there, there = there, _stands(revision, stored)
        if there:
            before = revision
        elif was_there:
            found.append(_Stretch(before=before, last=revision))
        else:
            found[-1].last, found[-1].length = revision, found[-1].length + 1
    return found, total


def _stands(revision: Revision, stored: Mapping[int, bool]) -> bool:
    """Whether there is nothing to fetch: it is stored, and with its text unless that cannot be read or compared."""
    readable = revision.sha1 is not None and not revision.text_hidden and not says_too_large(revision.size)
    return revision.id in stored and (stored[revision.id] or not readable)


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
