"""Deliver alerts to destinations."""

from collections.abc import Sequence

from watcher.model import Alert
from watcher.notify.apprise_sender import TIMEOUT, limits_of, send, valid_url
from watcher.notify.custom_templates import MessageRenderer
from watcher.notify.digests import compose_digest
from watcher.notify.isolated import send_isolated
from watcher.notify.messages import Message, compose

__all__ = [
    "TIMEOUT",
    "Message",
    "MessageRenderer",
    "compose",
    "compose_digest",
    "notify",
    "notify_digest",
    "send",
    "valid_url",
]


def notify(alert: Alert, destination_url: str, key: str | None = None, *, timeout: float = TIMEOUT) -> None:
    """Tell one destination of an alert; `key` (default: the alert's) is the same on every retry.

    Raises DeliveryError; `timeout` in seconds bounds each wait for the other side.
    """
    message = compose(alert, key)
    send_isolated(message, destination_url, message.key, timeout=timeout)


def notify_digest(alerts: Sequence[Alert], destination_url: str, key: str, *, timeout: float = TIMEOUT) -> None:
    """Tell one destination of several alerts in one message; raises DeliveryError, as `notify` does."""
    message = compose_digest(alerts, key, limits_of(destination_url).characters)
    send_isolated(message, destination_url, message.key, timeout=timeout)
