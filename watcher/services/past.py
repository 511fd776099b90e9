# ruff: noqa: ARG002  each method of PastWiki has the arguments of the one that it stands in for
"""Read the past of an article that is played, fetched from its wiki, of a dump or as stored, and answer from it."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from snapshots import Archive
from watcher.config import Watch, Watchlist, validators
from watcher.errors import ConfigError, Corrupt, Missing, Refused, Unavailable
from watcher.fetch.client import LARGEST_ID, WikiClient
from watcher.fetch.decode import Account
from watcher.fetch.dump import DumpPage, read_dump
from watcher.fetch.pages import FileVersion, Page, PageState, Rendering
from watcher.model import Article, Dialect, Revision, Snapshot
from watcher.parse import dialect_for
from watcher.services.backfill import fetch_missing
from watcher.services.ledger import ProgressCallback, no_progress

MOST_REVISIONS: Final = 5_000
"""Revisions that one preview plays, the newest ones."""
_LISTS: Final = ("category", "links", "search", "template", "prefix")  # that can be named without a [[watch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The revisions of an article from what readers saw at `begin` on, as far as `until`, oldest first.

    `accounts` are those of its editors as they are today, by name. `left_out` counts the edits before the first.
    """

    article: Article
    snapshots: Sequence[Snapshot]
    begin: datetime
    until: datetime
    dialect: Dialect
    accounts: Mapping[str, Account] = field(default_factory=dict)
    left_out: int = 0

    @classmethod
    def of(cls, snapshots: Iterable[Snapshot], since: datetime, until: datetime, dialect: Dialect, **more: Any) -> Past:
        """Return the past since a time, of revisions that begin before it; raises Missing where there was no edit."""
        ordered = sorted(snapshots, key=lambda each: (each.revision.at, each.revision.id))
        chosen = ordered[max((at for at, each in enumerate(ordered) if each.revision.at <= since), default=0) :]
        article = chosen[-1].revision.article
        if len(chosen) == 1:
            days = f"{since:%Y-%m-%d} to {until:%Y-%m-%d}"
            raise Missing(f"{article.title} on {article.wiki}: nobody edited it from {days}; give a longer --since")
        left_out = max(0, len(chosen) - 1 - MOST_REVISIONS)
        chosen = chosen[left_out:]
        more = {"left_out": left_out} | more
        begin = max(chosen[0].revision.at, since)
        return cls(article=article, snapshots=chosen, begin=begin, until=until, dialect=dialect, **more)


def choose_watch(watchlist: Watchlist, title: str, wiki: str | None, settings: Mapping[str, str | None]) -> Watch:
    """Return the watch of a title or list with other settings; one with the default settings where there is none.

    Raises ConfigError.
    """
    names = {site.name: site for site in watchlist.wikis}
    if not names or (wiki is not None and wiki not in names):
        known = f"known: {', '.join(names)}" if names else "it names no [[wiki]]"
        raise ConfigError(f"{wiki or title}: {watchlist.path.name} does not have its wiki; {known}")
    name = title if "://" in title else title.replace("_", " ").strip()
    own = (watch for watch in watchlist.entries if watch.name == name and wiki in (None, watch.wiki))
    kind, _, rest = name.partition(":")
    about = {kind: rest.strip()} if kind in _LISTS and rest.strip() else {"title": _valid(validators.title, name)}
    everywhere = tuple(destination.name for destination in watchlist.destinations)
    watch = next(own, None) or Watch(**about, wiki=wiki or next(iter(names)), destinations=everywhere)
    readers = {"settle": validators.duration, "threshold": validators.severity}
    given = {key: _valid(readers[key], value, f"--{key} ") for key, value in settings.items() if value is not None}
    return watch.model_copy(update=given)


def _valid(read: Callable[[str], Any], value: str, option: str = "") -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise ConfigError(f"{option}{value}: {error}") from None


