"""A request becomes an answer only for a name of this machine, and every answer carries strict headers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
# RFC 9110 §7.2: uri-host with an optional port; IPv6 stands in brackets.
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?", re.IGNORECASE)


class Guard:
    """Answers 421 to any other Host (a rebound DNS name must not read this machine), and adds headers to the rest."""

    def __init__(self, app: Application, hosts: Iterable[str], policy: str) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts) | LOOPBACK
        self._headers = {
            "content-security-policy": f"{policy}; frame-ancestors 'none'",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
            "cache-control": "no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Guard HTTP; nothing else but the start and end of the server is let through."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        inner = self._app if self.admits(Headers(scope=scope).getlist("host")) else _MISDIRECTED
        await inner(scope, receive, with_headers)

    def admits(self, given: list[str]) -> bool:
        """Whether there is exactly one Host, and it is ours."""
        named = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        return bool(named) and named[1].lower() in self._hosts  # type: ignore[index]  # bool(named) says it is there


_MISDIRECTED = PlainTextResponse("This server does not answer to that name: open it by its own address.\n", 421)
