"""`watcher status`, `doctor`, `demo`, `reap`, `watchdog` and `deploy`: show how checks go, test an installation."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from watcher.cli import app
from watcher.cli.watchlist import format_mute
from watcher.errors import ConfigError, Unavailable, WatcherError

if TYPE_CHECKING:
    from snapshots import DeliveryRecord
    from watcher.services.context import AppContext
    from watcher.services.operations.health import ListHealth, WatchHealth

# By setting: the JSON key for entries that match nothing in the article, and the key for their words.
_MISSING = {
    "claims": ("missing_pins", "sentence"),
    "statistic": ("missing_statistics", "label"),
    "sections": ("missing_headings", "heading"),
}
_HEARTBEAT = timedelta(seconds=30)  # of a run: with a shorter silence, every run would count as crashed
_PENDING = "5m"  # a worker starts the process of a run within a minute, or is gone


def status(form: app.FormatOption = "text", watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST) -> None:
    """Show watches, last checks, and queued and failed deliveries; exit 3 if overdue, failing or undelivered.

    Example: watcher status --format json
    """
    from watcher.services.alerting.mutes import find_missing
    from watcher.services.context import clock
    from watcher.services.operations import health
    from watcher.services.operations.probes import CARE, WORK, Installation, Level, examine

    with app.open_context(watchlist) as services:
        now, archive = services.now(), services.archive
        examined = examine(Installation.of(services, machine_clock=clock), WORK + CARE)
        results = (each for _, diagnoses in examined for each in diagnoses)
        diagnoses = [each for each in results if each.level is not Level.OK]
        system = archive.metrics.outbox(now)
        watches, lists = health.watch_health(services.index, now), health.list_health(services.index, now)
        well = health.is_ok(watches, system, lists) and not any(each.level is Level.FAIL for each in diagnoses)
        if form == "json":
            try:
                running = health.prefect_workers(os.environ)
            except Unavailable:  # reported as one of the problems
                running = ()
            missing: dict[str, list[dict[str, str | None]]] = {name: [] for name, _ in _MISSING.values()}
            for item in find_missing(services.index, services.watchlist.watches):
                name, words = _MISSING[item.setting]
                of_watch: dict[str, str | None] = {"wiki": item.watch.wiki, "title": item.watch.title}
                missing[name].append(of_watch | {words: item.words, "closest": item.closest or None})
            failed = health.recent_failures(archive, now)
            answer = health.status_json(watches, system, now, failed, lists) | {
                "ok": well,
                "problems": [asdict(each, dict_factory=_without_none) for each in diagnoses],
                **missing,
                "clock_offset": round(archive.clock_offset(clock).total_seconds()),
                "silent_workers": [
                    {"name": worker.name, "last_heartbeat_at": worker.at.isoformat()}
                    for worker in running
                    if worker.is_missed(now)
                ],
            }
            typer.echo(json.dumps(answer, indent=2))
        else:
            problems = (f"! {each.subject}: {each.message} – {each.advice}" for each in diagnoses)
            outbox = "Outbox: empty"
            if system.queued or system.dead:
                oldest = f", the oldest since {app.utc(system.oldest_queued)}" if system.oldest_queued else ""
                outbox = f"Outbox: {system.queued} queued ({system.due} due){oldest}, {system.dead} dead"
            lines = (*map(_watch_line, watches), *chain.from_iterable(map(_list_lines, lists)), *problems, outbox)
            app.print_lines((*lines, *outbox_lines(services)))
    raise typer.Exit(0 if well else app.EXIT_RETRY)


def _without_none(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the fields of a diagnosis without `since`, which is no JSON value, and without None."""
    return {name: value for name, value in pairs if name != "since" and value is not None}


