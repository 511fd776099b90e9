"""Send requests to allowed hosts, one at a time per wiki and signed in if required, and decode the JSON answers.

Bot passwords: https://www.mediawiki.org/wiki/API:Login. Owner-only consumers of OAuth 2 send their token with each
request: https://www.mediawiki.org/wiki/OAuth/Owner-only_consumers.
"""

import random
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Protocol, Self, TypeVar
from urllib.parse import urlencode

import httpx

from watcher.backoff import Backoff, parse_retry_after
from watcher.errors import ConfigError, Corrupt, Missing, Refused, TooLarge, Unavailable, WatcherError
from watcher.fetch import decode
from watcher.fetch.decode import SessionEnded, query_part
from watcher.fetch.wire import Body, Wire
from watcher.text import collapse, error_line
from watcher.urls import host_matches, is_loopback
from watcher.version import release

T = TypeVar("T")


def require_allowed(url: str, hosts: Collection[str]) -> httpx.URL:
    """Parse `url`; raise Refused unless its host is one of `hosts` and the connection is encrypted or to loopback.

    An entry of `hosts` is a host name, or `host:port` to allow only that port. User names in the URL are refused,
    because they can disguise the host.
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
    if not any(host_matches(entry, str(parsed)) for entry in hosts):
        raise Refused(f"host {host!r} is not on the allow-list: add it to the watchlist's allowed hosts to ask it")
    if parsed.scheme == "http" and not is_loopback(host):
        raise Refused(f"{url!r} is not encrypted: use https:// (plain http is for loopback only)")
    return parsed


def same_origin(first: httpx.URL, other: httpx.URL) -> bool:
    """Return whether a redirect from `first` to `other` stays on the same server; an upgrade to https does."""
    before, after = ((url.scheme, url.host.rstrip("."), url.port) for url in (first, other))
    return before == after or (before, after) == (("http", after[1], None), ("https", before[1], None))


class RequestMetrics(Protocol):
    """A recorder of requests and waits."""

    def on_request(self, wiki: str, outcome: str, seconds: float) -> None:
        """Count a request; `outcome` is ok, busy, refused, garbled, missing or failed."""

    def on_wait(self, wiki: str, seconds: float) -> None:
        """Count a wait before a retry."""


_OUTCOMES: Final = {Unavailable: "busy", Refused: "refused", Corrupt: "garbled", Missing: "missing"}


# Values per request (https://www.mediawiki.org/wiki/API:Etiquette); accounts with this right may send more.
_HIGH_LIMITS: Final = "apihighlimits"
VALUES, MORE_VALUES = 50, 500
# A refused password is not sent again for this long, because wikis lock the account or the address otherwise.
_SIGN_IN_PAUSE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The credentials for a wiki: a bot password or an OAuth 2 token, and basic auth for the server in front of it."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    oauth_token: str | None = field(default=None, repr=False)
    basic_auth: str | None = field(default=None, repr=False)

    @property
    def names_user(self) -> bool:
        """Return whether requests are made with an account of the wiki itself."""
        return self.username is not None or self.oauth_token is not None

    def headers(self) -> dict[str, str]:
        """Return the headers that are sent with each request."""
        if self.oauth_token is not None:
            return {"Authorization": f"Bearer {self.oauth_token}"}
        if self.basic_auth is not None:
            return {"Authorization": f"Basic {b64encode(self.basic_auth.encode()).decode()}"}
        return {}


# https://www.mediawiki.org/wiki/API:Etiquette: with maxlag, a wiki whose replication lags refuses the request.
COMMON_PARAMETERS = {"format": "json", "formatversion": "2", "errorformat": "bc", "maxlag": "5"}

# MediaWiki limits its results to 8 MiB of text; JSON escapes do not make more than this of it.
MAX_BODY_BYTES = 32 * 1024 * 1024

# Most servers in front of a wiki refuse request lines of more than 8 KiB.
MAX_URL_LENGTH = 7_500

RETRYABLE_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 3
_BACKOFF: Final = Backoff()


class ApiTransport:
    """A transport that sends one request at a time to a wiki, waits and retries if the wiki is busy, and times out.

    `timeout` is the limit in seconds for each step of a request; the whole request may take ten times that.
    `allowed_hosts` are host names, or `host:port`; `jitter` returns 0..1; `transport` replaces the network in tests;
    `traffic` records requests and waits. Each request is made inside a `request_lock()`, which may wait for other
    processes. No password is sent while `sign_in_lock(name, seconds)` returns False, because it was refused recently.

    With a `login`, it signs in before the first request and after its session has ended. Every request asserts that it
    is signed in: a wiki that lost the session would answer as to strangers, as if pages of a private wiki were missing.
    """

    def __init__(  # noqa: PLR0913  clock, sleep, randomness and network are arguments
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
        sign_in_lock: Callable[[str, float], bool] = lambda *_: True,
        login: Login | None = None,
    ) -> None:
        self._url = require_allowed(api_url, allowed_hosts)
        self._login = login = login or Login()
        self._signed_in = not login.names_user
        self._refused: tuple[datetime, Refused] | None = None
        self._values = VALUES
        self._hosts = tuple(allowed_hosts)
        self.wiki = wiki
        self._sleep = sleep
        self._jitter = jitter
        self._now = now
        self._limit = timeout * 10
        self._attempts = attempts
        self._traffic = traffic
        self._request_lock, self._sign_in_lock = request_lock, sign_in_lock
        self._serial = threading.Lock()
        # Twice the largest answer leaves room for headers and the framing of chunks.
        self._wire = Wire(most_bytes=2 * MAX_BODY_BYTES)
        self._http = self._wire.client(
            {"User-Agent": user_agent(contact), "Accept": "application/json", **login.headers()},
            timeout=timeout,
            transport=transport,
            keeps_cookies=login.username is not None,
            # Many networks require the proxy that the environment names, but never for loopback.
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
        """Return how many titles or ids one request may have; raise as `request` does if signing in fails."""
        if not self._signed_in:
            self._with_retries(self._sign_in)
        return self._values

    def request(self, subject: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Send a request and return the answer; `subject` names the page in errors.

        Raise Unavailable if the wiki is still busy after retries, Corrupt if its answers are still unreadable, and
        Refused or Missing if the wiki says so.
        """
        where = f"{subject} on {self.wiki}"
        return self._with_retries(lambda: self._send_signed_in(where, parameters))

    def _with_retries(self, step: Callable[[], T]) -> T:
        """Run a step, one at a time, and retry it after a wait if that may help."""
        tries = 0
        with self._serial:
            while True:
                tries += 1
                try:
                    with self._request_lock():
                        return step()
                except Unavailable as error:
                    # If the server asks for a longer wait, raise: the caller has other wikis to check, and gets the
                    # time with the error.
                    requested = error.retry_after
                    if tries >= self._attempts or (requested or 0.0) > _BACKOFF.longest:
                        tried = f"tried {tries} times" if tries > 1 else "not tried again now"
                        raise Unavailable(f"{error} ({tried})", retry_after=requested) from error
                    jitter = self._jitter()
                    wait = _BACKOFF.delay(tries, jitter) if requested is None else requested + _BACKOFF.first * jitter
                except Corrupt as error:
                    # One garbled answer may be an accident; a second one is a fault of the server.
                    if isinstance(error, TooLarge) or tries > 1 or self._attempts == 1:
                        raise
                    wait = _BACKOFF.delay(tries, self._jitter())
                if self._traffic:
                    self._traffic.on_wait(self.wiki, wait)
                self._sleep(wait)

    def _send_signed_in(self, where: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Send a request with the wiki's account, and sign in again if its session has ended."""
        self._sign_in()
        question = {**parameters, **({"assert": "user"} if self._login.names_user else {})}
        try:
            return self._send_measured(where, question)
        except SessionEnded:
            self._signed_in = False
            self._sign_in()
            return self._send_measured(where, question)

    def _sign_in(self) -> None:
        """Sign in unless that is done; raise Refused if the wiki refuses, and for a while without asking it again."""
        if self._signed_in:
            return
        if self._refused and timedelta() <= self._now() - self._refused[0] < _SIGN_IN_PAUSE:
            raise self._refused[1]
        try:
            if self._login.username is not None:
                self._send_password(self._login.username, str(self._login.password))
            self._read_rights()
        except Refused as error:
            self._refused = self._now(), Refused(str(error))
            raise self._refused[1] from None
        self._signed_in, self._refused = True, None

    def _send_password(self, name: str, password: str) -> None:
        asked, where = f"the sign-in on {self.wiki}", f"the sign-in of {name!r} on {self.wiki}"
        advice = "check username and password of its [[wiki]]"
        # A prefix of the digest is enough to recognize another password, and too short to guess one from.
        lock = f"sign-in of {name} on {self.wiki} {sha256(password.encode()).hexdigest()[:4]}"
        if not self._sign_in_lock(lock, 0.0):
            raise Refused(f"{where}: the wiki refused it, and is asked again after 15 minutes; {advice}")
        self._http.cookies.clear()  # wikis refuse to sign in a session that is still valid
        answer = self._send_measured(asked, {"action": "query", "meta": "tokens", "type": "login"})
        tokens = query_part(where, answer).get("tokens")
        token = tokens.get("logintoken") if isinstance(tokens, dict) else None
        if not isinstance(token, str):
            raise Corrupt(f"{where}: the wiki gives no token for it; check the API URL of the wiki")
        form = {"action": "login", "lgname": name, "lgpassword": password, "lgtoken": token}
        result = self._send_measured(asked, form).get("login")
        result = result if isinstance(result, dict) else {}
        if result.get("result") != "Success":
            words = str(result.get("reason") or result.get("result") or "no reason given")
            reason = error_line(words).replace(password, "***").rstrip(".")
            # The session was lost between the requests, as by a restart of the cache; the password may be right.
            if reason == "WrongToken" or (result.get("result") == "Failed" and "session" in reason):
                raise Unavailable(f"{where}: the wiki lost the session ({reason}); try again later")
            self._sign_in_lock(lock, _SIGN_IN_PAUSE.total_seconds())
            raise Refused(f"{where}: the wiki refuses it ({reason}); {advice}")

    def _read_rights(self) -> None:
        where = f"the sign-in on {self.wiki}"
        try:
            question = {"action": "query", "meta": "userinfo", "uiprop": "rights", "assert": "user"}
            user = query_part(where, self._send_measured(where, question)).get("userinfo")
        except SessionEnded:
            key = "oauth_token" if self._login.oauth_token else "username and password"
            raise Refused(f"{where}: the wiki does not accept it; check {key} of its [[wiki]]") from None
        rights = user.get("rights") if isinstance(user, dict) else None
        self._values = MORE_VALUES if isinstance(rights, list) and _HIGH_LIMITS in rights else VALUES

    def _send_measured(self, where: str, question: Mapping[str, str]) -> dict[str, Any]:
        began, outcome = self._now(), "ok"
        try:
            return self._send(where, question)
        except WatcherError as error:
            outcome = next((name for kind, name in _OUTCOMES.items() if isinstance(error, kind)), "failed")
            raise
        finally:
            seconds = max(0.0, (self._now() - began).total_seconds())  # the clock may have been set back meanwhile
            if self._traffic:
                self._traffic.on_request(self.wiki, outcome, seconds)

    def _send(self, where: str, question: Mapping[str, str]) -> dict[str, Any]:
        parameters = {**question, **COMMON_PARAMETERS}
        # Secrets must not get into a server's log, and long requests do not fit into a request line. The length is
        # that of the encoded parameters: httpx makes no URL of more than 65,536 characters.
        size = len(self._url.raw_path) + len(urlencode(parameters))
        if size > MAX_URL_LENGTH or any(name.endswith("token") for name in question):
            headers, body = self._exchange(where, "POST", self._url, parameters)[1:]
        else:
            headers, body = self._get(where, self._url.copy_merge_params(parameters))
        answer = decode.parse_json(where, body, headers.get("content-type", ""))
        problem = decode.error(where, answer, parse_retry_after(headers.get("retry-after"), self._now()))
        if problem:
            raise problem
        return answer

    def _get(self, where: str, url: httpx.URL) -> tuple[httpx.Headers, bytes]:
        for _ in range(MAX_REDIRECTS):
            status, headers, body = self._exchange(where, "GET", url, None)
            if status not in REDIRECTS:
                return headers, body
            location = headers.get("location", "")
            target = url.join(location)
            if not location or not same_origin(url, target):
                raise Refused(
                    f"{where}: the server redirects to {target.host!r}, which was not followed; correct the API URL"
                )
            url = require_allowed(str(target), self._hosts)
        raise Refused(f"{where}: the server redirects in circles; correct the API URL of the wiki")

    def text(self, where: str) -> str:
        """Fetch the text at the address itself; raise Unavailable, Refused or Corrupt."""

        def step() -> str:
            _, body = self._get(where, self._url)
            try:
                return body.decode("utf-8-sig")
            except UnicodeDecodeError:
                raise Corrupt(f"{where}: the answer is not UTF-8 text; it was ignored") from None

        return self._with_retries(step)

    def post(self, where: str, question: Mapping[str, Any]) -> dict[str, Any]:
        """Send JSON to the address itself, and return the JSON answer; raise Unavailable, Refused or Corrupt."""
        _, headers, body = self._exchange(where, "POST", self._url, None, question)
        return decode.parse_json(where, body, headers.get("content-type", ""))

    def _exchange(
        self, where: str, method: str, url: httpx.URL, form: dict[str, str] | None, json: Any = None
    ) -> tuple[int, httpx.Headers, bytes]:
        """Return status, headers and body of an answer; raise an error for a failure, and for a redirect of a POST."""
        try:
            with self._wire.exchange(self._limit), self._http.stream(method, url, data=form, json=json) as response:
                began = self._now()
                body = Body(where, response.headers.get_list("content-encoding", split_commas=True), MAX_BODY_BYTES)
                assert isinstance(response.stream, httpx.SyncByteStream)
                for piece in response.stream:  # the raw bytes: iter_bytes() would decompress without a limit
                    body.add(piece)
                    if (self._now() - began).total_seconds() > self._limit:
                        raise self._timeout_error(where)
                content = body.whole()
                self.bytes_taken += len(content)
                status, headers = response.status_code, response.headers
        except httpx.RequestError as error:
            if self._wire.expired:
                raise self._timeout_error(where) from error
            if isinstance(error, httpx.TimeoutException):
                raise Unavailable(f"{where}: no answer in time ({type(error).__name__}); try again later") from error
            reason, advice = error_line(str(error)) or type(error).__name__, "check the network and try again later"
            if "CERTIFICATE_VERIFY_FAILED" in reason:  # the authorities that the system trusts do not count
                advice = "correct its certificate, or name the file of its authority in SSL_CERT_FILE"
            raise Unavailable(f"{where}: {reason}; {advice}") from error

        if status in RETRYABLE_STATUSES or status >= 500:  # noqa: PLR2004  5xx: server errors
            later = parse_retry_after(headers.get("retry-after"), self._now())
            raise Unavailable(f"{where}: the server answers HTTP {status}; try again later", retry_after=later)
        # An error message of the API says more than its HTTP status.
        if status >= 400 and not decode.is_api_error(content):  # noqa: PLR2004  4xx: client errors
            what = "the API URL, basic_auth" if status == 401 else "the API URL"  # noqa: PLR2004  by a server in front
            raise Refused(f"{where}: the server answers HTTP {status}; check {what} and who may read the wiki")
        if status in REDIRECTS and method == "POST":
            raise Refused(f"{where}: the server redirects a POST request; correct the address")
        return status, headers, content

    def _timeout_error(self, where: str) -> Unavailable:
        return Unavailable(f"{where}: the answer took more than {self._limit:.0f} s; try again later")


def url_transport(
    url: str, *, contact: str, allowed_hosts: Collection[str], now: Callable[[], datetime], timeout: float = 60.0
) -> ApiTransport:
    """Return a transport for an address that is not an API, without retries; raise Refused if it is not allowed."""
    return ApiTransport(
        url,
        wiki=require_allowed(url, allowed_hosts).host,
        contact=contact,
        allowed_hosts=allowed_hosts,
        now=now,
        timeout=timeout,
        attempts=1,
    )


def user_agent(contact: str) -> str:
    """Return the User-Agent; a wiki's operators write to `contact` before they block a client.

    Source: https://foundation.wikimedia.org/wiki/Policy:Wikimedia_Foundation_User-Agent_Policy
    """
    named = collapse(contact)
    if not named or not named.isprintable():
        raise ConfigError("no contact is set: give an e-mail address or a page that wikis' operators can write to")
    return f"ArticleWatcher/{release()} ({named})"
