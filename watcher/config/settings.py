"""Define every setting of watchlist.toml in one place: its type, default, check and description.

The loader, the editor, the first watchlist, the edit form, the API and the table in deploy/README.md are derived from
these models, so a new setting is one field here.
"""

import ast
import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    model_validator,
)
from pydantic.fields import FieldInfo

from watcher.config import validators
from watcher.config.validators import Secret
from watcher.model import Severity
from watcher.model.revisions import LANGUAGE_CODE

T = TypeVar("T")


def _parsed(kind: type[T], parse: Callable[[Any], T]) -> BeforeValidator:
    """Return a validator that parses the file's value; it keeps a value that is parsed already."""
    return BeforeValidator(lambda value: value if isinstance(value, kind) else parse(value))


def _secret(read: Callable[..., Secret]) -> BeforeValidator:
    """Return a validator that reads a secret, with `env:NAME` from the `environ` of the validation context."""

    def parse(value: Any, info: ValidationInfo) -> Secret:
        return value if isinstance(value, Secret) else read(value, (info.context or {}).get("environ", {}))

    return BeforeValidator(parse)


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; write some text")
    return " ".join(value.split())


_LONGEST_SOURCE: Final = 2_500  # bytes; an entry of a PostgreSQL index, with the wiki's name, has at most 2,704
# The JSON of the API has durations in seconds.
_SECONDS = PlainSerializer(lambda length: int(length.total_seconds()), return_type=int)
Text = Annotated[str, Field(max_length=2_000), AfterValidator(_text)]
Name = Annotated[str, AfterValidator(validators.name)]
Title = Annotated[str, AfterValidator(validators.title)]
Duration = Annotated[timedelta, _parsed(timedelta, validators.duration), _SECONDS]
Interval = Annotated[timedelta, _parsed(timedelta, validators.interval), _SECONDS]
Number = Annotated[Decimal, _parsed(Decimal, validators.number)]
HiddenText = Annotated[Secret, _secret(validators.secret)]
Share = Annotated[Decimal, _parsed(Decimal, validators.share)]
Pattern = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(lambda text: text.replace("_", " "))]
Age = Annotated[timedelta, _parsed(timedelta, validators.age)]
Level = Annotated[
    Severity, _parsed(Severity, validators.severity), PlainSerializer(lambda level: level.label, return_type=str)
]
# TOML has lists, but frozen values have tuples: validation of the list itself is lax, that of its items strict.
Several = Annotated[tuple[T, ...], Field(strict=False)]


def descriptions(table: type[BaseModel]) -> dict[str, str]:
    """Map the keys of a table to the docstrings below its fields; this parses the source, which is slow."""
    result: dict[str, str] = {}
    for kind in (kind for kind in table.__mro__ if kind.__module__ == __name__):
        body = ast.parse(inspect.getsource(kind)).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, below in pairwise(body.body):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    result[table.model_fields[name].alias or name] = " ".join(text.split())
                case _:
                    pass
    return result


def _describe(schema: dict[str, Any], table: type[BaseModel]) -> None:
    for key, text in descriptions(table).items():
        if key in schema["properties"]:
            schema["properties"][key]["description"] = text


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, json_schema_extra=_describe
    )


class _Grouping(_Table):
    """Which alerts are combined into one message; a destination without these settings has those of `[watcher]`."""

    group_by: Several[Annotated[str, AfterValidator(validators.group_word)]] = validators.GROUP_WORDS
    group_wait: Duration = timedelta(seconds=30)
    group_interval: Duration = timedelta(minutes=5)


class WatcherTable(_Grouping):
    """`[watcher]`."""

    contact: Annotated[str, AfterValidator(validators.contact)]
    database: HiddenText = Secret("sqlite:///watcher.db")
    reports: Text = "reports"
    base_url: Annotated[str, AfterValidator(lambda url: validators.web_address(url).rstrip("/"))] | None = None
    allowed_hosts: Several[Annotated[str, AfterValidator(validators.host)]] | None = None
    templates: Text | None = None
    trusted_proxies: Several[Annotated[str, AfterValidator(validators.network)]] = ()
    source_hosts: Several[Annotated[str, AfterValidator(validators.host_and_port)]] = ()


