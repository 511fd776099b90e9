"""Deliver alerts to destinations."""

from watcher.notify.messages import Message, compose
from watcher.notify.payload import Receiver
from watcher.notify.renderer import MessageRenderer, compose_digest
from watcher.notify.sender import TIMEOUT, send, url_problem

__all__ = [
    "TIMEOUT",
    "Message",
    "MessageRenderer",
    "Receiver",
    "compose",
    "compose_digest",
    "send",
    "url_problem",
]
