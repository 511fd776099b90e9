"""Read the past of an article that is played: fetched from its wiki, of a dump, or as it is stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from snapshots import Archive
from watcher.config import Watch, Watchlist, validators
from watcher.errors import ConfigError, Corrupt, Missing, Refused, Unavailable
from watcher.fetch import PageState
from watcher.fetch.client import LARGEST_ID
from watcher.fetch.dump import DumpPage, read_dump
from watcher.model import Article, Dialect, Revision, Snapshot
from watcher.parse import dialect_for
from watcher.services.backfill import fetch_missing
from watcher.services.ledger import ProgressCallback, no_progress

if TYPE_CHECKING:
    from watcher.fetch import WikiClient
    from watcher.fetch.decode import Account

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
