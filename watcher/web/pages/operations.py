"""Serve the pages Operations (checks, failures, the outbox), Mutes and Rules, and the monitoring endpoints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate, islice
from time import perf_counter
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from snapshots import DeliveryState, Mute
from snapshots.accounts import Scope
from snapshots.review_records import RuleOutcomes
from snapshots.upgrade import HEAD
from watcher.config.validators import day
from watcher.errors import Missing, StoreError, WatcherError
from watcher.judge import RULES
from watcher.services.alerting.delivery import send_sample
from watcher.services.alerting.mutes import begin_mute, mutes_of_rules, open_mute
from watcher.services.checks.check import end_mute
from watcher.services.checks.outcome import BUCKETS
from watcher.services.context import AppContext
from watcher.services.operations.health import Health, WatchHealth, classify, count_watches, last_rounds, list_health
from watcher.services.operations.probes import Installation, examine, reasons
from watcher.urls import web_link
from watcher.version import version
from watcher.web.auth.access import public
from watcher.web.dependencies import ADMIN, READ, REVIEW, Context, PageRouter, WebContext

_SHOWN: Final = 50
_TITLES: Final = 1_000  # suggested by the browser's completion
_RULES: Final = tuple(rule.__name__ for rule in RULES)
_NOTICES: Final = {
    "begun": "It is muted from the next check on",
    "ended": "The mute has ended. An alert will summarize what it suppressed, if any of it still applies",
}
Words = Annotated[str, Form(max_length=300)]
_EMPTY_FORM: Final = dict.fromkeys(("title", "rule", "words", "until"), "")
_ROUNDS: Final = {"check": "Checks", "deliver": "Deliveries", "tidy": "Clean-ups"}
# Counters that all processes share (`watcher.services.outcome`): from their names there to metric name, labels, help.
_COUNTERS: Final = {
    "checks": ("watcher_checks", ("wiki", "state"), "Checks of one article by result."),
    "revisions": ("watcher_revisions", ("wiki",), "New revisions that checks stored."),
    "findings": ("watcher_findings", ("kind", "severity"), "Findings of judged revisions."),
    "deliveries": ("watcher_deliveries", ("outcome",), "Attempts to deliver a message: sent, retried or dead."),
    "requests": ("watcher_wiki_requests", ("wiki", "outcome"), "Requests to a wiki's API."),
    "waits": ("watcher_wiki_waits", ("wiki",), "Requests postponed because a wiki was busy or unreachable."),
    "wait_seconds": ("watcher_wiki_wait_seconds", ("wiki",), "Time spent waiting for busy or unreachable wikis."),
    "runs": ("watcher_runs", ("kind",), "Rounds that were completed: check, deliver, tidy, stream."),
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

router = PageRouter()
monitoring = APIRouter()


# Not a `router.page`, whose reads are one transaction: one of the reasons requires a request to Prefect's server.
@router.api_route("/operations", methods=["GET", "HEAD"], response_class=HTMLResponse)
def operations(context: Context, queued: int | None = None) -> HTMLResponse:
    """Show the last rounds, failing and overdue watches, destinations, and failed, waiting and newest sent messages."""
    return _operations(context, queued=queued)


def _operations(context: WebContext, queued: int | None = None, tested: str = "", refused: str = "") -> HTMLResponse:
    services, now, newest = context.services, context.now(), context.archive.outbox.newest
    rows = context.watch_rows()
    own = {row.check_state.article for row in rows if row.check_state}
    members = (
        WatchHealth(watch=listed.watch.model_copy(update={"title": page.article.title}), check_state=page, health=state)
        for listed in list_health(services.index, now, once=True)
        for page in listed.members.troubled
        if page.article not in own and (state := classify(listed.watch, page, now)) is not Health.PAUSED
    )
    return context.page(
        "operations.html",
        reasons=reasons(_installation(context)),
        mistake=services.watchlist_error,
        rounds=[(_ROUNDS.get(kind, kind), at) for kind, at in last_rounds(context.archive, now).items()],
        troubled=[*(row for row in rows if row.needs_attention), *islice(members, _SHOWN)],
        counts=count_watches(services.index, now)[0],
        status=context.archive.metrics.outbox(now),
        dead=newest(_SHOWN, DeliveryState.DEAD),
        waiting=newest(_SHOWN, DeliveryState.QUEUED),
        sent=newest(_SHOWN // 2, DeliveryState.SENT),
        prefect=web_link(context.request.app.state.prefect_ui),
        destinations=context.watchlist.destinations,
        queued=queued,
        tested=tested,
        refused=refused,
    )


@router.form("/operations/test", ADMIN)
def send_test(context: Context, name: Words = "") -> HTMLResponse:
    """Send a destination a sample message that is marked as a test, and show whether it was accepted."""
    destination = next((each for each in context.watchlist.destinations if each.name == name), None)
    if destination is None:
        raise Missing(f"no destination is named {name!r}")
    problem, template_errors = send_sample(context.watchlist, destination, context.now())
    refused = "; ".join([*([problem] if problem else []), *template_errors])
    return _operations(context, tested=name, refused=refused)


@router.form("/operations/retry", ADMIN)
def retry(context: Context) -> RedirectResponse:
    """Queue the failed messages again."""
    return RedirectResponse(f"/operations?queued={context.archive.outbox.retry_dead(context.now())}", 303)


@router.page("/mutes")
def mutes(context: Context, did: str = "") -> HTMLResponse:
    """List the open mutes, with what they mute, until when, and the articles where they suppressed findings."""
    return _mutes(context, did=_NOTICES.get(did, ""))


def _mutes(
    context: WebContext, *, did: str = "", problem: str = "", entered: Mapping[str, str] = _EMPTY_FORM
) -> HTMLResponse:
    rows = [(mute, context.archive.mutes.suppressed(mute)) for mute in context.archive.mutes.list_open()]
    titles = sorted({watch.title for watch in context.watchlist.watches})[:_TITLES]
    values = {"rows": rows, "rules": _RULES, "titles": titles, "did": did, "problem": problem, "entered": entered}
    return context.page("mutes.html", 422 if problem else 200, **values)


@router.form("/mutes", ADMIN)
def begin(context: Context, title: Words = "", rule: Words = "", words: Words = "", until: Words = "") -> Response:
    """Mute an article, a rule, or sentences with some words, until the end of a day or until the mute is ended."""
    try:
        last = day(until) if until else None
        ends = datetime.combine(last, time(), UTC) + timedelta(days=1) if last else None
        begin_mute(context.services, title=title.strip(), rule=rule, words=words, until=ends)
    except (WatcherError, ValueError, OverflowError) as error:
        entered = {"title": title, "rule": rule, "words": words, "until": until}
        return _mutes(context, problem=str(error), entered=entered)
    return RedirectResponse("/mutes?did=begun", 303)


@router.page("/rules")
def rules(context: Context) -> HTMLResponse:
    """Show for each rule how reviewers decided about its findings, and whether it is on."""
    outcomes = {row.rule: row for row in context.archive.reviews.outcomes_by_rule()}
    rows = [outcomes.get(name) or RuleOutcomes(rule=name) for name in dict.fromkeys([*outcomes, *_RULES])]
    off = mutes_of_rules(context.archive.mutes.list_open(), [row.rule for row in rows])
    return context.page("rules.html", rows=rows, off=off)


@router.form("/rules/{name}/off", ADMIN)
def turn_off(name: str, context: Context) -> RedirectResponse:
    """Turn a rule off in all articles, by a mute without an end."""
    if not mutes_of_rules(context.archive.mutes.list_open(), [name]):
        begin_mute(context.services, rule=name)
    return RedirectResponse(f"/rules#{quote(name)}", 303)


@router.form("/rules/{name}/on", ADMIN)
def turn_on(name: str, context: Context) -> RedirectResponse:
    """End the mute of a rule; an alert for each article summarizes the changes that it suppressed."""
    _end(context, [mute for mute in context.archive.mutes.list_open() if mute.rule == name and mute.is_of_whole_rule])
    return RedirectResponse(f"/rules#{quote(name)}", 303)


@router.form("/mutes/{number}/end", REVIEW)
def end(number: int, context: Context) -> RedirectResponse:
    """End a mute now; an alert for each article summarizes the changes that it suppressed."""
    _end(context, [open_mute(context.services, number)])
    return RedirectResponse("/mutes?did=ended", 303)


def _end(context: WebContext, mutes: Iterable[Mute]) -> None:
    for mute in mutes:
        with context.wiki_lock:
            end_mute(context.services, mute)


def _installation(context: WebContext) -> Installation:
    return Installation.of(context.services, prefect=context.request.app.state.scheduler)


@monitoring.api_route("/livez", methods=["GET", "HEAD"], response_model=None)
@public
def liveness() -> Response:
    """Respond with 200 as long as the process works, even without the database, which no restart would bring back."""
    return JSONResponse({"status": "ok"})


@monitoring.api_route("/healthz", methods=["GET", "HEAD"], response_model=None)
@public
def health(context: Context) -> Response:
    """Respond with 200 if the database can be read, else with 503 and the reason; open to everybody.

    The time that this takes does not grow with the database: a slow probe would cause restarts of a working server.
    """
    try:
        schema = context.archive.schema_version()
        reason = "" if schema == HEAD else f"the database has schema {schema or 'none'}, this program {HEAD}"
    except StoreError as error:
        reason = str(error) if context.user.has_scope(Scope.READ) else "the database cannot be read"
    if reason:
        return JSONResponse({"status": "unavailable", "reason": reason}, status_code=503)
    return JSONResponse({"status": "ok"})


@monitoring.api_route("/readyz", methods=["GET", "HEAD"], response_model=None)
@public
def readiness(context: Context) -> Response:
    """Respond with 200 if all work is done, by any process, else with 503 and reasons; only readers get host names."""
    stated = reasons(_installation(context), details=context.user.has_scope(Scope.READ))
    return JSONResponse({"ready": not stated, "reasons": list(stated)}, status_code=503 if stated else 200)


class WebMetrics(Collector):
    """Counts the responses of this process, and collects the metrics of the database at every scrape."""

    def __init__(self, services: AppContext) -> None:
        self._services, self._registry = services, CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        self._responses = Counter(
            "watcher_web_requests", "Requests answered by this process.", ("method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "watcher_web_request_seconds", "How long answers took.", buckets=BUCKETS, registry=self._registry
        )

    def exposition(self) -> bytes:
        """Return the metrics in Prometheus' text format; raise StoreError if the database cannot be read."""
        return generate_latest(self._registry)

    def record_response(self, method: str, status: int, seconds: float) -> None:
        """Count a response; unknown methods share one label, so that clients cannot create labels."""
        self._responses.labels(method if method in _METHODS else "other", str(status)).inc()
        self._seconds.observe(seconds)

    def count_responses(self, app: ASGIApp) -> ASGIApp:
        """Return the application wrapped so that its HTTP responses are counted by status."""

        async def wrapped(scope: Connection, receive: Receive, send: Send) -> None:
            began, status = perf_counter(), 500

            async def send_and_record(message: Message) -> None:
                nonlocal status
                status = message.get("status", status)
                await send(message)

            try:
                await app(scope, receive, send_and_record)
            finally:
                if scope["type"] == "http":
                    self.record_response(scope["method"], status, perf_counter() - began)

        return wrapped

    def describe(self) -> Iterable[Metric]:
        """Describe nothing: registration must not need the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges, counters and histograms of all processes; histogram buckets are stored as counters.

        Raises StoreError if the database cannot be read.
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
        metrics, (counts, oldest) = services.archive.metrics.collect(now), count_watches(services.index, now)
        states = {(state.value,): number for state, number in counts.items()}
        examined = examine(Installation.of(services))
        problems = {(probe.name,): any(each.stopped for each in results) for probe, results in examined}

        def gauge(name: str, text: str, values: Mapping[Any, float], *labels: str) -> Metric:
            family = GaugeMetricFamily(f"watcher_{name}", text, labels=labels)
            for key, value in values.items():
                family.add_metric(key, float(value))
            return family

        yield gauge("watches", "Watched pages by the state of their checks.", states, "state")
        messages = dict(sorted(metrics.deliveries.items()))
        yield gauge("outbox", "Messages by destination and state.", messages, "destination", "state")
        yield gauge("problem", "Whether the work has stopped, by the probe that reports it.", problems, "probe")
        yield gauge("build_info", "The release that is running.", {(version(),): 1}, "version")
        for name, text, amount in (
            ("oldest_check_age_seconds", "Time since the least recent check of a watch.", _age(oldest, now)),
            ("outbox_due", "Messages that are due now.", metrics.due),
            ("outbox_age_seconds", "How long the oldest due message has been waiting.", _age(metrics.due_since, now)),
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


@monitoring.api_route("/metrics", methods=["GET", "HEAD"], response_model=None, dependencies=[READ])
def metrics(request: Request) -> Response:
    """Return the metrics for Prometheus, or 503 if the database cannot be read."""
    meter: WebMetrics = request.app.state.meter
    return Response(meter.exposition(), media_type=CONTENT_TYPE_LATEST)
