"""Export Prometheus metrics of the database and of this process."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watcher.services.context import AppContext
from watcher.services.health import count_watches
from watcher.services.outcome import BUCKETS
from watcher.services.probes import Installation, examine
from watcher.version import version
from watcher.web.dependencies import READ

router = APIRouter(dependencies=[READ])

# Sums that all processes share (`watcher.services.outcome`): their name there, here, their labels and their words.
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
        """Yield the gauges, and the counters of all processes; of a histogram each bucket is a counter of its own.

        Raises StoreError when the database cannot be read.
        """
        yield from self._gauges()
        counters = {
            name: CounterMetricFamily(ours, text, labels=labels) for name, (ours, labels, text) in _COUNTERS.items()
        }
        last = GaugeMetricFamily(
            "watcher_last_run_timestamp_seconds", "When the last round of a kind ended.", labels=("kind",)
        )
        sums: dict[str, dict[tuple[str, ...], dict[str, float]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(float))
        )
        for counter in self._services.archive.metrics.counters():
            name, _, part = counter.name.rpartition("_")
            if counter.name in counters:
                labels = [counter.labels.get(label, "") for label in _COUNTERS[counter.name][1]]
                counters[counter.name].add_metric(labels, counter.amount)
            if counter.name == "runs":
                last.add_metric([counter.labels.get("kind", "")], counter.at.timestamp())
            if name in _HISTOGRAMS:
                key = tuple(counter.labels.get(label, "") for label in _HISTOGRAMS[name][1])
                sums[name][key][counter.labels["le"] if part == "bucket" else part] += counter.amount
        yield from (*counters.values(), last)
        for name, (ours, label_names, text) in _HISTOGRAMS.items():
            family = HistogramMetricFamily(ours, text, labels=label_names)
            for key, parts in sorted(sums[name].items()):
                bounds = [*map(str, BUCKETS), "+Inf"]
                buckets = list(zip(bounds, accumulate(parts[bound] for bound in bounds), strict=True))
                family.add_metric(key, buckets=buckets, sum_value=parts["sum"])
            yield family

    def _gauges(self) -> Iterator[Metric]:
        services, now = self._services, self._services.now()
        metrics, (counts, oldest) = services.archive.metrics.collect(now), count_watches(services, now)
        at = Installation(watchlist=services.watchlist, archive=services.archive, now=services.now)
        states = {(state.value,): number for state, number in counts.items()}
        problems = {(probe.name,): any(each.stopped for each in diagnoses) for probe, diagnoses in examine(at)}

        def gauge(name: str, text: str, values: Mapping[Any, float], *labels: str) -> Metric:
            family = GaugeMetricFamily(f"watcher_{name}", text, labels=labels)
            for key, value in values.items():
                family.add_metric(key, float(value))
            return family

        yield gauge("watches", "Watched pages by how their checks go.", states, "state")
        messages = dict(sorted(metrics.deliveries.items()))
        yield gauge("outbox", "Messages by destination and state.", messages, "destination", "state")
        yield gauge("problem", "Whether the work has stopped, by what says so.", problems, "probe")
        yield gauge("build_info", "The release that answers.", {(version(),): 1}, "version")
        for name, text, amount in (
            ("oldest_check_age_seconds", "Time since the watch longest unchecked.", _age(oldest, now)),
            ("outbox_due", "Messages that might be sent now.", metrics.due),
            ("outbox_age_seconds", "For how long a message could have been sent.", _age(metrics.due_since, now)),
            ("revisions_waiting", "Stored revisions that are not judged yet.", metrics.waiting),
            ("lag_seconds", "Age of the oldest revision that is not judged.", _age(metrics.waiting_since, now)),
            ("revisions_stored", "Revisions in the database.", metrics.revisions),
            ("texts_stored", "Texts in the database.", metrics.texts),
            ("comparisons_stored", "Comparisons in the database.", metrics.comparisons),
            ("database_bytes", "Size of the database.", metrics.size),
        ):
            yield GaugeMetricFamily(f"watcher_{name}", text, value=amount)


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

    def __init__(self, app: ASGIApp, meter: WebMetrics) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, and count each HTTP answer with its status."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), [500]

        async def looking(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, looking)
        finally:
            self._meter.answered(scope["method"], status[0], time.perf_counter() - began)


@router.api_route("/metrics", methods=["GET", "HEAD"], response_model=None)
def metrics(request: Request) -> Response:
    """Return the metrics for Prometheus; 503 when the database cannot be read."""
    meter: WebMetrics = request.app.state.meter
    return Response(meter.exposition(), media_type=CONTENT_TYPE_LATEST)
