"""Middleware: answer only to known host names, and add strict security headers to every answer."""

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

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Scripts and styles are files of this server; an answer may ask for a stricter policy of its own."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
# RFC 9110 §7.2: uri-host with an optional port; IPv6 stands in brackets.
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?", re.IGNORECASE)


class SecurityHeadersMiddleware:
    """Answers 421 to any other Host (a rebound DNS name must not read this machine), and adds headers to the rest."""

    def __init__(self, app: Application, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts) | LOOPBACK
        self._headers = {
            "content-security-policy": POLICY,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
            "cache-control": "no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on HTTP requests to a known host, and the start and end of the server; nothing else."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        allowed = self.is_allowed_host(Headers(scope=scope).getlist("host"))
        await (self._app if allowed else MISDIRECTED_RESPONSE)(scope, receive, with_headers)

    def is_allowed_host(self, given: list[str]) -> bool:
        """Whether there is exactly one Host, and it is ours."""
        named = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        return bool(named) and named[1].lower() in self._hosts  # type: ignore[index]  # bool(named) says it is there


MISDIRECTED_RESPONSE = PlainTextResponse("This server does not answer to that name: open it by its own address.\n", 421)
