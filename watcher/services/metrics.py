"""Sum up what a run did and save the sums in the database, where all processes share them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from snapshots import Archive
from snapshots.metrics import Labels
from watcher.errors import StoreError
from watcher.services.logs import log_outcome
from watcher.services.outcome import CheckOutcome, CheckState

# Upper bounds of the buckets in seconds. A check of an unchanged page takes a millisecond, one with texts a second,
# and a wiki with a Retry-After may take minutes; an edit is judged after its settle time and an interval, 25 minutes.
BUCKETS: Final = (0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0)
_JUDGED: Final = (CheckState.QUIET, CheckState.ALERT)


class RunMetrics:
    """Counts of one run by name and labels; labels have few values: states, kinds, severities, wikis."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[str, Labels]] = Counter()
        self._lock = threading.Lock()

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        with self._lock:
            # a Counter holds any number; its stubs promise whole ones only
            self._sums[name, tuple(sorted(labels.items()))] += amount  # type: ignore[assignment]

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add a duration to the sum and to its bucket (`le`, each holding what is above the one before)."""
        bound = next((str(edge) for edge in BUCKETS if seconds <= edge), "+Inf")
        self.add(f"{name}_bucket", 1, **labels, le=bound)
        self.add(f"{name}_sum", seconds, **labels)

    def on_request(self, wiki: str, outcome: str, seconds: float) -> None:
        """Count a request to a wiki (`watcher.fetch.transport.RequestMetrics`)."""
        self.add("requests", 1, wiki=wiki, outcome=outcome)
        self.observe("request_seconds", seconds, wiki=wiki)

    def on_wait(self, wiki: str, seconds: float) -> None:
        """Count a wait between two requests."""
        self.add("waits", 1, wiki=wiki)
        self.add("wait_seconds", seconds, wiki=wiki)

    def drain(self) -> dict[tuple[str, Labels], float]:
        """Return and reset the counters."""
        with self._lock:
            sums: dict[tuple[str, Labels], float] = dict(self._sums)
            self._sums.clear()
        return sums


def record_outcomes(
    metrics: RunMetrics, outcomes: Iterable[CheckOutcome], now: Callable[[], datetime], run: str
) -> Iterator[CheckOutcome]:
    """Yield the outcomes of checks as they come, counting and timing each; all but unchanged pages are logged."""
    source = iter(outcomes)
    while True:
        began = now()
        try:
            outcome = next(source)
        except StopIteration:
            return
        at = now()
        # The clock may be set back during a check.
        metrics.observe("check_seconds", max(0.0, (at - began).total_seconds()))
        watch, comparison = outcome.watch, outcome.comparison
        metrics.add("checks", 1, wiki=watch.wiki, state=outcome.state.value)
        if outcome.revisions:
            metrics.add("revisions", outcome.revisions, wiki=watch.wiki)
        if comparison and outcome.state in _JUDGED:
            for finding in comparison.findings:
                metrics.add("findings", 1, kind=finding.change.kind.value, severity=finding.severity.label)
            if comparison.after is not None:
                lag = at - comparison.after.at
                metrics.observe("judgement_lag_seconds", max(0.0, lag.total_seconds()), wiki=watch.wiki)
                # A page that is checked once a week is not late after an hour.
                delay = lag - watch.settle - watch.every
                metrics.observe("judgement_delay_seconds", max(0.0, delay.total_seconds()), wiki=watch.wiki)
        if outcome.state is not CheckState.UNCHANGED:
            log_outcome(outcome, run)
        yield outcome


def save_round(archive: Archive, metrics: RunMetrics, kind: str, now: datetime) -> None:
    """Count a round of work that ended and save the counters: whether work is done is read from there.

    At once, for a process that listens to edits may run for months.
    """
    metrics.add("runs", 1, kind=kind)
    save_metrics(archive, metrics, now)


def save_metrics(archive: Archive, metrics: RunMetrics, now: datetime) -> None:
    """Save the counters; a database error is ignored, for other steps report it."""
    with suppress(StoreError):
        archive.metrics.add_counters(metrics.drain(), now)