def fetch_past(
    client: WikiClient,
    archive: Archive,
    title: str,
    *,
    since: datetime,
    until: datetime,
    most: int = MOST_REVISIONS,
    progress: ProgressCallback = no_progress,
) -> Past:
    """Fetch the revisions since a time that `archive` does not have yet, the one before, and their editors' accounts.

    Raises Missing, Unavailable, Refused, Corrupt, StoreError; what was stored stays.
    """
    (page,) = client.latest([title])
    article = page.article
    if article is None or page.state is not PageState.OK:
        raise Missing(f"{title} on {client.wiki}: {page.reason or 'there is no such page'}; check the title")
    archive.articles.register(article, until)
    walked = [*client.revisions_since(article, _point(article, since, LARGEST_ID - 1), with_text=False)]
    listed = walked[-most:] or [client.newest(article)]
    ids = {each.revision.id for each in listed}
    stored = archive.revisions.ids(article)
    parent = listed[0].revision.parent_id if walked else 0
    if parent and parent not in stored:
        with suppress(Missing):  # it was deleted: the first of the window is where the preview begins
            before = client.revision(parent)
            if before.revision.article.page_id == article.page_id:  # histories may have been merged
                archive.revisions.store(article, [before])
    # What was fetched for an earlier preview is not asked for again: wikis ask clients to be sparing.
    start = _point(article, listed[0].revision.at, 0)  # from which a walk is made
    begun = [Snapshot(revision=start, wikitext=None), *listed]
    fetch_missing(client, archive, article, begun, {**stored, start.id: True}, progress)
    snapshots = [each for each in _stored(archive, article) if each.revision.id in {*ids, parent}]
    accounts: Mapping[str, Account] = {}
    with suppress(Unavailable, Refused, Corrupt):  # messages say less then, as after a check
        accounts = client.accounts(sorted({each.revision.editor for each in snapshots if each.revision.editor}))
    left_out = max(0, len(walked) - len(listed))
    return Past.of(snapshots, since, until, client.site(), accounts=accounts, left_out=left_out)


def _point(article: Article, at: datetime, number: int) -> Revision:
    """Return a revision that stands for a time in a page's history."""
    return Revision(article=article, id=number, parent_id=0, at=at, editor=None, comment=None)


def offline_past(watchlist: Watchlist, watch: Watch, dump: Path | None, length: timedelta) -> Past:
    """Return the last part of the history of an article that a dump has, or else the database of the installation.

    Raises ConfigError, InputError, Missing, StoreError.
    """
    if watch.source:
        raise ConfigError(f"{watch.source}: is a list of pages; name an article, or take --dump and --offline out")
    dialect = dialect_for(watchlist.wiki(watch.wiki).language)
    if dump is not None:
        page = DumpPage(wiki=watch.wiki, title=watch.title)
        missing = f"{dump}: the dump has no revision of {watch.title!r}; check the title"
        return recorded_past(read_dump(dump, page), length, dialect, missing)
    missing = f"{watch.title}: nothing of it is stored; run the command without --offline"
    with Archive(watchlist.database.get_secret_value()) as archive:
        if archive.schema_version() is None:
            raise Missing(missing)
        article = archive.articles.find_by_title_or_former_title(watch.wiki, watch.title)
        return recorded_past(_stored(archive, article) if article else (), length, dialect, missing)


def recorded_past(snapshots: Iterable[Snapshot], length: timedelta, dialect: Dialect, missing: str = "") -> Past:
    """Return the last part of a recorded history, up to a day after its last edit; raises Missing where it is empty."""
    known = deque(snapshots)
    if not known:
        raise Missing(missing)
    until = max(each.revision.at for each in known)
    return Past.of(known, until - length, until + timedelta(days=1), dialect)


def _stored(archive: Archive, article: Article) -> Iterator[Snapshot]:
    """Yield the stored revisions of an article, those without a text, too."""
    texts, last = dict[int, Snapshot](), None
    while batch := archive.revisions.with_text(article, after=last):
        texts |= {each.revision.id: each for each in batch}
        last = batch[-1].revision
    for revision in archive.revisions.of_article(article):
        yield texts.get(revision.id) or Snapshot(revision=revision, wikitext=None)


