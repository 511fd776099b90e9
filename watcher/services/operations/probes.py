"""Probe the health of an installation, for all who need it: doctor, readyz, status, metrics and operator alerts.

An installation is healthy if due checks were made, its database can be written and all tables be read, and workers are
alive. Each probe is defined once, with its threshold, its message and advice.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final

from snapshots import Archive
from snapshots.upgrade import FIRST, HEAD
from watcher.config import Watchlist
from watcher.errors import ConfigError, StoreError, WatcherError
from watcher.services.context import AppContext, WatchIndex, clock
from watcher.services.operations import health
from watcher.services.operations.startup import load_watchlist, new_client, was_used
from watcher.text import escape_control_characters

_MAX_FAILURES: Final = 10
_MAX_SKEW: Final = timedelta(minutes=2)  # a request may take half of that
_LOW_DISK: Final = 2**30  # bytes; a busy watchlist stores some megabytes a day
_FULL_DISK: Final = 100 * 2**20
_DELIVERIES: Final = timedelta(minutes=15)  # messages are sent each minute, or with each `watcher check` of a cron job
_START: Final = "start `watcher serve`, the workers, or a cron job with `watcher check`"
_SQLITE: Final = "sqlite:///"
# Setting whose words an article does not have → subject and advice.
_MISSING: Final = {
    "claims": ("pinned sentences", "pin a sentence that the article has, or remove this one from `claims`"),
    "statistic": (
        "named statistics",
        "correct its `label`: all its words must be in a statistic, its sentence or its headings",
    ),
    "sections": ("sections", "correct its `sections`: changes below that heading cause no alert"),
}


class Level(StrEnum):
    """The level of a diagnosis."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of a probe about one subject, with advice, and since when it is so, if known.

    `stopped` means that checks or deliveries are not being made; readiness depends on it.
    """

    level: Level
    subject: str
    message: str
    advice: str = ""
    since: datetime | None = field(default=None, compare=False)
    stopped: bool = False


_ok = partial(Diagnosis, Level.OK)
_warn = partial(Diagnosis, Level.WARN)
_fail = partial(Diagnosis, Level.FAIL)
_stopped = partial(Diagnosis, Level.FAIL, stopped=True)
_not_begun = partial(Diagnosis, Level.WARN, stopped=True)


@dataclass(kw_only=True)
class Installation:
    """The installation to examine and the functions for it; `free` returns the free bytes of a folder's disk.

    `prefect` returns why Prefect's server schedules nothing, "" if it works. `machine_clock` is the clock of this
    machine, if `now` follows that of the database.
    """

    watchlist: Watchlist
    archive: Archive
    now: Callable[[], datetime] = clock
    machine_clock: Callable[[], datetime] | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    free: Callable[[Path], int] = field(default=lambda folder: shutil.disk_usage(folder).free)
    prefect: Callable[[], str] | None = None

    @classmethod
    def of(cls, services: AppContext, **more: Any) -> Installation:
        """Return the installation that these services belong to."""
        return cls(watchlist=services.watchlist, archive=services.archive, now=services.now, **more)

    @property
    def index(self) -> WatchIndex:
        """The index of watches and articles."""
        return WatchIndex(self.watchlist, self.archive)

    @property
    def intervals(self) -> list[timedelta]:
        """The check intervals of the active watches."""
        now = self.now()
        return [watch.every for watch in self.watchlist.entries if watch.is_active(now)]

    def prefect_problem(self) -> str:
        """Return why Prefect's server schedules nothing; "" if it works or there is none."""
        return self.prefect() if self.prefect else health.prefect_problem(self.environ)


@dataclass(frozen=True, slots=True)
class Probe:
    """A check of an installation; `summary` describes a problem without any details."""

    name: str
    summary: str
    run: Callable[[Installation], Iterator[Diagnosis]]


@partial(Probe, "database", "the database cannot be read and written")
def database(installation: Installation) -> Iterator[Diagnosis]:
    """Read the schema version, write a row, and read from every table."""
    try:
        schema = installation.archive.schema_version()
        if schema is None:
            was_used(installation.archive, installation.watchlist)
            yield _not_begun("database", "the database is empty", "nothing: `watcher check` sets it up")
            return
        if FIRST <= schema < HEAD:
            message = f"the database has an older schema ({schema}, here {HEAD})"
            yield _not_begun("database", message, "back it up; the next command brings it up to date")
            return
        installation.archive.metrics.add_counters({("probes", ()): 1.0}, installation.now())
        damage = installation.archive.damage()
    except StoreError as error:
        damage = str(error)
    if damage:
        yield _stopped("database", damage, "see RUNBOOK.md")
    else:
        yield _ok("database", f"can be read and written, schema {schema}")


