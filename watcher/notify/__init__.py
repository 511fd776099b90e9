"""Alert in, delivered message out."""

from watcher.model import Alert
from watcher.notify.channels import TIMEOUT, send, valid_url
from watcher.notify.message import Message, compose

__all__ = ["TIMEOUT", "Message", "compose", "notify", "send", "valid_url"]


def notify(alert: Alert, destination_url: str, key: str | None = None, *, timeout: float = TIMEOUT) -> None:
    """Tell one destination of an alert; `key` (default: the alert's) is the same on every retry.

    Raises DeliveryError; `timeout` in seconds bounds each wait for the other side.
    """
    message = compose(alert, key)
    send(message, destination_url, message.key, timeout=timeout)
