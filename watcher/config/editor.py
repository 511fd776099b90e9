"""Edit watchlist.toml: change a watch, append entries, write the first file; every comment and other line stays."""

import json
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

from pydantic import BaseModel

from watcher.config import validators
from watcher.config.loader import parse_toml
from watcher.config.settings import TABLES, WATCH_SETTINGS, StatisticThreshold, Watch, descriptions, keys_of, source_of
from watcher.config.toml_positions import Position, line_index
from watcher.errors import ConfigError, InputError, Missing
from watcher.model import Severity


def edit_watch(text: str, wiki: str, title: str, settings: Mapping[str, Any]) -> str:
    """`text` with these settings of a watch changed; None removes a key, so that its default applies.

    `parse_watchlist` judges whether the values are valid. Missing when the watch is not there.
    """
    strange = set(settings) - set(WATCH_SETTINGS)
    if strange:
        raise ConfigError(f"{', '.join(sorted(strange))}: is no setting of a watch that can be changed")
    plain = text.replace("\r\n", "\n")
    number, table = _find_watch(_parse(plain), wiki, title)
    # tomlkit counts what stands above the next entry as the end of a table with a header of its own, such as
    # [watch.ignore], and would take it out with that: such tables are taken out before, and no comment below them.
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
    """Return whether a position is that of a table with a line of its own: `[watch.ignore]`, `[[watch.statistic]]`."""
    line = line_index(text).get(path)
    return line is not None and text.splitlines()[line - 1].lstrip().startswith("[")


def _with_lines(text: str, number: int, added: Sequence[str]) -> str:
    """Put lines below the last key of a watch itself, above the comment that is about what follows."""
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


def _parse(text: str) -> dict[str, Any]:
    return parse_toml(text.replace("\r\n", "\n"), "watchlist.toml")


def _with_line_ends(changed: str, text: str) -> str:
    return changed.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else changed


def _find_watch(content: Mapping[str, Any], wiki: str, name: str) -> tuple[int, MutableMapping[str, Any]]:
    """Return the number and the table of a `[[watch]]`, by its title or its list as `Watch.source` has it."""
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
    """`text` followed by these entries, by the name of their tables; no key or value of theirs can become syntax.

    InputError for a key that no watchlist has, and for a value that no file can hold; `parse_watchlist` judges whether
    they are valid.
    """
    import tomlkit  # noqa: PLC0415  only an edit needs it

    written = {table: [dict(entry) for entry in members] for table, members in entries.items() if members}
    for table, members in written.items():
        for key in (key for entry in members for key in entry.keys() - keys_of(TABLES[table]).keys()):
            raise InputError(f"a [[{table}]] has the key {key[:60]!r}, which no watchlist has; export it again")
    try:
        added = tomlkit.dumps(written)
        added.encode()  # JSON may hold lone surrogates, which no UTF-8 file can
        is_same = tomllib.loads(added) == written
    except (TypeError, ValueError, RecursionError):
        is_same = False
    if not is_same:
        raise InputError("an entry has a value that no watchlist can hold; export it again")
    return _with_line_ends(f"{text.rstrip()}\n\n{added}", text) if added else text


def add_watch(text: str, wiki: str, name: str, kind: str = "title", sections: Sequence[str] = ()) -> str:
    """`text` with one more `[[watch]]` at its end: of a title with some of its sections, or of a list by kind and name.

    ConfigError when it is watched already; `parse_watchlist` judges whether name and wiki are valid.
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
    """`text` without the `[[watch]]` of a title or list; comments between tables stay. Missing when it is not there."""
    content = _parse(text)
    watches, (number, _) = [*_tables(content, "watch")], _find_watch(content, wiki, name)
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
    offered: list[str] = []  # every setting of a watch: its default, or in a comment the example of its field
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
    """Return a setting, as it was read or as JSON has it, as it is written in the file."""
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
    """Return a setting as plain TOML or JSON has it."""
    if isinstance(value, Severity):
        return value.label
    if isinstance(value, date):
        return value.isoformat()
    return validators.format_duration(value) if isinstance(value, timedelta) else value


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