class PastWiki(WikiClient):
    """A wiki with one page, whose revisions appear when the time that `now` tells has come.

    What a wiki knows of now only is not there: images have no digests, templates no edits, and nothing is rendered.
    `accounts` are known by their names, as they are today.
    """

    def __init__(
        self,
        snapshots: Sequence[Snapshot],
        *,
        now: Callable[[], datetime],
        dialect: Dialect,
        accounts: Mapping[str, Account],
    ) -> None:
        # No connection is opened: each method that a check calls is answered here.
        self._snapshots = sorted(snapshots, key=lambda snapshot: _order(snapshot.revision))
        self._times = [snapshot.revision.at for snapshot in self._snapshots]
        self._article = self._snapshots[-1].revision.article
        self.wiki = self._article.wiki
        self._now, self._dialect, self._accounts = now, dialect, accounts

    def close(self) -> None:
        """Close nothing."""

    def shown(self) -> Sequence[Snapshot]:
        """Return the revisions that there are by now, oldest first."""
        return self._snapshots[: bisect_right(self._times, self._now())]

    def latest(self, titles: Sequence[str] = (), page_ids: Sequence[int] = ()) -> tuple[Page, ...]:
        """Return the status of the page under its title or id; any other is missing."""
        return (*map(self._status, titles), *map(self._status, page_ids))

    def _status(self, asked: str | int) -> Page:
        shown = self.shown()
        if asked not in (self._article.title, self._article.page_id) or not shown:
            return Page(requested=asked, article=None, latest=None, state=PageState.MISSING)
        return Page(requested=asked, article=self._article, latest=shown[-1].revision.id, state=PageState.OK)

    def revisions_since(self, article: Article, last: Revision | None, *, with_text: bool = True) -> Iterator[Snapshot]:
        """Yield the revisions after `last`."""
        shown = self.shown()
        begin = bisect_right(shown, _order(last), key=lambda each: _order(each.revision)) if last else 0
        for snapshot in shown[begin:]:
            yield snapshot if with_text else Snapshot(revision=snapshot.revision, wikitext=None)

    def revision(self, revision_id: int) -> Snapshot:
        """Return a revision by its id; raises Missing before it was made."""
        snapshot = next((each for each in self.shown() if each.revision.id == revision_id), None)
        if snapshot is None:
            raise Missing(f"revision {revision_id} on {self.wiki}: it is not part of what is replayed")
        return snapshot

    def newest(self, article: Article) -> Snapshot:
        """Return what readers see."""
        return self.shown()[-1]

    def newest_of(self, articles: Sequence[Article]) -> Iterator[Snapshot]:
        """Yield what readers see, if it can be read."""
        yield from (each for each in self.shown()[-1:] if each.wikitext is not None)

    def newest_edits(self, titles: Collection[str]) -> dict[str, Revision]:
        """Return nothing: what the page transcludes is not known."""
        return {}

    def last_edits(self, article: Article) -> tuple[Snapshot, ...]:
        """Return nothing, as `newest_edits`."""
        return ()

    def site(self) -> Dialect:
        """Return the wiki's own names."""
        return self._dialect

    def image_digests(self, names: Sequence[str]) -> dict[str, str | None]:
        """Return no digests."""
        return dict.fromkeys(names)

    def versions(self, name: str, *, thumbnails: bool = False) -> tuple[FileVersion, ...]:
        """Return no uploads."""
        return ()

    def accounts(self, names: Sequence[str]) -> dict[str, Account]:
        """Return the accounts that are known."""
        return {name: self._accounts[name] for name in names if name in self._accounts}

    def render(self, article: Article, *, revision_id: int | None = None, again: bool = False) -> Rendering:
        """Raise Unavailable: a wiki renders a page with the templates of now."""
        raise Unavailable(f"{article.title} on {self.wiki}: the past is not rendered")


def _order(revision: Revision) -> tuple[datetime, int]:
    return revision.at, revision.id
