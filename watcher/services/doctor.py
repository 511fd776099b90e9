"""Run the checks of `watcher doctor`: configuration, database, wikis, destinations, clock, disk and schedule."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from snapshots import Archive
from snapshots.database import HEAD
from watcher.config import Watchlist, WikiSite
from watcher.errors import ConfigError, StoreError, WatcherError
from watcher.fetch import WikiClient
from watcher.services.context import clock, load_watchlist
from watcher.services.failing import recent_failures
from watcher.services.health import readiness_problems
from watcher.services.watch_index import WatchIndex

_MOST_FAILED: Final = 10
_SKEW: Final = timedelta(minutes=2)  # a request may take half of that
_LITTLE: Final = 2**30  # bytes; a busy watchlist stores some megabytes a day
_NOTHING: Final = 100 * 2**20
_SQLITE: Final = "sqlite:///"


class CheckLevel(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What was looked at, how it is, what was seen there, and what to do about it."""

    subject: str
    level: CheckLevel
    message: str
    advice: str = ""


def run_checks(
    path: Path,
    environ: Mapping[str, str] = os.environ,
    *,
    now: Callable[[], datetime] = clock,
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> Iterator[CheckResult]:
    """Look at configuration, database, wikis, destinations, clock, disk and schedule; nothing is changed or sent.

    `free` gives the free bytes of a folder's disk. Without a readable watchlist there is one line only.
    """
    try:
        watchlist = load_watchlist(path, environ)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield CheckResult(subject="watchlist", level=CheckLevel.FAIL, message=line, advice="correct the file")
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
            yield from _duplicates(watchlist, archive)
            yield from _schedule(watchlist, archive, now)
            yield from _comparisons(archive, now)


def _watchlist(watchlist: Watchlist) -> CheckResult:
    name = watchlist.path.name
    if "example.org" in watchlist.contact:
        message = f"{name}: contact is still {watchlist.contact}"
        return CheckResult(
            subject="watchlist", level=CheckLevel.WARN, message=message, advice="write your own address there"
        )
    if not watchlist.watches:
        advice = "add an article with `watcher add`"
        return CheckResult(
            subject="watchlist", level=CheckLevel.WARN, message=f"{name}: watches nothing", advice=advice
        )
    count = len(watchlist.watches)
    return CheckResult(
        subject="watchlist", level=CheckLevel.OK, message=f"{name}: {count} article{'s' * (count > 1)} watched"
    )


def _database(archive: Archive) -> CheckResult:
    try:
        schema = archive.schema_version()
        if schema == HEAD:
            archive.leases.release_all("")  # writes nothing, but only where something could be written
    except StoreError as error:
        return CheckResult(subject="database", level=CheckLevel.FAIL, message=str(error), advice="see RUNBOOK.md")
    if schema is None:
        return CheckResult(
            subject="database", level=CheckLevel.WARN, message="is empty", advice="nothing: `watcher check` sets it up"
        )
    if schema > HEAD:
        message = f"was written by a newer release (schema {schema}, here {HEAD})"
        return CheckResult(subject="database", level=CheckLevel.FAIL, message=message, advice="upgrade the program")
    if schema < HEAD:
        message, advice = (
            f"has an older schema ({schema}, here {HEAD})",
            "back up; the next command brings it up to date",
        )
        return CheckResult(subject="database", level=CheckLevel.WARN, message=message, advice=advice)
    return CheckResult(subject="database", level=CheckLevel.OK, message=f"can be read and written, schema {schema}")


def _wiki(watchlist: Watchlist, site: WikiSite, now: Callable[[], datetime]) -> Iterator[CheckResult]:
    subject = f"wiki {site.name}"
    try:
        with WikiClient(
            site.api,
            wiki=site.name,
            contact=watchlist.contact,
            allowed_hosts=watchlist.allowed_hosts,
            now=now,
            sleep=time.sleep,
            jitter=random.random,
            timeout=15,
            attempts=1,
        ) as client:
            away = client.time() - now()
    except WatcherError as error:
        yield CheckResult(
            subject=subject,
            level=CheckLevel.FAIL,
            message=str(error),
            advice="check the network, its api and allowed_hosts",
        )
        return
    yield CheckResult(subject=subject, level=CheckLevel.OK, message="answers")
    if abs(away) > _SKEW:
        message = f"differs from that of {site.name} by {abs(away).total_seconds():.0f} s"
        yield CheckResult(
            subject="clock", level=CheckLevel.FAIL, message=message, advice="let the machine keep time by NTP"
        )
    else:
        yield CheckResult(subject="clock", level=CheckLevel.OK, message=f"agrees with that of {site.name}")


def _destinations(watchlist: Watchlist) -> Iterator[CheckResult]:
    """Their URLs were read with the watchlist; whether they take messages only a message can tell."""
    if not watchlist.destinations:
        advice = "add a [[destination]], as `watcher init` shows it"
        yield CheckResult(
            subject="destinations", level=CheckLevel.WARN, message="there are none: nobody is told", advice=advice
        )
        return
    for destination in watchlist.destinations:
        advice = f"`watcher notify --test {destination.name}` sends it a sample"
        yield CheckResult(
            subject=f"destination {destination.name}",
            level=CheckLevel.OK,
            message="has a URL that Apprise can use",
            advice=advice,
        )
    if not any(destination.operator for destination in watchlist.destinations):
        yield CheckResult(
            subject="destinations",
            level=CheckLevel.WARN,
            message="none is told when checks fail or messages are given up",
            advice="give one `operator = true`",
        )


def _folders(watchlist: Watchlist, free: Callable[[Path], int]) -> Iterator[CheckResult]:
    url = watchlist.database.get_secret_value()
    folders = {"reports": watchlist.reports}
    if url.startswith(_SQLITE):
        folders["database"] = Path(url.removeprefix(_SQLITE).partition("?")[0]).parent
    for name, folder in folders.items():
        path = next(path for path in (folder, *folder.parents) if path.exists())
        if not (path.is_dir() and os.access(path, os.W_OK | os.X_OK)):
            yield CheckResult(
                subject=f"folder of the {name}",
                level=CheckLevel.FAIL,
                message=f"{path} cannot be written",
                advice="chown it",
            )
            continue
        left = free(path)
        level = CheckLevel.FAIL if left < _NOTHING else CheckLevel.WARN if left < _LITTLE else CheckLevel.OK
        advice = "" if level is CheckLevel.OK else "free some; `watcher tidy` shows what may go"
        message = f"{left / 2**30:.1f} GiB are free"
        yield CheckResult(subject=f"folder of the {name}", level=level, message=message, advice=advice)


def _comparisons(archive: Archive, now: Callable[[], datetime]) -> Iterator[CheckResult]:
    """The comparisons that failed in the last days: each is an edit that nobody was told the findings of."""
    failed = recent_failures(archive, now())
    for event in failed[:_MOST_FAILED]:
        yield CheckResult(
            subject="comparisons",
            level=CheckLevel.WARN,
            message=f"{event.article.title}: {event.event.detail}",
            advice="read that difference on the wiki; report the defect with both revision ids",
        )
    if not failed:
        yield CheckResult(subject="comparisons", level=CheckLevel.OK, message="none failed in the last seven days")


def _duplicates(watchlist: Watchlist, archive: Archive) -> Iterator[CheckResult]:
    for (_, title), first in WatchIndex(watchlist, archive).duplicates().items():
        message = f"{title!r} and {first.title!r} are one page: it is checked once, as {first.title!r} says"
        advice = f"remove the watch of {title!r}"
        yield CheckResult(subject="watchlist", level=CheckLevel.WARN, message=message, advice=advice)


def _schedule(watchlist: Watchlist, archive: Archive, now: Callable[[], datetime]) -> Iterator[CheckResult]:
    reasons = readiness_problems(archive, watchlist, now())
    advice = "start `watcher serve`, the workers, or a cron job with `watcher check`"
    for reason in reasons:
        yield CheckResult(subject="schedule", level=CheckLevel.WARN, message=reason, advice=advice)
    if not reasons:
        yield CheckResult(subject="schedule", level=CheckLevel.OK, message="checks and deliveries are made")
