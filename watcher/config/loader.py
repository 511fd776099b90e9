"""Load watchlist.toml, or raise a ConfigError that lists every problem: its line, its key, and what to do."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from watcher.config import validators
from watcher.config.settings import TABLES, Destination, File, Retention, Watch, WikiSite, keys_of
from watcher.config.toml_positions import Position, line_index, nearest_line
from watcher.config.validators import Secret, did_you_mean
from watcher.errors import ConfigError
from watcher.urls import host_matches, index_php_url, is_loopback_url, url_host

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


Entry = TypeVar("Entry", bound=BaseModel)
Problem = tuple[Position, str]
"""The path of a key (with indexes from 0), and a text that says what is wrong and what to do."""
EXAMPLES: Final = {
    "watcher": '[watcher] with contact = "mailto:you@example.org"',
    "contact": 'contact = "mailto:you@example.org"',
    "name": 'name = "enwiki"',
    "api": 'api = "https://en.wikipedia.org/w/api.php"',
    "label": 'label = "victims"',
    "url": 'url = "env:TEAM_URL"',
}
_WIKI_SETTINGS = ("rendered", "source_check")  # settings of a wiki that apply to watches without their own
_MAX_FILE_BYTES = 4_000_000
_SCHEMES = ("sqlite", "postgresql+psycopg", "postgresql", "postgres")


def load(
    path: Path, *, environ: Mapping[str, str], url_problem: Callable[[str], str | None] | None = None
) -> Watchlist:
    """Return the watchlist in the file `path`, with values of `env:NAME` from `environ`.

    `url_problem` returns why a destination's URL cannot be used (`watcher.notify.url_problem`); without it, only the
    form of the URL is checked. Raise ConfigError with one line per mistake, such as
    `watchlist.toml:12: watch[1].title: …`, in which tables are counted from 1.
    """
    return parse_watchlist(read(path), path, environ=environ, url_problem=url_problem)


def parse_watchlist(
    text: str, path: Path, *, environ: Mapping[str, str], url_problem: Callable[[str], str | None] | None = None
) -> Watchlist:
    """Parse `text` as the content of the file `path`, which is not read; otherwise like `load`."""
    content = parse_toml(text, path.name)
    try:
        file = File.model_validate(content, context={"environ": environ})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        result = [(tuple(detail["loc"]), _problem_text(detail)) for detail in details]
        raise ConfigError(format_problems(path.name, result, line_index(text))) from None
    if result := [*_problems(file, url_problem), *_file_problems(file, path, environ)]:
        raise ConfigError(format_problems(path.name, result, line_index(text)))
    # Resolve paths, and the defaults that depend on other entries of the file.
    path, main, only = path.absolute(), file.watcher, _only_wiki(file)
    grouping = {name: getattr(main, name) for name in ("group_by", "group_wait", "group_interval")}
    hosts = main.allowed_hosts
    if hosts is None:
        streamed = [validators.WIKIMEDIA_HOST] if any(validators.is_wikimedia(site.api) for site in file.wiki) else []
        hosts = tuple(dict.fromkeys([*(_host(site.api) for site in file.wiki), *streamed]))
    destinations = tuple(destination.name for destination in file.destination)
    of_wiki = {site.name: {name: getattr(site, name) for name in _WIKI_SETTINGS} for site in file.wiki}
    watches = [
        _with_defaults(watch, wiki=only, destinations=destinations, **of_wiki[watch.wiki or only])
        for watch in file.watch
    ]
    return Watchlist(
        path=path,
        **{name: getattr(main, name) for name in ("contact", "base_url", "trusted_proxies", "source_hosts")},
        database=Secret(_database(main.database.get_secret_value(), path.parent)),
        reports=_state_folders(file, path, environ)[0] / main.reports,
        templates=path.parent / main.templates if main.templates else None,
        allowed_hosts=hosts,
        keep=file.keep,
        wikis=tuple(_with_defaults(site, stream=validators.default_stream(site.api, hosts)) for site in file.wiki),
        watches=tuple(watch for watch in watches if watch.title),
        sources=tuple(watch for watch in watches if watch.source),
        destinations=tuple(_with_defaults(destination, **grouping) for destination in file.destination),
    )


def read(path: Path) -> str:
    """Return the text of a file, without a byte order mark; raise ConfigError if it cannot be read."""
    return decode(read_bytes(path), path.name).replace("\r\n", "\n")


def read_bytes(path: Path) -> bytes:
    """Return the content of a file; raise ConfigError if it cannot be read or is too large."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; write one with `watcher init`") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions") from None
    if len(raw) > _MAX_FILE_BYTES:
        raise ConfigError(f"{path}: larger than 4 MB; this is not a watchlist")
    return raw


