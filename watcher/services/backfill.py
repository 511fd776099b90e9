"""Store the whole revision history of a watched article, from the wiki or from a dump of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from watcher.batching import batched
from watcher.config import Watch
from watcher.errors import InputError, Missing
from watcher.fetch.dump import DumpPage, read_dump
from watcher.model import Article, Revision, Snapshot
from watcher.model.revisions import is_size_too_large
from watcher.services.context import AppContext
from watcher.services.ledger import ProgressCallback, no_progress
from watcher.services.poll import poll, resolve_article

if TYPE_CHECKING:
    from snapshots import Archive
    from watcher.fetch import WikiClient

_AT_ONCE: Final = 50  # revisions with text in a request, and in a transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillResult:
    """A page whose history is stored: how many revisions it has, and how many of them were fetched by this run."""

    article: Article
    revisions: int
    fetched: int


def backfill(services: AppContext, watch: Watch, progress: ProgressCallback = no_progress) -> BackfillResult:
    """Fetch and store every revision that is missing; `progress` is called after each 50.

    The list of revisions (500 a request, without text) shows what is missing, so that a killed run is continued where
    it stopped. A revision that is stored without its text is fetched again when the wiki shows it. Checks are not
    disturbed: their cursor stays. Raises Missing, Unavailable, Refused, Corrupt, StoreError; what was stored stays.
    """
    article, _ = resolve_article(services, watch, poll(services, watch.wiki, [watch])[watch.title])
    client, archive = services.client(article.wiki), services.archive
    # Texts that retention removed after their history was built need not come back.
    stored = archive.revisions.ids(article, include_pruned=archive.ledger.progress(article) is not None)
    total, fetched = fetch_missing(client, archive, article, client.history(article, with_text=False), stored, progress)
    return BackfillResult(article=article, revisions=total, fetched=fetched)


def fetch_missing(
    client: WikiClient,
    archive: Archive,
    article: Article,
    listed: Iterable[Snapshot],
    stored: Mapping[int, bool],
    progress: ProgressCallback = no_progress,
) -> tuple[int, int]:
    """Fetch and store those of the listed revisions that are not `stored`; return how many are listed, and fetched."""
    stretches, total = _find_gaps(listed, stored)
    done, fetched = total - sum(gap.length for gap in stretches), 0
    progress(done, total)
    for stretch in stretches:
        for batch in batched(_up_to(stretch.last, client.revisions_since(article, stretch.before)), _AT_ONCE):
            fetched += archive.revisions.store(article, batch)
            done += len(batch)
            progress(min(done, total), total)
    return total, fetched


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


def installed_dump(services: AppContext, name: str) -> Path:
    """Return the file `dumps/NAME` beside the watchlist; whoever may start a flow must not choose another folder."""
    if name in ("", "..") or name != Path(name).name:
        raise InputError(f"{name!r} is no name of a file: give that of one in the folder `dumps` beside the watchlist")
    return services.watchlist.path.parent / "dumps" / name


def import_dump(
    services: AppContext, watch: Watch, path: Path, progress: ProgressCallback = no_progress
) -> BackfillResult:
    """Store every revision that an XML export has of a watched page and that is missing; the wiki is not asked.

    The file is read twice: all of the page is verified before any of it is stored, so that a broken file leaves
    nothing behind. What is stored already is kept; a killed import is continued by the next. Raises InputError for the
    file, Missing where it does not have the page, StoreError.
    """
    known = services.archive.articles.find_by_title_or_former_title(watch.wiki, watch.title)
    page = DumpPage(wiki=watch.wiki, title=watch.title, page_id=known.page_id if known else None)
    api = services.watchlist.wiki(watch.wiki).api

    def check_wiki(base: str, title: str) -> None:
        # The address within a private network may be another, but no other wiki has the same page under the same id.
        if urlsplit(base).hostname != urlsplit(api).hostname and not (known and known.title == title):
            raise InputError(f"{path}: this is a dump of {base or 'an unnamed wiki'}, and {watch.wiki} is {api}")

    archive = services.archive
    stored = archive.revisions.ids(known, include_pruned=archive.ledger.progress(known) is not None) if known else {}
    newest, done, total = None, 0, 0
    for snapshot in read_dump(path, page, check_wiki):
        newest, total = snapshot.revision, total + 1
        done += _is_complete(newest, stored)
    if newest is None:
        named = f"{watch.title!r} (page {known.page_id})" if known else repr(watch.title)
        raise Missing(f"{path}: the dump has no revision of {named}; check the title, or get the dump of that page")
    article, fetched = known or newest.article, 0
    archive.articles.register(article, services.now())
    progress(done, total)
    missing = (snapshot for snapshot in read_dump(path, page) if not _is_complete(snapshot.revision, stored))
    for batch in batched(missing, _AT_ONCE):
        fetched += archive.revisions.store(article, batch)
        done += len(batch)
        progress(done, total)
    return BackfillResult(article=article, revisions=total, fetched=fetched)
