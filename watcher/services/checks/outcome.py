"""Define the outcome of one article's check, as a value, a line and a log record, and count what a run did.

The counters are saved in the database, which all processes share.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from watcher.errors import StoreError
from watcher.text import escape_control_characters

if TYPE_CHECKING:
    from snapshots import Archive, ImageDigests, RenderedFacts, SentFact, StatedFact
    from snapshots.metrics import Labels
    from watcher.config import Watch
    from watcher.model import Comparison, Finding, Revision, Snapshot

LOG = logging.getLogger("flows.log")
LOG.propagate = False  # otherwise Prefect's log would show each record twice
LOG.setLevel(logging.CRITICAL)
LOG.addHandler(logging.NullHandler())  # without a handler, Python would write warnings to stderr

FAILED_COMPARISON: Final = "comparison-failed"
"""The event of a page whose edit could not be compared."""


class CheckState(StrEnum):
    """How the check of an article ended."""

    BASELINE = "baseline"  # the first check: later edits are compared with this text
    UNCHANGED = "unchanged"
    SETTLING = "settling"  # not judged yet: the newest edit may still be reverted, or its text is hidden
    QUIET = "quiet"  # judged, without an alert
    ALERT = "alert"
    BUSY = "busy"  # another worker has the page
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The outcome of a watch's check; `text` may quote titles and errors, `line` is safe to print.

    `until` is the end of the settle period of the next edit; `compared` are the two texts, for use within the check.
    """

    watch: Watch
    state: CheckState
    text: str
    comparison: Comparison | None = None
    revisions: int = 0
    error: Exception | None = None
    until: datetime | None = None
    compared: tuple[Snapshot, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether something could not be fetched or judged."""
        return self.state is CheckState.FAILED

    @property
    def line(self) -> str:
        """The article and its outcome on one line, without control characters."""
        return escape_control_characters(f"{self.watch.title}: {self.text}")

    @property
    def findings(self) -> tuple[str, ...]:
        """A line for each finding that reaches the watch's threshold, with its severity, section and summary."""
        lines = (
            f"{each.severity.label:8} {' › '.join(each.change.location.section) or 'lead'}: {each.summary}"
            for each in (self.comparison.at_least(self.watch.threshold) if self.comparison else ())
        )
        return tuple(map(escape_control_characters, lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two states of a page's text, images or rendered text, compared but not yet judged.

    `images` are the digests to store with a comparison of images, `rendered` the facts to store with a rendered one.
    """

    comparison: Comparison
    before: Snapshot
    after: Snapshot
    images: ImageDigests | None = None
    rendered: RenderedFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsSince:
    """The unmuted findings since a revision, each with the facts that it states.

    `suppressed` are the facts that mutes suppress until they end, `mute_ids` the ids of mutes that suppressed an alert.
    """

    comparison: Comparison
    facts: tuple[tuple[Finding, SentFact | None], ...]
    suppressed: tuple[SentFact, ...]
    mute_ids: tuple[int, ...]

    @property
    def start(self) -> tuple[datetime, int]:
        """The time and id of the revision from which the findings are counted, to order by."""
        assert self.comparison.before is not None  # always set for a comparison with an earlier text
        return self.comparison.before.order


@dataclass(slots=True, kw_only=True)
class DestinationNews:
    """What is news to a destination that knows some facts, and which of these are `resolved` or `outdated`, by id.

    `queued` are the facts of replaced alerts, each with the findings since it or its alert; the earliest are `since`.
    `changes` are all findings since the last alerts about the same things, `findings` those to report, which are
    counted from `findings_since`. `undoing` are those that only revert facts, each with the time of the reverted edit.
    """

    since: FindingsSince
    known: Sequence[StatedFact]
    queued: Sequence[tuple[StatedFact, FindingsSince]]
    changes: Sequence[tuple[Finding, SentFact | None]] = ()
    findings: list[Finding] = field(default_factory=list)
    facts: tuple[SentFact, ...] = ()
    undoing: list[tuple[Finding, datetime]] = field(default_factory=list)
    resolved: dict[int, StatedFact] = field(default_factory=dict)
    outdated: dict[int, StatedFact] = field(default_factory=dict)
    findings_since: FindingsSince = field(init=False)


_MAX_SETTLE_PERIODS: Final = 6  # after these a page is judged even if it is edited all the time


def latest_settled(watch: Watch, pending: Sequence[Revision], now: datetime) -> Revision | None:
    """Return the newest of the pending edits that has stood for the settle period; None if none has."""
    old = [revision for revision in pending if now >= revision.at + watch.settle]
    return max(old, key=lambda revision: revision.order, default=None)


def settles_at(watch: Watch, saved: Sequence[datetime]) -> datetime:
    """Return when edits or uploads that were saved at these times are judged, if nothing is saved meanwhile."""
    return min(max(saved) + watch.settle, min(saved) + watch.settle * _MAX_SETTLE_PERIODS)


def settling(watch: Watch, pending: Sequence[Revision], now: datetime) -> CheckOutcome | None:
    """Return the outcome while edits of the page or of what it transcludes settle; None if they are to be judged now.

    They are judged when the newest has stood for the settle period, or the oldest for `_MAX_SETTLE_PERIODS` of them.
    Edit times are those of the wiki.
    """
    newest, settled = max(pending, key=lambda edit: edit.at), [edit.at + watch.settle for edit in pending]
    judged_at = settles_at(watch, [edit.at for edit in pending])
    # Without a settle period nothing waits, even if the wiki's clock is ahead of ours.
    if watch.settle <= timedelta() or now >= judged_at:
        return None
    text = f"revision {newest.id} settles until {newest.at + watch.settle:%H:%M:%S} UTC"
    return CheckOutcome(watch, CheckState.SETTLING, text, until=min(at for at in (judged_at, *settled) if at > now))


def log(event: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event with fields, which are texts and numbers; None is left out."""
    LOG.log(level, event, extra={name: value for name, value in fields.items() if value is not None})


# Upper bounds of the buckets, in seconds. The check of an unchanged page takes a millisecond, one with texts a second,
# and one with a Retry-After minutes. An edit is judged after the settle period and one interval, about 25 minutes.
BUCKETS: Final = (0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0)
_JUDGED: Final = (CheckState.QUIET, CheckState.ALERT)


class RunMetrics:
    """Counters of one run, by name and labels; labels have few values: states, kinds, severities, wikis."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[str, Labels]] = Counter()
        self._lock = threading.Lock()

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        with self._lock:
            # a Counter holds any number, but its stubs allow only integers
            self._sums[name, tuple(sorted(labels.items()))] += amount  # type: ignore[assignment]

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add a duration to the sum and to one bucket; unlike Prometheus's, the buckets (`le`) are not cumulative."""
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
    """Yield the outcomes of checks as they arrive; count and time each, and log it unless the page is unchanged."""
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
            worst = comparison.worst if comparison else None
            log(
                "check failed" if outcome.failed else "checked",
                level=logging.WARNING if outcome.failed else logging.INFO,
                wiki=watch.wiki,
                article=watch.title,
                state=outcome.state.value,
                revision=comparison.after.id if comparison and comparison.after else None,
                findings=len(comparison.findings) if comparison else None,
                worst=worst.label if worst else None,
                text=outcome.text,
                run=run,
            )
        yield outcome


def save_round(archive: Archive, metrics: RunMetrics, kind: str, now: datetime) -> None:
    """Count a finished round of work and save the counters, from which monitoring sees that work is done.

    They are saved at once because a process that listens to edits may run for months.
    """
    metrics.add("runs", 1, kind=kind)
    save_metrics(archive, metrics, now)


def save_metrics(archive: Archive, metrics: RunMetrics, now: datetime) -> None:
    """Save the counters; ignore a database error, which other steps report."""
    with suppress(StoreError):
        archive.metrics.add_counters(metrics.drain(), now)
