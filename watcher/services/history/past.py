# ruff: noqa: ARG002  the methods of ReplayWiki have the arguments of the ones that they override
"""Store the history of an article, from its wiki or a dump, and answer requests as the wiki would have done then."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from snapshots import Archive
from watcher.batching import batched
from watcher.config import Watch, Watchlist, validators
from watcher.errors import ConfigError, Corrupt, InputError, Missing, Refused, Unavailable
from watcher.fetch.client import LARGEST_ID, WikiClient
from watcher.fetch.decode import Account, LogEntry
from watcher.fetch.dump import DumpPage, read_dump
from watcher.fetch.pages import Page, PageState
from watcher.model import Article, Dialect, Revision, Snapshot
from watcher.model.revisions import is_size_too_large, redirect_target
from watcher.parse import dialect_for
from watcher.services.checks.poll import poll, resolve_article
from watcher.services.context import AppContext
from watcher.services.history.ledger import ProgressCallback, no_progress, texts_after

MAX_REVISIONS: Final = 5_000
"""The number of revisions that one preview replays; the newest are taken."""
_LISTS: Final = ("category", "links", "search", "template", "prefix")  # kinds that can be given without a [[watch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHistory:
    """The revisions of an article from the one that was current at `begin` up to `until`, oldest first.

    `accounts` are today's accounts of its editors, by name. `left_out` is the number of edits left out before them.
    """

    article: Article
    snapshots: Sequence[Snapshot]
    begin: datetime
    until: datetime
    dialect: Dialect
    accounts: Mapping[str, Account] = field(default_factory=dict)
    left_out: int = 0

    @classmethod
    def of(cls, snapshots: Iterable[Snapshot], since: datetime, until: datetime, dialect: Dialect, **more: Any) -> Self:
        """Select the revisions since a time, with the one before as a start. Raises Missing if there was no edit."""
        ordered = sorted(snapshots, key=lambda each: each.revision.order)
        chosen = ordered[max((at for at, each in enumerate(ordered) if each.revision.at <= since), default=0) :]
        article = chosen[-1].revision.article
        if len(chosen) == 1:
            days = f"{since:%Y-%m-%d} to {until:%Y-%m-%d}"
            raise Missing(f"{article.title} on {article.wiki}: it has no edits from {days}; give a longer --since")
        left_out = max(0, len(chosen) - 1 - MAX_REVISIONS)
        chosen = chosen[left_out:]
        more = {"left_out": left_out} | more
        begin = max(chosen[0].revision.at, since)
        return cls(article=article, snapshots=chosen, begin=begin, until=until, dialect=dialect, **more)


def choose_watch(watchlist: Watchlist, title: str, wiki: str | None, settings: Mapping[str, str | None]) -> Watch:
    """Return the watch of a title or list, or a new one with default settings, with the given settings changed.

    Raises ConfigError.
    """
    names = {site.name: site for site in watchlist.wikis}
    if not names or (wiki is not None and wiki not in names):
        known = f"known: {', '.join(names)}" if names else "it names no [[wiki]]"
        raise ConfigError(f"{wiki or title}: {watchlist.path.name} does not have its wiki; {known}")
    name = title if "://" in title else title.replace("_", " ").strip()
    own = (watch for watch in watchlist.entries if watch.name == name and wiki in (None, watch.wiki))
    kind, _, rest = name.partition(":")
    target = {kind: rest.strip()} if kind in _LISTS and rest.strip() else {"title": _valid(validators.title, name)}
    everywhere = tuple(destination.name for destination in watchlist.destinations)
    watch = next(own, None) or Watch(**target, wiki=wiki or next(iter(names)), destinations=everywhere)
    readers = {"settle": validators.duration, "threshold": validators.severity}
    given = {key: _valid(readers[key], value, f"--{key} ") for key, value in settings.items() if value is not None}
    return watch.model_copy(update=given)


def _valid(read: Callable[[str], Any], value: str, option: str = "") -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise ConfigError(f"{option}{value}: {error}") from None


def fetch_history(
    client: WikiClient,
    archive: Archive,
    title: str,
    *,
    since: datetime,
    until: datetime,
    most: int = MAX_REVISIONS,
    progress: ProgressCallback = no_progress,
) -> PageHistory:
    """Fetch the revisions since a time and the one before it, unless `archive` has them, and their editors' accounts.

    Raises Missing, Unavailable, Refused, Corrupt, StoreError; revisions that were stored until then are kept.
    """
    (page,) = client.latest([title])
    article = page.article
    if article is None or page.state is not PageState.OK:
        raise Missing(f"{title} on {client.wiki}: {page.reason or 'there is no such page'}; check the title")
    archive.articles.register(article, until)
    walked = [*client.revisions_since(article, _placeholder_revision(article, since, LARGEST_ID - 1), with_text=False)]
    listed = walked[-most:] or [client.newest(article)]
    ids = {each.revision.id for each in listed}
    stored = archive.revisions.ids(article)
    parent = listed[0].revision.parent_id if walked else 0
    if parent and parent not in stored:
        with suppress(Missing):  # it was deleted: the preview then begins with the first listed revision
            before = client.revision(parent)
            if before.revision.article.page_id == article.page_id:  # histories may have been merged
                archive.revisions.store(article, [before])
    # Revisions that an earlier preview stored are not fetched again: wikis ask clients to limit their requests.
    start = _placeholder_revision(article, listed[0].revision.at, 0)  # where the listing begins
    begun = [Snapshot(revision=start, wikitext=None), *listed]
    fetch_missing(client, archive, article, begun, {**stored, start.id: True}, progress)
    snapshots = [each for each in _stored(archive, article) if each.revision.id in {*ids, parent}]
    accounts: Mapping[str, Account] = {}
    with suppress(Unavailable, Refused, Corrupt):  # messages then say less, as after a check
        accounts = client.accounts(sorted({each.revision.editor for each in snapshots if each.revision.editor}))
    left_out = max(0, len(walked) - len(listed))
    return PageHistory.of(snapshots, since, until, client.site(), accounts=accounts, left_out=left_out)


def _placeholder_revision(article: Article, at: datetime, number: int) -> Revision:
    """Return a placeholder revision for a time in a page's history."""
    return Revision(article=article, id=number, parent_id=0, at=at, editor=None, comment=None)