def decode(raw: bytes, name: str) -> str:
    """Return a file's text without the byte order mark of Windows editors; raise ConfigError if it is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: not UTF-8 text; save the file as UTF-8") from None


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Parse a TOML text; raise ConfigError, which names the line, if it is invalid."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, line = str(error), text.count("\n") + 1
        if match := re.search(r" \(at line (\d+), column \d+\)$", what):
            what, line = what[: match.start()], int(match[1])
        what = what.removesuffix(" (at end of document)")
        raise ConfigError(f"{name}:{line}: not valid TOML: {what}; check quotes and brackets on this line") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{name}:1: not valid TOML: a number is too long or brackets are too deep") from None


def _problems(file: File, url_problem: Callable[[str], str | None] | None) -> Iterator[Problem]:
    """Yield the problems of entries that are well formed but cannot be used, and of duplicate entries."""
    destinations = partial(_problems_of_destination, url_problem=url_problem)
    checks: tuple[tuple[str, Callable[[Any, File], Iterator[Problem]]], ...] = (
        ("wiki", _problems_of_wiki), ("watch", _problems_of_watch), ("destination", destinations)
    )  # fmt: skip
    for table, check in checks:
        seen: set[str] = set()
        for number, entry in enumerate(getattr(file, table)):
            key, name = "name", entry.name
            if isinstance(entry, Watch):
                key = "title" if entry.title else entry.source.partition(":")[0]
                # As written: a Wiktionary has pages "may" and "May". If both lead to one page, `doctor` reports it.
                name = f"{entry.wiki or _only_wiki(file)}:{entry.title}{entry.source}"
            if name in seen:
                yield (table, number, key), f'"{entry.name}" is listed twice; remove or rename one'
            seen.add(name)
            yield from (((table, number, *path), text) for path, text in check(entry, file))


def _problems_of_wiki(site: WikiSite, file: File) -> Iterator[Problem]:
    hosts = file.watcher.allowed_hosts
    if text := _address_problem(site.api, hosts, implied=True):
        yield ("api",), text
    if site.stream not in (validators.RECENT, validators.OFF) and (text := _address_problem(site.stream, hosts)):
        yield ("stream",), text


def _problems_of_watch(watch: Watch, file: File) -> Iterator[Problem]:
    wikis = {site.name: site for site in file.wiki}
    if "wiki" not in watch.model_fields_set and len(file.wiki) != 1:
        yield ("wiki",), f"is missing; name one of your [[wiki]] tables{did_you_mean('', wikis)}"
    elif "wiki" in watch.model_fields_set and watch.wiki not in wikis:
        yield ("wiki",), f'no [[wiki]] is named "{watch.wiki}"{did_you_mean(watch.wiki, wikis)}'
    known = [destination.name for destination in file.destination]
    yield from _unknown("destinations", watch.destinations, "[[destination]]", known)
    if watch.url and (text := _address_problem(watch.url, file.watcher.allowed_hosts)):
        yield ("url",), text
    site = wikis.get(watch.wiki or _only_wiki(file))
    if watch.watchlist == "own" and site and not site.signs_in:
        text = "needs an account, and its [[wiki]] has none; add username and password, or oauth_token, there"
        yield ("watchlist",), text


def _problems_of_destination(
    destination: Destination, file: File, url_problem: Callable[[str], str | None] | None
) -> Iterator[Problem]:
    if not any(watch.source for watch in file.watch):  # the members of lists are not known yet
        yield from _unknown("articles", destination.articles, "[[watch]]", [watch.title for watch in file.watch])
    yield from _unknown("tags", destination.tags, "[[watch]]", [tag for watch in file.watch for tag in watch.tags])
    if url_problem is not None and (problem := url_problem(destination.url.get_secret_value())):
        yield ("url",), problem
    digest, quiet = destination.digest, destination.quiet
    if digest and quiet and quiet.contains(digest.at):
        yield ("digest",), f"{digest.at:%H:%M} is in the quiet hours; move the digest, or remove `quiet`"
    webhook = destination.scheme in ("json", "jsons")
    if destination.payload == "json" and not webhook and destination.scheme != "file":
        yield ("payload",), '"json" is for json://, jsons:// and file:// only'
    if destination.secret and not (webhook and destination.payload == "json"):
        text = 'signs JSON payloads only; write payload = "json" and a json:// or jsons:// URL, or remove it'
        yield ("secret",), text


def _unknown(key: str, chosen: Sequence[str], table: str, known: Sequence[str]) -> Iterator[Problem]:
    for number, name in enumerate(chosen):
        if name not in known:
            yield (key, number), f'no {table} has "{name}"{did_you_mean(name, known)}'


def _address_problem(address: str, hosts: Sequence[str] | None, *, implied: bool = False) -> str | None:
    """Return why an address cannot be fetched, or None; if there is no allow-list, only `implied` hosts are allowed."""
    allowed = implied if hosts is None else any(host_matches(entry, address) for entry in hosts)
    if not allowed:
        return f'its host "{_host(address)}" is not in allowed_hosts; add it under [watcher], or correct the address'
    if address.startswith("http:") and not is_loopback_url(address):
        return "is not encrypted; write https:// (plain http is for this machine only)"
    return None


def _file_problems(file: File, path: Path, environ: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the problems of an unusable database URL, and of a folder for reports outside this program's folders.

    That is refused because old reports are deleted from the folder.
    """
    url = file.watcher.database.get_secret_value()
    scheme, colon, rest = url.partition("://")
    if not colon or scheme not in _SCHEMES or (scheme == "sqlite" and not rest.lstrip("/").split("?")[0]):
        text = 'must be "sqlite:///file.db", "postgresql+psycopg://…" or "env:NAME"'
        yield (("watcher", "database"), text)
    elif problem := validators.database_problem(url):
        yield (("watcher", "database"), problem)
    roots = [*_state_folders(file, path.absolute(), environ), path.absolute().parent]
    try:
        reports = (roots[0] / file.watcher.reports).resolve()
        is_inside = any(reports.is_relative_to(root.resolve()) for root in roots)
    except (OSError, ValueError, RuntimeError):  # a NUL, or a loop of symbolic links
        is_inside = False
    if not is_inside:
        text = "is outside the folders of the watchlist and of the database; write a folder inside one of them"
        yield (("watcher", "reports"), text)


