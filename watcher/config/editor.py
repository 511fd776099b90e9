"""Edit watchlist.toml: change a watch, append entries, write the first file; comments and other lines are kept."""

import json
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from importlib.resources import files
from typing import Any

from pydantic import BaseModel

from watcher.config import validators
from watcher.config.loader import parse_toml
from watcher.config.settings import TABLES, WATCH_SETTINGS, StatisticThreshold, Watch, descriptions, keys_of, source_of
from watcher.config.toml_positions import Position, line_index
from watcher.errors import ConfigError, InputError, Missing
from watcher.model import Severity

_parse = partial(parse_toml, name="watchlist.toml")


def edit_watch(text: str, wiki: str, title: str, settings: Mapping[str, Any]) -> str:
    """Return `text` with these settings of a watch changed; None removes a key, so that its default applies.

    Values are not validated; `parse_watchlist` does that. Raise Missing if there is no such watch.
    """
    unknown = set(settings) - set(WATCH_SETTINGS)
    if unknown:
        raise ConfigError(f"{', '.join(sorted(unknown))}: is not a setting of a watch that can be changed")
    plain = text.replace("\r\n", "\n")
    number, table = _find_watch(_parse(plain), wiki, title)
    # tomlkit treats comments above the next entry as part of the preceding table, such as [watch.ignore], and would
    # delete them with it. Such tables are therefore removed before, without the comments below them.
    changed = {key for key, value in settings.items() if key in table and table[key] != value}
    for path in sorted(line_index(plain), key=len, reverse=True):
        while path[:2] == ("watch", number) and path[2:3] and path[2] in changed and _has_header(plain, path):
            plain = _without_table(plain, path)
    import tomlkit  # noqa: PLC0415  only an edit needs it

    document = tomlkit.parse(plain)
    (_, table), added = _find_watch(document, wiki, title), list[str]()
    for key, value in settings.items():
        if value is None:
            table.pop(key, None)
        elif key in table or not _has_header(plain, ("watch", number)):
            if table.get(key) != value:
                table[key] = tomlkit.value(toml_value(value))
        else:
            added.append(f"{key} = {toml_value(value)}\n")
    return _with_line_ends(_with_lines(tomlkit.dumps(document), number, added), text)


def _has_header(text: str, path: Position) -> bool:
    """Return whether a position is a table with its own header line: `[watch.ignore]`, `[[watch.statistic]]`."""
    line = line_index(text).get(path)
    return line is not None and text.splitlines()[line - 1].lstrip().startswith("[")


def _with_lines(text: str, number: int, added: Sequence[str]) -> str:
    """Insert lines below the last key of the watch itself, and above comments about what follows."""
    if not added:
        return text
    index, lines = line_index(text), text.splitlines(keepends=True)
    begin = index["watch", number]
    own = {path for path in index if path[:2] == ("watch", number) and not _has_header(text, path[:3])}
    after = (line for path, line in index.items() if line > begin and path not in own)
    end = min(after, default=len(lines) + 1) - 1
    while end > begin and lines[end - 1].strip()[:1] in ("", "#"):
        end -= 1
    lines[end - 1] = lines[end - 1].rstrip("\n") + "\n"
    return "".join([*lines[:end], *added, *lines[end:]])


def _with_line_ends(changed: str, text: str) -> str:
    return changed.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else changed


def _find_watch(content: Mapping[str, Any], wiki: str, name: str) -> tuple[int, MutableMapping[str, Any]]:
    """Return the number and table of a `[[watch]]`, by its title or its `Watch.source`; raise Missing if none."""
    names = [str(table.get("name")) for table in _tables(content, "wiki")]
    only = names[0] if len(names) == 1 else None
    for number, table in enumerate(_tables(content, "watch")):
        own = source_of(table)
        with suppress(ValueError):
            own = own or validators.title(str(table.get("title", "")))
        if own == name and table.get("wiki", only) == wiki:
            return number, table
    raise Missing(f"{name!r} on {wiki}: has no [[watch]] of its own in watchlist.toml; nothing was changed")


def _tables(content: Mapping[str, Any], name: str) -> Iterator[MutableMapping[str, Any]]:
    result = content.get(name)
    yield from (table for table in result if isinstance(table, MutableMapping)) if isinstance(result, list) else ()