def offline_history(watchlist: Watchlist, watch: Watch, dump: Path | None, length: timedelta) -> PageHistory:
    """Return the last part of an article's history from a dump or, without one, from the installation's database.

    Raises ConfigError, InputError, Missing, StoreError.
    """
    if watch.source:
        raise ConfigError(f"{watch.source}: is a list of pages; name an article, or leave out --dump and --offline")
    dialect = dialect_for(watchlist.wiki(watch.wiki).language)
    if dump is not None:
        page = DumpPage(wiki=watch.wiki, title=watch.title)
        missing = f"{dump}: the dump has no revision of {watch.title!r}; check the title"
        return recorded_history(read_dump(dump, page), length, dialect, missing)
    missing = f"{watch.title}: nothing of it is stored; run the command without --offline"
    with Archive(watchlist.database.get_secret_value()) as archive:
        if archive.schema_version() is None:
            raise Missing(missing)
        article = archive.articles.find_by_title_or_former_title(watch.wiki, watch.title)
        return recorded_history(_stored(archive, article) if article else (), length, dialect, missing)


def recorded_history(
    snapshots: Iterable[Snapshot], length: timedelta, dialect: Dialect, missing: str = ""
) -> PageHistory:
    """Return the last part of a recorded history, up to a day after its last edit. Raises Missing if it is empty."""
    known = deque(snapshots)
    if not known:
        raise Missing(missing)
    until = max(each.revision.at for each in known)
    return PageHistory.of(known, until - length, until + timedelta(days=1), dialect)