class Retention(_Table):
    """`[keep]`: how long findings, texts and report files are kept; None keeps them permanently.

    The review pages create a deleted report again from the database.
    """

    findings: Age | None = None
    texts: Age | None = None
    reports: Age = timedelta(days=90)


class WikiSite(_Table):
    """`[[wiki]]`: a short name, the address of its Action API and its language code.

    `stream` is the source of its edits in real time: the address of an event stream, "recent-changes" or "off".
    `rendered` and `source_check` apply to those of its watches that do not set them.
    `revert_risk` is the address of a Lift Wing model that returns the probability that an edit is reverted.
    `image_hosts` are hosts from which the browsers of reviewers may load images: that of the files, and the wiki's own.
    A wiki that requires a login gets `username` and `password` (from Special:BotPasswords) or `oauth_token` (of an
    owner-only OAuth 2 consumer). A server in front of it gets `basic_auth`, a user and a password separated by a colon.
    `talk_note`, `citation_needed` and `edit_summary` are texts that reviewers copy into it, with `$edit`, `$editor`,
    `$section`, `$change`, `$old`, `$new`, `$year`, `$month` and `$day`; without them, those of its language are used.
    """

    name: Name
    api: Annotated[str, AfterValidator(validators.web_address)]
    language: Annotated[str, Field(pattern=LANGUAGE_CODE)] = "en"
    stream: Annotated[str, AfterValidator(validators.validate_stream)] = validators.RECENT
    rendered: bool = False
    source_check: bool = False
    revert_risk: Annotated[str, AfterValidator(validators.web_address)] | None = None
    image_hosts: Several[Annotated[str, AfterValidator(validators.host)]] = ()
    talk_note: Text | None = None
    citation_needed: Text | None = None
    edit_summary: Text | None = None
    username: Text | None = None
    password: HiddenText | None = Field(None, repr=False)
    oauth_token: HiddenText | None = Field(None, repr=False)
    basic_auth: HiddenText | None = Field(None, repr=False)

    @model_validator(mode="after")
    def _has_one_login(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError('has only part of a login; write username = "Name@bot" and password = "env:NAME"')
        if self.oauth_token is not None and (self.username or self.basic_auth):
            raise ValueError("has an oauth_token and another login for the same header; keep one of them")
        return self

    @property
    def signs_in(self) -> bool:
        """Return whether its requests are made with an account."""
        return self.username is not None or self.oauth_token is not None


class EditFilter(_Table):
    """`ignore` and `only` of a watch or destination: a filter that matches edits by at least one of its keys.

    Editors, tags and groups are patterns in which `*` stands for any characters.
    """

    editors: Several[Pattern] = Field((), title="Editors, one per line; * for any characters")
    """names or IP addresses of editors, such as `"*Bot"` or `"192.0.2.*"`; case-sensitive"""
    bots: bool = Field(default=False, title="By bots")
    """edits by bots"""
    minor: bool = Field(default=False, title="Marked as minor")
    """edits marked as minor"""
    tags: Several[Annotated[str, Field(min_length=1, max_length=255)]] = Field((), title="Tags of edits, one per line")
    """the wiki's tags of edits, such as `"mw-rollback"`"""
    groups: Several[Pattern] = Field((), title="User groups of the editor, one per line")
    """user groups of the editor, such as `"sysop"`"""
    accounts: Several[Annotated[str, AfterValidator(validators.account)]] = Field((), title="Kinds of accounts")
    """kinds of accounts: unregistered, temporary, new, bot or registered"""

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError("matches no edit; write for example { bots = true }")
        return self

    @property
    def asks_account(self) -> bool:
        """Return whether the wiki must be asked about editors' accounts."""
        return self.bots or bool(self.groups or self.accounts)


class StatisticThreshold(_Table):
    """`[[watch.statistic]]`: limits of a statistic; changes beyond them alert regardless of the watch's threshold."""

    label: Text = Field(title="Words")
    """words that must all occur in the statistic, its sentence or its headings, as in `watcher history --statistic`"""
    low: Number | None = Field(None, title="Lowest")
    """the lowest value that causes no alert: a number such as `1500` or `"20 million"`"""
    high: Number | None = Field(None, title="Highest")
    """the highest value that causes no alert"""
    change: Share | None = Field(None, title="Change")
    """the largest relative change that causes no alert, such as `"10 %"`"""
    severity: Level | None = Field(None, title="Severity")
    """the minimum severity of these findings; by default, the threshold of the watch"""

    @model_validator(mode="after")
    def _has_limits(self) -> Self:
        if self.low is None and self.high is None and self.change is None:
            raise ValueError("has no limit; add low, high or change")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("has a low above its high; swap them")
        return self


class WatchSource(_Table):
    """The keys of a `[[watch]]` of a list of pages, whose members may change without the file.

    Each of `SOURCE_KINDS` is an alternative to `title`; `section` and `token` refine one, the others are about members.
    """

    category: Title | None = None
    """a category's name without its namespace; the list is its articles"""
    links: Title | None = None
    """a page's title; the list is the articles to which it links"""
    section: Text | None = None
    """a heading of that page, to include only the links below it"""
    search: Text | None = None
    """a query of the wiki's own search; the list is the articles that it finds"""
    template: Title | None = None
    """a template's name without its namespace; the list is the articles that use it, or whose talk pages do"""
    prefix: Title | None = None
    """a namespace, the beginning of titles, or both, such as `"Portal:Health/"`; the list is the matching pages"""
    watchlist: Text | None = None
    """`"own"` for the MediaWiki watchlist of the wiki's `username`, or the name of an account that gave its `token`"""
    token: HiddenText | None = Field(None, repr=False, exclude=True)
    """the watchlist token of that account, from its preferences: `"env:NAME"`"""
    file: Text | None = None
    """a file in the folder of this one, with one title per line, or JSON from PagePile or PetScan"""
    url: Annotated[str, AfterValidator(lambda url: validators.web_address(url, query=True))] | None = None
    """an address whose host is in `allowed_hosts`, with the same content"""
    depth: Annotated[int, Field(ge=0, le=10)] = 0
    """how many levels of subcategories are followed"""
    exceptions: Several[Pattern] = Field((), alias="except")
    """titles to leave out, with `*` for any characters"""
    refresh: Interval = timedelta(hours=6)
    """how often the list is read"""
    limit: Annotated[int, Field(ge=1, le=2_000_000)] = 10_000
    """the most members it may have; if there are more, its members stay unchanged, and `watcher status` says so"""

    @property
    def source(self) -> str:
        """Return the list as a kind and a name, such as `category:Diseases`; empty for a watch of one article."""
        return source_of({name: getattr(self, name) for name in (*SOURCE_KINDS, "section")})


SOURCE_KINDS: Final = ("category", "links", "search", "template", "prefix", "watchlist", "file", "url")


def source_of(entry: Mapping[str, Any]) -> str:
    """Return the list of pages that an entry names, in the form of `Watch.source`; empty for an article."""
    below = f"#{entry['section']}" if entry.get("section") else ""  # no title has a number sign
    return next((f"{kind}:{entry[kind]}{below}" for kind in SOURCE_KINDS if entry.get(kind)), "")


class Watch(WatchSource):
    """`[[watch]]`: a watched article, or a list of them.

    A field with a title can be edited on the page of the watch, under that label. The first of its examples is included
    in the first watchlist.
    """

    wiki: str = ""
    """the name of its `[[wiki]]`; required if there are several"""
    title: Title = ""
    """the article's title; the watch follows the page if it is moved"""
    threshold: Level = Field(Severity.MEDIUM, title="Alert from this severity on")
    """the lowest severity that causes alerts: info, low, medium, high or critical"""
    settle: Duration = Field(timedelta(minutes=10), title="Wait this long before judging an edit")
    """how old an edit must be before it is judged, even if other edits follow, so that quick reverts cause no alert"""
    every: Interval = Field(timedelta(minutes=15), title="Check every")
    """how often the article is checked"""
    claims: Annotated[Several[Text], AfterValidator(lambda texts: tuple(dict.fromkeys(texts)))] = Field(
        (), title="Pinned sentences, one per line", examples=[["trade of humans for the purpose of forced labour"]]
    )
    """pinned sentences: every change to one of them is reported"""
    destinations: Several[str] = Field((), title="Send alerts to", examples=[["team"]])
    """the names of the destinations that get its alerts; by default, all of them"""
    tags: Several[Name] = Field((), title="Tags", examples=[["law"]])
    """labels by which destinations choose watches"""
    critical_bypass: bool = Field(
        default=True, title="Alert about critical findings before the edit has settled", examples=[False]
    )
    """whether a critical finding causes an alert before its edit has settled"""
    ignore: EditFilter | None = Field(None, title="No alerts for edits", examples=[{"bots": True}])
    """edits that cause no alert: a table such as `{ bots = true, editors = ["*Bot"] }`"""
    only: EditFilter | None = Field(
        None, title="Alerts only for edits", examples=[{"accounts": ["unregistered", "new"]}]
    )
    """the only edits that cause alerts: a table with the same keys"""
    critical_always: bool = Field(default=True, title="Alert about critical findings of every editor", examples=[False])
    """whether critical findings cause alerts regardless of `ignore` and `only`"""
    statistic: Several[StatisticThreshold] = Field(
        (),
        title="Thresholds of single statistics",
        examples=[[{"label": "victims", "low": "20 million", "high": "30 million", "change": "10 %"}]],
    )
    """named statistics: changes beyond their limits cause alerts regardless of the threshold"""
    sections: Several[Text] = Field((), title="Only these sections, one heading per line", examples=[["Casualties"]])
    """headings: changes outside these sections cause no alerts, except critical ones if `critical_always` is set"""
    trusted: Several[Annotated[str, AfterValidator(validators.account_rule)]] = Field(
        (), title="Trusted accounts, one per line", examples=[["TableFan", "group:autoreviewer", "edits>500"]]
    )
    """accounts by name, `group:NAME` or `edits>NUMBER`: neither their changes in `routine` sections nor mere wording
    cause alerts"""
    routine: Several[Text] = Field((), title="Sections of routine updates", examples=[["League table"]])
    """headings below which changes by `trusted` accounts cause no alerts, except critical ones"""
    rendered: bool = Field(default=False, title="Also watch what readers see through templates", examples=[True])
    """whether facts are also watched that readers see through templates, modules and excerpts"""
    source_check: bool = Field(default=False, title="Look the values up in the cited sources", examples=[True])
    """whether alerts about statistics say which of their values the cited source states"""
    paused: bool = Field(default=False, examples=[True])
    """whether checks of the article are suspended; when they are resumed, edits made meanwhile are compared"""
    expires: Annotated[date | None, BeforeValidator(validators.day)] = Field(
        None, title="Last day of the watch", examples=["2027-01-31"]
    )
    """the last day of the watch, in UTC; after it, the watch is treated as paused"""

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        named = [kind for kind in ("title", *SOURCE_KINDS) if getattr(self, kind)]
        if not named:
            raise ValueError(f'names no page; write title = "…", or one of {", ".join(SOURCE_KINDS)}')
        if len(named) > 1:
            raise ValueError(f"names {' and '.join(named)}; write one [[watch]] for each")
        if len(self.source.encode()) > _LONGEST_SOURCE:
            raise ValueError(f"names a list in more than {_LONGEST_SOURCE:,} bytes; write it shorter")
        if self.section and not self.links:
            raise ValueError("has a section, which only `links` can have; remove it")
        if self.token is not None and not self.watchlist:
            raise ValueError("has a token, which only `watchlist` needs; remove it")
        own = {name for name in WatchSource.model_fields if name in self.model_fields_set}
        if self.title and own:
            keys = ", ".join(sorted(WatchSource.model_fields[name].alias or name for name in own))
            raise ValueError(f"has {keys}, which is for lists of pages; remove it")
        if self.watchlist and (self.watchlist == "own") == (self.token is not None):
            raise ValueError('needs a token for the watchlist of another account, and none for watchlist = "own"')
        return self

    @property
    def name(self) -> str:
        """Return the title of its article, or its list of pages."""
        return self.title or self.source

    def is_active(self, now: datetime) -> bool:
        """Return whether its pages are checked: it is neither paused nor expired."""
        return not self.paused and (self.expires is None or now.astimezone(UTC).date() <= self.expires)


class Destination(_Grouping):
    """`[[destination]]`: where alerts are sent, and which ones; empty `kinds`, `articles` and `tags` mean all.

    `kinds` are patterns of the values of `watcher.model.Kind`, with `*` for any characters. `digest` and `quiet` are in
    the local time of `timezone`; with `critical_bypass`, critical findings wait for neither. `ignore`, `only` and
    `critical_always` have the same meaning as in a watch. A message that is not accepted is retried until `give_up` has
    passed. An `operator` also gets messages about failing checks, deleted pages and dead deliveries. A `payload` of
    "json" is for programs; it is signed with `secret`.
    """

    name: Name
    url: Annotated[Secret, _secret(validators.notification_url)] = Field(repr=False)
    payload: Annotated[str, AfterValidator(validators.payload)] = "text"
    secret: Annotated[Secret, _secret(validators.signing_secret)] | None = Field(None, repr=False)
    threshold: Level = Severity.INFO
    kinds: Several[Annotated[str, AfterValidator(validators.kinds)]] = ()
    articles: Several[Title] = ()
    tags: Several[Name] = ()
    digest: Annotated[validators.Digest, _parsed(validators.Digest, validators.digest)] | None = None
    quiet: Annotated[validators.QuietHours, _parsed(validators.QuietHours, validators.quiet)] | None = None
    timezone: Annotated[str, BeforeValidator(validators.timezone)] = "UTC"
    critical_bypass: bool = False
    ignore: EditFilter | None = None
    only: EditFilter | None = None
    critical_always: bool = True
    operator: bool = True
    give_up: Duration = timedelta(days=3)

    @property
    def scheme(self) -> str:
        """Return the scheme of its URL, which is not secret."""
        return self.url.get_secret_value().partition("://")[0].lower()

    @property
    def takes_json(self) -> bool:
        """Return whether it gets the JSON payload instead of a text; files always do."""
        return self.payload == "json" or self.scheme == "file"


class File(_Table):
    """The content of watchlist.toml as it is validated."""

    watcher: WatcherTable
    keep: Retention = Retention()
    wiki: Several[WikiSite] = ()
    watch: Several[Watch] = ()
    destination: Several[Destination] = ()


TABLES: Final[dict[str, type[BaseModel]]] = {
    "": File,
    "watcher": WatcherTable,
    "keep": Retention,
    "wiki": WikiSite,
    "watch": Watch,
    "destination": Destination,
    "ignore": EditFilter,
    "only": EditFilter,
    "statistic": StatisticThreshold,
}
WATCH_SETTINGS: Final = tuple(
    name for name in Watch.model_fields if name not in ("wiki", "title", *WatchSource.model_fields)
)
"""The keys of a `[[watch]]` that can be changed; the others identify the watch."""


def keys_of(table: type[BaseModel]) -> dict[str, FieldInfo]:
    """Map the keys of a table, as written in the file, to its fields."""
    return {field.alias or name: field for name, field in table.model_fields.items()}
