"""Queued alerts become sent messages: claim one, send it, note the outcome, take the next."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from snapshots import Delivery
from watcher.config import Destination, after_quiet, urgent, wanted
from watcher.errors import DeliveryError, StoreError
from watcher.model import Alert
from watcher.notify import TIMEOUT, notify, notify_digest

MOST_ATTEMPTS: Final = 10
# One delivery a claim, so that the lease has to outlast one slow receiver only.
LEASE_SECONDS: Final = 4 * TIMEOUT + 60
_FIRST_WAIT = 30.0
_MARKINGS = 3  # each waits ten seconds for a locked database
_LONGEST_WAIT = 3_600.0
# A receiver may ask for patience, but not for ever.
_LONGEST_RETRY_AFTER = 86_400.0


class Outbox(Protocol):
    """The part of `snapshots.Archive` that a deliverer needs."""

    def claim(self, now: datetime, *, limit: int, lease_seconds: float, owner: str) -> tuple[Delivery, ...]:
        """Due deliveries, leased to `owner`."""

    def narrow(self, delivery: Delivery, alerts: Sequence[Alert]) -> Delivery:
        """The digest with these alerts alone; the others are due again."""

    def sent(self, delivery: Delivery, now: datetime) -> None:
        """It has arrived."""

    def failed(self, delivery: Delivery, now: datetime, error: str, retry_at: datetime | None) -> None:
        """It has not; `retry_at` None is the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """How many messages were sent, put off and given up, and a line for each that was not sent.

    `mistakes` are those in the user's own templates; what they concern was sent in our words.
    """

    sent: int = 0
    retried: int = 0
    dead: int = 0
    errors: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()


def deliver(  # noqa: PLR0913  the world is an argument, piece by piece
    archive: Outbox,
    destinations: Iterable[Destination],
    *,
    now: Callable[[], datetime],
    owner: str,
    send: Callable[[Alert, str, str], None] = notify,
    send_digest: Callable[[Sequence[Alert], str, str], None] = notify_digest,
    fitting: Callable[[Sequence[Alert], str], Sequence[Alert]] | None = None,
    jitter: Callable[[], float] = random.random,
    limit: int = 200,
) -> DeliveryReport:
    """Send what is due, at most `limit` messages; each failure touches its own delivery only.

    `send(alert, url, key)` and `send_digest(alerts, url, key)` raise DeliveryError; `fitting(alerts, url)` says which
    alerts one message has room for (default: all); `jitter` gives numbers from 0 to 1; `owner` is a name that no
    other deliverer has. A delivery is dead after ten attempts, at once when its error is permanent, and when its
    destination is no longer in the watchlist.
    """
    places = {destination.name: destination for destination in destinations}
    sent = retried = 0
    errors: list[str] = []
    for _ in range(limit):
        claimed = archive.claim(now(), limit=1, lease_seconds=LEASE_SECONDS, owner=owner)
        if not claimed:
            break
        place = places.get(claimed[0].destination)
        delivery = _fitted(archive, claimed[0], place, fitting)
        failure = _attempt(delivery, place, send, send_digest)
        if failure is None:
            _mark(archive, delivery, now)
            sent += 1
            continue
        at = now()
        retry_at = _retry_at(failure, delivery.attempts, at, jitter)
        if retry_at is not None and place is not None and not urgent(place, delivery.alert):
            retry_at = after_quiet(place.quiet, place.timezone, retry_at)
        text = _story(failure, delivery.attempts, retry_at)
        archive.failed(delivery, at, text, retry_at)
        retried += retry_at is not None
        errors.append(f"{delivery.destination}: {text}")
    return DeliveryReport(sent=sent, retried=retried, dead=len(errors) - retried, errors=tuple(errors))


def _fitted(
    archive: Outbox,
    delivery: Delivery,
    place: Destination | None,
    fitting: Callable[[Sequence[Alert], str], Sequence[Alert]] | None,
) -> Delivery:
    """A digest cut to what one message takes, before anything is sent: each part has its key and is sent once."""
    if place is None or fitting is None or delivery.batch is None:
        return delivery
    try:
        kept = fitting([wanted(place, alert) for alert in delivery.alerts], place.url.reveal())
    except Exception:  # noqa: BLE001  the attempt itself will say what is wrong
        return delivery
    return archive.narrow(delivery, kept) if len(kept) < len(delivery.alerts) else delivery


def _mark(archive: Outbox, delivery: Delivery, now: Callable[[], datetime]) -> None:
    """Note that a message has arrived, more stubbornly than anything else: forgotten, it would be sent again."""
    for _ in range(_MARKINGS - 1):
        try:
            archive.sent(delivery, now())
        except StoreError:
            continue
        return
    archive.sent(delivery, now())


def _attempt(
    delivery: Delivery,
    place: Destination | None,
    send: Callable[[Alert, str, str], None],
    send_digest: Callable[[Sequence[Alert], str, str], None],
) -> DeliveryError | None:
    """Try once; what went wrong, or None."""
    if place is None:
        text = (
            f'destination "{delivery.destination}" is not in the watchlist; add it, then `watcher deliver --retry-dead`'
        )
        return DeliveryError(text, permanent=True)
    try:
        if delivery.batch is None:
            send(wanted(place, delivery.alert), place.url.reveal(), delivery.key)
        else:
            send_digest([wanted(place, alert) for alert in delivery.alerts], place.url.reveal(), delivery.key)
    except DeliveryError as error:
        return error
    except Exception as error:  # noqa: BLE001  one broken message must not stop the others
        # the text of an unknown error may hold the URL
        return DeliveryError(f"{type(error).__name__} while sending")
    return None


def _retry_at(failure: DeliveryError, attempts: int, now: datetime, jitter: Callable[[], float]) -> datetime | None:
    """When to try again: twice as late each time, an hour at most, half as much more or less."""
    if failure.permanent or attempts >= MOST_ATTEMPTS:
        return None
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (attempts - 1)) * (0.5 + jitter())
    asked = min(failure.retry_after or 0.0, _LONGEST_RETRY_AFTER)
    return now + timedelta(seconds=max(wait, asked))


def _story(failure: DeliveryError, attempts: int, retry_at: datetime | None) -> str:
    if retry_at is not None:
        return f"{failure}; next try at {retry_at:%Y-%m-%d %H:%M:%S} UTC"
    if failure.permanent:
        return str(failure)
    return f"{failure}; given up after {attempts} attempts, try again with `watcher deliver --retry-dead`"