def _stored(archive: Archive, article: Article) -> Iterator[Snapshot]:
    """Yield the stored revisions of an article, including those without a text."""
    texts = {each.revision.id: each for each in texts_after(archive, article)}
    for revision in archive.revisions.of_article(article):
        yield texts.get(revision.id) or Snapshot(revision=revision, wikitext=None)


class ReplayWiki(WikiClient):
    """A wiki client with one page, whose revisions appear as the clock `now` reaches their times.

    A replay makes no other requests, because it checks one page without its uploads and rendered text. Accounts are
    those of today, by name.
    """

    def __init__(self, history: PageHistory, now: Callable[[], datetime]) -> None:
        # Without super().__init__(), which opens connections: every method that a check calls is overridden.
        self._snapshots = sorted(history.snapshots, key=lambda snapshot: snapshot.revision.order)
        self._times = [snapshot.revision.at for snapshot in self._snapshots]
        self._article = self._snapshots[-1].revision.article
        self.wiki = self._article.wiki
        self._now, self._dialect, self._accounts = now, history.dialect, history.accounts

    def close(self) -> None:
        """Close nothing."""

    def shown(self) -> Sequence[Snapshot]:
        """Return the revisions that exist at the current time, oldest first."""
        return self._snapshots[: bisect_right(self._times, self._now())]

    def is_redirect(self) -> bool:
        """Return whether the page is a redirect at the current time."""
        return self._status(self._article.page_id).state is PageState.REDIRECT

    def log_entries(self, title: str, kind: str) -> tuple[LogEntry, ...]:
        """Return (), since a history contains no logs."""
        return ()

    def latest(self, titles: Sequence[str] = (), page_ids: Sequence[int] = ()) -> tuple[Page, ...]:
        """Return the status of the page for its title or id; any other page is missing."""
        return (*map(self._status, titles), *map(self._status, page_ids))

    def _status(self, asked: str | int) -> Page:
        shown = self.shown()
        if asked not in (self._article.title, self._article.page_id) or not shown:
            return Page(requested=asked, article=None, latest=None, state=PageState.MISSING)
        target = redirect_target(shown[-1].wikitext or "")
        return Page(
            requested=asked,
            article=self._article,
            latest=shown[-1].revision.id,
            state=PageState.REDIRECT if target else PageState.OK,
            redirected_to=target and target[:1].upper() + target[1:],
        )

    def revisions_since(
        self, article: Article, last: Revision | None = None, *, with_text: bool = True
    ) -> Iterator[Snapshot]:
        """Yield the revisions after `last`."""
        shown = self.shown()
        begin = bisect_right(shown, last.order, key=lambda each: each.revision.order) if last else 0
        for snapshot in shown[begin:]:
            yield snapshot if with_text else Snapshot(revision=snapshot.revision, wikitext=None)

    def newest(self, article: Article) -> Snapshot:
        """Return the newest revision at the current time."""
        return self.shown()[-1]

    def newest_of(self, articles: Sequence[Article]) -> Iterator[Snapshot]:
        """Yield the newest revision at the current time, if its text can be read."""
        return (self.newest(article) for article in articles if self.newest(article).wikitext is not None)

    def site(self) -> Dialect:
        """Return the wiki's dialect."""
        return self._dialect

    def image_digests(self, names: Sequence[str]) -> dict[str, str | None]:
        """Return None for every file."""
        return dict.fromkeys(names)

    def accounts(self, names: Sequence[str]) -> dict[str, Account]:
        """Return the accounts that are known."""
        return {name: self._accounts[name] for name in names if name in self._accounts}


_AT_ONCE: Final = 50  # revisions with text in a request, and in a transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillResult:
    """A page whose history is stored, its number of revisions, and how many of these this run fetched."""

    article: Article
    revisions: int
    fetched: int


