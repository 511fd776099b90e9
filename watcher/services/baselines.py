"""Give pages that were never checked their first revision: fifty with one request and in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from snapshots import ImageDigests
from watcher.config import Watch
from watcher.errors import StoreError, WatcherError
from watcher.fetch import PageState
from watcher.model import Snapshot
from watcher.services.context import AppContext
from watcher.services.outcome import CheckOutcome, CheckState
from watcher.services.poll import PageStatus

AT_ONCE: Final = 50  # pages whose texts are asked for together, and held in memory

_Polled = tuple[Watch, PageStatus | CheckOutcome]


def establish_baselines(services: AppContext, polled: Iterable[_Polled]) -> Iterator[_Polled]:
    """Yield what a poll gave, with an outcome in place of the status of each page that was never checked.

    Only of plain cases, several in a row: a page that was moved, is hidden, cannot be fetched or was begun by another
    worker keeps its status, and is checked like any other. Raises StoreError.
    """
    new: list[tuple[Watch, PageStatus]] = []
    for watch, result in polled:
        belongs = isinstance(result, PageStatus) and _is_new(watch, result)
        if new and (not belongs or len(new) == AT_ONCE or new[0][0].wiki != watch.wiki):
            yield from _with_outcomes(services, new)
            new = []
        if belongs and isinstance(result, PageStatus):
            new.append((watch, result))
        else:
            yield watch, result
    yield from _with_outcomes(services, new)


def _is_new(watch: Watch, status: PageStatus) -> bool:
    """Return whether nothing but the newest text of a page is to be stored."""
    page, known = status.page, status.poll_state
    return (
        page.state is PageState.OK
        and page.article is not None
        and page.article.title == watch.title
        and not watch.sections  # whose text is searched for the headings
        and status.article in (None, page.article)
        and (known is None or (known.last_judged_id is None and not known.has_open_event))
    )


def _with_outcomes(services: AppContext, new: Sequence[tuple[Watch, PageStatus]]) -> Iterator[_Polled]:
    done: dict[int, int] = {}
    if len(new) > 1:  # one alone is no batch
        try:
            done = _commit(services, [status for _, status in new])
        except StoreError:
            raise
        except WatcherError:  # each page is asked for again, and says itself what is wrong
            done = {}
    for watch, status in new:
        number = done.get(status.page.article.page_id) if status.page.article else None
        if number is None:
            yield watch, status
        else:
            text = f"watching from revision {number} on"
            yield watch, CheckOutcome(watch, CheckState.BASELINE, text, revisions=1)


def _commit(services: AppContext, new: Sequence[PageStatus]) -> dict[int, int]:
    """Fetch and store the newest revisions of some pages of one wiki; return their ids by page id."""
    from snapshots.revisions import Baseline

    articles = [status.page.article for status in new if status.page.article]
    client, now = services.client(articles[0].wiki), services.now()
    newest = {snapshot.revision.article.page_id: snapshot for snapshot in client.newest_of(articles)}
    files = {page_id: _files(services, snapshot) for page_id, snapshot in newest.items()}
    digests = client.image_digests([*dict.fromkeys(file for shown in files.values() for file in shown)])
    baselines = [
        Baseline(
            snapshot=newest[status.page.article.page_id],
            protection=status.page.protection,
            images=ImageDigests(
                revision_id=newest[status.page.article.page_id].revision.id,
                seen_at=now,
                digests={file: digests[file] for file in files[status.page.article.page_id]},
            ),
        )
        for status in new
        if status.page.article and status.page.article.page_id in newest
    ]
    stored = services.archive.revisions.commit_baselines(baselines, now)
    return {page_id: newest[page_id].revision.id for page_id in stored}


def _files(services: AppContext, snapshot: Snapshot) -> tuple[str, ...]:
    from watcher.parse import files_in

    return files_in(snapshot.wikitext or "", services.dialect(snapshot.revision.article.wiki))
