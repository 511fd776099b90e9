"""Fetch a cited page from a public address and split its text into passages; `read_source` runs this as a process.

Time, bytes and redirects are limited, and the robots.txt of each host is obeyed. Anybody can cite a URL, so a URL in
the text of a wiki is not trusted. Requests are refused by where they would go, not by how the URL looks: a name may
lead anywhere (server-side request forgery, CWE-918), so each IP address of a name is checked when the connection is
made.
"""

from __future__ import annotations

import io
import ipaddress
import json
import logging
import re
import signal
import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import httpx
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from watcher.errors import Corrupt, TooLarge
from watcher.fetch.transport import REDIRECTS, user_agent
from watcher.fetch.wire import Body, Wire
from watcher.model.source_checks import Problem
from watcher.parse.quantities import is_supported
from watcher.processes import limit_memory
from watcher.source_check.html_text import obstacle, read_html
from watcher.source_check.page import SECONDS, WORDS, SourcePage, SourcePassage, Unreadable
from watcher.urls import ip_address, url_host, web_link

_PORTS: Final = {"http": 80, "https": 443}
# NAT64 (RFC 6052), 6to4 (RFC 3056) and Teredo (RFC 4380) carry an IPv4 address, which may be a private one.
_TUNNELS: Final = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
# Wayback Machine and pywb: `/web/20120601000000/https://…` is the copy in the archive's frame, `…id_/` the copy itself.
_ARCHIVED: Final = re.compile(r"(https?://[^/?#]+/(?:[\w-]+/)*\d{4,14})/(https?://.*)", re.DOTALL)


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet.

    >>> is_public("93.184.215.14"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False, False)
    """
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
        if any(parsed in network for network in _TUNNELS):
            return False
    return parsed is not None and parsed.is_global and not parsed.is_multicast


def require_port(url: str, hosts: Collection[str]) -> SplitResult:
    """Return the parts of a URL that may be requested; raise Unreadable for another scheme or port.

    `hosts` are the entries `host:port` that the installation also allows: with another port, or in its own network.
    """
    link = web_link(url)
    if link is None:
        raise Unreadable(Problem.ADDRESS)
    parts = urlsplit(link)
    try:
        port = parts.port
    except ValueError:
        raise Unreadable(Problem.ADDRESS) from None
    usual = _PORTS[parts.scheme.lower()]
    if port not in (None, usual) and not _is_listed(parts.hostname or "", port or usual, hosts):
        raise Unreadable(Problem.ADDRESS)
    return parts


def permits(hosts: Collection[str]) -> Callable[[str, int, str], None]:
    """Return a check for connections, by host, port and IP address, which raises Unreadable."""

    def check(host: str, port: int, address: str) -> None:
        if not is_public(address) and not _is_listed(host, port, hosts):
            raise Unreadable(Problem.ADDRESS)

    return check


def _is_listed(host: str, port: int, hosts: Collection[str]) -> bool:
    return f"{url_host(host)}:{port}".lower() in {entry.lower() for entry in hosts}


def unwrapped(url: str) -> str:
    """Return the URL of an archived copy without the archive's frame; any other URL unchanged.

    >>> unwrapped("https://web.archive.org/web/20120601000000/http://example.org/a")
    'https://web.archive.org/web/20120601000000id_/http://example.org/a'
    """
    archived = _ARCHIVED.fullmatch(url)
    return f"{archived[1]}id_/{archived[2]}" if archived else url


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
    """A client that fetches pages until its time is over; `hosts` are allowed in addition to public addresses."""

    def __init__(self, contact: str, *, hosts: Collection[str] = (), seconds: float = SECONDS) -> None:
        self._hosts = frozenset(hosts)
        self._agent = user_agent(contact)
        self._end = monotonic() + seconds
        self._redirects = 0
        self._robots: dict[str, RobotFileParser] = {}
        # No proxy: it would resolve the name itself, so that the destination could not be checked.
        self._wire = Wire(most_bytes=MOST_BYTES + _HEADER_BYTES, permit=permits(self._hosts))
        headers = {"User-Agent": self._agent, "Accept": "text/html, application/pdf"}
        self._client = self._wire.client(headers, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(self, url: str) -> Answer:
        """Fetch a page, following redirects; raise Unreadable if that fails."""
        answer = self._follow(url, MOST_BYTES, MOST_REDIRECTS - self._redirects, by_robots=True)
        if answer.status in _GONE:
            raise Unreadable(Problem.GONE)
        if answer.status != 200:  # noqa: PLR2004  a refusal; 204 and 206 have no page either
            raise Unreadable(Problem.FORBIDDEN)
        return answer

    def _follow(self, url: str, most: int, redirects: int, *, by_robots: bool) -> Answer:
        for _ in range(redirects + 1):
            parts = require_port(url, self._hosts)
            if by_robots and not self._robots_of(f"{parts.scheme}://{parts.netloc}").can_fetch(self._agent, url):
                raise Unreadable(Problem.ROBOTS)
            answer = self._ask(url, most)
            if answer.status >= 500 or answer.status == _TOO_MANY:  # noqa: PLR2004  the class of a server's errors
                raise Unreadable(Problem.FAILING)
            if answer.status not in REDIRECTS or not answer.location:
                return answer
            self._redirects += by_robots
            url = urljoin(url, answer.location)
        raise Unreadable(Problem.REDIRECTS)

    def _robots_of(self, origin: str) -> RobotFileParser:
        """Return the rules of a host (RFC 9309); without robots.txt, all is allowed. Raise Unreadable if it fails."""
        if origin not in self._robots:
            rules, text = RobotFileParser(), ""
            try:
                answer = self._follow(f"{origin}/robots.txt", _ROBOTS_BYTES, MOST_REDIRECTS, by_robots=False)
                text = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""  # noqa: PLR2004
            except Unreadable as error:
                if error.problem is not Problem.REDIRECTS:  # RFC 9309, 2.3.1.2: it may be treated as unavailable
                    raise
            rules.parse(text.splitlines())
            self._robots[origin] = rules
        return self._robots[origin]

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


_MOST_PAGES: Final = 300  # of a PDF
# What pypdf raises for documents that are damaged in unexpected ways.
_DAMAGED: Final = (
    PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OSError,
    NotImplementedError,
)  # fmt: skip


def read_pdf(body: bytes, *, until: float) -> tuple[list[SourcePassage], str, bool]:
    """Return the passages, the title, and whether some pages were left unread; `until` is by the monotonic clock.

    Raise Unreadable if the document is damaged, encrypted, or has no text.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs every flaw of a document
    try:
        reader = PdfReader(io.BytesIO(body))
        is_locked = reader.is_encrypted and not reader.decrypt("")
        passages, partial = ([], False) if is_locked else _passages(reader, until)
        title = "" if is_locked else str((reader.metadata and reader.metadata.title) or "")
    except _DAMAGED:
        raise Unreadable(Problem.BROKEN) from None
    if not passages:
        raise Unreadable(Problem.LOCKED if is_locked else Problem.IMAGES)
    return passages, title[:300], partial