@partial(Probe, "disk", "a disk is full, or a folder cannot be written")
def disk(installation: Installation) -> Iterator[Diagnosis]:
    """Test whether the folders of this machine can be written, and how much is free on their disks."""
    url = installation.watchlist.database.get_secret_value()
    folders = {"reports": installation.watchlist.reports}
    if url.startswith(_SQLITE):
        folders["database"] = Path(url.removeprefix(_SQLITE).partition("?")[0]).parent
    for name, folder in folders.items():
        subject = f"folder of the {name}"
        path = next(path for path in (folder, *folder.parents) if path.exists())
        if not (path.is_dir() and os.access(path, os.W_OK | os.X_OK)):
            yield _stopped(subject, f"{path} cannot be written", "chown it")
            continue
        free = installation.free(path)
        message = f"{free / 2**30:.1f} GiB are free on the disk of {path}"
        advice = "free some; `watcher tidy` shows what can be removed"
        if free < _FULL_DISK:
            yield _stopped(subject, message, advice)
        else:
            yield _warn(subject, message, advice) if free < _LOW_DISK else _ok(subject, message)


@partial(Probe, "prefect", "Prefect's server does not answer")
def prefect(installation: Installation) -> Iterator[Diagnosis]:
    """Request the health of Prefect's server, if there is one."""
    if problem := installation.prefect_problem():
        yield _stopped("Prefect", problem, "start it, or correct PREFECT_API_URL; missed checks are made up for")
    elif installation.environ.get("PREFECT_API_URL"):
        yield _ok("Prefect", "its server answers")


@partial(Probe, "workers", "no worker is alive")
def workers(installation: Installation) -> Iterator[Diagnosis]:
    """Request the workers' heartbeats; the work has not stopped while at least one worker is alive."""
    if installation.prefect_problem():
        return  # another probe reports that
    now = installation.now()
    try:
        known = health.prefect_workers(installation.environ)
    except WatcherError as error:
        yield _warn("workers", str(error), "set PREFECT_API_AUTH_STRING as the workers have it")
        return
    silent = [worker for worker in known if worker.is_missed(now)]
    if silent and not any(worker.online for worker in known):
        newest = max(silent, key=lambda worker: worker.at)
        message = f"none is alive: {newest.message}"
        yield _stopped("workers", message, "start them, or their machines; nothing is checked meanwhile", newest.at)
        silent.remove(newest)
        alone = "start it, or its machine"
    else:
        alone = "start it, or its machine; the others do its work meanwhile"
    for worker in silent:
        yield _warn("workers", worker.message, alone)


@partial(Probe, "checks", "checks that were due were not made")
def checks(installation: Installation) -> Iterator[Diagnosis]:
    """Test whether due checks are made, by the end of the last round or the last check of a page."""
    now, intervals = installation.now(), installation.intervals
    if not intervals:
        return
    # The last check of a page shows a round that has not ended. Times in the future come from a clock that was ahead.
    times = (health.last_rounds(installation.archive, now).get("check"), installation.archive.articles.last_check())
    last = max((each for each in times if each is not None and each <= now + health.MAX_OFFSET), default=None)
    longest = health.MISSED_INTERVALS_OVERDUE * min(intervals)
    yield _last_round("checks", last, now, longest, ": is the schedule, or are the workers, running?")


def _last_round(kind: str, last: datetime | None, now: datetime, longest: timedelta, doubt: str = "") -> Diagnosis:
    if last is None:
        return _not_begun(kind, f"no round of {kind} has ended yet", _START)
    if now - last > longest:
        return _stopped(kind, f"the last round of {kind} ended {last:%Y-%m-%d %H:%M} UTC{doubt}", _START, last)
    return _ok(kind, "are made")


@partial(Probe, "failing", "the last check of every page failed")
def _failing(installation: Installation) -> Iterator[Diagnosis]:
    """Report why no page can be checked if the last check of every page failed, since rounds then still end."""
    if not installation.watchlist.entries:
        return
    # Pages that were not checked for that long are no longer watched.
    longest = max(timedelta(minutes=5), *(watch.every for watch in installation.watchlist.entries))
    since = installation.now() - health.MISSED_INTERVALS_OVERDUE * longest
    checked, failed, error = installation.archive.articles.failing(since)
    if not failed or failed < checked:
        return
    pages = f"all {failed} pages" if failed > 1 else "the only page"
    reason = escape_control_characters(error or "no reason given")
    advice = "correct that; the next check makes up for what was missed"
    yield _stopped("failing checks", f"the last check of {pages} failed: {reason}", advice)


