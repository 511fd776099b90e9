"""Limit each HTTP exchange in time and bytes, beneath the HTTP library, and read the body of an answer.

The library's timeouts only limit single waits: a server that sends a byte of a header every few seconds, endless
interim responses, chunk extensions or trailers never exceeds them. So the limits are applied to the sockets.
"""

from __future__ import annotations

import socket
import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import monotonic
from typing import Any, Final
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from watcher.errors import Corrupt, TooLarge
from watcher.text import error_line

# A name may have any number of addresses, and each may take one connection timeout.
_MAX_ADDRESSES: Final = 4
_KEEPALIVE_SECONDS: Final = 5.0  # s for which an idle connection is kept for the next request


class Wire(httpx.BaseTransport, httpcore.NetworkBackend):
    """The connections of one client, and the time and bytes that the current exchange may still take.

    `most_bytes` limits what is read in one exchange, including headers and framing. `permit` is called with host, port
    and IP address before each connection, and raises if the connection is not permitted.
    """

    def __init__(self, *, most_bytes: int, permit: Callable[[str, int, str], object] = lambda *_: None) -> None:
        self._most_bytes, self._permit = most_bytes, permit
        self._bytes = 0
        self._deadline: float | None = None
        self._seconds = 0.0
        self._sockets: list[socket.socket] = []
        self._network = httpcore.SyncBackend()
        self._proxies: dict[str, str] = {}
        self._transports: dict[str, httpx.HTTPTransport] = {}  # by the address of a proxy, empty for none
        self.expired = False

    def client(
        self,
        headers: dict[str, str],
        *,
        trust_env: bool,
        timeout: float | httpx.Timeout | None = None,
        transport: httpx.BaseTransport | None = None,
        keeps_cookies: bool = False,
    ) -> httpx.Client:
        """Return a client whose connections, including those through proxies, have these limits.

        `trust_env` lets it use the proxies of the environment; `transport` replaces the network in tests.
        """
        self._proxies = getproxies() if trust_env else {}
        return httpx.Client(
            headers=httpx.Headers({"Accept-Encoding": "gzip", **headers}, encoding="utf-8"),
            timeout=timeout,
            transport=transport or self,
            cookies=CookieJar(None if keeps_cookies else DefaultCookiePolicy(allowed_domains=())),
            trust_env=False,  # the environment is read above
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the answer, whose body is not read yet."""
        proxy = self._proxies.get(request.url.scheme) or self._proxies.get("all", "")
        proxy = "" if proxy_bypass(request.url.host) else proxy
        if proxy not in self._transports:
            try:
                created = httpx.HTTPTransport(
                    verify=_certificates(),
                    proxy=(proxy if "://" in proxy else f"http://{proxy}") if proxy else None,
                    limits=httpx.Limits(keepalive_expiry=_KEEPALIVE_SECONDS),
                    trust_env=False,
                )
            except (ImportError, ValueError, httpx.InvalidURL) as error:  # its message may contain a password
                message = "the proxy in the environment is invalid: its address must begin with http:// or https://"
                raise httpx.ProxyError(message) from error
            except OSError as error:
                message = f"SSL_CERT_FILE or SSL_CERT_DIR names no certificates ({error.strerror or error}): correct it"
                raise httpx.ConnectError(message) from error
            created._pool._network_backend = self  # noqa: SLF001  httpx has no parameter for the backend of its connections
            self._transports[proxy] = created
        return self._transports[proxy].handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        for transport in self._transports.values():
            transport.close()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection on which every step is limited; try up to four addresses of the host."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        for address in list(dict.fromkeys(str(info[4][0]) for info in infos))[:_MAX_ADDRESSES]:
            self._permit(host, port, address)
            seconds = self.remaining_seconds(timeout, httpcore.ConnectTimeout)
            try:
                return self.wrap(self._network.connect_tcp(address, port, seconds, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    @contextmanager
    def exchange(self, seconds: float) -> Iterator[None]:
        """Limit the time of one request and its whole answer, both of which happen within the block."""
        self.expired = False
        self.renew(seconds)
        try:
            yield
        finally:
            self._deadline = None

    def renew(self, seconds: float | None = None) -> None:
        """Restart the limits of time and bytes, for an answer that is an endless stream."""
        self._seconds = self._seconds if seconds is None else seconds
        self._deadline, self._bytes = monotonic() + self._seconds, 0

    def shutdown(self) -> None:
        """Shut down the connections; a thread that reads from one gets its end."""
        for connection in self._sockets:
            with suppress(OSError):
                # The method of the base class, because that of a TLS socket drops the session while it is being read.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def wrap(self, stream: httpcore.NetworkStream) -> _Stream:
        """Register a new connection, and return it with limits."""
        connection = stream.get_extra_info("socket")
        if isinstance(connection, socket.socket):
            self._sockets = [socket for socket in self._sockets if socket.fileno() >= 0] + [connection]
        return _Stream(stream, self)

    def remaining_seconds(self, timeout: float | None, timeout_error: type[Exception]) -> float | None:
        """Return the seconds that a step may take; raise `timeout_error` if the time of the exchange is over."""
        if self._deadline is None:
            return timeout
        remaining = self._deadline - monotonic()
        if remaining <= 0:
            self.expired = True
            raise timeout_error(f"the exchange took more than {self._seconds:g} s")
        return remaining if timeout is None else min(remaining, timeout)

    def count(self, number: int) -> None:
        """Count bytes that were read; raise ReadError if they are more than allowed."""
        self._bytes += number
        if self._bytes > self._most_bytes:
            raise httpcore.ReadError(f"the server sent more than {self._most_bytes:,} bytes for one answer")


class _Stream(httpcore.NetworkStream):
    """A connection on which every step is limited."""

    def __init__(self, inner: httpcore.NetworkStream, wire: Wire) -> None:
        self._inner = inner
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        taken = self._inner.read(max_bytes, self._wire.remaining_seconds(timeout, httpcore.ReadTimeout))
        self._wire.count(len(taken))
        return taken

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._wire.remaining_seconds(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._wire.remaining_seconds(timeout, httpcore.ConnectTimeout)
        return self._wire.wrap(self._inner.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@cache
def _certificates() -> ssl.SSLContext:
    """Read the CA certificates once per process: that takes 10 ms, as long as everything else of a new client."""
    return httpx.create_ssl_context(trust_env=True)


class Body:
    """The bytes of one body so far; `most` limits both the compressed and the decompressed size.

    A few kilobytes of zstd, or of gzip within gzip, can decompress to gigabytes in one step. So this is not left to the
    HTTP library, which decompresses every encoding that the server names.
    """

    def __init__(self, where: str, encodings: Sequence[str], most: int) -> None:
        """Raise Corrupt for an encoding that was not requested."""
        named = [name.strip().lower() for name in encodings]
        coded = [name for name in named if name not in ("", "identity")]
        if coded and coded not in (["gzip"], ["x-gzip"]):
            raise Corrupt(
                f"{where}: the answer is encoded as {error_line(', '.join(coded))!r}, which was not asked for; "
                "it was ignored"
            )
        self._where = where
        self._most = most
        self._packed = 0
        self._taken = bytearray()
        self._gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS) if coded else None

    def add(self, piece: bytes) -> None:
        """Add the next bytes; raise Corrupt if they cannot be decompressed, TooLarge if the limit is exceeded."""
        self._packed += len(piece)
        if self._gzip is None:
            self._taken += piece
        try:
            while self._gzip and piece and not self._gzip.eof and len(self._taken) <= self._most:
                # One byte more than allowed shows that there is more; 0 would mean no limit.
                self._taken += self._gzip.decompress(piece, self._most + 1 - len(self._taken))
                piece = self._gzip.unconsumed_tail
        except zlib.error as error:
            raise Corrupt(f"{self._where}: the compressed answer cannot be unpacked; it was ignored") from error
        if max(len(self._taken), self._packed) > self._most:
            raise TooLarge(f"{self._where}: the answer exceeds {self._most >> 20} MiB; it was ignored")

    def whole(self) -> bytes:
        """Return the whole body; raise Corrupt if its end is missing."""
        # A redirect or an error may have no body although its header names an encoding.
        if self._gzip is not None and self._packed and not self._gzip.eof:
            raise Corrupt(f"{self._where}: the compressed answer was cut short; it was ignored")
        return bytes(self._taken)
