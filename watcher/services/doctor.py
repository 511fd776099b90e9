"""Run the checks of `watcher doctor`: configuration, database, wikis, destinations, clock, disk and schedule."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from snapshots import Archive
from snapshots.database import HEAD
from watcher.config import Watchlist, WikiSite
from watcher.errors import ConfigError, StoreError, WatcherError
from watcher.fetch import WikiClient
from watcher.notify.payload import file_path
from watcher.services.context import clock, load_watchlist
from watcher.services.health import clock_problem, failing_everywhere, readiness_problems, recent_failures
from watcher.services.outages import prefect_problem
from watcher.services.pins import find_missing
from watcher.services.silent_workers import silent_workers
from watcher.services.watch_index import WatchIndex

_MAX_FAILURES: Final = 10
_MAX_SKEW: Final = timedelta(minutes=2)  # a request may take half of that
_LOW_DISK: Final = 2**30  # bytes; a busy watchlist stores some megabytes a day
_FULL_DISK: Final = 100 * 2**20
_SQLITE: Final = "sqlite:///"
# What names something that an article does not have, and what to do about it.
_MISSING: Final = {
    "claims": ("pinned sentences", "pin a sentence that the article has, or take this one out of `claims`"),
    "statistic": (
        "named statistics",
        "correct its `label`: all its words must be in a statistic, its sentence or its headings",
    ),
    "sections": ("sections", "correct its `sections`: changes below that heading cause no alert"),
}


class CheckLevel(StrEnum):
    """How bad a finding of the doctor is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was examined, how it is, what was found, and what to do about it."""

    level: CheckLevel
    subject: str
    message: str
    advice: str = ""


_ok = partial(Diagnosis, CheckLevel.OK)
_warn = partial(Diagnosis, CheckLevel.WARN)
_fail = partial(Diagnosis, CheckLevel.FAIL)


def run_checks(
    path: Path,
    environ: Mapping[str, str] = os.environ,
    *,
    now: Callable[[], datetime] = clock,
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> Iterator[Diagnosis]:
    """Examine an installation; nothing is changed or sent.

    `free` returns the free bytes of a folder's disk. Without a readable watchlist only its mistakes are reported.
    """
    try:
        watchlist = load_watchlist(path, environ)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield _fail("watchlist", line, "correct the file")
        return
    yield _watchlist(watchlist)
    with Archive(watchlist.database.get_secret_value(), now=now) as archive:
        database = _database(archive)
        yield database
        for site in watchlist.wikis:
            yield from _wiki(watchlist, site, now)
        yield from _destinations(watchlist)
        yield from _folders(watchlist, free)
        if database.level is CheckLevel.OK:
            yield from _database_clock(archive, now)
            yield from _duplicates(watchlist, archive)
            yield from _schedule(watchlist, archive, environ, now)
            yield from _comparisons(archive, now)
            yield from _lists(watchlist, archive)
            yield from _missing(watchlist, archive)


def _watchlist(watchlist: Watchlist) -> Diagnosis:
    name, count = watchlist.path.name, len(watchlist.entries)
    if "example.org" in watchlist.contact:
        return _warn("watchlist", f"{name}: contact is still {watchlist.contact}", "write your own address there")
    if not count:
        return _warn("watchlist", f"{name}: watches nothing", "add an article with `watcher add`")
    return _ok("watchlist", f"{name}: {count} article{'s' * (count > 1)} watched")


def _database(archive: Archive) -> Diagnosis:
    try:
        schema = archive.schema_version()
        if schema == HEAD:
            archive.leases.release_all("")  # writes nothing, but only where something could be written
    except StoreError as error:
        return _fail("database", str(error), "see RUNBOOK.md")
    if schema is None:
        return _warn("database", "is empty", "nothing: `watcher check` sets it up")
    if schema > HEAD:
        return _fail(
            "database", f"was written by a newer release (schema {schema}, here {HEAD})", "upgrade the program"
        )
    if schema < HEAD:
        message = f"has an older schema ({schema}, here {HEAD})"
        return _warn("database", message, "back it up; the next command brings it up to date")
    return _ok("database", f"can be read and written, schema {schema}")


def _wiki(watchlist: Watchlist, site: WikiSite, now: Callable[[], datetime]) -> Iterator[Diagnosis]:
    try:
        with WikiClient(
            site.api,
            wiki=site.name,
            contact=watchlist.contact,
            allowed_hosts=watchlist.allowed_hosts,
            now=now,
            sleep=time.sleep,
            timeout=15,
            attempts=1,
        ) as client:
            skew = client.time() - now()
    except WatcherError as error:
        yield _fail(f"wiki {site.name}", str(error), "check the network, its api and allowed_hosts")
        return
    yield _ok(f"wiki {site.name}", "answers")
    # Leases, settle times and the order of revisions all compare the wiki's clock or another worker's with ours.
    if abs(skew) > _MAX_SKEW:
        message = f"differs from that of {site.name} by {abs(skew).total_seconds():.0f} s"
        yield _fail("clock", message, "synchronize the clock of this machine (NTP)")
    else:
        yield _ok("clock", f"agrees with that of {site.name}")


def _database_clock(archive: Archive, now: Callable[[], datetime]) -> Iterator[Diagnosis]:
    try:
        offset = archive.clock_offset(now)
    except StoreError as error:
        yield _fail("database clock", str(error), "see RUNBOOK.md")
        return
    if text := clock_problem(offset):
        yield _fail("database clock", text, "synchronize both clocks (NTP)")
    else:
        yield _ok("database clock", "agrees with that of this machine")


def _destinations(watchlist: Watchlist) -> Iterator[Diagnosis]:
    if not watchlist.destinations:
        advice = "add a [[destination]], as `watcher init` shows it"
        yield _warn("destinations", "there are none: nobody gets alerts", advice)
        return
    # Loading the watchlist has validated the URLs; only a message can tell whether the service accepts messages.
    for destination in watchlist.destinations:
        advice = f"`watcher notify --test {destination.name}` sends it a sample"
        subject = f"destination {destination.name}"
        if destination.scheme == "file" and not _is_writable(destination.url.get_secret_value()):
            yield _fail(subject, "its file cannot be written", "create its folder and let this program write it")
        else:
            yield _ok(subject, "has a URL that can be used", advice)
    if not any(destination.operator for destination in watchlist.destinations):
        message = "none gets an alert when checks fail or messages are given up"
        yield _warn("destinations", message, "give one `operator = true`")


def _is_writable(url: str) -> bool:
    """Return whether a line could be appended to a file, which is not touched; it is created with its first line."""
    path = file_path(url)
    return os.access(path, os.W_OK) if path.is_file() else os.access(path.parent, os.W_OK | os.X_OK)


def _folders(watchlist: Watchlist, free: Callable[[Path], int]) -> Iterator[Diagnosis]:
    url = watchlist.database.get_secret_value()
    folders = {"reports": watchlist.reports}
    if url.startswith(_SQLITE):
        folders["database"] = Path(url.removeprefix(_SQLITE).partition("?")[0]).parent
    for name, folder in folders.items():
        subject = f"folder of the {name}"
        path = next(path for path in (folder, *folder.parents) if path.exists())
        if not (path.is_dir() and os.access(path, os.W_OK | os.X_OK)):
            yield _fail(subject, f"{path} cannot be written", "chown it")
            continue
        left = free(path)
        message = f"{left / 2**30:.1f} GiB are free"
        if left < _LOW_DISK:
            level = CheckLevel.FAIL if left < _FULL_DISK else CheckLevel.WARN
            yield Diagnosis(level, subject, message, "free some; `watcher tidy` shows what can be removed")
        else:
            yield _ok(subject, message)


def _comparisons(archive: Archive, now: Callable[[], datetime]) -> Iterator[Diagnosis]:
    failed = recent_failures(archive, now())
    for event in failed[:_MAX_FAILURES]:
        advice = "read that difference on the wiki; report the defect with both revision ids"
        yield _warn("comparisons", f"{event.article.title}: {event.event.detail}", advice)
    if not failed:
        yield _ok("comparisons", "none failed in the last seven days")


def _duplicates(watchlist: Watchlist, archive: Archive) -> Iterator[Diagnosis]:
    for (_, title), first in WatchIndex(watchlist, archive).duplicates().items():
        message = (
            f"{title!r} and {first.title!r} are one page: it is checked once, with the settings of {first.title!r}"
        )
        yield _warn("watchlist", message, f"remove the watch of {title!r}")


def _lists(watchlist: Watchlist, archive: Archive) -> Iterator[Diagnosis]:
    named = {(watch.wiki, watch.source) for watch in watchlist.sources}
    for source in archive.members.sources() if named else ():
        if (source.wiki, source.key) in named and source.error:
            message = f"{source.key} on {source.wiki}: {source.error}"
            yield _warn("lists", message, "correct that; the next check reads it again")


def _missing(watchlist: Watchlist, archive: Archive) -> Iterator[Diagnosis]:
    for missing in find_missing(archive, watchlist, watchlist.watches):
        subject, advice = _MISSING[missing.setting]
        yield _warn(subject, f"{missing.watch.title}: {missing.message}", advice)


def _workers(environ: Mapping[str, str], now: datetime) -> Iterator[Diagnosis]:
    try:
        silent = silent_workers(environ, now)
    except WatcherError as error:
        yield _warn("workers", str(error), "set PREFECT_API_AUTH_STRING as the workers have it")
        return
    for worker in silent:
        yield _warn("workers", worker.message, "start it, or its machine; the others do its work meanwhile")


def _schedule(
    watchlist: Watchlist, archive: Archive, environ: Mapping[str, str], now: Callable[[], datetime]
) -> Iterator[Diagnosis]:
    if problem := prefect_problem(environ):
        yield _fail("Prefect", problem, "start it, or correct PREFECT_API_URL; what was missed is made up for")
    elif environ.get("PREFECT_API_URL"):
        yield _ok("Prefect", "its server answers")
        yield from _workers(environ, now())
    failing = failing_everywhere(archive, watchlist, now()) if watchlist.entries else ()
    for problem in failing:
        yield _fail("checks", problem, "correct that; the next check makes up for what was missed")
    problems = [problem for problem in readiness_problems(archive, watchlist, now()) if problem not in failing]
    for problem in problems:
        yield _warn("schedule", problem, "start `watcher serve`, the workers, or a cron job with `watcher check`")
    if not problems:
        yield _ok("schedule", "checks and deliveries are made")
