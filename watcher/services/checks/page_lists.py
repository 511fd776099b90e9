"""Refresh the lists of pages in the watchlist: read them from wikis, files and URLs, and store their members."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from snapshots.members import RefreshResult, SourceDefinition
from snapshots.tables import MemberSource
from watcher.config import Watch
from watcher.errors import FETCH_ERRORS, InputError, Refused, WatcherError
from watcher.fetch.pages import PageList, parse_titles
from watcher.model import Article
from watcher.services.context import AppContext
from watcher.text import escape_control_characters

_RETRY: Final = timedelta(minutes=10)
_MAX_FILE_BYTES: Final = 64 << 20  # bytes: two million titles
# Settings that decide which pages are members: a change of these makes the list due at once.
_DEFINING: Final = ("depth", "exceptions", "limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRefresh:
    """The refresh of a list, with its result or the error."""

    watch: Watch
    result: RefreshResult | None = None
    error: WatcherError | None = None

    @property
    def line(self) -> str:
        """The result on one line, without control characters."""
        text = str(self.error)
        if result := self.result:
            changes = ((result.joined, "joined"), (result.returned, "came back"), (result.left, "left"))
            text = f"{result.members:,} members" + "".join(f", {count:,} {word}" for count, word in changes if count)
        return escape_control_characters(f"{self.watch.source}: {text}")


def refresh_lists(services: AppContext) -> tuple[ListRefresh, ...]:
    """Refresh the lists that are due and that no other worker is refreshing. Raises StoreError."""
    now = services.now()
    watches = [watch for watch in services.watchlist.sources if watch.is_active(now)]
    stored = services.archive.members.sources()
    sources = [definition_of(watch) for watch in services.watchlist.sources]
    if [(source.wiki, source.key, source.definition) for source in sources] != [
        (source.wiki, source.key, source.definition) for source in stored
    ]:
        services.archive.members.sync(sources)
        named = {(source.wiki, source.key) for source in sources}
        for unlisted in (source for source in stored if (source.wiki, source.key) not in named):
            services.archive.outages.end(_outage(unlisted), now)
    results = []
    for watch in watches:
        with services.leases.list_lease(definition_of(watch), _RETRY) as claimed:
            if claimed is not None:
                results.append(_refresh(services, watch, claimed))
    return tuple(results)


def definition_of(watch: Watch) -> SourceDefinition:
    """Return the definition of a watch's list, as it is stored in the database."""
    deciding = json.dumps([getattr(watch, name) for name in _DEFINING])
    return SourceDefinition(wiki=watch.wiki, key=watch.source, definition=deciding, every=watch.refresh)


def _refresh(services: AppContext, watch: Watch, source: MemberSource) -> ListRefresh:
    """Refresh one list. If that fails, its members stay, and the error is returned so that others are refreshed."""
    members, begun = services.archive.members, services.now()
    try:
        for pages in read_members(services, watch):
            members.stage(source, [page for page in pages if not is_excepted(watch, page.title)], begun)
            if members.staged(source, begun) > watch.limit:
                raise Refused(
                    f"{watch.source} on {watch.wiki}: has more than {watch.limit:,} members; raise `limit` of its "
                    "[[watch]], or name a smaller list (its members stay as they were)"
                )
        result = members.finish(source, begun, services.now())
        if source.error is not None:
            services.archive.outages.end(_outage(source), services.now())
        return ListRefresh(watch=watch, result=result)
    except FETCH_ERRORS as error:
        members.fail(source, str(error))
        if source.error is not None:  # the second time in a row, as one failure is not worth an alert
            services.archive.outages.begin(_outage(source), str(error), services.now())
        return ListRefresh(watch=watch, error=error)


def _outage(source: MemberSource) -> str:
    """Return the name of a list's outage. Operators are alerted to it because pages that join are not watched then."""
    return f"{source.key} on {source.wiki}"


def is_excepted(watch: Watch, title: str) -> bool:
    """Return whether a list's `except` excludes a page, by its title."""
    return any(fnmatchcase(title, pattern) for pattern in watch.exceptions)


def read_members(services: AppContext, watch: Watch) -> Iterator[Iterable[Article]]:
    """Yield the current pages of a list in batches, including those in its `except`. Raises WatcherError."""
    from watcher.fetch.transport import url_transport

    client = services.client(watch.wiki)
    if watch.file is not None:
        return client.titles(
            watch.file, parse_titles(watch.source, _read_file(services.watchlist.path.parent, watch.file))
        )
    if watch.url is not None:
        watchlist = services.watchlist
        contact, hosts = watchlist.contact, watchlist.allowed_hosts
        with url_transport(watch.url, contact=contact, allowed_hosts=hosts, now=services.now) as server:
            return client.titles(watch.source, parse_titles(watch.source, server.text(watch.url)))
    kind, _, name = watch.source.removesuffix(f"#{watch.section}").partition(":")
    token = watch.token.get_secret_value() if watch.token else None
    return client.members(PageList(kind=kind, name=name, section=watch.section, depth=watch.depth, token=token))


def _read_file(folder: Path, name: str) -> str:
    """Read a file in the watchlist's folder; no other file is allowed, as its lines would be sent to a wiki."""
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{name}: is outside the folder of the watchlist; move it there")
        if path.exists() and not path.is_file():  # a pipe that nobody writes to would stop all checks
            raise InputError(f"{path.name}: is no regular file; check `file` of its [[watch]]")
        with path.open("rb") as file:
            body = file.read(_MAX_FILE_BYTES + 1)
        if len(body) > _MAX_FILE_BYTES:
            raise InputError(f"{path.name}: is larger than {_MAX_FILE_BYTES >> 20} MB; split it")
        return body.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({error.strerror}); check `file` of its [[watch]]") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name}: is not UTF-8 text; save it as UTF-8") from None