@partial(Probe, "overdue", "most pages are overdue")
def _overdue(installation: Installation) -> Iterator[Diagnosis]:
    """Count the overdue pages; if half of them or more are overdue, the work is not being done."""
    now = installation.now()
    if any(diagnosis.stopped for diagnosis in checks.run(installation)):
        return  # then all of them are overdue, and another probe reports that
    counts, oldest = health.count_watches(installation.index, now)
    overdue, active = counts[health.Health.OVERDUE], sum(counts.values()) - counts[health.Health.PAUSED]
    if not overdue:
        return
    message = f"{overdue:,} of {active:,} pages overdue, the one longest unchecked since {oldest:%Y-%m-%d %H:%M} UTC"
    if 2 * overdue >= active:
        yield _stopped("overdue", message, "are the workers running? see “Checks lag behind” in RUNBOOK.md", oldest)
    else:
        yield _warn("overdue", message, "see “Checks lag behind” in RUNBOOK.md")


@partial(Probe, "deliveries", "messages are not sent")
def _deliveries(installation: Installation) -> Iterator[Diagnosis]:
    if intervals := installation.intervals:
        longest = max(_DELIVERIES, health.MISSED_INTERVALS_OVERDUE * min(intervals))
        now = installation.now()
        yield _last_round("deliveries", health.last_rounds(installation.archive, now).get("deliver"), now, longest)


@partial(Probe, "outbox", "messages were given up")
def _outbox(installation: Installation) -> Iterator[Diagnosis]:
    if dead := installation.archive.metrics.outbox(installation.now()).dead:
        message = f"{dead} message{'s were' if dead > 1 else ' was'} given up"
        yield _fail(
            "outbox", message, "`watcher status` shows why; then `watcher deliver --retry-dead` or `--discard-dead`"
        )


@partial(Probe, "clock", "the clock is wrong")
def database_clock(installation: Installation) -> Iterator[Diagnosis]:
    """Test whether the clocks of this machine and of the database agree."""
    offset = installation.archive.clock_offset(installation.machine_clock or installation.now)
    if abs(offset) <= health.MAX_OFFSET:
        yield _ok("database clock", "agrees with that of this machine")
        return
    direction = "ahead of" if offset > timedelta() else "behind"
    message = f"the database's clock is {abs(offset).total_seconds():.0f} s {direction} that of this machine"
    yield _fail("database clock", message, "synchronize both clocks (NTP)")


@partial(Probe, "comparisons", "edits could not be compared")
def _comparisons(installation: Installation) -> Iterator[Diagnosis]:
    failed = health.recent_failures(installation.archive, installation.now())
    for article, event in failed[:_MAX_FAILURES]:
        advice = "read that difference on the wiki; report the defect with both revision ids"
        yield _warn("comparisons", f"{article.title}: {event.detail}", advice)
    if not failed:
        yield _ok("comparisons", "none failed in the last seven days")


@partial(Probe, "duplicates", "a page is watched twice")
def _duplicates(installation: Installation) -> Iterator[Diagnosis]:
    for (_, title), first in installation.index.duplicates().items():
        message = (
            f"{title!r} and {first.title!r} are one page: it is checked once, with the settings of {first.title!r}"
        )
        yield _warn("watchlist", message, f"remove the watch of {title!r}")


@partial(Probe, "lists", "a list cannot be read")
def _lists(installation: Installation) -> Iterator[Diagnosis]:
    named = {(watch.wiki, watch.source) for watch in installation.watchlist.sources}
    for source in installation.archive.members.sources() if named else ():
        if (source.wiki, source.key) in named and source.error:
            message = f"{source.key} on {source.wiki}: {source.error}"
            yield _warn("lists", message, "correct that; the next check reads it again")


@partial(Probe, "missing", "an article lacks what its watch names")
def _missing(installation: Installation) -> Iterator[Diagnosis]:
    from watcher.services.alerting.mutes import find_missing

    for missing in find_missing(installation.index, installation.watchlist.watches):
        subject, advice = _MISSING[missing.setting]
        yield _warn(subject, f"{missing.watch.title}: {missing.message}", advice)


@partial(Probe, "watchlist", "the watchlist is not complete")
def _watchlist(installation: Installation) -> Iterator[Diagnosis]:
    from watcher.version import version

    yield _ok("program", f"is version {version()}")
    watchlist = installation.watchlist
    name, count = watchlist.path.name, len(watchlist.entries)
    if "example.org" in watchlist.contact:
        yield _warn("watchlist", f"{name}: contact is still {watchlist.contact}", "write your own address there")
    elif not count:
        yield _warn("watchlist", f"{name}: watches nothing", "add an article with `watcher add`")
    else:
        yield _ok("watchlist", f"{name}: {count} article{'s' * (count > 1)} watched")


