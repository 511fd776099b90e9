"""Test that the delivery process answers each request once, ends with its parent, and obeys its limits."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.simulators import WebhookReceiver
from tests.watcher.notify.test_sender import MESSAGE
from watcher.notify.isolated import attempt, serve

ROOT = Path(__file__).resolve().parents[3]


def a_request(url: str, **more: Any) -> dict[str, Any]:
    return {"message": asdict(MESSAGE), "url": url, "key": "k1", "secret": "", "timeout": 5.0, **more}


@contextmanager
def served(idle: float = 10.0) -> Iterator[tuple[socket.socket, threading.Thread]]:
    """The other end of a socket that is served in a thread."""
    ours, other = socket.socketpair()
    with ours, other:
        thread = threading.Thread(target=serve, args=(other, idle))
        thread.start()
        yield ours, thread
        ours.close()
        thread.join(180)
        assert not thread.is_alive()


def test_each_request_is_answered_in_a_line():
    with WebhookReceiver(["200", "503"]) as box, served() as (ours, _), ours.makefile("rb") as answers:
        assert json.loads(answers.readline()) == {}
        replies = []
        for _ in range(2):
            ours.sendall(json.dumps(a_request(box.url)).encode() + b"\n")
            replies.append(json.loads(answers.readline()))
    assert replies[0] == {}
    assert replies[1] == {"error": "JSON: answered 503", "permanent": False, "retry_after": None, "spent": False}


def test_without_requests_it_ends_by_itself():
    with served(idle=0.05) as (_, thread):
        thread.join(180)
        assert not thread.is_alive()


def test_a_delivery_that_timed_out_may_have_left_something_behind():
    with WebhookReceiver(["hang"]) as box:
        assert attempt(a_request(box.url, timeout=0.2))["spent"] is True


def test_an_unexpected_error_is_named_without_its_text():
    assert attempt(a_request("json://127.0.0.1:9/S3CR3T", key=None)) == {
        "error": "TypeError while sending",
        "spent": True,
    }
