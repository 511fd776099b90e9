"""Send queued alerts: claim one, send it, record the outcome, take the next; describe a finding's deliveries.

A pass of the watchdog also probes the services that the work depends on, and alerts operators if the database fails.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import shlex
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from operator import add
from pathlib import Path
from typing import Final, NamedTuple

from snapshots import ClaimedMessage, Delivery, DeliveryState
from snapshots.outbox import MAX_PAUSE, OutboxRepository
from watcher import config
from watcher.backoff import Backoff
from watcher.errors import DeliveryError, StoreError, WatcherError
from watcher.model import Alert, AlertTopic, Article, Finding, Kind, Notice, Severity
from watcher.notify import TIMEOUT, MessageRenderer, Receiver
from watcher.private_files import make_folder
from watcher.report.labels import span
from watcher.services.alerting import facts, operator_alerts
from watcher.services.alerting.alerts import active_for, key_of, matches
from watcher.services.checks import source_checks
from watcher.services.checks.outcome import log, save_round
from watcher.services.context import AppContext, clock
from watcher.services.operations import startup

# Deliveries are claimed one at a time, so that a lease need only outlast one slow receiver.
LEASE_SECONDS: Final = 4 * TIMEOUT + 60
_BUILTIN: Final = MessageRenderer(None)  # without custom templates
# During an outage one message is tried on behalf of all that wait: this limits how long they wait after it.
_BACKOFF: Final = Backoff(first=30.0, longest=MAX_PAUSE.total_seconds())
_MARK_ATTEMPTS: Final = 4  # each waits up to ten seconds for a locked database
_MARK_PAUSE: Final = 5.0  # s; a database server that is restarting refuses connections at once


class DeliveryReport(NamedTuple):
    """How many messages were sent, postponed and given up, and a line for each that was not sent.

    `template_errors` are errors in custom templates; the messages concerned were sent with the built-in ones.
    """

    sent: int = 0
    retried: int = 0
    dead: int = 0
    errors: tuple[str, ...] = ()
    template_errors: tuple[str, ...] = ()


def deliver(  # noqa: PLR0913  clock, sender and sleep are arguments
    outbox: OutboxRepository,
    destinations: Iterable[config.Destination],
    *,
    now: Callable[[], datetime],
    owner: str,
    send: Callable[..., None] = _BUILTIN.notify,
    alerts_that_fit: Callable[[Sequence[Alert], Receiver], Sequence[Alert]] | None = None,
    jitter: Callable[[], float] = random.random,
    sleep: Callable[[float], None] = time.sleep,
    limit: int = 200,
    stopped: Callable[[], bool] = lambda: False,
) -> DeliveryReport:
    """Send due deliveries: at most `limit` messages, and none once `stopped()`. A failure affects only its delivery.

    `send(alerts, receiver, key, group=…)` raises DeliveryError; `alerts_that_fit(alerts, receiver)` returns those that
    one message has room for (default: all); `jitter` returns 0..1; no other deliverer may have the same `owner`. A
    delivery is a dead letter after a permanent error, when its destination has not accepted it for its `give_up` time,
    or when its destination is no longer in the watchlist.
    """
    by_name = {destination.name: destination for destination in destinations}
    sent = retried = 0
    errors: list[str] = []
    for _ in range(limit):
        if stopped():
            break
        claimed = outbox.claim(now(), lease_seconds=LEASE_SECONDS, owner=owner)
        if claimed is None:
            break
        destination = by_name.get(claimed.destination)
        delivery, failure = _send_once(outbox, claimed, destination, send, alerts_that_fit)
        if failure is None:
            # Tried several times, as a lock may outlast SQLite's busy_timeout: unmarked, it would be sent twice.
            for _ in range(_MARK_ATTEMPTS - 1):
                with suppress(StoreError):
                    outbox.mark_sent(delivery, now())
                    break
                sleep(_MARK_PAUSE)
            else:
                outbox.mark_sent(delivery, now())
            sent += 1
            continue
        at = now()
        retry_at, text = None, str(failure)
        if destination and not failure.permanent and at - delivery.due_since < destination.give_up:
            wait = _BACKOFF.delay(delivery.attempts, jitter(), failure.retry_after)
            retry_at = at + timedelta(seconds=wait)
            # Retries respect the quiet hours, too, unless the alert is urgent.
            if not config.is_urgent(destination, delivery.alert):
                retry_at = config.after_quiet_hours(destination.quiet, destination.timezone, retry_at)
            text = f"{failure}; next try at {retry_at:%Y-%m-%d %H:%M:%S} UTC"
        elif not failure.permanent:
            length = span(at - delivery.due_since)
            text = f"{failure}; given up after {length}, try again with `watcher deliver --retry-dead`"
        outbox.mark_failed(delivery, at, text, retry_at)
        retried += retry_at is not None
        errors.append(f"{delivery.destination}: {text}")
    return DeliveryReport(sent=sent, retried=retried, dead=len(errors) - retried, errors=tuple(errors))


def receiver_of(destination: config.Destination) -> Receiver:
    """Return the receiver of a destination's messages, with its secrets."""
    # Secrets are unwrapped only in the sending process; the receiver's repr() shows neither URL nor secret.
    secret = destination.secret.get_secret_value() if destination.secret else ""
    return Receiver(destination.url.get_secret_value(), json=destination.takes_json, secret=secret)


