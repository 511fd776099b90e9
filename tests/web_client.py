"""Request pages of a web application in this process: no server, and no thread switches as in Starlette's client."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx


class _Parts(httpx.AsyncByteStream):
    """What a request sends, part by part."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


class _AppTransport(httpx.BaseTransport):
    """Passes each request to the application, in a new event loop."""

    def __init__(self, app: Any, client: tuple[str, int], *, raise_server_exceptions: bool) -> None:
        self._app = httpx.ASGITransport(app, raise_app_exceptions=raise_server_exceptions, client=client)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(request.method, request.url, headers=request.headers, stream=_Parts(request.stream))
        answer = await self._app.handle_async_request(sent)
        body = b"".join([part async for part in answer.aiter_raw()])
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(body))


class WebClient(httpx.Client):
    """A client of an application that keeps cookies, and by default follows redirects."""

    def __init__(
        self,
        app: Any,
        base_url: str,
        *,
        client: tuple[str, int] = ("testclient", 50000),
        follow_redirects: bool = True,
        raise_server_exceptions: bool = True,
        **more: Any,
    ) -> None:
        transport = _AppTransport(app, client, raise_server_exceptions=raise_server_exceptions)
        super().__init__(transport=transport, base_url=base_url, follow_redirects=follow_redirects, **more)
        self.app = app
