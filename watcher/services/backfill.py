"""Fetch and store the whole revision history of a watched article."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from watcher.batching import batched
from watcher.config import Watch
from watcher.model import Article, Revision, Snapshot
from watcher.model.revisions import is_size_too_large
from watcher.services.context import AppContext
from watcher.services.poll import poll, resolve_article

_AT_ONCE: Final = 50  # revisions with text in a request, and in a transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillResult:
    """A page whose history is stored: how many revisions it has, and how many of them were fetched by this run."""

    article: Article
    revisions: int
    fetched: int


ProgressCallback = Callable[[int, int], None]  # how many revisions are stored, of how many


def no_progress(done: int, total: int) -> None:
    """Ignore the progress."""


def backfill(services: AppContext, watch: Watch, progress: ProgressCallback = no_progress) -> BackfillResult:
    """Fetch and store every revision that is missing; `progress` is called after each 50.

    The list of revisions (500 a request, without text) shows what is missing, so that a killed run is continued where
    it stopped. A revision that is stored without its text is fetched again when the wiki shows it. Checks are not
    disturbed: their cursor stays. Raises Missing, Unavailable, Refused, Corrupt, StoreError; what was stored stays.
    """
    article, _ = resolve_article(services, watch, poll(services, watch.wiki, [watch])[watch.title])
    client, archive = services.client(article.wiki), services.archive
    # Texts that retention removed after their history was built need not come back.
    stored = archive.revisions.ids(article, include_pruned=archive.history.progress(article) is not None)
    stretches, total = _find_gaps(client.history(article, with_text=False), stored)
    done, fetched = total - sum(gap.length for gap in stretches), 0
    progress(done, total)
    for stretch in stretches:
        for batch in batched(_up_to(stretch.last, client.revisions_since(article, stretch.before)), _AT_ONCE):
            fetched += archive.revisions.store(article, batch)
            done += len(batch)
            progress(min(done, total), total)
    return BackfillResult(article=article, revisions=total, fetched=fetched)


@dataclass(slots=True, kw_only=True)
class _Gap:
    """Consecutive revisions that are not stored: the one before them (None at the start), the last, how many."""

    before: Revision | None
    last: Revision
    length: int = 1


def _find_gaps(listed: Iterable[Snapshot], stored: Mapping[int, bool]) -> tuple[list[_Gap], int]:
    """Find the gaps among the listed revisions, and count those; `stored` says which have a text."""
    result: list[_Gap] = []
    before: Revision | None = None
    is_stored, total = True, 0
    for snapshot in listed:
        revision, total = snapshot.revision, total + 1
        was_stored, is_stored = is_stored, _is_complete(revision, stored)
        if is_stored:
            before = revision
        elif was_stored:
            result.append(_Gap(before=before, last=revision))
        else:
            result[-1].last, result[-1].length = revision, result[-1].length + 1
    return result, total


def _is_complete(revision: Revision, stored: Mapping[int, bool]) -> bool:
    """Return whether a revision is stored, with its text unless that is hidden or too large."""
    # What is hidden now may be shown again later, and is then fetched; what is too large never is.
    readable = revision.sha1 is not None and not revision.text_hidden and not is_size_too_large(revision.size)
    return revision.id in stored and (stored[revision.id] or not readable)


def _up_to(last: Revision, walk: Iterator[Snapshot]) -> Iterator[Snapshot]:
    """Yield the revisions up to `last`, which may have been deleted meanwhile."""
    for snapshot in walk:
        # By time, then id, as MediaWiki lists revisions: imported ones have new ids and old times.
        if (snapshot.revision.at, snapshot.revision.id) > (last.at, last.id):
            return
        yield snapshot
        if snapshot.revision.id == last.id:
            return
