"""Send requests to listed hosts, one at a time to a wiki, and decode the JSON answers."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Final, Protocol, Self, TypeVar

import httpx

from watcher.backoff import Backoff, parse_retry_after
from watcher.errors import ConfigError, Corrupt, Missing, Refused, TooLarge, Unavailable, WatcherError
from watcher.fetch import decode
from watcher.fetch.decode import SessionEnded
from watcher.fetch.login import Login, WikiSession
from watcher.fetch.wire import Body, Wire
from watcher.text import collapse, error_line
from watcher.urls import is_loopback
from watcher.version import release

T = TypeVar("T")


def require_allowed(url: str, hosts: Collection[str]) -> httpx.URL:
    """Parse `url` if its host is one of `hosts` and the connection is safe; raises Refused otherwise.

    An entry of `hosts` is a host name, or `host:port` to allow that port alone. Plain http is for
    loopback only; user names in the URL are refused, because they can disguise the host.
    """
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(f"{url!r} is not a URL ({error}): correct the API URL of the wiki") from error
    if parsed.scheme not in ("http", "https") or not host:
        raise Refused(f"{url!r} is not a web address: the API URL of a wiki begins with https://")
    if parsed.userinfo:
        raise Refused(f"the API URL at {host} holds a user name: remove it")
    if not any(_matches(parsed, entry) for entry in hosts):
        raise Refused(f"host {host!r} is not on the allow-list: add it to the watchlist's allowed hosts to ask it")
    if parsed.scheme == "http" and not is_loopback(host):
        raise Refused(f"{url!r} is not encrypted: use https:// (plain http is for loopback only)")
    return parsed


def same_origin(first: httpx.URL, other: httpx.URL) -> bool:
    """Return whether a redirect from `first` to `other` stays on the same server; a step up to https counts."""
    before, after = ((url.scheme, _bare(url.host), _port(url)) for url in (first, other))
    return before == after or (before, after) == (("http", after[1], 80), ("https", before[1], 443))


def _matches(url: httpx.URL, entry: str) -> bool:
    try:
        # Parsing the entry as a URL too gives both sides the same spelling (case, IDNA, brackets).
        listed = httpx.URL(f"{url.scheme}://{entry.strip()}")
        same = _bare(listed.host) == _bare(url.host)
    except (httpx.InvalidURL, ValueError):
        return False
    names_a_port = entry.rpartition("]")[2].rpartition(":")[2].strip().isdecimal() and ":" in entry.rpartition("]")[2]
    return same and (not names_a_port or _port(listed) == _port(url))


def _bare(host: str) -> str:
    return host.lower().rstrip(".")


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


class RequestMetrics(Protocol):
    """Counts requests and waits."""

    def on_request(self, wiki: str, outcome: str, seconds: float) -> None:
        """Count a request; `outcome` is ok, busy, refused, garbled, missing or failed."""

    def on_wait(self, wiki: str, seconds: float) -> None:
        """Count a wait before a retry."""


_OUTCOMES: Final = {Unavailable: "busy", Refused: "refused", Corrupt: "garbled", Missing: "missing"}


def outcome_of(error: Exception | None) -> str:
    """Name the outcome of a request.

    >>> outcome_of(None), outcome_of(Unavailable("maxlag"))
    ('ok', 'busy')
    """
    if error is None:
        return "ok"
    return next((name for kind, name in _OUTCOMES.items() if isinstance(error, kind)), "failed")


# https://www.mediawiki.org/wiki/API:Etiquette: maxlag keeps us off a wiki that is behind.
ALWAYS = {"format": "json", "formatversion": "2", "errorformat": "bc", "maxlag": "5"}

# MediaWiki cuts its results at 8 MiB of text; JSON escapes may multiply that, not by more than this.
LARGEST = 32 * 1024 * 1024

# Most servers in front of a wiki refuse request lines beyond 8 KiB.
LONGEST_ADDRESS = 7_500

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HOPS = 3
_BACKOFF: Final = Backoff()


class ApiTransport:
    """Sends one request at a time to a wiki, waits where the wiki asks for it, and gives up in time.

    `timeout` is in seconds: for each step of a request, and ten times that for the whole of it. `allowed_hosts` are
    host names, or `host:port`; `jitter` returns 0..1; `transport` stands in for the network; `traffic` counts requests
    and waits. Each request is made inside a `request_lock()`, which may wait for other processes.
    """

    def __init__(  # noqa: PLR0913  the world is an argument, and this is where it comes in
        self,
        api_url: str,
        *,
        wiki: str,
        contact: str,
        allowed_hosts: Collection[str],
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], datetime],
        timeout: float = 30.0,
        attempts: int = 5,
        traffic: RequestMetrics | None = None,
        request_lock: Callable[[], AbstractContextManager[None]] = nullcontext,
        login: Login | None = None,
    ) -> None:
        self._url = require_allowed(api_url, allowed_hosts)
        login = login or Login()
        self._session = WikiSession(login, wiki, now)
        self._hosts = tuple(allowed_hosts)
        self.wiki = wiki
        self._sleep = sleep
        self._jitter = jitter
        self._now = now
        self._whole = timeout * 10
        self._attempts = attempts
        self._traffic = traffic
        self._request_lock = request_lock
        self._serial = threading.Lock()
        # Twice the answer leaves room for headers and the framing of chunks.
        self._wire = Wire(most_bytes=2 * LARGEST)
        self._http = self._wire.client(
            {"User-Agent": agent(contact), "Accept": "application/json", **login.headers()},
            timeout=timeout,
            transport=transport,
            cookies=login.cookies(),
            # A proxy of the environment is the way out of many networks, but never the way to loopback.
            trust_env=not is_loopback(self._url.host),
        )
        self.bytes_taken = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def most_values(self) -> int:
        """Return how many titles or ids one request may have; raises as `request` where signing in fails."""
        if not self._session.signed_in:
            self._repeat(lambda: self._session.sign_in(self._send))
        return self._session.values

    def request(self, subject: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Return the answer to a query; `subject` names the page in errors.

        Raises Unavailable when the wiki stays busy, Corrupt when its answers stay unreadable,
        Refused or Missing when it says so.
        """
        where = f"{subject} on {self.wiki}"
        return self._repeat(lambda: self._signed_in(where, parameters))

    def _repeat(self, step: Callable[[], T]) -> T:
        """Take a step, one at a time, and again after a wait where that may help."""
        tries = 0
        with self._serial:
            while True:
                tries += 1
                try:
                    with self._request_lock():
                        return step()
                except Unavailable as error:
                    # A server that asks for more is not waited for: the caller has other wikis to ask, and learns the
                    # time from the error.
                    asked = error.retry_after
                    if tries >= self._attempts or (asked or 0.0) > _BACKOFF.longest:
                        tried = f"tried {tries} times" if tries > 1 else "not tried again now"
                        raise Unavailable(f"{error} ({tried})", retry_after=asked) from error
                    jitter = self._jitter()
                    wait = _BACKOFF.delay(tries, jitter) if asked is None else asked + _BACKOFF.first * jitter
                except Corrupt as error:
                    # A garbled answer is an accident once; twice it is how that server is.
                    if isinstance(error, TooLarge) or tries > 1 or self._attempts == 1:
                        raise
                    wait = _BACKOFF.delay(tries, self._jitter())
                if self._traffic:
                    self._traffic.on_wait(self.wiki, wait)
                self._sleep(wait)

    def _signed_in(self, where: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Send a request as the account of the wiki, signing in again where its session has ended."""
        self._session.sign_in(self._send)
        question = {**parameters, **self._session.parameters}
        try:
            return self._measured(where, question)
        except SessionEnded:
            self._session.sign_out()
            self._session.sign_in(self._send)
            return self._measured(where, question)

    def _send(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        return self._measured(f"the sign-in on {self.wiki}", parameters)

    def _measured(self, where: str, question: Mapping[str, str]) -> dict[str, Any]:
        began, failure = self._now(), None
        try:
            return self._once(where, question)
        except WatcherError as error:
            failure = error
            raise
        finally:
            seconds = max(0.0, (self._now() - began).total_seconds())  # the clock may be set back meanwhile
            if self._traffic:
                self._traffic.on_request(self.wiki, outcome_of(failure), seconds)

    def _once(self, where: str, question: Mapping[str, str]) -> dict[str, Any]:
        parameters = {**question, **ALWAYS}
        url = self._url.copy_merge_params(parameters)
        # What is secret belongs in no server's log; what is long fits in no request line.
        post = len(url.raw_path) > LONGEST_ADDRESS or any(name.endswith("token") for name in question)
        if post:
            status, headers, body = self._exchange(where, "POST", self._url, parameters)
            if status in REDIRECTS:
                raise Refused(f"{where}: the server redirects what is sent to it; correct the API URL of the wiki")
        else:
            status, headers, body = self._get(where, url)
        self._check_status(where, status, headers, body)
        answer = decode.parse_json(where, body, headers.get("content-type", ""))
        trouble = decode.error(where, answer, parse_retry_after(headers.get("retry-after"), self._now()))
        if trouble:
            raise trouble
        return answer

    def _get(self, where: str, url: httpx.URL) -> tuple[int, httpx.Headers, bytes]:
        for _ in range(HOPS):
            status, headers, body = self._exchange(where, "GET", url, None)
            if status not in REDIRECTS:
                return status, headers, body
            location = headers.get("location", "")
            target = url.join(location)
            if not location or not same_origin(url, target):
                raise Refused(
                    f"{where}: the server redirects to {target.host!r}, which was not followed; correct the API URL"
                )
            url = require_allowed(str(target), self._hosts)
        raise Refused(f"{where}: the server redirects in circles; correct the API URL of the wiki")

    def text(self, where: str) -> str:
        """Return what is at the address itself; raises Unavailable, Refused or Corrupt."""

        def step() -> str:
            status, headers, body = self._get(where, self._url)
            self._check_status(where, status, headers, body)
            try:
                return body.decode("utf-8-sig")
            except UnicodeDecodeError:
                raise Corrupt(f"{where}: the answer is no UTF-8 text; nothing was taken from it") from None

        return self._repeat(step)

    def post(self, where: str, question: Mapping[str, Any]) -> dict[str, Any]:
        """Send JSON to the address itself, and return the JSON answer; raises Unavailable, Refused or Corrupt."""
        status, headers, body = self._exchange(where, "POST", self._url, None, question)
        if status in REDIRECTS:
            raise Refused(f"{where}: the server redirects what is sent to it; correct the address")
        self._check_status(where, status, headers, body)
        return decode.parse_json(where, body, headers.get("content-type", ""))

    def redirect(self, where: str) -> str:
        """Return where the address itself redirects to; raises Missing where it does not."""
        status, headers, _ = self._exchange(where, "GET", self._url, None)
        if status not in REDIRECTS or "location" not in headers:
            raise Missing(f"{where}: leads to no other address (HTTP {status}); give the address of the article's page")
        return str(self._url.join(headers["location"]))

    def _exchange(
        self, where: str, method: str, url: httpx.URL, form: dict[str, str] | None, json: Any = None
    ) -> tuple[int, httpx.Headers, bytes]:
        try:
            with self._wire.exchange(self._whole), self._http.stream(method, url, data=form, json=json) as response:
                began = self._now()
                body = Body(where, response.headers.get_list("content-encoding", split_commas=True), LARGEST)
                assert isinstance(response.stream, httpx.SyncByteStream)
                for piece in response.stream:  # as it comes from the wire; iter_bytes() unpacks without bound
                    body.add(piece)
                    if (self._now() - began).total_seconds() > self._whole:
                        raise self._late(where)
                whole = body.whole()
                self.bytes_taken += len(whole)
                return response.status_code, response.headers, whole
        except httpx.RequestError as error:
            if self._wire.expired:
                raise self._late(where) from error
            if isinstance(error, httpx.TimeoutException):
                raise Unavailable(f"{where}: no answer in time ({type(error).__name__}); try again later") from error
            raise Unavailable(
                f"{where}: {error_line(str(error)) or type(error).__name__}; check the network and try again later"
            ) from error

    def _late(self, where: str) -> Unavailable:
        return Unavailable(f"{where}: the answer took more than {self._whole:.0f} s; try again later")

    def _check_status(self, where: str, status: int, headers: httpx.Headers, body: bytes) -> None:
        later = parse_retry_after(headers.get("retry-after"), self._now())
        if status in BUSY or status >= 500:  # noqa: PLR2004  5xx: the server's own trouble
            raise Unavailable(f"{where}: the server answers HTTP {status}; try again later", retry_after=later)
        # An error of the API itself tells more than the status it may come with.
        if status >= 400 and not decode.is_api_error(body):  # noqa: PLR2004  4xx: the request's trouble
            raise Refused(f"{where}: the server answers HTTP {status}; check the API URL and who may read the wiki")


def visit(
    url: str, *, contact: str, allowed_hosts: Collection[str], now: Callable[[], datetime], timeout: float = 60.0
) -> ApiTransport:
    """Make a transport for an address that is no API and is asked once; raises Refused where that is not allowed."""
    return ApiTransport(
        url,
        wiki=require_allowed(url, allowed_hosts).host,
        contact=contact,
        allowed_hosts=allowed_hosts,
        now=now,
        timeout=timeout,
        attempts=1,
    )


def agent(contact: str) -> str:
    """Build the User-Agent; a wiki's operators write to `contact` before they block a client.

    Source: https://foundation.wikimedia.org/wiki/Policy:Wikimedia_Foundation_User-Agent_Policy
    """
    named = collapse(contact)
    if not named or not named.isprintable():
        raise ConfigError("no contact is set: give an e-mail address or a page that wikis' operators can write to")
    return f"ArticleWatcher/{release()} ({named})"
