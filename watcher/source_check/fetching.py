"""Fetch a cited page once: bounded in time, bytes and redirects, with robots.txt asked at each host."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic
from typing import Final
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import httpx

from watcher.errors import Corrupt, TooLarge
from watcher.fetch.transport import REDIRECTS, agent
from watcher.fetch.wire import Body, NoCookies, Wire
from watcher.model.source_checks import Problem
from watcher.source_check.addresses import permits, require_port
from watcher.source_check.page import SECONDS, Unreadable

MOST_BYTES: Final = 5 << 20
MOST_REDIRECTS: Final = 5
_HEADER_BYTES: Final = 256 << 10
_ROBOTS_BYTES: Final = 512 << 10  # RFC 9309, 2.5: at least 500 KiB are read
_GONE: Final = (404, 410)
_TOO_MANY: Final = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a server; `url` is the address after redirects."""

    url: str
    status: int
    content_type: str = ""
    location: str = ""
    body: bytes = field(default=b"", repr=False)


class Visitor:
    """Asks for pages until its time is over; `hosts` are those that the installation allows besides public ones."""

    def __init__(self, contact: str, *, hosts: Collection[str] = (), seconds: float = SECONDS) -> None:
        self._hosts = frozenset(hosts)
        self._agent = agent(contact).decode()
        self._end = monotonic() + seconds
        self._redirects = 0
        self._robots: dict[str, RobotFileParser] = {}
        # No proxy: it would resolve the name itself, and where the request then goes could not be checked.
        self._client = httpx.Client(
            headers={"User-Agent": self._agent, "Accept": "text/html, application/pdf", "Accept-Encoding": "gzip"},
            cookies=NoCookies(),
            follow_redirects=False,
            trust_env=False,
            verify=httpx.create_ssl_context(trust_env=True),
        )
        self._wire = Wire(most_bytes=MOST_BYTES + _HEADER_BYTES, permit=permits(self._hosts))
        self._wire.guard(self._client)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(self, url: str) -> Answer:
        """Fetch a page, following redirects; raises Unreadable."""
        answer = self._follow(url, robots=True)
        if answer.status in _GONE:
            raise Unreadable(Problem.GONE)
        if answer.status >= 500 or answer.status == _TOO_MANY:  # noqa: PLR2004  the class of a server's errors
            raise Unreadable(Problem.FAILING)
        if answer.status != 200:  # noqa: PLR2004  a refusal; 204 and 206 have no page either
            raise Unreadable(Problem.FORBIDDEN)
        return answer

    def _follow(self, url: str, *, robots: bool, most: int = MOST_BYTES) -> Answer:
        while True:
            parts = require_port(url, self._hosts)
            if robots and not self._robots_of(f"{parts.scheme}://{parts.netloc}").can_fetch(self._agent, url):
                raise Unreadable(Problem.ROBOTS)
            answer = self._ask(url, most)
            if answer.status not in REDIRECTS or not answer.location:
                return answer
            self._redirects += robots
            if self._redirects > MOST_REDIRECTS:
                raise Unreadable(Problem.REDIRECTS)
            url = urljoin(url, answer.location)

    def _robots_of(self, origin: str) -> RobotFileParser:
        """Return the rules of a host (RFC 9309): without a file all is allowed, with one that fails nothing is."""
        if origin not in self._robots:
            rules = RobotFileParser()
            answer = self._robots_file(f"{origin}/robots.txt")
            if answer.status >= 500 or answer.status == _TOO_MANY:  # noqa: PLR2004  the class of a server's errors
                raise Unreadable(Problem.FAILING)
            rules.parse(answer.body.decode("utf-8", "replace").splitlines() if answer.status == 200 else [])  # noqa: PLR2004
            self._robots[origin] = rules
        return self._robots[origin]

    def _robots_file(self, url: str) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            require_port(url, self._hosts)
            answer = self._ask(url, _ROBOTS_BYTES)
            if answer.status not in REDIRECTS or not answer.location:
                return answer
            url = urljoin(url, answer.location)
        return Answer(url=url, status=_GONE[0])  # RFC 9309, 2.3.1.2: it may be taken for unavailable

    def _ask(self, url: str, most: int) -> Answer:
        left = self._end - monotonic()
        if left <= 0:
            raise Unreadable(Problem.LATE)
        try:
            with self._wire.exchange(left), self._client.stream("GET", url, timeout=left) as response:
                headers = response.headers
                body = Body(urlsplit(url).hostname or "", headers.get_list("content-encoding", split_commas=True), most)
                for piece in response.iter_raw():
                    body.add(piece)
                return Answer(
                    url=url,
                    status=response.status_code,
                    content_type=headers.get("content-type", ""),
                    location=headers.get("location", ""),
                    body=body.whole(),
                )
        except TooLarge:
            raise Unreadable(Problem.TOO_LARGE) from None
        except (Corrupt, httpx.DecodingError):
            raise Unreadable(Problem.BROKEN) from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            late = self._wire.expired or isinstance(error, httpx.TimeoutException)
            raise Unreadable(Problem.LATE if late else Problem.UNREACHABLE) from None


def fetch(url: str, *, contact: str, hosts: Collection[str] = (), seconds: float = SECONDS) -> Answer:
    """Fetch one page; raises Unreadable."""
    with closing(Visitor(contact, hosts=hosts, seconds=seconds)) as visitor:
        return visitor.fetch(url)
