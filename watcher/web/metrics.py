"""Export Prometheus metrics of the database and of this process."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snapshots import DatabaseMetrics, SharedCounter
from watcher.services.context import AppContext
from watcher.services.health import count_watches
from watcher.services.metrics import BUCKETS
from watcher.services.probes import Installation, examine
from watcher.version import version
from watcher.web.dependencies import READ

router = APIRouter(dependencies=[READ])

# Sums that all processes share (`watcher.services.metrics`): their name there, here, their labels and their words.
_COUNTERS: Final = {
    "checks": ("watcher_checks", ("wiki", "state"), "Checks of one article by how they ended."),
    "revisions": ("watcher_revisions", ("wiki",), "New revisions that checks stored."),
    "findings": ("watcher_findings", ("kind", "severity"), "Findings of judged revisions."),
    "deliveries": ("watcher_deliveries", ("outcome",), "Attempts to deliver a message: sent, retried or dead."),
    "requests": ("watcher_wiki_requests", ("wiki", "outcome"), "Requests to a wiki's API."),
    "waits": ("watcher_wiki_waits", ("wiki",), "Requests put off because a wiki was busy or unreachable."),
    "wait_seconds": ("watcher_wiki_wait_seconds", ("wiki",), "Time waited for busy or unreachable wikis."),
    "runs": ("watcher_runs", ("kind",), "Rounds that ended: check, deliver, tidy, stream."),
}
_HISTOGRAMS: Final = {
    "check_seconds": ("watcher_check_seconds", (), "How long the check of one article took."),
    "request_seconds": ("watcher_wiki_request_seconds", ("wiki",), "How long a wiki took to answer."),
    "judgement_lag_seconds": (
        "watcher_judgement_lag_seconds",
        ("wiki",),
        "Time from an edit to its judgement, settling included.",
    ),
    "judgement_delay_seconds": (
        "watcher_judgement_delay_seconds",
        ("wiki",),
        "Time from when an edit had settled and the interval of its watch had passed to its judgement.",
    ),
}
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


class DatabaseCollector(Collector):
    """The metrics of the database, read at every scrape."""

    def __init__(self, services: AppContext) -> None:
        self._services = services

    def describe(self) -> Iterable[Metric]:
        """Describe nothing: registration must not need the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Raise StoreError when the database cannot be read."""
        now = self._services.now()
        shared = self._services.archive.metrics.counters()
        yield from _counters(shared)
        yield from _histograms(shared)
        yield from _gauges(self._services.archive.metrics.collect(now), self._services, now)


def _counters(shared: Iterable[SharedCounter]) -> Iterator[Metric]:
    families = {
        name: CounterMetricFamily(ours, message, labels=labels) for name, (ours, labels, message) in _COUNTERS.items()
    }
    last = GaugeMetricFamily(
        "watcher_last_run_timestamp_seconds", "When the last round of a kind ended.", labels=("kind",)
    )
    for shared_counter in shared:
        if shared_counter.name in families:
            labels = [shared_counter.labels.get(label, "") for label in _COUNTERS[shared_counter.name][1]]
            families[shared_counter.name].add_metric(labels, shared_counter.amount)
        if shared_counter.name == "runs":
            last.add_metric([shared_counter.labels.get("kind", "")], shared_counter.at.timestamp())
    yield from families.values()
    yield last


def _histograms(shared: Iterable[SharedCounter]) -> Iterator[Metric]:
    sums: dict[tuple[str, tuple[str, ...], str], float] = defaultdict(float)
    for shared_counter in shared:
        name, _, part = shared_counter.name.rpartition("_")
        if name in _HISTOGRAMS:
            labels = tuple(shared_counter.labels.get(label, "") for label in _HISTOGRAMS[name][1])
            sums[name, labels, shared_counter.labels["le"] if part == "bucket" else part] += shared_counter.amount
    for name, (ours, label_names, message) in _HISTOGRAMS.items():
        family = HistogramMetricFamily(ours, message, labels=label_names)
        for labels in sorted({key[1] for key in sums if key[0] == name}):
            total, buckets = 0.0, []
            for bound in (*map(str, BUCKETS), "+Inf"):
                total += sums[name, labels, bound]
                buckets.append((bound, total))
            family.add_metric(labels, buckets=buckets, sum_value=sums[name, labels, "sum"])
        yield family


def _gauges(metrics: DatabaseMetrics, services: AppContext, now: datetime) -> Iterator[Metric]:
    yield from _watches(services, now)
    outbox = GaugeMetricFamily("watcher_outbox", "Messages by destination and state.", labels=("destination", "state"))
    for (destination, state), count in sorted(metrics.deliveries.items()):
        outbox.add_metric([destination, state], count)
    yield outbox
    problems = GaugeMetricFamily("watcher_problem", "Whether the work has stopped, by what says so.", labels=("probe",))
    at = Installation(watchlist=services.watchlist, archive=services.archive, now=services.now)
    for probe, diagnoses in examine(at):
        problems.add_metric([probe.name], float(any(each.stopped for each in diagnoses)))
    yield problems
    build = GaugeMetricFamily("watcher_build_info", "The release that answers.", labels=("version",))
    build.add_metric([version()], 1)
    yield build
    for name, message, value in (
        ("watcher_outbox_due", "Messages that might be sent now.", metrics.due),
        ("watcher_outbox_age_seconds", "For how long a message could have been sent.", _age(metrics.due_since, now)),
        ("watcher_revisions_waiting", "Stored revisions that are not judged yet.", metrics.waiting),
        ("watcher_lag_seconds", "Age of the oldest revision that is not judged.", _age(metrics.waiting_since, now)),
        ("watcher_revisions_stored", "Revisions in the database.", metrics.revisions),
        ("watcher_texts_stored", "Texts in the database.", metrics.texts),
        ("watcher_comparisons_stored", "Comparisons in the database.", metrics.comparisons),
        ("watcher_database_bytes", "Size of the database.", metrics.size),
    ):
        yield GaugeMetricFamily(name, message, value=value)


def _watches(services: AppContext, now: datetime) -> Iterator[Metric]:
    """Watches by health, and the age of the oldest check."""
    counts, oldest = count_watches(services, now)
    watches = GaugeMetricFamily("watcher_watches", "Watched pages by how their checks go.", labels=("state",))
    for health, count in counts.items():
        watches.add_metric([health.value], count)
    yield watches
    yield GaugeMetricFamily(
        "watcher_oldest_check_age_seconds", "Time since the watch longest unchecked.", value=_age(oldest, now)
    )


def _age(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max(0.0, (now - at).total_seconds())


class WebMetrics:
    """Counts the answers of this process, in a registry with the metrics of the database."""

    def __init__(self, services: AppContext) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(DatabaseCollector(services))
        ProcessCollector(registry=self._registry)
        self._answers = Counter(
            "watcher_web_requests", "Requests answered by this process.", ("method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "watcher_web_request_seconds", "How long answers took.", buckets=BUCKETS, registry=self._registry
        )

    def exposition(self) -> bytes:
        """Return the text that Prometheus reads; StoreError when the database cannot be read."""
        return generate_latest(self._registry)

    def answered(self, method: str, status: int, seconds: float) -> None:
        """Count an answer; unknown methods share one label, so that nobody can invent labels."""
        self._answers.labels(method if method in _METHODS else "other", str(status)).inc()
        self._seconds.observe(seconds)


class MetricsMiddleware:
    """Middleware that counts answers."""

    def __init__(self, app: ASGIApp, meter: WebMetrics, clock: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._meter = meter
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, and count each HTTP answer with its status."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = self._clock(), [500]

        async def looking(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, looking)
        finally:
            self._meter.answered(scope["method"], status[0], self._clock() - began)


@router.api_route("/metrics", methods=["GET", "HEAD"], response_model=None)
def metrics(request: Request) -> Response:
    """Return the metrics for Prometheus; 503 when the database cannot be read."""
    meter: WebMetrics = request.app.state.meter
    return Response(meter.exposition(), media_type=CONTENT_TYPE_LATEST)
