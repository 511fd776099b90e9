"""An installation → a line for everything that it stands on: well, worth a look, or wrong, with what to do."""

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

from flows.failing import recent_failures
from flows.readiness import unready
from flows.services import clock, read_watchlist
from snapshots import Archive
from snapshots.schema import HEAD
from watcher.config import Watchlist, WikiSite
from watcher.errors import ConfigError, StoreError, WatcherError
from watcher.fetch import WikiClient

_MOST_FAILED: Final = 10
_SKEW: Final = timedelta(minutes=2)  # a request may take half of that
_LITTLE: Final = 2**30  # bytes; a busy watchlist stores some megabytes a day
_NOTHING: Final = 100 * 2**20
_SQLITE: Final = "sqlite:///"


class Level(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was looked at, how it is, what was seen there, and what to do about it."""

    subject: str
    level: Level
    says: str
    advice: str = ""


def examine(
    path: Path,
    environ: Mapping[str, str] = os.environ,
    *,
    now: Callable[[], datetime] = clock,
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> Iterator[Diagnosis]:
    """Look at configuration, database, wikis, destinations, clock, disk and schedule; nothing is changed or sent.

    `free` gives the free bytes of a folder's disk. Without a readable watchlist there is one line only.
    """
    try:
        watchlist = read_watchlist(path, environ)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield Diagnosis(subject="watchlist", level=Level.FAIL, says=line, advice="correct the file")
        return
    yield _watchlist(watchlist)
    with Archive(watchlist.database.reveal(), now=now) as archive:
        database = _database(archive)
        yield database
        for site in watchlist.wikis:
            yield from _wiki(watchlist, site, now)
        yield from _destinations(watchlist)
        yield from _folders(watchlist, free)
        if database.level is Level.OK:
            yield from _schedule(watchlist, archive, now)
            yield from _comparisons(archive, now)


def _watchlist(watchlist: Watchlist) -> Diagnosis:
    name = watchlist.path.name
    if "example.org" in watchlist.contact:
        says = f"{name}: contact is still {watchlist.contact}"
        return Diagnosis(subject="watchlist", level=Level.WARN, says=says, advice="write your own address there")
    if not watchlist.watches:
        advice = "add an article with `watcher add`"
        return Diagnosis(subject="watchlist", level=Level.WARN, says=f"{name}: watches nothing", advice=advice)
    count = len(watchlist.watches)
    return Diagnosis(subject="watchlist", level=Level.OK, says=f"{name}: {count} article{'s' * (count > 1)} watched")


def _database(archive: Archive) -> Diagnosis:
    try:
        schema = archive.revision_of_schema()
        if schema == HEAD:
            archive.free_leases("")  # writes nothing, but only where something could be written
    except StoreError as error:
        return Diagnosis(subject="database", level=Level.FAIL, says=str(error), advice="see RUNBOOK.md")
    if schema is None:
        return Diagnosis(
            subject="database", level=Level.WARN, says="is empty", advice="nothing: `watcher check` sets it up"
        )
    if schema > HEAD:
        says = f"was written by a newer release (schema {schema}, here {HEAD})"
        return Diagnosis(subject="database", level=Level.FAIL, says=says, advice="upgrade the program")
    if schema < HEAD:
        says, advice = f"has an older schema ({schema}, here {HEAD})", "back up; the next command brings it up to date"
        return Diagnosis(subject="database", level=Level.WARN, says=says, advice=advice)
    return Diagnosis(subject="database", level=Level.OK, says=f"can be read and written, schema {schema}")


def _wiki(watchlist: Watchlist, site: WikiSite, now: Callable[[], datetime]) -> Iterator[Diagnosis]:
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
        yield Diagnosis(
            subject=subject, level=Level.FAIL, says=str(error), advice="check the network, its api and allowed_hosts"
        )
        return
    yield Diagnosis(subject=subject, level=Level.OK, says="answers")
    if abs(away) > _SKEW:
        says = f"differs from that of {site.name} by {abs(away).total_seconds():.0f} s"
        yield Diagnosis(subject="clock", level=Level.FAIL, says=says, advice="let the machine keep time by NTP")
    else:
        yield Diagnosis(subject="clock", level=Level.OK, says=f"agrees with that of {site.name}")


def _destinations(watchlist: Watchlist) -> Iterator[Diagnosis]:
    """Their URLs were read with the watchlist; whether they take messages only a message can tell."""
    if not watchlist.destinations:
        advice = "add a [[destination]], as `watcher init` shows it"
        yield Diagnosis(subject="destinations", level=Level.WARN, says="there are none: nobody is told", advice=advice)
        return
    for place in watchlist.destinations:
        advice = f"`watcher notify --test {place.name}` sends it a sample"
        yield Diagnosis(
            subject=f"destination {place.name}", level=Level.OK, says="has a URL that Apprise can use", advice=advice
        )
    if not any(place.operator for place in watchlist.destinations):
        yield Diagnosis(
            subject="destinations",
            level=Level.WARN,
            says="none is told when checks fail or messages are given up",
            advice="give one `operator = true`",
        )


def _folders(watchlist: Watchlist, free: Callable[[Path], int]) -> Iterator[Diagnosis]:
    url = watchlist.database.reveal()
    folders = {"reports": watchlist.reports}
    if url.startswith(_SQLITE):
        folders["database"] = Path(url.removeprefix(_SQLITE).partition("?")[0]).parent
    for name, folder in folders.items():
        there = next(one for one in (folder, *folder.parents) if one.exists())
        if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
            yield Diagnosis(
                subject=f"folder of the {name}", level=Level.FAIL, says=f"{there} cannot be written", advice="chown it"
            )
            continue
        left = free(there)
        level = Level.FAIL if left < _NOTHING else Level.WARN if left < _LITTLE else Level.OK
        advice = "" if level is Level.OK else "free some; `watcher tidy` shows what may go"
        says = f"{left / 2**30:.1f} GiB are free"
        yield Diagnosis(subject=f"folder of the {name}", level=level, says=says, advice=advice)


def _comparisons(archive: Archive, now: Callable[[], datetime]) -> Iterator[Diagnosis]:
    """The comparisons that failed in the last days: each is an edit that nobody was told the findings of."""
    failed = recent_failures(archive, now())
    for one in failed[:_MOST_FAILED]:
        yield Diagnosis(
            subject="comparisons",
            level=Level.WARN,
            says=f"{one.article.title}: {one.event.detail}",
            advice="read that difference on the wiki; report the defect with both revision ids",
        )
    if not failed:
        yield Diagnosis(subject="comparisons", level=Level.OK, says="none failed in the last seven days")


def _schedule(watchlist: Watchlist, archive: Archive, now: Callable[[], datetime]) -> Iterator[Diagnosis]:
    reasons = unready(archive, watchlist, now())
    advice = "start `watcher serve`, the workers, or a cron job with `watcher check`"
    for reason in reasons:
        yield Diagnosis(subject="schedule", level=Level.WARN, says=reason, advice=advice)
    if not reasons:
        yield Diagnosis(subject="schedule", level=Level.OK, says="checks and deliveries are made")