def _watch_line(watch_health: WatchHealth) -> str:
    from watcher.report.labels import counted
    from watcher.services.operations.health import Health

    title, seen = watch_health.watch.title, watch_health.check_state
    if watch_health.health is Health.PAUSED:
        return f"- {title}: paused"
    if seen is None or watch_health.health is Health.NEW:
        return f"? {title}: not checked yet; run `watcher check`"
    where = f"revision {seen.cursor}" if seen.cursor else "no revision yet"
    if watch_health.watch.rendered:
        where += " and what readers see of it"
    match watch_health.health:
        case Health.FAILING:
            times = f"{counted(seen.failures, 'failed check')}{' in a row' * (seen.failures > 1)}"
            return f"✗ {title}: {times}: {seen.error or ''}"
        case Health.OVERDUE:
            return f"✗ {title}: overdue, last checked {app.utc(seen.checked_at)}, {where}"
        case _:
            return f"✓ {title}: checked {app.utc(seen.checked_at)}, {where}"


def _list_lines(health: ListHealth) -> Iterator[str]:
    """Yield a line for a list of pages, then one for each of the first members that need attention."""
    source, members = health.source, health.members
    name = health.watch.source
    if health.paused:
        yield f"- {name}: paused"
        return
    if source is None or (source.refreshed_at is None and source.error is None):
        yield f"? {name}: not read yet; run `watcher check`"
        return
    counts = (members.unchecked, "not checked yet"), (members.failing, "failing"), (members.overdue, "overdue")
    stated = "".join(f", {count:,} {word}" for count, word in counts if count)
    sign = "✗" if health.needs_attention else "≡"
    yield f"{sign} {name}: {members.members:,} members{stated}, read {app.utc(source.refreshed_at)}"
    if source.error:
        yield f"    it could not be read: {source.error}"
    for page in members.troubled:
        yield f"    {page.article.title}: {page.error or f'last checked {app.utc(page.checked_at)}'}"


_MAX_LOGGED = 100  # messages
_MAX_LISTED = 20


def outbox_lines(services: AppContext) -> Iterator[str]:
    """Yield a line for each dead letter, each delivery that waits for a retry, and each open mute."""
    from snapshots import DeliveryState
    from watcher.report.labels import counted

    archive = services.archive
    for delivery in archive.outbox.newest(limit=_MAX_LISTED, state=DeliveryState.DEAD):
        yield _delivery_line("✗", delivery, f"given up after {counted(delivery.attempts, 'attempt')}")
    for delivery in archive.outbox.retrying(limit=_MAX_LISTED):
        due = app.utc(delivery.not_before)
        yield _delivery_line("…", delivery, f"attempt {delivery.attempts} failed, next after {due}")
    for mute in archive.mutes.list_open():
        yield f"Muted {format_mute(mute)}"


def log_lines(services: AppContext) -> Iterator[str]:
    """Yield a line for each attempt to send the last messages, newest last, then for those not attempted yet."""
    from snapshots import DeliveryState

    rows = services.archive.outbox.newest(limit=_MAX_LOGGED)[::-1]
    attempts = sorted(((line, delivery) for delivery in rows for line in delivery.log), key=lambda pair: pair[0].at)
    for line, row in attempts:
        error = f": {line.error}" if line.error else ""
        yield f"{line.at:%Y-%m-%d %H:%M:%S} UTC  {line.outcome:7} {_subject_of(row)}, attempt {line.number}{error}"
    for row in rows:
        if row.state is DeliveryState.QUEUED and not row.attempts:
            in_digest = ", in a digest" if row.batch is not None else ""
            in_digest = ", with others of its group" if row.labels else in_digest
            yield f"{row.not_before:%Y-%m-%d %H:%M:%S} UTC  due     {_subject_of(row)}{in_digest}"


def _subject_of(delivery: DeliveryRecord) -> str:
    alert = delivery.alert
    return f"{delivery.destination}: {alert.article.title} ({alert.topic.value}), key {delivery.message_key}"


def _delivery_line(sign: str, delivery: DeliveryRecord, what: str) -> str:
    last = delivery.log[-1] if delivery.log else None
    error = f": {last.error}" if last and last.error else ""
    return f"{sign} {delivery.destination}: {delivery.alert.article.title}: {what}{error}"


_SIGNS = {"ok": "✓", "warn": "?", "fail": "✗"}


