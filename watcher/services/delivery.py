"""Send queued alerts: claim one, send it, record the outcome, take the next."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from snapshots import ClaimedMessage
from snapshots.outbox import LONGEST_PAUSE, OutboxRepository
from watcher.backoff import Backoff
from watcher.config import Destination, after_quiet_hours, filter_alert, is_urgent
from watcher.errors import DeliveryError, StoreError
from watcher.model import Alert
from watcher.notify import TIMEOUT, MessageRenderer, Receiver
from watcher.report.labels import span
from watcher.services.context import AppContext
from watcher.services.logs import log
from watcher.services.metrics import save_round
from watcher.services.operator_alerts import queue_operator_alerts
from watcher.services.source_checks import finish_source_checks

# One delivery is claimed at a time, so that the lease has to outlast one slow receiver only.
LEASE_SECONDS: Final = 4 * TIMEOUT + 60
_BUILTIN: Final = MessageRenderer(None)  # without templates of the user
# One message is tried for all that wait, and they wait no longer than this after an outage.
_BACKOFF: Final = Backoff(first=30.0, longest=LONGEST_PAUSE.total_seconds())
_MARK_ATTEMPTS: Final = 3  # each waits ten seconds for a locked database


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """How many messages were sent, postponed and given up, and a line for each that was not sent.

    `template_errors` are those in the user's own templates; these messages were sent with the built-in ones.
    """

    sent: int = 0
    retried: int = 0
    dead: int = 0
    errors: tuple[str, ...] = ()
    template_errors: tuple[str, ...] = ()


def deliver(  # noqa: PLR0913  the world is an argument, piece by piece
    outbox: OutboxRepository,
    destinations: Iterable[Destination],
    *,
    now: Callable[[], datetime],
    owner: str,
    send: Callable[[Alert, Receiver, str], None] = _BUILTIN.notify,
    send_digest: Callable[..., None] = _BUILTIN.notify_digest,
    fitting: Callable[[Sequence[Alert], Receiver], Sequence[Alert]] | None = None,
    jitter: Callable[[], float] = random.random,
    limit: int = 200,
    stopped: Callable[[], bool] = lambda: False,
) -> DeliveryReport:
    """Send what is due, at most `limit` messages and none once `stopped()`; a failure affects its own delivery only.

    `send(alert, receiver, key)` and `send_digest(alerts, receiver, key, group=…)` raise DeliveryError;
    `fitting(alerts, receiver)` returns the alerts that one message has room for (default: all); `jitter` returns 0..1;
    no other deliverer may have the same `owner`. A delivery is dead when it was not accepted for as long as `give_up`
    of its destination says, after a permanent error, and when its destination is no longer in the watchlist.
    """
    by_name = {destination.name: destination for destination in destinations}
    sent = retried = 0
    errors: list[str] = []
    for _ in range(limit):
        if stopped():
            break
        claimed = outbox.claim(now(), limit=1, lease_seconds=LEASE_SECONDS, owner=owner)
        if not claimed:
            break
        destination = by_name.get(claimed[0].destination)
        delivery = _split_to_fit(outbox, claimed[0], destination, fitting)
        failure = _send_once(delivery, destination, send, send_digest)
        if failure is None:
            _mark_sent(outbox, delivery, now)
            sent += 1
            continue
        at = now()
        retry_at = _retry_at(failure, delivery, destination, at, jitter)
        # A retry, too, respects the quiet hours, unless the alert is urgent.
        if retry_at is not None and destination is not None and not is_urgent(destination, delivery.alert):
            retry_at = after_quiet_hours(destination.quiet, destination.timezone, retry_at)
        text = _error_message(failure, delivery, at, retry_at)
        outbox.mark_failed(delivery, at, text, retry_at)
        retried += retry_at is not None
        errors.append(f"{delivery.destination}: {text}")
    return DeliveryReport(sent=sent, retried=retried, dead=len(errors) - retried, errors=tuple(errors))


def receiver_of(destination: Destination) -> Receiver:
    """Return where the messages to a destination go, with its secrets."""
    # Unwrapped for the process that sends; its repr() shows neither URL nor secret.
    secret = destination.secret.get_secret_value() if destination.secret else ""
    return Receiver(destination.url.get_secret_value(), json=destination.takes_json, secret=secret)


def _split_to_fit(
    outbox: OutboxRepository,
    delivery: ClaimedMessage,
    destination: Destination | None,
    fitting: Callable[[Sequence[Alert], Receiver], Sequence[Alert]] | None,
) -> ClaimedMessage:
    """Split a digest to what one message takes, before anything is sent: each part has its key and is sent once."""
    if destination is None or fitting is None or delivery.batch is None:
        return delivery
    receiver = receiver_of(destination)
    if delivery.labels and not receiver.json:  # for people a group is one message, whose end is a count
        return delivery
    try:
        kept = fitting([filter_alert(destination, alert) for alert in delivery.alerts], receiver)
    except Exception:  # noqa: BLE001  the attempt itself will say what is wrong
        return delivery
    return outbox.split_digest(delivery, kept) if len(kept) < len(delivery.alerts) else delivery


def _mark_sent(outbox: OutboxRepository, delivery: ClaimedMessage, now: Callable[[], datetime]) -> None:
    """Mark a delivery as sent, retrying on database errors: a delivery left unmarked is sent a second time."""
    for _ in range(_MARK_ATTEMPTS - 1):
        try:
            outbox.mark_sent(delivery, now())
        except StoreError:  # most often a lock that SQLite's busy_timeout did not outlast
            continue
        return
    outbox.mark_sent(delivery, now())


def _send_once(
    delivery: ClaimedMessage,
    destination: Destination | None,
    send: Callable[[Alert, Receiver, str], None],
    send_digest: Callable[..., None],
) -> DeliveryError | None:
    """Try once; return the error, or None."""
    if destination is None:
        text = (
            f'destination "{delivery.destination}" is not in the watchlist; add it, then `watcher deliver --retry-dead`'
        )
        return DeliveryError(text, permanent=True)
    try:
        receiver = receiver_of(destination)
        if delivery.batch is None:
            send(filter_alert(destination, delivery.alert), receiver, delivery.key)
        else:
            alerts = [filter_alert(destination, alert) for alert in delivery.alerts]
            send_digest(alerts, receiver, delivery.key, group=bool(delivery.labels))
    except DeliveryError as error:
        return error
    except Exception as error:  # noqa: BLE001  one broken message must not stop the others
        # the text of an unknown error may hold the URL
        return DeliveryError(f"{type(error).__name__} while sending")
    return None


def _retry_at(
    failure: DeliveryError,
    delivery: ClaimedMessage,
    destination: Destination | None,
    now: datetime,
    jitter: Callable[[], float],
) -> datetime | None:
    """Compute the time of the next attempt; None when there is none."""
    if failure.permanent or destination is None or now - delivery.due_since >= destination.give_up:
        return None
    return now + timedelta(seconds=_BACKOFF.delay(delivery.attempts, jitter(), failure.retry_after))


def _error_message(failure: DeliveryError, delivery: ClaimedMessage, now: datetime, retry_at: datetime | None) -> str:
    if retry_at is not None:
        return f"{failure}; next try at {retry_at:%Y-%m-%d %H:%M:%S} UTC"
    if failure.permanent:
        return str(failure)
    length = span(now - delivery.due_since)
    return f"{failure}; given up after {length}, try again with `watcher deliver --retry-dead`"


def deliver_due(
    services: AppContext, *, timeout: float = TIMEOUT, stopped: Callable[[], bool] = lambda: False
) -> DeliveryReport:
    """Queue alerts for operators and send what is due; deliveries given up by this run are reported by it, too.

    `timeout` in seconds limits each wait for a receiver; once `stopped()`, no further message is sent. Raises
    StoreError.
    """
    renderer = MessageRenderer(services.watchlist.templates, timeout=timeout)
    queue_operator_alerts(services)
    report = _send_all(services, renderer, stopped)
    if report.dead:  # operators learn of it in the same run, not a minute later
        queue_operator_alerts(services)
        after = _send_all(services, renderer, stopped)
        report = DeliveryReport(
            sent=report.sent + after.sent,
            retried=report.retried + after.retried,
            dead=report.dead + after.dead,
            errors=(*report.errors, *after.errors),
        )
    for outcome in ("sent", "retried", "dead"):
        if number := getattr(report, outcome):
            services.counts.add("deliveries", number, outcome=outcome)
    save_round(services.archive, services.counts, "deliver", services.now())
    _log(report, services.owner)
    finish_source_checks(services)
    return replace(report, template_errors=tuple(renderer.template_errors))


def _log(report: DeliveryReport, run: str) -> None:
    """Log what was sent; a round without messages is not logged."""
    if report.sent or report.errors:
        log("delivered", sent=report.sent, retried=report.retried, dead=report.dead, run=run)
    for error in report.errors:
        log("delivery failed", level=logging.WARNING, text=error, run=run)


def _send_all(services: AppContext, renderer: MessageRenderer, stopped: Callable[[], bool]) -> DeliveryReport:
    return deliver(
        services.archive.outbox,
        services.watchlist.destinations,
        now=services.now,
        owner=services.owner,
        send=renderer.notify,
        send_digest=renderer.notify_digest,
        fitting=renderer.alerts_that_fit,
        stopped=stopped,
    )