def _passages(reader: PdfReader, until: float) -> tuple[list[SourcePassage], bool]:
    """Return the paragraphs (joined lines and hyphenated words up to an empty line), and whether pages are missing."""
    passages, characters = list[SourcePassage](), 0
    for number, page in enumerate(reader.pages):
        if number >= _MOST_PAGES or characters > _MOST_CHARACTERS or monotonic() > until:
            return passages, True
        text = page.extract_text().replace("\xad\n", "")
        characters += len(text)
        lines = [line.lstrip() for line in text.split("\n")]
        joined = "".join(
            line[:-1] if line.endswith("-") and following[:1].islower() else f"{line} " if line.strip() else "\n"
            for line, following in zip(lines, [*lines[1:], ""], strict=True)
        )
        passages += [SourcePassage(text=words) for part in joined.split("\n") if (words := " ".join(part.split()))]
    return passages, False


_MEMORY_GROWTH: Final = 512 << 20  # bytes; the tree of 5 MB of HTML takes about 200 MB
_MOST_CHARACTERS: Final = 300_000  # of text: numbers are read from it at 200 KB a second
_MOST_PASSAGES: Final = 20_000
_LITTLE: Final = 200  # characters of a page that only shows another one in a frame
_FUNCTION_WORDS: Final[dict[str, str]] = WORDS["function_words"]


