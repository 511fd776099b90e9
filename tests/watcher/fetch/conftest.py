"""Provide a client whose wiki is a list of synthetic answers, written by hand for these tests."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from watcher.fetch import WikiClient

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

Reply = dict[str, Any] | httpx.Response | Exception | bytes | Callable[[httpx.Request], httpx.Response]


class Wiki:
    """Gives the synthetic answers in order, the last one for ever, and keeps what it was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, httpx.Response):
            return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)
        if callable(reply):
            return reply(request)
        body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        return httpx.Response(200, headers={"Content-Type": "application/json"}, content=body)

    @property
    def questions(self) -> list[dict[str, str]]:
        return [dict(request.url.params) for request in self.requests]

    def client(self, **more: Any) -> WikiClient:
        return WikiClient(
            **{
                "api_url": "https://wiki.example.org/w/api.php",
                "wiki": "example",
                "contact": "ops@example.org",
                "allowed_hosts": ["wiki.example.org"],
                "transport": httpx.MockTransport(self),
                "sleep": self.waits.append,
                "jitter": lambda: 0.0,
                "now": lambda: NOW,
                **more,
            }
        )


@pytest.fixture
def wiki() -> type[Wiki]:
    return Wiki
