"""The text of watchlist.toml becomes a Watchlist, or a ConfigError that lists every mistake."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from watcher.config import addresses, streams
from watcher.config.entries import closest, is_loopback, lists
from watcher.config.mistakes import Mistake, listing, of_shape
from watcher.config.positions import Position, line_index
from watcher.config.schema import File
from watcher.config.values import Destination, Keep, Secret, Watch, Watchlist, WikiSite
from watcher.errors import ConfigError

_LARGEST = 4_000_000
_SCHEMES = ("sqlite", "postgresql+psycopg", "postgresql", "postgres")


def load(path: Path, *, environ: Mapping[str, str], valid_url: Callable[[str], bool] | None = None) -> Watchlist:
    """The watchlist in `path`; `environ` answers `env:NAME`.

    `valid_url` says whether an Apprise URL can be used (`watcher.notify.valid_url`); without it only
    its form is looked at. Raises ConfigError with one line `watchlist.toml:12: watch[1].title: …` for
    each mistake; tables are counted from 1.
    """
    return understood(read(path), path, environ=environ, valid_url=valid_url)


def understood(
    text: str, path: Path, *, environ: Mapping[str, str], valid_url: Callable[[str], bool] | None = None
) -> Watchlist:
    """The watchlist that `text` would be in the file `path`, which is not touched; as `load` otherwise."""
    content, lines = parsed(text, path.name)
    try:
        file = File.model_validate(content, context={"environ": environ})
    except ValidationError as error:
        found = of_shape(error.errors(include_url=False, include_input=False))
        raise ConfigError(listing(path.name, found, lines)) from None
    found = [
        *_clashes(file),
        *_strangers(file),
        *_unusable(file, valid_url),
        *_untimely(file),
        *_outside(file, path, environ),
    ]
    if found:
        raise ConfigError(listing(path.name, found, lines))
    return _frozen(file, path.absolute())


def read(path: Path) -> str:
    """The file's text, without a byte order mark; ConfigError when there is none to read."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; write one with `watcher init`") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions") from None
    if len(raw) > _LARGEST:
        raise ConfigError(f"{path}: larger than 4 MB; this is no watchlist")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path.name}:{line}: not UTF-8 text; save the file as UTF-8") from None


def parsed(text: str, name: str) -> tuple[dict[str, Any], dict[Position, int]]:
    """The tables of a TOML text, and the line of each key; ConfigError names the line of a slip."""
    try:
        return tomllib.loads(text), line_index(text)
    except tomllib.TOMLDecodeError as error:
        what, line = str(error), text.count("\n") + 1
        if place := re.search(r" \(at line (\d+), column \d+\)$", what):
            what, line = what[: place.start()], int(place[1])
        what = what.removesuffix(" (at end of document)")
        raise ConfigError(f"{name}:{line}: not valid TOML: {what}; check quotes and brackets on this line") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{name}:1: not valid TOML: a number is too long or brackets are too deep") from None


def _clashes(file: File) -> Iterator[Mistake]:
    """Entries that stand twice."""
    for table, names in (
        ("wiki", [site.name for site in file.wiki]),
        ("destination", [destination.name for destination in file.destination]),
    ):
        for number, name in enumerate(names):
            if name in names[:number]:
                yield Mistake(path=(table, number, "name"), text=f'"{name}" stands twice; take one out or rename it')
    seen: Counter[tuple[str | None, str]] = Counter()
    for number, watch in enumerate(file.watch):
        # a wiki's first letter is the same in either case
        page = (watch.wiki or _only_wiki(file), watch.title[:1].upper() + watch.title[1:])
        seen[page] += 1
        if seen[page] > 1:
            yield Mistake(path=("watch", number, "title"), text=f'"{watch.title}" is watched twice; take one out')


def _strangers(file: File) -> Iterator[Mistake]:
    """Names that nothing in the file bears."""
    wikis = [site.name for site in file.wiki]
    places = [destination.name for destination in file.destination]
    titles = [watch.title for watch in file.watch]
    tags = [tag for watch in file.watch for tag in watch.tags]
    for number, watch in enumerate(file.watch):
        if watch.wiki is None and len(wikis) != 1:
            text = f"is missing; name one of your [[wiki]] tables{closest('', wikis)}"
            yield Mistake(path=("watch", number, "wiki"), text=text)
        elif watch.wiki is not None and watch.wiki not in wikis:
            text = f'no [[wiki]] is named "{watch.wiki}"{closest(watch.wiki, wikis)}'
            yield Mistake(path=("watch", number, "wiki"), text=text)
        yield from _unknown(("watch", number, "destinations"), watch.destinations or [], "[[destination]]", places)
    for number, destination in enumerate(file.destination):
        yield from _unknown(("destination", number, "articles"), destination.articles, "[[watch]]", titles)
        yield from _unknown(("destination", number, "tags"), destination.tags, "[[watch]]", tags)


def _unknown(path: Position, chosen: list[str], table: str, known: list[str]) -> Iterator[Mistake]:
    for place, name in enumerate(chosen):
        if name not in known:
            yield Mistake(path=(*path, place), text=f'no {table} has "{name}"{closest(name, known)}')