def _send_once(
    outbox: OutboxRepository,
    claimed: ClaimedMessage,
    destination: config.Destination | None,
    send: Callable[..., None],
    alerts_that_fit: Callable[[Sequence[Alert], Receiver], Sequence[Alert]] | None,
) -> tuple[ClaimedMessage, DeliveryError | None]:
    """Try to send a message once; return the message, or the part of it that was tried, and the error if it failed.

    A digest is split before it is sent if one message cannot hold it: each part has its own key and is sent once. A
    group for people stays one message; what does not fit is counted at its end.
    """
    if destination is None:
        text = (
            f'destination "{claimed.destination}" is not in the watchlist; add it, then `watcher deliver --retry-dead`'
        )
        discard = f"`watcher deliver --discard-dead {shlex.quote(claimed.destination)}`"
        return claimed, DeliveryError(f"{text}, or {discard}", permanent=True)
    delivery, receiver = claimed, receiver_of(destination)
    try:
        alerts: Sequence[Alert] = delivery.alerts or (delivery.alert,)
        if delivery.batch is not None and alerts_that_fit is not None and (receiver.json or not delivery.labels):
            kept = alerts_that_fit(alerts, receiver)
            if len(kept) < len(alerts):
                delivery, alerts = outbox.split_digest(delivery, kept), kept
        send(alerts, receiver, delivery.key, group=bool(delivery.labels))
    except StoreError:
        raise
    except DeliveryError as error:
        return delivery, error
    except Exception as error:  # noqa: BLE001  one broken message must not stop the others
        # the text of an unknown error may contain the URL, which is secret
        return delivery, DeliveryError(f"{type(error).__name__} while sending")
    return delivery, None


def deliver_due(
    services: AppContext, *, timeout: float = TIMEOUT, stopped: Callable[[], bool] = lambda: False
) -> DeliveryReport:
    """Queue operator alerts and send what is due; operators are also alerted to deliveries that this run gives up.

    `timeout` limits each wait for a receiver, in seconds. No message is sent once `stopped()`. Raises StoreError.
    """
    renderer = MessageRenderer(services.watchlist.templates, timeout=timeout)

    def send() -> DeliveryReport:
        operator_alerts.queue_operator_alerts(services)
        return deliver(
            services.archive.outbox,
            services.watchlist.destinations,
            now=services.now,
            owner=services.owner,
            send=renderer.notify,
            alerts_that_fit=renderer.alerts_that_fit,
            sleep=services.sleep,
            stopped=stopped,
        )

    report = send()
    if report.dead:  # operators learn of it in the same run, not a minute later
        report = DeliveryReport(*map(add, report, send()))  # their numbers, and their lines
    for outcome in ("sent", "retried", "dead"):
        if number := getattr(report, outcome):
            services.counts.add("deliveries", number, outcome=outcome)
    save_round(services.archive, services.counts, "deliver", services.now())
    if report.sent or report.errors:  # a round without messages is not logged
        log("delivered", sent=report.sent, retried=report.retried, dead=report.dead, run=services.owner)
    for error in report.errors:
        log("delivery failed", level=logging.WARNING, text=error, run=services.owner)
    source_checks.finish_source_checks(services)
    return report._replace(template_errors=tuple(renderer.template_errors))