def backfill(services: AppContext, watch: Watch, progress: ProgressCallback = no_progress) -> BackfillResult:
    """Fetch and store every missing revision of a page; `progress` is called after each 50.

    The list of revisions (500 for each request, without texts) shows which are missing, so a killed run is continued
    where it stopped. A revision that is stored without its text is fetched again if the wiki shows the text. The cursor
    of checks stays. Raises Missing, Unavailable, Refused, Corrupt, StoreError; revisions stored until then are kept.
    """
    article, _ = resolve_article(services, watch, poll(services, watch.wiki, [watch])[watch.title])
    client, archive = services.client(article.wiki), services.archive
    # Texts that retention removed after they were recorded in the ledger are not fetched again.
    stored = archive.revisions.ids(article, include_pruned=archive.ledger.progress(article) is not None)
    listed = client.revisions_since(article, with_text=False)
    total, fetched = fetch_missing(client, archive, article, listed, stored, progress)
    return BackfillResult(article=article, revisions=total, fetched=fetched)


def fetch_missing(
    client: WikiClient,
    archive: Archive,
    article: Article,
    listed: Iterable[Snapshot],
    stored: Mapping[int, bool],
    progress: ProgressCallback = no_progress,
) -> tuple[int, int]:
    """Fetch and store the listed revisions that are not `stored`; return the numbers of listed and fetched ones."""
    total = missing = fetched = 0
    before: Revision | None = None
    gaps = list[tuple[Revision | None, Revision]]()  # the revision before each gap, and the gap's last one
    for is_stored, run in groupby(listed, lambda snapshot: _is_complete(snapshot.revision, stored)):
        [(length, last)] = deque(enumerate(run, 1), maxlen=1)
        if not is_stored:
            gaps.append((before, last.revision))
            missing += length
        before, total = last.revision, total + length
    done = total - missing
    progress(done, total)
    for begin, end in gaps:
        for batch in batched(_up_to(end, client.revisions_since(article, begin)), _AT_ONCE):
            fetched += archive.revisions.store(article, batch)
            done += len(batch)
            progress(min(done, total), total)
    return total, fetched


def _is_complete(revision: Revision, stored: Mapping[int, bool]) -> bool:
    """Return whether a revision is stored, with its text unless that is hidden or too large."""
    # A text that is hidden now is fetched if it is shown again later; one that is too large never is.
    readable = revision.sha1 is not None and not revision.text_hidden and not is_size_too_large(revision.size)
    return revision.id in stored and (stored[revision.id] or not readable)


def _up_to(last: Revision, walk: Iterator[Snapshot]) -> Iterator[Snapshot]:
    """Yield the revisions up to `last`, which may itself have been deleted meanwhile."""
    for snapshot in walk:
        if snapshot.revision.order > last.order:
            return
        yield snapshot
        if snapshot.revision.id == last.id:
            return


def installed_dump(services: AppContext, name: str) -> Path:
    """Return the path `dumps/NAME` beside the watchlist. Raises InputError if a name would lead to another folder."""
    if name in ("", "..") or name != Path(name).name:
        raise InputError(f"{name!r} is not a file name: name a file of the folder `dumps` next to the watchlist")
    return services.watchlist.path.parent / "dumps" / name


def import_dump(
    services: AppContext, watch: Watch, path: Path, progress: ProgressCallback = no_progress
) -> BackfillResult:
    """Store every missing revision of a watched page from an XML export, without requests to the wiki.

    The file is read twice: the whole page is verified before any of it is stored, so a broken file leaves nothing
    behind. Stored revisions are kept, and the next import continues a killed one. Raises InputError for a bad file,
    Missing if the file does not have the page, StoreError.
    """
    known = services.archive.articles.find_by_title_or_former_title(watch.wiki, watch.title)
    page = DumpPage(wiki=watch.wiki, title=watch.title, page_id=known.page_id if known else None)
    api = services.watchlist.wiki(watch.wiki).api

    def check_wiki(base: str, title: str) -> None:
        # In a private network the host may differ, but no other wiki has the same page under the same id.
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