def doctor(
    only: Annotated[str | None, Option(metavar="PROBE", help="Run only this probe and that of the database.")] = None,
    form: app.FormatOption = "text",
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Check configuration, database, wikis, destinations, clock, disk and schedule; exit 3 when one fails.

    Example: watcher doctor
    """
    from watcher.services.operations.probes import run_checks

    results = []
    for result in run_checks(watchlist, only=only):
        results.append(result)
        if form == "text":
            advice = f" – {result.advice}" if result.advice and result.level != "ok" else ""
            app.print_line(f"{_SIGNS[result.level]} {result.level:4} {result.subject}: {result.message}{advice}")
    if form == "json":
        typer.echo(json.dumps([asdict(result, dict_factory=_without_none) for result in results], indent=2))
    raise typer.Exit(app.EXIT_RETRY if any(result.level == "fail" for result in results) else 0)


def demo(
    folder: Annotated[Path, Option(help="Where the demo writes.")] = Path("demo"),
) -> None:
    """Show the whole product offline: a small wiki, the real flow, alerts in an inbox, a report.

    Example: watcher demo
    """
    from flows.demo import run_demo

    raise typer.Exit(run_demo(folder))


def reap(
    silence: Annotated[
        str | None,
        Option(metavar="DURATION", help="How long a run may send no heartbeat (default: three intervals)."),
    ] = None,
    pending: Annotated[str, Option(metavar="DURATION", help="How long a run may be Pending.")] = _PENDING,
) -> None:
    """Mark Prefect runs whose worker is gone as Crashed, and free their slots; needs PREFECT_API_URL.

    Example: watcher reap --silence 3m
    """
    silent_for = app.duration_option("--silence", silence, _HEARTBEAT) if silence else None
    pending_for = app.duration_option("--pending", pending, app.SECOND)
    _reap(silent_for, pending_for, app.print_line)


def _reap(silence: timedelta | None, pending: timedelta, report: Callable[[str], None]) -> None:
    from flows.prefect_settings import configure_prefect

    configure_prefect()  # Prefect reads its settings when it is imported
    from flows.crashed_runs import reap_once

    for line in reap_once(silence, pending) or ("nothing to reap",):
        report(line)


def watchdog(
    every: Annotated[
        str | None, Option(metavar="DURATION", help="Repeat after this time until stopped (default: once).")
    ] = None,
    watchlist: app.WatchlistOption = app.DEFAULT_WATCHLIST,
) -> None:
    """Alert operators when Prefect's server or all checks stopped, send what is due, and reap Prefect's lost runs.

    It needs no worker: a timer starts it each minute. Exit 3 if Prefect's server does not answer or a message failed.

    Example: watcher watchdog --every 1m
    """
    from threading import Event

    pause = app.duration_option("--every", every, app.SECOND) if every else None
    stop = Event()
    with app.handle_stop_signals(lambda *_: stop.set()):
        if pause is None:
            raise typer.Exit(_watch_once(watchlist))
        while not stop.is_set():
            try:
                _watch_once(watchlist)
            except WatcherError as error:  # the next pass tries again
                app.print_line(f"✗ {error}", err=True)
            stop.wait(pause.total_seconds())


def _watch_once(watchlist: Path) -> int:
    from watcher.services.alerting.delivery import watch_once
    from watcher.services.operations.health import prefect_problem
    from watcher.services.operations.logs import report

    problems = watch_once(watchlist)
    app.print_lines((f"✗ {line}" for line in problems), err=True)
    if os.environ.get("PREFECT_API_URL") and not prefect_problem(os.environ):
        _reap(None, app.duration_option("--pending", _PENDING), report)
    return app.EXIT_RETRY if problems else 0


def deploy(
    show: Annotated[str | None, Option(metavar="NAME", help="Print this file (default: list all).")] = None,
) -> None:
    """List or print the deployment files: Prefect's deployments, units, the compose file, manifests, alert rules.

    Example: watcher deploy --show prefect.yaml > prefect.yaml
    """
    from watcher.version import deployment_folder

    folder = deployment_folder()
    # Images and bytecode that Python compiled from a script are not deployment files.
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in {".png", ".pyc"})
    files = {path.relative_to(folder).as_posix(): path for path in paths}
    if show is None:
        app.print_lines(files)
        return
    if show not in files:
        raise ConfigError(f"--show {show}: there is no such file; `watcher deploy` lists them")
    typer.echo(files[show].read_text(encoding="utf-8"), nl=False)