def append_entries(text: str, entries: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return `text` followed by these entries, given by the name of their table; keys and values are escaped.

    Raise InputError for a key that no watchlist has, and for a value that TOML cannot represent. Values are not
    validated; `parse_watchlist` does that.
    """
    import tomlkit  # noqa: PLC0415  only an edit needs it

    written = {table: [dict(entry) for entry in members] for table, members in entries.items() if members}
    for table, members in written.items():
        for key in (key for entry in members for key in entry.keys() - keys_of(TABLES[table]).keys()):
            raise InputError(f"a [[{table}]] has the key {key[:60]!r}, which no watchlist has; export it again")
    try:
        added = tomlkit.dumps(written)
        added.encode()  # JSON may hold lone surrogates, which UTF-8 cannot
        is_same = tomllib.loads(added) == written
    except (TypeError, ValueError, RecursionError):
        is_same = False
    if not is_same:
        raise InputError("an entry has a value that no watchlist can hold; export it again")
    return _with_line_ends(f"{text.rstrip()}\n\n{added}", text) if added else text


def add_watch(text: str, wiki: str, name: str, kind: str = "title", sections: Sequence[str] = ()) -> str:
    """Return `text` with a `[[watch]]` appended: of a title and some of its sections, or of a list by kind and name.

    Raise ConfigError if it is watched already. Name and wiki are not validated; `parse_watchlist` does that.
    """
    if any(table.get(kind) == name and table.get("wiki", wiki) == wiki for table in _tables(_parse(text), "watch")):
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
    """Return `text` without the `[[watch]]` of a title or list; comments between tables stay. Raise Missing if none."""
    content = _parse(text)
    watches, (number, _) = [*_tables(content, "watch")], _find_watch(content, wiki, name)
    shorter = _without_table(text, ("watch", number))
    if [*_tables(_parse(shorter), "watch")] != watches[:number] + watches[number + 1 :]:
        raise ConfigError(f"watchlist.toml: {name!r} cannot be removed from this list; remove its [[watch]] by hand")
    return shorter


def _without_table(text: str, path: Position) -> str:
    index, lines = line_index(text), text.splitlines(keepends=True)
    last = max(line for key, line in index.items() if key[: len(path)] == path)
    end = min((line for line in index.values() if line > last), default=len(lines) + 1)
    while end - 1 > last and lines[end - 2].strip()[:1] in ("", "#"):  # comments above the next table belong to it
        end -= 1
    return "".join(lines[: index[path] - 1] + lines[end - 1 :])


def default_watchlist() -> str:
    """Return the first watchlist, with comments: "Human trafficking" on English Wikipedia."""
    offered: list[str] = []  # every setting of a watch: its default, or the example of its field as a comment
    texts = descriptions(Watch)
    for name in WATCH_SETTINGS:
        field, text = Watch.model_fields[name], texts[name]
        value = (
            f"# {name} = {toml_value(field.examples[0])}" if field.examples else f"{name} = {toml_value(field.default)}"
        )
        offered += [f"# {text[:1].upper()}{text[1:]}.", value]
    template = files(__package__).joinpath("first_watchlist.toml").read_text(encoding="utf-8")
    return template.replace("# WATCH_SETTINGS", "\n".join(offered))


def toml_value(value: Any) -> str:
    """Return the TOML source of a setting's value, given as it was parsed or as JSON."""
    match value:
        case BaseModel():
            fields = {name: getattr(value, name) for name in type(value).model_fields if name in value.model_fields_set}
            if isinstance(value, StatisticThreshold) and value.change is not None:
                fields["change"] = f"{(value.change * 100).normalize():f} %"
            return toml_value(fields)
        case Mapping():
            keys = {key: key if key.isascii() and key.isidentifier() else toml_value(key) for key in value}
            return f"{{ {', '.join(f'{keys[key]} = {toml_value(item)}' for key, item in value.items())} }}"
        case list() | tuple():
            return f"[{', '.join(map(toml_value, value))}]"
        case Decimal():
            return json.dumps(f"{value:f}")
        case _:
            return json.dumps(plain_value(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def plain_value(value: Any) -> Any:
    """Return a parsed setting as a plain value for TOML or JSON."""
    if isinstance(value, Severity):
        return value.label
    if isinstance(value, date):
        return value.isoformat()
    return validators.format_duration(value) if isinstance(value, timedelta) else value


def name_wikis(text: str, name: str) -> str:
    """Return `text` with the only wiki named in each watch; a watch may only omit it while there is no second wiki."""
    known = parse_toml(text, name)
    if len(known.get("wiki", [])) != 1 or all("wiki" in watch for watch in known.get("watch", [])):
        return text
    import tomlkit  # noqa: PLC0415  only an edit needs it

    document = tomlkit.parse(text)
    for watch in document["watch"]:
        watch.setdefault("wiki", known["wiki"][0]["name"])
    return tomlkit.dumps(document)
