"""Define the shape of watchlist.toml for pydantic: keys, types and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from watcher.config import addresses, schedule, streams, validators
from watcher.config.settings import Secret
from watcher.model import Severity
from watcher.model.revisions import LANGUAGE_CODE


def _environ(info: ValidationInfo) -> Mapping[str, str]:
    return dict(info.context["environ"]) if info.context else {}


def _secret(value: Any, info: ValidationInfo) -> Secret:
    return validators.secret(value, _environ(info))


def _notification_url(value: Any, info: ValidationInfo) -> Secret:
    return validators.notification_url(value, _environ(info))


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; write some text")
    return " ".join(value.split())


def _base_url(value: str) -> str:
    return addresses.web_address(value).rstrip("/")


Text = Annotated[str, Field(max_length=2_000), AfterValidator(_text)]
Name = Annotated[str, AfterValidator(validators.name)]
Title = Annotated[str, AfterValidator(validators.title)]
Duration = Annotated[timedelta, BeforeValidator(validators.duration)]
Interval = Annotated[timedelta, BeforeValidator(validators.interval)]
Age = Annotated[timedelta, BeforeValidator(validators.age)]
Level = Annotated[Severity, BeforeValidator(validators.severity)]
Language = Annotated[str, Field(pattern=LANGUAGE_CODE)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, arbitrary_types_allowed=True)


class WatcherTable(_Table):
    """`[watcher]`."""

    contact: Annotated[str, AfterValidator(validators.contact)]
    database: Annotated[Secret, BeforeValidator(_secret)] = Secret("sqlite:///watcher.db")
    reports: Text = "reports"
    base_url: Annotated[str, AfterValidator(_base_url)] | None = None
    allowed_hosts: list[Annotated[str, AfterValidator(validators.host)]] | None = None
    templates: Text | None = None
    trusted_proxies: list[Annotated[str, AfterValidator(validators.network)]] = []


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
    stream: Annotated[str, AfterValidator(streams.validate_stream)] = ""


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
    kinds: list[Annotated[str, AfterValidator(validators.kinds)]] = []
    articles: list[Title] = []
    tags: list[Name] = []
    digest: Annotated[schedule.Digest, BeforeValidator(schedule.digest)] | None = None
    quiet: Annotated[schedule.QuietHours, BeforeValidator(schedule.quiet)] | None = None
    timezone: Annotated[str, BeforeValidator(schedule.timezone)] = "UTC"
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