def _unusable(file: File, valid_url: Callable[[str], bool] | None) -> Iterator[Mistake]:
    """Addresses that are well formed but of no use."""
    hosts = file.watcher.allowed_hosts
    for number, site in enumerate(file.wiki):
        if hosts is not None and not any(lists(entry, site.api) for entry in hosts):
            text = (
                f'its host "{_host(site.api)}" is not in allowed_hosts; add it under [watcher], or correct the address'
            )
            yield Mistake(path=("wiki", number, "api"), text=text)
        elif site.api.startswith("http:") and not is_loopback(site.api):
            text = "is not encrypted; write https:// (plain http is for this machine only)"
            yield Mistake(path=("wiki", number, "api"), text=text)
        if site.stream not in ("", streams.RECENT, streams.OFF):
            yield from _unusable_stream(number, site.stream, hosts)
    yield from _unusable_database(file.watcher.database.reveal())
    for number, destination in enumerate(file.destination):
        if valid_url is not None and not valid_url(destination.url.reveal()):
            text = (
                "Apprise cannot use this URL; see https://github.com/caronc/apprise/wiki for the form of each service"
            )
            yield Mistake(path=("destination", number, "url"), text=text)


def _unusable_database(url: str) -> Iterator[Mistake]:
    scheme, colon, rest = url.partition("://")
    if not colon or scheme not in _SCHEMES or (scheme == "sqlite" and not rest.lstrip("/").split("?")[0]):
        text = 'must be "sqlite:///file.db", "postgresql+psycopg://…" or "env:NAME"'
        yield Mistake(path=("watcher", "database"), text=text)
    elif unclear := addresses.database_mistake(url):
        yield Mistake(path=("watcher", "database"), text=unclear)


def _outside(file: File, path: Path, environ: Mapping[str, str]) -> Iterator[Mistake]:
    """A folder for reports in which this program has no business: old reports are removed from it."""
    folder = path.absolute().parent
    scheme, _, database = _database(file.watcher.database.reveal(), folder).partition(":///")
    roots = [folder, *map(Path, filter(None, environ.get("STATE_DIRECTORY", "").split(":")))]  # systemd.exec(5)
    if scheme == "sqlite":
        roots.append(Path(database.partition("?")[0]).parent)
    try:
        reports = (folder / file.watcher.reports).resolve()
        inside = any(reports.is_relative_to(root.resolve()) for root in roots)
    except (OSError, ValueError, RuntimeError):  # a NUL, or links in a circle
        inside = False
    if not inside:
        text = "is outside the folders of the watchlist and of the database; write a folder inside one of them"
        yield Mistake(path=("watcher", "reports"), text=text)


def _untimely(file: File) -> Iterator[Mistake]:
    """Wishes about time that contradict each other."""
    for number, place in enumerate(file.destination):
        if place.digest and place.quiet and place.quiet.covers(place.digest.at):
            text = f"{place.digest.at:%H:%M} is in the quiet hours; move the digest, or take `quiet` out"
            yield Mistake(path=("destination", number, "digest"), text=text)


def _unusable_stream(number: int, address: str, hosts: list[str] | None) -> Iterator[Mistake]:
    if hosts is None or not any(lists(entry, address) for entry in hosts):
        text = f'its host "{_host(address)}" is not in allowed_hosts; add it under [watcher], or correct the address'
        yield Mistake(path=("wiki", number, "stream"), text=text)
    elif address.startswith("http:") and not is_loopback(address):
        text = "is not encrypted; write https:// (plain http is for this machine only)"
        yield Mistake(path=("wiki", number, "stream"), text=text)


def _only_wiki(file: File) -> str:
    return file.wiki[0].name if len(file.wiki) == 1 else ""


def _frozen(file: File, path: Path) -> Watchlist:
    main = file.watcher
    hosts = main.allowed_hosts
    if hosts is None:
        hosts = [host for site in file.wiki for host in (_host(site.api), *streams.hosts_of(site.api))]
    everywhere = [destination.name for destination in file.destination]
    return Watchlist(
        path=path,
        contact=main.contact,
        database=Secret(_database(main.database.reveal(), path.parent)),
        reports=path.parent / main.reports,
        base_url=main.base_url,
        templates=path.parent / main.templates if main.templates else None,
        allowed_hosts=_once(hosts),
        trusted_proxies=_once(main.trusted_proxies),
        keep=Keep(findings=file.keep.findings, texts=file.keep.texts, reports=file.keep.reports),
        wikis=tuple(
            WikiSite(
                name=site.name,
                api=site.api,
                language=site.language,
                stream=streams.stream_of(site.stream, site.api, hosts),
            )
            for site in file.wiki
        ),
        watches=tuple(
            Watch(
                wiki=watch.wiki or _only_wiki(file),
                title=watch.title,
                threshold=watch.threshold,
                settle=watch.settle,
                every=watch.every,
                claims=_once(watch.claims),
                destinations=_once(everywhere if watch.destinations is None else watch.destinations),
                tags=_once(watch.tags),
                critical_bypass=watch.critical_bypass,
                paused=watch.paused,
            )
            for watch in file.watch
        ),
        destinations=tuple(
            Destination(
                name=place.name,
                url=place.url,
                threshold=place.threshold,
                kinds=_once(place.kinds),
                articles=_once(place.articles),
                tags=_once(place.tags),
                digest=place.digest,
                quiet=place.quiet,
                timezone=place.timezone,
                critical_bypass=place.critical_bypass,
                operator=place.operator,
            )
            for place in file.destination
        ),
    )


def _host(address: str) -> str:
    """The host of a web address as an entry of allowed_hosts."""
    name = urlsplit(address).hostname or ""
    return f"[{name}]" if ":" in name else name


def _once(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _database(url: str, folder: Path) -> str:
    """A complete URL: a relative SQLite file stands beside the watchlist."""
    scheme, _, rest = url.partition("://")
    if scheme != "sqlite":
        # plain names mean another driver, or the same one, depending on SQLAlchemy's release
        return f"postgresql+psycopg://{rest}"
    file, mark, options = rest.removeprefix("/").partition("?")
    return f"sqlite:///{folder / file}{mark}{options}"