def _state_folders(file: File, path: Path, environ: Mapping[str, str]) -> list[Path]:
    """List the folders that this installation writes to, the preferred one first.

    They are those that systemd made for the service (STATE_DIRECTORY, systemd.exec(5)) and that of an SQLite database.
    The folder of the watchlist is used only if there are none, because it is read-only on workers and in containers.
    """
    folders = [Path(folder) for folder in environ.get("STATE_DIRECTORY", "").split(":") if folder]
    scheme, _, database = _database(file.watcher.database.get_secret_value(), path.parent).partition(":///")
    if scheme == "sqlite":
        folders.append(Path(database.partition("?")[0]).parent)
    return folders or [path.parent]


def _only_wiki(file: File) -> str:
    return file.wiki[0].name if len(file.wiki) == 1 else ""


def _with_defaults(entry: Entry, **defaults: Any) -> Entry:
    left_out = {name: value for name, value in defaults.items() if name not in entry.model_fields_set}
    return entry.model_copy(update=left_out) if left_out else entry


def _host(address: str) -> str:
    """Return the host of a web address in the form of an entry of allowed_hosts."""
    return url_host(urlsplit(address).hostname or "")


def _database(url: str, folder: Path) -> str:
    """Return the complete URL of a database; a relative SQLite path is relative to the watchlist's folder."""
    scheme, _, rest = url.partition("://")
    if scheme != "sqlite":
        # Which driver "postgresql" without a driver's name means depends on SQLAlchemy's release.
        return f"postgresql+psycopg://{rest}"
    file, mark, options = rest.removeprefix("/").partition("?")
    return f"sqlite:///{folder / file}{mark}{options}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """The content of watchlist.toml; paths are absolute and `database` is a complete URL.

    `watches` are those of single articles, `sources` those of lists of pages, whose members are in the database.
    `templates` is the folder with the user's message templates. `trusted_proxies` are addresses or networks of reverse
    proxies whose X-Forwarded-* headers are trusted, `source_hosts` hosts with ports from which cited sources may be
    read in addition to the public web.
    """

    path: Path
    contact: str
    database: Secret
    reports: Path
    base_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    wikis: tuple[WikiSite, ...] = ()
    watches: tuple[Watch, ...] = ()
    sources: tuple[Watch, ...] = ()
    destinations: tuple[Destination, ...] = ()
    templates: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    source_hosts: tuple[str, ...] = ()
    keep: Retention = field(default_factory=Retention)

    @property
    def entries(self) -> tuple[Watch, ...]:
        """Return every `[[watch]]`, those of lists last."""
        return (*self.watches, *self.sources)

    def wiki(self, name: str) -> WikiSite:
        """Return the wiki with this name; raise KeyError if there is none (a watch's wiki always exists)."""
        return {site.name: site for site in self.wikis}[name]

    @property
    def languages(self) -> dict[str, str]:
        """Map the name of every wiki to its language, for quotations from it."""
        return {site.name: site.language for site in self.wikis}

    @property
    def index_urls(self) -> dict[str, str]:
        """Map the name of every wiki to the URL of its index.php."""
        return {site.name: index_php_url(site.api) for site in self.wikis}


_MAX_PROBLEMS = 20
_TYPES = {
    "string_type": 'must be text in quotes, for example "…"',
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "tuple_type": 'must be a list, for example ["…"]',
    "string_too_long": "is too long; 2,000 characters are allowed",
    "string_pattern_mismatch": 'must be a language code in lower case; write for example "en"',
}


def format_path(path: Position) -> str:
    """Return a path with indexes from 1, as users count: `("watch", 0, "title")` is `watch[1].title`."""
    words = ""
    for part in path:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if words else part
    return words


def format_problems(file: str, problems: Iterable[Problem], lines: dict[Position, int]) -> str:
    """Return one line per problem in the order of the file, at most twenty."""
    placed = sorted((nearest_line(lines, path), format_path(path), text) for path, text in problems)
    rows = [f"{file}:{line}: {key}: {text}" for line, key, text in dict.fromkeys(placed)]
    if len(rows) > _MAX_PROBLEMS:
        rows = [*rows[:_MAX_PROBLEMS], f"{file}: and {len(rows) - _MAX_PROBLEMS} more mistakes; fix these first"]
    return "\n".join(rows)


def _problem_text(detail: ErrorDetails) -> str:
    path = detail["loc"]
    key = str(path[-1])
    tables = [part for part in path if isinstance(part, str)]
    match detail["type"]:
        case "value_error":
            return str(detail["ctx"]["error"])
        case "missing":
            return f"is missing; add {EXAMPLES.get(key, key + ' = …')}"
        case "extra_forbidden":
            table = TABLES.get(tables[-2] if len(tables) > 1 else "", TABLES[""])
            return f"is an unknown key{did_you_mean(key, keys_of(table))}"
        case "model_type" | "dict_type" | "model_attributes_type":
            header = f"[{key}]" if len(path) == 1 else "{ bots = true }" if key in tables else f"[[{'.'.join(tables)}]]"
            return f"must be a table; write {header}"
        case "tuple_type" if len(path) == 1 or key == "statistic":
            return f"must be a list of tables; write [[{'.'.join(tables)}]] with two brackets"
        case kind:
            return _TYPES.get(kind, detail["msg"])
