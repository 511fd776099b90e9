"""Define the settings of the watchlist as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from watcher.config.schedule import Digest, QuietHours
from watcher.model import Severity


class Secret:
    """A text that never shows itself: `repr`, `str` and formatting give `***`; `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """The text itself; for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is not written anywhere; reveal() it where it is used")


@dataclass(frozen=True, slots=True, kw_only=True)
class WikiSite:
    """A wiki: a short name, the address of its Action API and its language code.

    `stream` is where its edits are seen as they happen: the address of an event stream, "recent-changes" or "off".
    """

    name: str
    api: str
    language: str = "en"
    stream: str = "recent-changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """An article that is watched; `wiki` and `destinations` are names from the same watchlist.

    One that is `paused` is not asked for, and its checks are never overdue.
    """

    wiki: str
    title: str
    threshold: Severity = Severity.MEDIUM
    settle: timedelta = timedelta(minutes=10)
    every: timedelta = timedelta(minutes=15)
    claims: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    critical_bypass: bool = True
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where alerts go and which ones: empty `kinds`, `articles` and `tags` mean all.

    `kinds` are patterns over the names of `watcher.model.Kind`, `*` for any characters. `digest` and `quiet`
    are in the local time of `timezone`; with `critical_bypass` the critical does not wait for either.
    An `operator` is told of failing checks, vanished pages and dead deliveries as well.
    """

    name: str
    url: Secret = field(repr=False)
    threshold: Severity = Severity.INFO
    kinds: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    digest: Digest | None = None
    quiet: QuietHours | None = None
    timezone: str = "UTC"
    critical_bypass: bool = False
    operator: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long findings, texts and report files are kept; None is for good."""

    findings: timedelta | None = None
    texts: timedelta | None = None
    reports: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """The whole file; paths are absolute and `database` is a complete URL.

    `templates` is a folder with the user's own words for messages. `trusted_proxies` are the addresses or networks of
    reverse proxies whose X-Forwarded-* headers are believed.
    """

    path: Path
    contact: str
    database: Secret
    reports: Path
    base_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    wikis: tuple[WikiSite, ...] = ()
    watches: tuple[Watch, ...] = ()
    destinations: tuple[Destination, ...] = ()
    templates: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    keep: Retention = Retention()

    def wiki(self, name: str) -> WikiSite:
        """The wiki of that name; KeyError when there is none (a watch's wiki always exists)."""
        return {site.name: site for site in self.wikis}[name]