def main() -> None:
    """Run the child process: read the request from standard input, and write the page to standard output as JSON."""
    request = json.loads(sys.stdin.buffer.read())
    # If the parent is gone, nothing else ends this process.
    signal.setitimer(signal.ITIMER_REAL, float(request["seconds"]))
    limit_memory(_MEMORY_GROWTH)
    sys.stdout.write(json.dumps(read_page(**request).to_dict()))


def read_page(url: str, *, contact: str, hosts: Sequence[str], seconds: float) -> SourcePage:
    """Read a page in this process."""
    until = monotonic() + seconds
    with closing(Visitor(contact, hosts=hosts, seconds=seconds)) as visitor:
        try:
            asked = unwrapped(url)
            answer = visitor.fetch(asked)
            if answer.body.lstrip()[:5] == b"%PDF-":
                # A third of the time is left for the rest of the work.
                passages, title, partial = read_pdf(answer.body, until=until - seconds / 3)
                return _bounded(SourcePage(url=answer.url, title=title, partial=partial), passages, "")
            return _html_page(visitor, asked, answer)
        except Unreadable as error:
            return SourcePage(url=url, problem=error.problem)


def _html_page(visitor: Visitor, asked: str, answer: Answer) -> SourcePage:
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind not in ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", ""):
        raise Unreadable(Problem.FORMAT)
    if kind == "text/plain":
        plain = answer.body.decode("utf-8", "replace")
        parts = [SourcePassage(text=words) for part in re.split(r"\n\s*\n", plain) if (words := " ".join(part.split()))]
        return _bounded(SourcePage(url=answer.url), parts, "")
    html = read_html(answer.body, answer.content_type)
    if len(html.content) < _LITTLE and len(html.frames) == 1:
        framed = urljoin(answer.url, html.frames[0])
        if urlsplit(framed).netloc == urlsplit(answer.url).netloc:
            answer = visitor.fetch(framed)
            html = read_html(answer.body, answer.content_type)
    problem = obstacle(html, asked, answer.url)
    if problem not in (None, Problem.PAYWALL):
        raise Unreadable(problem)
    page = SourcePage(url=answer.url, title=html.title[:300], partial=html.partial, problem=problem)
    return _bounded(page, html.passages, html.language)


def _bounded(page: SourcePage, passages: Sequence[SourcePassage], declared: str) -> SourcePage:
    """Return the page with its passages, up to the limits, and its language."""
    kept, characters = list[SourcePassage](), 0
    for passage in passages[:_MOST_PASSAGES]:
        characters += len(passage.text) + len(passage.label)
        if characters > _MOST_CHARACTERS:
            break
        kept.append(replace(passage, heading=passage.heading[:300], label=passage.label[:300]))
    partial = page.partial or len(kept) < len(passages)
    return replace(page, passages=tuple(kept), partial=partial, language=language_of(kept, declared))


def language_of(passages: Sequence[SourcePassage], declared: str) -> str:
    """Return the language of some passages by their words, else the declared one; empty if neither is known.

    Many pages declare the language of the template that they were made from.
    """
    words = " ".join(passage.text for passage in passages if not passage.aside)[:20_000].lower().split()
    counts = sorted(
        ((sum(map(words.count, words_of_it.split())), code) for code, words_of_it in _FUNCTION_WORDS.items()),
        reverse=True,
    )
    (most, code), (second, _) = counts[:2]
    if most > 2 and most > 1.5 * second:  # noqa: PLR2004  more than a name or a quotation
        return code
    base = declared.partition("-")[0].strip()
    return base if is_supported(base) else ""
