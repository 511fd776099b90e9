"""A watch's entry in watchlist.toml becomes another one, with every comment and every other line kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from watcher.config import entries
from watcher.config.reading import parsed
from watcher.errors import ConfigError, Missing

SETTINGS = ("threshold", "settle", "every", "claims", "destinations", "tags", "critical_bypass", "paused")
"""The keys of a `[[watch]]` that can be changed; wiki and title say which one it is."""


def edit_watch(text: str, wiki: str, title: str, wishes: Mapping[str, Any]) -> str:
    """`text` with these settings of a watch set anew; None takes a key out, so that its default holds.

    Whether the values are good is for `understood` to say. Missing when the watch is not there.
    """
    strange = set(wishes) - set(SETTINGS)
    if strange:
        raise ConfigError(f"{', '.join(sorted(strange))}: is no setting of a watch that can be changed")
    parsed(text.replace("\r\n", "\n"), "watchlist.toml")
    import tomlkit  # noqa: PLC0415  only an edit needs it

    document = tomlkit.parse(text)
    table = _found(document, wiki, title)
    newline = "\r\n" if "\r\n" in text else "\n"
    for key, value in wishes.items():
        if value is None:
            table.pop(key, None)
        elif table.get(key) != value:
            table[key] = value
    changed = tomlkit.dumps(document)
    return changed.replace("\r\n", "\n").replace("\n", newline)


def stated(text: str, wiki: str, title: str) -> dict[str, Any]:
    """What the entry of a watch says itself, without the defaults. Missing when the watch is not there."""
    content, _ = parsed(text.replace("\r\n", "\n"), "watchlist.toml")
    return dict(_found(content, wiki, title))


def _found(content: MutableMapping[str, Any], wiki: str, title: str) -> MutableMapping[str, Any]:
    for table in _tables(content, "watch"):
        if table.get("wiki", _only(content)) == wiki and _title(table) == title:
            return table
    raise Missing(f"{title!r} on {wiki}: is not in watchlist.toml any more; nothing was changed")


def _tables(content: Mapping[str, Any], name: str) -> Iterator[MutableMapping[str, Any]]:
    found = content.get(name)
    yield from (table for table in found if isinstance(table, MutableMapping)) if isinstance(found, list) else ()


def _only(content: Mapping[str, Any]) -> str | None:
    names = [str(table.get("name")) for table in _tables(content, "wiki")]
    return names[0] if len(names) == 1 else None


def _title(table: Mapping[str, Any]) -> str:
    try:
        return entries.title(str(table.get("title", "")))
    except ValueError:
        return ""