def send_sample(
    watchlist: config.Watchlist, destination: config.Destination, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Send a sample alert that is marked as a test.

    Return why the destination did not accept it ("" if it did), and the errors in the user's own templates.
    """
    renderer, alert = MessageRenderer(watchlist.templates), sample(now, secrets.token_hex(8))
    problem = ""
    try:
        renderer.notify([alert], receiver_of(destination), f"{alert.key}-{destination.name}")
    except DeliveryError as error:
        problem = str(error)
    return problem, tuple(renderer.template_errors)


def sample(now: datetime, key: str) -> Alert:
    """Return an alert about an article that does not exist."""
    article = Article(wiki="test", page_id=0, title="Sample article")
    notice = Notice(
        kind=Kind.STATISTIC_CHANGED,
        severity=Severity.HIGH,
        section=("Figures",),
        summary="21 million → 25 million visitors (+19 %), same source",
        new_sentence="In 2012, an estimated 25 million visitors came.",
        old_sentence="In 2012, an estimated 21 million visitors came.",
        reasons=("source-unchanged",),
    )
    return operator_alerts.operator_alert(article, [notice], key, now, AlertTopic.TEST)


def describe_deliveries(
    services: AppContext, watch: config.Watch, article: Article | None, finding: Finding
) -> Iterator[str]:
    """Yield a line for each destination of a watch: the state of a finding's delivery there, or why there is none.

    Raises StoreError.
    """
    fact = next(iter(facts.sent_facts_of(finding)), None)
    stated = services.archive.sent_facts.deliveries_of(article, fact) if article and fact else ()
    # If no fact matches, the heading may have changed: then every delivery that states the same value counts.
    own = [each for each in stated if fact and facts.is_same_thing(each[0], fact)] or stated
    muted = [mute.id for mute in active_for(services, watch, services.now()) if matches(mute, watch, finding)]
    for destination in services.watchlist.destinations:
        if latest := next((each for _, each in own if each.destination == destination.name), None):
            yield f"{destination.name}: {_state(latest)}"
        elif config.serves(destination, watch):
            reason = "no check found it, or it restored the value last reported"
            if not config.accepts_finding(destination, watch, finding):
                reason = "its threshold, kinds or filters exclude it"
            elif muted:
                reason = f"mute {muted[0]} suppresses it; the summary at the end of the mute lists it"
            yield f"{destination.name}: not sent: {reason}"


def _state(delivery: Delivery) -> str:
    at, tries = f"{delivery.done_at or delivery.not_before:%Y-%m-%d %H:%M} UTC", delivery.attempts
    return {
        DeliveryState.SENT: f"sent {at}",
        DeliveryState.QUEUED: f"queued, due {at}{f', tried {tries} times' if tries else ''}",
        DeliveryState.DEAD: f"given up {at} after {tries} attempts; `watcher status` shows why",
        DeliveryState.DISCARDED: f"discarded by an operator {at} after {tries} attempts",
        DeliveryState.SUPERSEDED: f"not sent: undone or replaced by a later alert {at}, before it was due",
    }[delivery.state]


def watch_once(path: Path) -> tuple[str, ...]:
    """Make one pass of the watchdog: record outages, send what is due, and return the problems.

    It does not need Prefect, and it alerts operators directly if the database fails.
    """
    try:
        with startup.open_context(path) as services:
            problems = operator_alerts.record_outages(services, operator_alerts.ALL_PROBES)
            report = deliver_due(services)
    except StoreError as error:
        return (str(error), *alert_directly(path, str(error)))
    return (*problems, *report.errors, *alert_directly(path, ""))


def alert_directly(path: Path, problem: str) -> tuple[str, ...]:
    """Send a watchlist's operators one message when the database fails, and one when it works again (no `problem`).

    Such an alert cannot wait in the outbox, which is in the database. A marker file, which is not on the database's
    disk, records that it was sent. Return a line for each destination that did not accept it, or why none was tried.
    """
    # Systemd's folder is in memory. Without it, the file is in a folder where no other user can create it first.
    name = sha256(str(path.resolve()).encode()).hexdigest()[:16]
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    folder = Path(runtime or f"{tempfile.gettempdir()}/article-watcher-{os.getuid()}")
    marker, now = folder / f"article-watcher-{name}.down", clock()
    lasted, began = None, now.timestamp()
    if not problem and not marker.exists():
        return ()
    try:
        watchlist = startup.load_watchlist(path)
        make_folder(folder)
        if not runtime and folder.lstat().st_uid != os.getuid():
            return ()
        if problem:
            marker.touch(mode=0o600, exist_ok=False)
        else:
            began = marker.stat().st_mtime
            lasted = now - datetime.fromtimestamp(began, UTC)
            marker.unlink()
    except WatcherError as error:
        return (str(error),)
    except OSError:  # operators know already, or without a marker they would be alerted every minute
        return ()
    article = operator_alerts.about_service(watchlist, "Database")
    notice = operator_alerts.outage_notice(problem, "the database works again", lasted)
    key = key_of(f"direct:{notice.summary}:{now.isoformat()}")
    alert = operator_alerts.operator_alert(article, [notice], key, now)
    renderer, failures, receivers = MessageRenderer(watchlist.templates), [], operator_alerts.operators(watchlist)
    for destination in receivers:
        try:
            renderer.notify([alert], receiver_of(destination), f"{key}-{destination.name}")
        except DeliveryError as error:
            failures.append(f"{destination.name}: {error}")
    if failures and len(failures) == len(receivers):  # nobody was notified: the next pass tries again
        if problem:
            marker.unlink(missing_ok=True)
        else:
            marker.touch(mode=0o600)
            os.utime(marker, (began, began))
    return tuple(failures)


def limit_group_times(
    watchlist: config.Watchlist, wait: timedelta, interval: timedelta = timedelta.max
) -> config.Watchlist:
    """Return a watchlist with shorter group times, for a pass that delivers at its end and for the stream."""
    return replace(
        watchlist,
        destinations=tuple(
            each.model_copy(
                update={"group_wait": min(each.group_wait, wait), "group_interval": min(each.group_interval, interval)}
            )
            for each in watchlist.destinations
        ),
    )
