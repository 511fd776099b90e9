"""Deliver alerts to destinations."""

from watcher.notify.apprise_sender import TIMEOUT, send, valid_url
from watcher.notify.custom_templates import MessageRenderer
from watcher.notify.digests import compose_digest
from watcher.notify.messages import Message, compose

__all__ = [
    "TIMEOUT",
    "Message",
    "MessageRenderer",
    "compose",
    "compose_digest",
    "send",
    "valid_url",
]
