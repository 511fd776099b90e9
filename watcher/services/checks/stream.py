"""Check pages within seconds of an edit: the loop behind `watcher stream`, which needs no Prefect."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, starmap
from pathlib import Path
from time import monotonic
from typing import Final, Self
from urllib.parse import urlsplit

from watcher.config import Watch
from watcher.errors import ConfigError, StoreError, Unavailable
from watcher.fetch import EventStream, RecentChanges
from watcher.services.alerting import delivery
from watcher.services.checks import change_feed, page_lists
from watcher.services.checks.check import check
from watcher.services.checks.outcome import CheckOutcome, CheckState
from watcher.services.context import AppContext, file_stamp
from watcher.services.operations import health, startup

RECENT_EVERY: Final = 3.0  # s between two polls of a wiki's recent changes
_LISTS_EVERY: Final = 30.0  # s between searches for due lists, and for members that are late for a check
GROUP_WAIT: Final = 3.0  # s; longest wait of an alert for others of its group, as the stream promises alerts in seconds
_DELIVER_EVERY: Final = 15.0  # s between deliveries of postponed messages and waiting groups
_BUSY_WAIT: Final = 5.0  # s, if another worker has the page or the database does not answer
_FAILED_WAIT: Final = 30.0
_MAX_BATCH_SECONDS: Final = 1.0  # s until a stop or a changed watchlist is noticed
_AT_ONCE: Final = 50  # pages (one request) between two looks for a stop; after a gap hundreds are due
_CLOSING: Final = 5.0  # s that a stopped process waits for its threads and starts further messages
# A new process replays the changes since the last one, and as much before, which that may not have checked.
_OVERLAP: Final = timedelta(minutes=2)
_MAX_REPLAY: Final = timedelta(days=1)  # older changes are found by the checks at each page's interval

_LOG = logging.getLogger("watcher")


Outcomes = Callable[[CheckOutcome], None]
"""Called with the outcome of each check."""
Problems = Callable[[str], None]
"""Called with the text of each problem."""


def stream(
    watchlist: Path,
    stop: threading.Event,
    outcome: Outcomes,
    problem: Problems,
    *,
    polling: bool = True,
    now: Callable[[], datetime] | None = None,
) -> None:
    """Check pages when they are edited, and deliver alerts, until `stop` is set; reload the watchlist if it changes.

    With `polling`, each page is also checked at its interval, so that nothing depends on the stream. Raises ConfigError
    and StoreError at the start; later ones are reported, and the step is retried.
    """
    started = False
    while not stop.is_set():
        try:
            with startup.open_context(watchlist, now=now) as services:
                started = True
                reconnect = partial(startup.open_context, watchlist, now=now, loaded=services.watchlist)
                with DeliveryThread(reconnect, problem) as deliveries:
                    _StreamLoop(services, stop, outcome, problem, deliveries.wake, polling).run()
        except (ConfigError, StoreError) as error:
            if not started:
                raise
            problem(f"{error}; it will be retried")
            stop.wait(_FAILED_WAIT)  # a watchlist that is just being edited will soon be valid again


@dataclass
class _StreamLoop:
    """The loop for one version of the watchlist."""

    services: AppContext
    stop: threading.Event
    outcome: Outcomes
    problem: Problems
    alerts_queued: Callable[[], None]
    polling: bool

    def __post_init__(self) -> None:
        self._watches = {(watch.wiki, watch.title): watch for watch in self.services.watchlist.watches}
        self._listener = change_feed.ChangeListener(
            due_queue=change_feed.DueQueue(), titles=change_feed.TitleIndex({key: key for key in self._watches})
        )
        self._polled_at: dict[change_feed.Key, float] = (
            {} if self.polling else dict.fromkeys(self._watches, float("inf"))
        )
        self._lists_at = self._late_at = self._recorded_at = float("-inf")
        self._late: Iterator[list[Watch]] = iter(())
        self._lists: list[tuple[int, datetime | None]] = []
        self.services.watchlist = delivery.limit_group_times(self.services.watchlist, timedelta(seconds=GROUP_WAIT))
        self._version = file_stamp(self.services.watchlist.path)

    def run(self) -> None:
        """Check due pages until stopped, or until the watchlist has changed."""
        # The time since which changes may have been missed. If all pages are checked now, that is shortly before now:
        # otherwise a source would begin at its first request, and miss changes between a page's check and that.
        started = self.services.now()
        rounds = health.last_rounds(self.services.archive, started) if self.services.watchlist.sources else {}
        since = max(rounds.get("stream", started) - _OVERLAP, started - _MAX_REPLAY)
        self._add_titles(self._watches)
        self._follow_lists()
        with _sources(self.services, self._listener, since) as count:
            while not self.stop.is_set() and not self._watchlist_changed():
                now = monotonic()
                # Every page is due at its interval, independent of the sources.
                due = [
                    key
                    for key, watch in self._watches.items()
                    if now - self._polled_at.get(key, float("-inf")) >= watch.every.total_seconds()
                ]
                self._polled_at.update(dict.fromkeys(due, now))
                self._listener.due_queue.add(due)
                latest = [*self._listener.last_change_at.values()]
                keys = self._listener.due_queue.take(_MAX_BATCH_SECONDS, _AT_ONCE)
                try:
                    self._follow_lists()
                    titles = defaultdict[str, list[str]](list)
                    for wiki, title in (self._listener.titles.find(*key) or key for key in keys):
                        titles[wiki].append(title)
                    changed = chain.from_iterable(starmap(self.services.index.select, titles.items()))
                    watches = {(watch.wiki, watch.title): watch for watch in (*changed, *self._late_members())}
                    self._check_due([*watches.values()])
                    settled = len(latest) == count and len(keys) < _AT_ONCE
                    if settled and latest and monotonic() >= self._recorded_at + _LISTS_EVERY:
                        # Record the time up to which changes were followed and checked, for the next process.
                        self._recorded_at = monotonic()
                        self.services.archive.metrics.add_counters({("runs", (("kind", "stream"),)): 1}, min(latest))
                except StoreError as error:
                    self.problem(str(error))
                    self._listener.due_queue.add(keys, _FAILED_WAIT)
                    self.stop.wait(_BUSY_WAIT)

    def _follow_lists(self) -> None:
        """Refresh the lists that are due, and index their members by title."""
        if not self.services.watchlist.sources or monotonic() < self._lists_at:
            return
        self._lists_at = monotonic() + _LISTS_EVERY
        for failed in (result for result in page_lists.refresh_lists(self.services) if result.error):
            self.problem(failed.line)
        stored = self.services.archive.members.sources()  # another process may have refreshed one
        lists = [(source.id, source.refreshed_at) for source in stored]
        if lists != self._lists:
            joined = self._listener.titles.set_members(
                (source.wiki, title)
                for source in self.services.watchlist.sources
                for title in self.services.index.member_titles(source)
            )
            # Check new members at once: they may have a baseline, and their earlier changes were not followed.
            self._listener.due_queue.add(joined if self._lists else ())
            self._lists = lists

    def _late_members(self) -> list[Watch]:
        """Return the next few hundred members that are late for a check; more at once would delay the stream.

        Without polling, only members that were never checked are returned.
        """
        if not self.services.watchlist.sources:
            return []
        late = next(self._late, None)
        if late is None and monotonic() >= self._late_at:
            self._late_at = monotonic() + _LISTS_EVERY
            self._late = self.services.index.listed(self.services.now(), unchecked=not self.polling)
            late = next(self._late, None)
        return late or []

    def _check_due(self, watches: list[Watch]) -> None:
        for outcome in check(self.services, watches) if watches else ():
            self.outcome(outcome)
            # The seconds until a page is checked again without a change; a second more, as wikis' times are whole ones.
            recheck_after = _FAILED_WAIT if isinstance(outcome.error, Unavailable) else None
            if outcome.until is not None:
                recheck_after = max((outcome.until - self.services.now()).total_seconds(), 0.0) + 1.0
            elif outcome.state is CheckState.BUSY:
                recheck_after = _BUSY_WAIT
            if recheck_after is not None:
                self._listener.due_queue.add([(outcome.watch.wiki, outcome.watch.title)], recheck_after)
        if watches:
            self._add_titles({(watch.wiki, watch.title) for watch in watches})
            self.alerts_queued()

    def _add_titles(self, keys: Collection[change_feed.Key]) -> None:
        """Index some watches by the current titles of their pages, too; not all, since a watchlist may be long."""
        for key, state in self.services.index.poll_states(keys).items():
            self._listener.titles.add((state.article.wiki, state.article.title), key)

    def _watchlist_changed(self) -> bool:
        """Return whether the watchlist has changed; one with errors is reported once, and not used."""
        path = self.services.watchlist.path
        version = file_stamp(path)
        if version == self._version:
            return False
        self._version = version
        try:
            startup.load_watchlist(path)
        except ConfigError as error:
            self.problem(f"{error}; the old watchlist stays in use")
            return False
        return True


@contextmanager
def _sources(services: AppContext, listener: change_feed.ChangeListener, since: datetime) -> Iterator[int]:
    """Run a thread for each stream and each wiki's recent changes during the context; yield the number of threads."""
    streams: dict[str, defaultdict[str, list[str]]] = {}
    jobs: list[tuple[str, Callable[[], None]]] = []
    for wiki in dict.fromkeys(watch.wiki for watch in services.watchlist.entries):
        site = services.watchlist.wiki(wiki)
        address = site.stream
        if address == "recent-changes":
            changes = RecentChanges(services.client(wiki).recent, since)
            follow = partial(change_feed.follow_changes, listener, changes, wiki, RECENT_EVERY)
            jobs.append((f"the list of recent changes of {wiki}", follow))
        elif address != "off":
            # Events name only the host: if two wikis share it in two folders, both are looked up.
            streams.setdefault(address, defaultdict(list))[(urlsplit(site.api).hostname or "").lower()].append(wiki)
    opened = {
        address: EventStream(
            address,
            contact=services.watchlist.contact,
            allowed_hosts=services.watchlist.allowed_hosts,
            now=services.now,
            since=since,
        )
        for address in streams
    }
    for address, events in opened.items():
        follow = partial(change_feed.follow_stream, listener, events, streams[address])
        jobs.append((f"the stream at {urlsplit(address).hostname}", follow))
    # Daemon threads: a read that the server never ends must not keep the process from ending.
    threads = [threading.Thread(target=change_feed.keep_following, args=(listener, *job), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield len(jobs)
    finally:
        listener.stop.set()
        listener.due_queue.close()
        for events in opened.values():
            events.close()
        for thread in threads:
            thread.join(_CLOSING)


class DeliveryThread:
    """A thread that sends due deliveries, with a database connection of its own.

    `open_services` opens that connection; `problem` is called with a line for each message that was not sent. When the
    context ends, messages that the last checks queued are sent for at most `_CLOSING` seconds, since they would wait
    for the next process. The message that is being sent is always finished, or another process would send it again.
    """

    def __init__(self, open_services: Callable[[], AbstractContextManager[AppContext]], problem: Problems) -> None:
        self._open_services = open_services
        self._problem = problem
        self._stop = threading.Event()
        self._closing_at = float("inf")
        self._queued = threading.Event()
        self._wakeup = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deliveries")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Send queued messages, and stop."""
        self._closing_at = monotonic() + _CLOSING
        self._stop.set()
        self._wakeup.set()
        self._thread.join()

    def wake(self) -> None:
        """Deliver at once, since alerts may have been queued."""
        self._queued.set()
        self._wakeup.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._open_services() as services:
                    self._deliver(services)
            except (ConfigError, StoreError) as error:
                self._problem(f"{error}; it will be retried")
            except Exception as error:  # noqa: BLE001  if the thread ended unnoticed, no alert would be sent
                self._problem(f"deliveries: {type(error).__name__}; they will be retried")
            self._stop.wait(_BUSY_WAIT)

    def _deliver(self, services: AppContext) -> None:
        """Deliver until stopped: when woken, again soon after that for groups, and at intervals."""
        groups_due = float("-inf")
        while True:
            self._wakeup.clear()  # before the outbox is read, so that no later signal is lost
            stopping = self._stop.is_set()
            if self._queued.is_set():
                self._queued.clear()
                groups_due = monotonic() + GROUP_WAIT
            report = delivery.deliver_due(services, stopped=self._closed)
            for line in (*report.template_errors, *report.errors):
                self._problem(line)
            wait = groups_due - monotonic()
            if stopping and (wait <= 0 or self._closed()):
                return
            if not stopping:
                wait = GROUP_WAIT if wait > 0 else _DELIVER_EVERY
            self._wakeup.wait(wait)

    def _closed(self) -> bool:
        return monotonic() >= self._closing_at
