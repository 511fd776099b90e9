"""Edit watchlist.toml: change a watch, append entries, write the first file; every comment and other line stays."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from watcher.config import validators
from watcher.config.loader import parse_toml
from watcher.config.settings import TABLES, WATCH_SETTINGS, StatisticThreshold, Watch, descriptions, keys_of, source_of
from watcher.config.toml_positions import Position, line_index
from watcher.errors import ConfigError, InputError, Missing
from watcher.model import Severity

_LARGEST_INTEGER: Final = 2**63 - 1  # TOML 1.0: 64-bit signed


def edit_watch(text: str, wiki: str, title: str, settings: Mapping[str, Any]) -> str:
    """`text` with these settings of a watch changed; None removes a key, so that its default applies.

    `parse_watchlist` judges whether the values are valid. Missing when the watch is not there.
    """
    strange = set(settings) - set(WATCH_SETTINGS)
    if strange:
        raise ConfigError(f"{', '.join(sorted(strange))}: is no setting of a watch that can be changed")
    plain = text.replace("\r\n", "\n")
    number = _number(plain, wiki, title)
    plain = _without_changed_tables(plain, number, settings)
    import tomlkit  # noqa: PLC0415  only an edit needs it

    document = tomlkit.parse(plain)
    table, added = _watch_table(document, wiki, title), list[str]()
    for key, value in settings.items():
        if value is None:
            table.pop(key, None)
        elif key in table or not _has_header(plain, ("watch", number)):
            if table.get(key) != value:
                table[key] = _item(value)
        else:
            added.append(f"{key} = {_item(value).as_string()}\n")
    return _with_line_ends(_with_lines(tomlkit.dumps(document), number, added), text)


def _number(text: str, wiki: str, title: str) -> int:
    content = _parse(text)
    table = _watch_table(content, wiki, title)
    return next(at for at, watch in enumerate(_tables(content, "watch")) if watch is table)


def _without_changed_tables(text: str, number: int, settings: Mapping[str, Any]) -> str:
    """Take the tables with a header of their own that are to change out of a watch, but no comment below them.

    tomlkit counts what stands above the next entry as the end of such a table, and takes it out, too.
    """
    table = [*_tables(_parse(text), "watch")][number]
    changed = {key for key, value in settings.items() if key in table and table[key] != value}
    for path in sorted(line_index(text), key=len, reverse=True):
        own = path[:2] == ("watch", number) and path[2:3] and path[2] in changed
        while own and path in line_index(text) and _has_header(text, path):
            text = _without_table(text, path)
    return text


def _has_header(text: str, path: Position) -> bool:
    """Return whether the line of a position is that of a table: `[watch.ignore]`, `[[watch.statistic]]`."""
    return text.splitlines()[line_index(text)[path] - 1].lstrip().startswith("[")


def _with_lines(text: str, number: int, added: Sequence[str]) -> str:
    """Put lines below the last key of a watch itself, above the comment that is about what follows."""
    if not added:
        return text
    index, lines = line_index(text), text.splitlines(keepends=True)
    begin = index["watch", number]
    after = (line for path, line in index.items() if line > begin and not _is_key_of(text, path, number))
    end = min(after, default=len(lines) + 1) - 1
    while end > begin and lines[end - 1].strip()[:1] in ("", "#"):
        end -= 1
    lines[end - 1] = lines[end - 1].rstrip("\n") + "\n"
    return "".join([*lines[:end], *added, *lines[end:]])


def _is_key_of(text: str, path: Position, number: int) -> bool:
    return path[:2] == ("watch", number) and not _has_header(text, path[:3])


def _item(value: Any) -> Any:
    """Return a value as TOML writes it: tables within a line, for a [table] would take in what stands below it."""
    import tomlkit  # noqa: PLC0415  as above

    if isinstance(value, Mapping):
        return _inline(value)
    if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        rows = tomlkit.array()
        for each in value:
            rows.append(_inline(each))
        return rows.multiline(multiline=len(value) > 1)
    return tomlkit.item(value)


def _inline(value: Mapping[str, Any]) -> Any:
    import tomlkit  # noqa: PLC0415  as above

    table = tomlkit.inline_table()
    table.update(value)
    return table


def _parse(text: str) -> dict[str, Any]:
    return parse_toml(text.replace("\r\n", "\n"), "watchlist.toml")


def _with_line_ends(changed: str, text: str) -> str:
    return changed.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else changed


def _watch_table(content: Mapping[str, Any], wiki: str, name: str) -> MutableMapping[str, Any]:
    names = [str(table.get("name")) for table in _tables(content, "wiki")]
    only = names[0] if len(names) == 1 else None
    for table in _tables(content, "watch"):
        if table.get("wiki", only) == wiki and _name(table) == name:
            return table
    raise Missing(f"{name!r} on {wiki}: has no [[watch]] of its own in watchlist.toml; nothing was changed")


def _tables(content: Mapping[str, Any], name: str) -> Iterator[MutableMapping[str, Any]]:
    result = content.get(name)
    yield from (table for table in result if isinstance(table, MutableMapping)) if isinstance(result, list) else ()


def _name(table: Mapping[str, Any]) -> str:
    """Return the title of a `[[watch]]`, or its list as `Watch.source` has it."""
    try:
        return source_of(table) or validators.title(str(table.get("title", "")))
    except ValueError:
        return ""


def check_entry(table: str, entry: Mapping[str, Any]) -> None:
    """Refuse what no entry of a watchlist can hold: InputError for an unknown key, or a value of another type.

    `parse_watchlist` judges whether the values are valid.
    """
    known = keys_of(TABLES[table])
    for key, value in entry.items():
        if key not in known:
            raise InputError(f"a [[{table}]] has the key {key[:60]!r}, which no watchlist has; export it again")
        if not _is_plain(value):
            raise InputError(f"a [[{table}]] has a value for {key} that no watchlist can hold; export it again")


def _is_plain(value: Any, depth: int = 3) -> bool:
    """Whether a value, with lists and tables in it up to a depth, can be written."""
    match value:
        case bool():
            return True
        case int():
            return abs(value) <= _LARGEST_INTEGER
        case list():
            return depth > 0 and all(_is_plain(item, depth - 1) for item in value)
        case dict():
            return depth > 0 and all(_is_plain(item, depth - 1) for item in (*value, *value.values()))
        case str():  # JSON may hold lone surrogates, which no UTF-8 file can
            return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
        case _:
            return False


def append_entries(text: str, entries: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """`text` followed by these entries, by the name of their tables; no key or value of theirs can become syntax.

    InputError for what `check_entry` refuses.
    """
    import tomlkit  # noqa: PLC0415  only an edit needs it

    document = tomlkit.document()
    for table, members in entries.items():
        for entry in members:
            check_entry(table, entry)
        if members:
            document[table] = [dict(entry) for entry in members]
    added = tomlkit.dumps(document)
    if tomllib.loads(added) != {table: [*members] for table, members in entries.items() if members}:
        raise InputError("an entry cannot be written as TOML; export it again")
    return _with_line_ends(f"{text.rstrip()}\n\n{added}", text) if added else text


def add_watch(text: str, wiki: str, name: str, kind: str = "title", sections: Sequence[str] = ()) -> str:
    """`text` with one more `[[watch]]` at its end: of a title with some of its sections, or of a list by kind and name.

    ConfigError when the name is invalid or watched already, or the file names no such wiki.
    """
    try:
        name = validators.title(name)
    except ValueError as error:
        raise ConfigError(f"{kind} {error}") from None
    content = _parse(text)
    wikis = [str(table.get("name")) for table in _tables(content, "wiki")]
    if wiki not in wikis:
        known = validators.did_you_mean(wiki, wikis)
        raise ConfigError(f'no [[wiki]] is named "{wiki}"{known}; add it to watchlist.toml')
    if any(table.get(kind) == name and table.get("wiki", wiki) == wiki for table in _tables(content, "watch")):
        raise ConfigError(f'"{name}" on {wiki} is watched already; nothing was changed')
    entry = {"wiki": wiki, kind: name} | ({"sections": [*sections]} if sections else {})
    longer = append_entries(text, {"watch": [entry]})
    try:
        _parse(longer)
    except ConfigError:
        raise ConfigError(
            "watchlist.toml: the watches are in one inline list; write each as a [[watch]] table"
        ) from None
    return longer


def remove_watch(text: str, wiki: str, name: str) -> str:
    """`text` without the `[[watch]]` of a title or list; comments between tables stay. Missing when it is not there."""
    content = _parse(text)
    watches = [*_tables(content, "watch")]
    table = _watch_table(content, wiki, name)
    number = next(position for position, watch in enumerate(watches) if watch is table)
    shorter = _without_table(text, ("watch", number))
    if [*_tables(_parse(shorter), "watch")] != watches[:number] + watches[number + 1 :]:
        raise ConfigError(f"watchlist.toml: {name!r} cannot be taken out of it; remove its [[watch]] by hand")
    return shorter


def _without_table(text: str, path: Position) -> str:
    index, lines = line_index(text), text.splitlines(keepends=True)
    last = max(line for key, line in index.items() if key[: len(path)] == path)
    end = min((line for line in index.values() if line > last), default=len(lines) + 1)
    while end - 1 > last and lines[end - 2].strip()[:1] in ("", "#"):  # what stands above the next table is about that
        end -= 1
    return "".join(lines[: index[path] - 1] + lines[end - 1 :])


def default_watchlist() -> str:
    """Return the commented first watchlist: "Human trafficking" on English Wikipedia."""
    return _TEMPLATE.replace("WATCH_SETTINGS", "\n".join(_offered_settings()))


def _offered_settings() -> Iterator[str]:
    """Every setting of a watch with its description: its default, or in a comment the example of its field."""
    described = descriptions(Watch)
    for name in WATCH_SETTINGS:
        field = Watch.model_fields[name]
        yield f"# {described[name][:1].upper()}{described[name][1:]}."
        yield (
            f"# {name} = {toml_value(field.examples[0])}" if field.examples else f"{name} = {toml_value(field.default)}"
        )


def toml_value(value: Any) -> str:
    """Return a setting as it is written in the file."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml_value(item)}' for key, item in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(plain_value(value), ensure_ascii=False)


