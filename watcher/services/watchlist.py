"""Edit the watchlist file: changes are validated, written atomically, and refused if the file was changed meanwhile.

Pages are added by title, or by a URL copied from a browser; only wikis in the watchlist are sent requests.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from snapshots import NewMute
from watcher import config
from watcher.config.editor import name_wikis
from watcher.config.loader import decode, parse_toml, read, read_bytes
from watcher.config.settings import source_of
from watcher.errors import ConfigError, Conflict, InputError, Missing, Refused
from watcher.fetch import PageState
from watcher.fetch.pages import PageList
from watcher.model import Article, Dialect
from watcher.private_files import write_text
from watcher.services.alerting.mutes import SHOWN, find_missing
from watcher.services.context import AppContext
from watcher.services.operations.startup import open_context
from watcher.text import shorten

Choose = Callable[[str, bool], bool | None]
"""Decide from a page's title, and whether it is a category, if its members are to be watched; None if unknown."""


def file_version(path: Path) -> str:
    """Return a version of the file's content; forms send it back, so that no other change is overwritten."""
    return _version(read_bytes(path.resolve()))


def update_file(
    path: Path, change: Callable[[str], str], *, version: str | None = None, environ: Mapping[str, str] = os.environ
) -> bool:
    """Replace the file's text by `change(text)`; return whether it has changed.

    Raises Conflict if the file no longer has the given `version`, ConfigError if the new text is not a valid watchlist
    or cannot be written, and anything that `change` raises; the file is then unchanged.
    """
    real = path.resolve()  # if it is a symbolic link, its target is replaced
    try:
        folder = os.open(real.parent, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(f"{real.parent}: cannot be opened ({error.strerror}); check the folder") from None
    try:
        # One writer at a time, among all processes. The folder is locked because the file itself is replaced.
        fcntl.flock(folder, fcntl.LOCK_EX)
        before = read_bytes(real)
        if version is not None and version != _version(before):
            raise Conflict(f"{path.name} was changed meanwhile, so nothing was written: reload it, then try again")
        text = decode(before, path.name)
        changed = change(text)
        if changed == text:
            return False
        # Validated as on loading, so that no edit can leave a file that stops the service.
        config.parse_watchlist(changed.replace("\r\n", "\n"), real, environ=environ)
        try:
            write_text(real, changed, durable=True)
        except OSError as error:
            problem = f"{real.name}: cannot be written ({error.strerror})"
            raise ConfigError(f"{problem}; let this program write its folder, or edit it by hand") from None
        return True
    finally:
        os.close(folder)


def change_watch(path: Path, wiki: str, title: str, settings: Mapping[str, Any], version: str | None = None) -> bool:
    """Change settings of a watch with `update_file`. Raises Missing if the watch is not in the file."""
    return update_file(path, lambda text: config.edit_watch(text, wiki, title, settings), version=version)


def _version(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]


def add_entries(path: Path, names: Sequence[str], wiki: str | None, choose: Choose) -> Iterator[str]:
    """Add watches to the file; yield a line for each as soon as it is added, and a note for each talk page.

    `choose` decides whether a page or its members are meant. Raises ConfigError, also if that is unknown, Refused (a
    host that is not on the allow-list), Missing, Unavailable; only watches that were yielded until then are added.
    """
    with open_context(path) as services:
        for name in names:
            page = find_page(services, name, wiki)
            namespace, colon, rest = page.title.partition(":")
            namespace = namespace.strip().casefold()
            # The wiki's namespaces are only fetched if the title may have one.
            dialect = services.dialect(page.wiki) if colon else Dialect()
            category = rest.strip() if namespace in dialect.category_namespaces else ""
            members = choose(page.title, bool(category))
            if members is None:
                raise ConfigError(
                    f"{page.title!r}: say which is meant, --page for the page itself or --members for the pages in it"
                )
            if members:
                kind, value = ("category", category) if category else ("links", page.title)
                pages = services.client(page.wiki).members(PageList(kind=kind, name=value))
                next(batch for batch in pages if batch)  # raises Missing if there are none
                update_file(path, partial(config.add_watch, wiki=page.wiki, name=value, kind=kind))
                yield f"{path}: watching the pages of {kind}:{value} on {page.wiki}; run: watcher check"
                continue
            page.existing()
            if page.section:
                from watcher.pipeline import missing_headings

                article = Article(wiki=page.wiki, page_id=page.page_id, title=page.title)
                text = services.client(page.wiki).newest(article).wikitext or ""
                for heading, closest in missing_headings(text, [page.section], services.dialect(page.wiki)):
                    hint = f"; did you mean {closest!r}?" if closest else "; leave out what follows the number sign"
                    where = f"{page.title!r} on {page.wiki}"
                    raise Missing(f"{where}: has no section {heading!r}, nothing was added{hint}")
            save_watch(services, page)
            followed = f" (from {page.requested_title!r})" if page.title != page.requested_title else ""
            section = f", section {page.section!r}," if page.section else ""
            yield f"{path}: watching {page.title!r}{section} on {page.wiki}{followed}; run: watcher check"
            if rest.strip() and namespace in dialect.talk_namespaces:
                yield f"{page.title!r}: a talk page alerts only on pinned claims, limits and a replaced page"


def remove_entries(path: Path, names: Sequence[str], wiki: str | None) -> Iterator[str]:
    """Remove watches from the file, by title or by the name of a list in `watcher list`; yield a line for each.

    Stored data of their pages is kept. Raises ConfigError for a name that is not in the file.
    """
    with open_context(path) as services:
        entries = services.watchlist.entries
        for name in names:
            normalized = name.replace("_", " ").strip()
            chosen = [watch for watch in entries if watch.name == normalized and wiki in (None, watch.wiki)]
            if not chosen:
                member = next(iter(services.index.find(name, wiki)))  # raises ConfigError if it is not watched at all
                raise ConfigError(
                    f"{name!r}: has no [[watch]] of its own in {path.name}; remove {member.name!r}, or add it to "
                    f"`except` of {member.source or member.title!r}"
                )
            for watch in chosen:
                update_file(path, partial(config.remove_watch, wiki=watch.wiki, name=watch.name))
                yield f"{path}: {watch.name!r} on {watch.wiki} is no longer watched; its stored data is kept"


def save_watch(services: AppContext, page: LocatedPage, version: str | None = None) -> None:
    """Add a watch to the file. Raises ConfigError if the page is already watched, and Conflict as `update_file`."""

    def with_watch(text: str) -> str:
        if page.watched is not None:
            title = f" as {page.watched!r}" if page.watched != page.title else ""
            raise ConfigError(f"{page.title!r} on {page.wiki}: is watched already{title}; nothing was added")
        return config.add_watch(text, page.wiki, page.title, sections=(page.section,) if page.section else ())

    update_file(services.watchlist.path, with_watch, version=version)


FORMAT: Final = "article-watcher-watchlist"
_TABLES: Final = ("wiki", "watch", "destination")
_SECRETS: Final = {
    "wiki": ("password", "oauth_token", "basic_auth"),
    "watch": ("token",),
    "destination": ("url", "secret"),
}
_MUTE: Final = ("wiki", "title", "rule", "words")
_MAX_PART_LENGTH: Final = 2_000


def export_json(services: AppContext) -> str:
    """Export wikis, watches, destinations and mutes as JSON, without secrets except their `env:NAME` references."""
    path = services.watchlist.path
    tables = parse_toml(read(path), path.name)
    reported: dict[str, Any] = {"format": FORMAT, "version": 1}
    for name in _TABLES:
        reported[name] = [dict(table) for table in tables.get(name, [])]
    for entry in reported["watch"]:  # the importing watchlist may have several wikis
        entry.setdefault("wiki", services.watchlist.wikis[0].name)
    for table, parts in _SECRETS.items():
        for entry in reported[table]:
            for part in parts:
                if part in entry and not str(entry[part]).startswith("env:"):
                    entry[part] = None
    reported["mute"] = [
        {**{part: getattr(mute, part) for part in _MUTE}, "until": mute.until and mute.until.isoformat()}
        for mute in services.archive.mutes.list_open()
    ]
    return json.dumps(reported, indent=1) + "\n"


def import_json(services: AppContext, text: str, name: str) -> tuple[str, ...]:
    """Add the missing entries of an export, and return a line for each; existing entries and comments stay unchanged.

    If the mutes cannot be stored, another import adds them. Raises InputError for a damaged file, ConfigError for
    entries that are invalid in this watchlist, StoreError.
    """
    try:
        read_file = json.loads(text)
    except (ValueError, RecursionError):
        read_file = None
    if not isinstance(read_file, dict) or read_file.get("format") != FORMAT or read_file.get("version") != 1:
        raise InputError(f"{name}: is not an exported watchlist; give a file that `watcher export` wrote")
    exchange = {part: read_file.get(part, []) for part in (*_TABLES, "mute")}
    if not all(
        isinstance(entries, list) and all(isinstance(each, dict) for each in entries) for entries in exchange.values()
    ):
        raise InputError(f"{name}: is damaged; export it again")
    path = services.watchlist.path
    mutes = _new_mutes(services, exchange["mute"], name)
    lines: list[str] = []

    def add_entries(before: str) -> str:
        before = name_wikis(before, path.name)
        known = parse_toml(before, path.name)
        entries: dict[str, list[dict[str, Any]]] = {table: [] for table in _TABLES}
        for table in _TABLES:
            keys = {_key(table, entry) for entry in known.get(table, [])}
            for entry in exchange[table]:
                if _key(table, entry) in keys:
                    continue
                title = entry.get("name") or entry.get("title") or source_of(entry)
                # An export leaves out secrets: a destination without its secret would send unsigned payloads.
                absent = (part for part in _SECRETS[table] if part in entry and entry[part] is None)
                is_unaddressed = table == "destination" and not entry.get("url")
                if missing := "address" if is_unaddressed else next(absent, None):
                    lines.append(f"not added: {table} {title}, whose {missing} was not exported; write it yourself")
                    continue
                keys.add(_key(table, entry))
                entries[table].append(entry)
                lines.append(f"added: {table} {title}")
        after = config.append_entries(before, entries)
        from watcher.notify import url_problem

        config.parse_watchlist(after.replace("\r\n", "\n"), path, environ=os.environ, url_problem=url_problem)
        return after

    update_file(path, add_entries)
    with services.archive.database.transaction():
        for mute in mutes:  # each is described with all its parts, so that none goes unnoticed
            services.archive.mutes.begin(mute, services.now())
            rule, words = mute.rule and f"rule {mute.rule}", mute.words and f"“{mute.words}”"
            parts = (mute.title, rule, words, mute.until and f"until {mute.until:%Y-%m-%d %H:%M}")
            lines.append(f"added: mute of {', '.join(part for part in parts if part)}")
    return tuple(lines)


def _key(table: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    if table == "watch":
        return str(entry.get("wiki")), str(entry.get("title")), source_of(entry)
    return (str(entry.get("name")),)


def _new_mutes(services: AppContext, entries: list[dict[str, Any]], name: str) -> list[NewMute]:
    """Return the mutes of an exported watchlist that are missing here and have not expired.

    Raises InputError for an invalid one, for example without any part, which would mute everything.
    """
    known = [tuple(getattr(mute, part) for part in _MUTE) for mute in services.archive.mutes.list_open()]
    mutes = []
    for entry in entries:
        parts, until = {part: entry.get(part) for part in _MUTE}, entry.get("until")
        try:
            ends = None if until is None else datetime.fromisoformat(until)
        except (TypeError, ValueError):
            ends = datetime.min  # noqa: DTZ901  stands for a time that cannot be read
        valid = all(
            isinstance(part, str) and part.isprintable() and 0 < len(part.strip()) <= _MAX_PART_LENGTH
            for part in parts.values()
            if part is not None
        )
        named = parts["title"] or parts["rule"] or parts["words"]
        if not valid or not named or (ends and ends.tzinfo is None) or not set(entry) <= {*_MUTE, "until"}:
            raise InputError(f"{name}: has a mute that cannot be read; export it again (nothing was changed)")
        if tuple(parts.values()) not in known and not (ends and ends <= services.now()):
            known.append(tuple(parts.values()))
            mutes.append(NewMute(**parts, until=ends))
    return mutes


def pin_sentence(services: AppContext, watch: config.Watch, sentence: str, *, instead_of: str | None = None) -> str:
    """Pin a sentence in the watchlist, optionally `instead_of` the pinned one with these words; return a message.

    Raises InputError, with the closest sentence, if the article has no such sentence, and ConfigError.
    """
    _require_own_entry(services, watch)
    replaced = _pinned(watch, instead_of) if instead_of is not None else None
    words = " ".join(sentence.split())
    if not words:
        raise InputError("the sentence is empty; copy one from the article")
    probe = watch.model_copy(update={"claims": (words,), "statistic": (), "sections": ()})
    for missing in find_missing(services.index, [probe]):
        hint = f"; the closest sentence is “{missing.closest}”" if missing.closest else "; copy one from the article"
        hint += ": pin it, or five or more words of it" if missing.closest else ""
        raise InputError(f"{watch.title}: has no sentence “{shorten(words, SHOWN)}”, nothing was pinned{hint}")
    claims = [*dict.fromkeys(words if each == replaced else each for each in (*watch.claims, words))]
    changed = change_watch(services.watchlist.path, watch.wiki, watch.title, {"claims": claims})
    return f"{watch.title}: {'pinned' if changed else 'was pinned already:'} “{words}”"


def unpin_sentence(services: AppContext, watch: config.Watch, words: str) -> str:
    """Remove the pinned sentence with these words from the watchlist; return a message.

    Raises InputError, with the pinned sentences, unless exactly one has the words, and ConfigError.
    """
    _require_own_entry(services, watch)
    pinned = _pinned(watch, words)
    remaining = [claim for claim in watch.claims if claim != pinned]
    change_watch(services.watchlist.path, watch.wiki, watch.title, {"claims": remaining or None})
    return f"{watch.title}: no longer pinned “{pinned}”; its changes are judged like others"


def _require_own_entry(services: AppContext, watch: config.Watch) -> None:
    """Raise InputError for a member of a list, which has no settings of its own."""
    if all((each.wiki, each.title) != (watch.wiki, watch.title) for each in services.watchlist.watches):
        raise InputError(
            f"{watch.title}: has no [[watch]] of its own, and a sentence is pinned in that; "
            f"first run: watcher add --wiki {watch.wiki} {shlex.quote(watch.title)}"
        )


def _pinned(watch: config.Watch, words: str) -> str:
    """Return the pinned sentence that equals or contains these words. Raises InputError unless there is exactly one."""
    plain = " ".join(words.split())
    matching = [claim for claim in watch.claims if claim == plain] or [
        claim for claim in watch.claims if plain and plain.casefold() in claim.casefold()
    ]
    if len(matching) == 1:
        return matching[0]
    known = "; ".join(f"“{shorten(claim, SHOWN)}”" for claim in matching or watch.claims) or "none"
    problem = "more than one pinned sentence has" if matching else "no pinned sentence has"
    raise InputError(f"{watch.title}: {problem} “{shorten(plain, SHOWN)}”; pinned: {known}")


# MediaWiki's special pages that lead to a revision or to a page by its id; the English names work on every wiki.
_SPECIAL: Final = re.compile(
    r"Special:(?:(Permalink|PermanentLink|Diff|Redirect/revision)|Redirect/page)/([0-9]{1,18})"
)
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedPage:
    """A page of a wiki; `requested_title` is the title that led to it, `revision` the id of its latest revision.

    `section` is the heading in the requested URL or title. `watched` is the title under which the watchlist already has
    this page, or None. `reason` is why the page cannot be watched, or None.
    """

    wiki: str
    title: str
    requested_title: str
    page_id: int = 0
    revision: int = 0
    watched: str | None = None
    reason: str | None = None
    section: str = ""

    def existing(self) -> LocatedPage:
        """Return the page itself. Raises Missing if the wiki has no such page."""
        if self.reason is not None:
            raise Missing(f"{self.title!r} on {self.wiki}: {self.reason}; nothing was added, check the title")
        return self


def find_page(services: AppContext, article: str, wiki: str | None) -> LocatedPage:
    """Request the page of a URL or title from its wiki, which may not have it; no other host is sent a request.

    Raises ConfigError, Refused (a host that is not on the allow-list), Missing for a revision, Unavailable.
    """
    # A title cannot contain a number sign: the part after it is a section, with underscores for spaces.
    article, _, heading = article.partition("#")
    watchlist, names = services.watchlist, {site.name: site for site in services.watchlist.wikis}
    target: str | int = article.replace("_", " ").strip()
    if "://" in article:
        site, parts = _site_of(watchlist, article)
        target = _page_of(services, site, article, parts)
    elif not names:
        raise ConfigError(f"{watchlist.path.name}: names no [[wiki]]; add one first, as `watcher init` writes it")
    elif wiki is not None and wiki not in names:
        raise ConfigError(f"wiki {wiki}: is not in {watchlist.path.name}; known: {', '.join(names)}")
    else:
        site = names[wiki] if wiki else watchlist.wikis[0]
    client = services.client(site.name)
    page = client.latest([target])[0] if isinstance(target, str) else client.latest(page_ids=[target])[0]
    requested = target if isinstance(target, str) else page.article.title if page.article else str(target)
    section = " ".join(unquote(heading).replace("_", " ").split())
    located = LocatedPage(wiki=site.name, title=requested, requested_title=requested, section=section)
    if page.article is None or page.latest is None or page.state is not PageState.OK:
        return replace(located, reason=page.reason or page.state.value)
    watch = services.index.watch_of(page.article)
    return replace(
        located,
        title=page.article.title,
        page_id=page.article.page_id,
        revision=page.latest,
        watched=watch.title if watch and not watch.source else None,  # a member of a list may get settings of its own
    )


def _site_of(watchlist: config.Watchlist, address: str) -> tuple[config.WikiSite, SplitResult]:
    """Return the wiki of a URL, and the parts of the URL. Raises Refused if no wiki of the watchlist has its host."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.lower()
        _ = parts.hostname, parts.port
    except ValueError:
        raise Refused(f"{address!r} is not a web address; copy that of the article's page") from None
    # Mobile hosts: Wikimedia has en.m.wikipedia.org, other wikis have m.example.org.
    hosts = {host, host.replace(".m.", ".", 1), host.removeprefix("m.")} - {""}
    site = next((site for site in watchlist.wikis if urlsplit(site.api).netloc.lower() in hosts), None)
    if site is None:
        raise Refused(
            f"{parts.hostname or address}: no [[wiki]] of {watchlist.path.name} is there; add the wiki and allow its "
            "host first (a short address can be opened, and the one that it leads to given)"
        )
    return site, parts


def _page_of(services: AppContext, site: config.WikiSite, address: str, parts: SplitResult) -> str | int:
    parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
    path = unquote(parts.path)
    # Without /wiki/ if the wiki is at the root: https://www.mediawiki.org/wiki/Manual:Short_URL
    at_root = "" if "/wiki/" in path or path.endswith(".php") else path.strip("/")
    title = parameters.get("title") or path.partition("/wiki/")[2] or at_root
    special = _SPECIAL.fullmatch(title)
    revisions = [parameters.get("oldid"), parameters.get("diff"), special[2] if special and special[1] else None]
    page_ids = [parameters.get("curid"), parameters.get("pageid"), special[2] if special and not special[1] else None]
    if page_id := next((number for number in page_ids if number and _NUMBER.fullmatch(number)), None):
        return int(page_id)
    if revision := next((number for number in revisions if number and _NUMBER.fullmatch(number)), None):
        return services.client(site.name).revision(int(revision)).revision.article.page_id
    if not title:
        raise ConfigError(f"{address}: names no article; copy the address of the article's page")
    return title.replace("_", " ").strip()