@partial(Probe, "wikis", "a wiki does not answer")
def _wikis(installation: Installation) -> Iterator[Diagnosis]:
    for site in installation.watchlist.wikis:
        try:
            with new_client(installation.watchlist, site, now=installation.now, timeout=15, attempts=1) as client:
                skew = client.time() - installation.now()
        except WatcherError as error:
            yield _fail(f"wiki {site.name}", str(error), "check the network, its api and allowed_hosts")
            continue
        yield _ok(f"wiki {site.name}", "answers")
        # Leases, settle periods and the order of revisions compare our clock with the wiki's or another worker's.
        if abs(skew) > _MAX_SKEW:
            message = f"differs from that of {site.name} by {abs(skew).total_seconds():.0f} s"
            yield _fail("clock", message, "synchronize the clock of this machine (NTP)")
        else:
            yield _ok("clock", f"agrees with that of {site.name}")


@partial(Probe, "destinations", "a destination cannot be used")
def _destinations(installation: Installation) -> Iterator[Diagnosis]:
    from watcher.notify.payload import file_path

    if not installation.watchlist.destinations:
        advice = "add a [[destination]], as `watcher init` shows it"
        yield _warn("destinations", "there are none: nobody gets alerts", advice)
        return
    # The URLs were validated when the watchlist was loaded; only a message can show whether the service accepts any.
    for destination in installation.watchlist.destinations:
        advice = f"`watcher notify --test {destination.name}` sends it a sample"
        subject = f"destination {destination.name}"
        # Test whether a line could be appended to the file without touching it; the first line creates it.
        path = file_path(destination.url.get_secret_value()) if destination.scheme == "file" else None
        writable = path is None or (
            os.access(path, os.W_OK) if path.is_file() else os.access(path.parent, os.W_OK | os.X_OK)
        )
        if not writable:
            yield _fail(subject, "its file cannot be written", "create its folder and let this program write it")
        else:
            yield _ok(subject, "has a URL that can be used", advice)
    if not any(destination.operator for destination in installation.watchlist.destinations):
        message = "none gets an alert when checks fail or messages are given up"
        yield _warn("destinations", message, "give one `operator = true`")


# The database's probe comes first: those that read the database are skipped if it fails.
# Whether the work is done, for readyz, metrics and operator alerts, and also for status and doctor.
WORK: Final = (database, disk, prefect, workers, checks, _failing, _overdue, _deliveries)
# Problems that somebody should look at although the work goes on, for status and doctor.
CARE: Final = (_outbox, database_clock, _comparisons, _duplicates, _lists, _missing)
# The watchlist and other services, for doctor.
OUTSIDE: Final = (_watchlist, _wikis, _destinations)
_WITHOUT_DATABASE: Final = (database, disk, prefect, workers, *OUTSIDE)


def examine(
    installation: Installation, probes: tuple[Probe, ...] = WORK
) -> Iterator[tuple[Probe, tuple[Diagnosis, ...]]]:
    """Yield probes with their diagnoses, in order; skip those that read the database if it fails. No StoreError."""
    answers = True
    for probe in probes:
        if not answers and probe not in _WITHOUT_DATABASE:
            continue
        try:
            diagnoses = tuple(probe.run(installation))
        except StoreError as error:
            diagnoses = (_stopped(probe.name, str(error), "see RUNBOOK.md"),)
        if probe is database:
            answers = not any(diagnosis.stopped for diagnosis in diagnoses)
        yield probe, diagnoses


def reasons(installation: Installation, *, details: bool = True) -> tuple[str, ...]:
    """Return why the work is not being done, () if it is; without `details`, the texts contain no host names."""
    return tuple(
        each.message if details else probe.summary
        for probe, diagnoses in examine(installation)
        for each in diagnoses
        if each.stopped
    )


def stopped(probe: Probe, installation: Installation) -> tuple[Diagnosis, ...]:
    """Return a probe's diagnoses of work that has stopped, without work that has not begun yet."""
    return tuple(each for each in probe.run(installation) if each.stopped and each.level is Level.FAIL)


def run_checks(
    path: Path, environ: Mapping[str, str] = os.environ, *, only: str | None = None, **more: Any
) -> Iterator[Diagnosis]:
    """Yield all diagnoses of a watchlist's installation, or only the watchlist's errors if it cannot be read.

    `only` names a single probe, which runs after that of the database; `more` are `now` and `free` of the
    `Installation`.
    """
    probes: tuple[Probe, ...] = OUTSIDE + WORK + CARE
    if only is not None:
        names = [probe.name for probe in probes]
        if only not in names:
            yield _fail("probes", f"none is called {only!r}", f"name one of {', '.join(names)}")
            return
        probes = tuple(probe for probe in probes if probe is database or probe.name == only)
    try:
        watchlist = load_watchlist(path, environ)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield _fail("watchlist", line, "correct the file")
        return
    with Archive(watchlist.database.get_secret_value()) as archive:
        installation = Installation(watchlist=watchlist, archive=archive, environ=environ, **more)
        for _, diagnoses in examine(installation, probes):
            yield from diagnoses