def setting_text(value: Any) -> str:
    """Return a setting of a watch that was read as it is written in the file."""
    return toml_value(_as_written(value))


def _as_written(value: Any) -> Any:
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields if name in value.model_fields_set}
        if isinstance(value, StatisticThreshold) and value.change is not None:
            fields["change"] = f"{(value.change * 100).normalize():f} %"
        return {name: _as_written(field) for name, field in fields.items()}
    if isinstance(value, Decimal):
        return f"{value:f}"
    return [_as_written(item) for item in value] if isinstance(value, tuple) else value


def plain_value(value: Any) -> Any:
    """Return a setting as plain TOML or JSON has it."""
    if isinstance(value, Severity):
        return value.label
    if isinstance(value, date):
        return value.isoformat()
    return validators.format_duration(value) if isinstance(value, timedelta) else value


_TEMPLATE = """\
# The one file that Article Watcher reads. Check it with `watcher status`.

[watcher]
# Sent to the wiki with every request, so that its operators can reach you: write your own address.
contact = "mailto:you@example.org"
# A file beside this one, or "postgresql+psycopg://…", or "env:NAME" to take it from the environment.
database = "sqlite:///watcher.db"
# The folder for the reports, beside the database; under systemd and in the container, in the state folder.
reports = "reports"
# Where `watcher serve` shows the review pages; alerts link there.
base_url = "http://127.0.0.1:8765"
# Reverse proxies in front of the review pages: X-Forwarded-For and X-Forwarded-Proto are believed only from them.
# With one, or with a base_url of another machine, reading requires signing in.
# trusted_proxies = ["127.0.0.1"]
# Nothing is ever fetched from any other host, but cited pages where a watch has source_check.
allowed_hosts = ["en.wikipedia.org", "stream.wikimedia.org"]
# Hosts with ports that cited pages may be read from besides the public web.
# source_hosts = ["reports.example.org:8443"]
# A folder with your own message templates: alert.txt, alert.md, alert.html, alert.subject.txt (Jinja2; without one,
# the built-in template is used). Variables: topic, label, title, items (severity, section, summary, sentence, before,
# why, source, sources with label, url and status, by, diff, review, mute), more, rest, not_listed, who, flags, edits,
# when, comment, diff, report, explain, key. Wiki text is escaped in .md and .html. Files named update.*, resolved.*,
# operator.* and catch-up.* are preferred to alert.*; digest.* has subject, common, articles (each as above),
# left, others, key.
# templates = "templates"
# Alerts about one article, by one editor with one edit summary, about one source or about one maintenance template are
# one message. The first waits so long for others, the next ones so long for the message after it; a critical alert
# does not wait. group_by = [] sends each alert on its own.
# group_by = ["article", "editor_and_summary", "source", "template"]
# group_wait = "30s"
# group_interval = "5m"

# Without these, findings and texts are kept permanently. `watcher tidy` shows what would be removed; `watcher serve`
# removes it once a day.
# [keep]
# findings = "2y"               # undecided findings stay
# texts = "1y"                  # texts still needed stay; `watcher history` can fetch the others again
# reports = "90d"               # the review pages make a report again that is gone

[[wiki]]
name = "enwiki"
api = "https://en.wikipedia.org/w/api.php"
language = "en"
# Where `watcher stream` sees edits as they happen: Wikimedia's stream for its wikis, "recent-changes" for others.
# stream = "off"
# A wiki that asks who you are: a bot password (Special:BotPasswords), or oauth_token = "env:NAME" in place of both.
# username = "Alice@watcher"
# password = "env:WIKI_PASSWORD"

# A watch of a list of pages has one of these in place of its title: category, links, search, template, prefix,
# watchlist, file or url. Its members are read every `refresh`; `watcher list` prints them.
# [[watch]]
# wiki = "enwiki"
# category = "Human rights abuses"
# depth = 1

[[watch]]
wiki = "enwiki"
title = "Human trafficking"
WATCH_SETTINGS

# Where alerts go: any Apprise URL (mail, Slack, ntfy, a webhook …). Keep secrets out of this file
# with "env:NAME". A watch without a line `destinations` alerts every destination.
# [[destination]]
# name = "team"
# url = "env:TEAM_URL"
# threshold = "high"
# kinds = ["statistic.*", "claim.*"]
# articles = ["Human trafficking"]
# All of a day or week in one message, at a local time; or nothing at night.
# digest = "daily 08:00"        # or "weekly mon 08:00"
# quiet = "22:00-07:00"
# timezone = "Europe/Berlin"
# Critical findings wait for neither.
# critical_bypass = true
# Edits that cause it no alert, as for a watch.
# ignore = { bots = true }
# Failing checks, deleted or moved pages and dead deliveries are reported here too, unless this is false.
# operator = true
"""


def name_wikis(text: str, name: str) -> str:
    """Name the only wiki in each watch that leaves it out, which it may only as long as there is no second one."""
    known = parse_toml(text.replace("\r\n", "\n"), name)
    if len(known.get("wiki", [])) != 1 or all("wiki" in watch for watch in known.get("watch", [])):
        return text
    import tomlkit  # noqa: PLC0415  as for every edit

    document = tomlkit.parse(text)
    for watch in document["watch"]:
        watch.setdefault("wiki", known["wiki"][0]["name"])
    return tomlkit.dumps(document)
