"""The shape of watchlist.toml for pydantic: which keys there are, of which type, with which default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from watcher.config import addresses, entries, streams, timing
from watcher.config.values import Secret
from watcher.model import Severity
from watcher.model.revisions import LANGUAGE_CODE


def _environ(info: ValidationInfo) -> Mapping[str, str]:
    return dict(info.context["environ"]) if info.context else {}


def _secret(value: Any, info: ValidationInfo) -> Secret:
    return entries.secret(value, _environ(info))


def _notification_url(value: Any, info: ValidationInfo) -> Secret:
    return entries.notification_url(value, _environ(info))


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; write some text")
    return " ".join(value.split())


def _base_url(value: str) -> str:
    return addresses.web_address(value).rstrip("/")


Text = Annotated[str, Field(max_length=2_000), AfterValidator(_text)]
Name = Annotated[str, AfterValidator(entries.name)]
Title = Annotated[str, AfterValidator(entries.title)]
Duration = Annotated[timedelta, BeforeValidator(entries.duration)]
Interval = Annotated[timedelta, BeforeValidator(entries.interval)]
Age = Annotated[timedelta, BeforeValidator(entries.age)]
Level = Annotated[Severity, BeforeValidator(entries.severity)]
Language = Annotated[str, Field(pattern=LANGUAGE_CODE)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, arbitrary_types_allowed=True)


class WatcherTable(_Table):
    """`[watcher]`."""

    contact: Annotated[str, AfterValidator(entries.contact)]
    database: Annotated[Secret, BeforeValidator(_secret)] = Secret("sqlite:///watcher.db")
    reports: Text = "reports"
    base_url: Annotated[str, AfterValidator(_base_url)] | None = None
    allowed_hosts: list[Annotated[str, AfterValidator(entries.host)]] | None = None
    templates: Text | None = None
    trusted_proxies: list[Annotated[str, AfterValidator(entries.network)]] = []


class KeepTable(_Table):
    """`[keep]`."""

    findings: Age | None = None
    texts: Age | None = None
    reports: Age | None = None


class WikiTable(_Table):
    """`[[wiki]]`."""

    name: Name
    api: Annotated[str, AfterValidator(addresses.web_address)]
    language: Language = "en"
    stream: Annotated[str, AfterValidator(streams.wish)] = ""


class WatchTable(_Table):
    """`[[watch]]`."""

    wiki: str | None = None
    title: Title
    threshold: Level = Severity.MEDIUM
    settle: Duration = timedelta(minutes=10)
    every: Interval = timedelta(minutes=15)
    claims: list[Text] = []
    destinations: list[str] | None = None
    tags: list[Name] = []
    critical_bypass: bool = True
    paused: bool = False


class DestinationTable(_Table):
    """`[[destination]]`."""

    name: Name
    url: Annotated[Secret, BeforeValidator(_notification_url)]
    threshold: Level = Severity.INFO
    kinds: list[Annotated[str, AfterValidator(entries.kinds)]] = []
    articles: list[Title] = []
    tags: list[Name] = []
    digest: Annotated[timing.Digest, BeforeValidator(timing.digest)] | None = None
    quiet: Annotated[timing.Quiet, BeforeValidator(timing.quiet)] | None = None
    timezone: Annotated[str, BeforeValidator(timing.timezone)] = "UTC"
    critical_bypass: bool = False
    operator: bool = True


class File(_Table):
    """The whole file."""

    watcher: WatcherTable
    keep: KeepTable = KeepTable()
    wiki: list[WikiTable] = []
    watch: list[WatchTable] = []
    destination: list[DestinationTable] = []


TABLES: dict[str, type[BaseModel]] = {
    "": File,
    "watcher": WatcherTable,
    "keep": KeepTable,
    "wiki": WikiTable,
    "watch": WatchTable,
    "destination": DestinationTable,
}
EXAMPLES = {
    "watcher": '[watcher] with contact = "mailto:you@example.org"',
    "contact": 'contact = "mailto:you@example.org"',
    "name": 'name = "enwiki"',
    "api": 'api = "https://en.wikipedia.org/w/api.php"',
    "title": 'title = "Human trafficking"',
    "url": 'url = "env:TEAM_URL"',
}
