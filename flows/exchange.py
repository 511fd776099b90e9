"""A watchlist with its mutes becomes a JSON text, and such a text more entries of another watchlist."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flows.services import Services
from watcher.config import load
from watcher.config.reading import parsed, read
from watcher.errors import InputError
from watcher.notify import valid_url

FORMAT: Final = "article-watcher-watchlist"
_TABLES: Final = ("wiki", "watch", "destination")
_MUTE: Final = ("wiki", "title", "rule", "words")


def exported(services: Services) -> str:
    """Wikis, watches, destinations and mutes as JSON; other addresses than `env:NAME` are secrets and stay."""
    path = services.watchlist.path
    tables, _ = parsed(read(path), path.name)
    told: dict[str, Any] = {"format": FORMAT, "version": 1}
    for name in _TABLES:
        told[name] = [dict(table) for table in tables.get(name, [])]
    for place in told["destination"]:
        if not str(place.get("url", "")).startswith("env:"):
            place["url"] = None
    told["mute"] = [
        {**{part: getattr(mute, part) for part in _MUTE}, "until": mute.until and mute.until.isoformat()}
        for mute in services.archive.mutes()
    ]
    return json.dumps(told, indent=1) + "\n"


def imported(services: Services, text: str, name: str) -> tuple[str, ...]:
    """Add what is not there yet, and say so in lines; what is there stays as it is, comments too.

    Raises InputError, or ConfigError for entries that the watchlist cannot take; then nothing is changed.
    """
    told = _told(text, name)
    path = services.watchlist.path
    before = read(path)
    known, _ = parsed(before, path.name)
    lines: list[str] = []
    more = ""
    for table in _TABLES:
        names = {_key(table, one) for one in known.get(table, [])}
        for one in told[table]:
            if _key(table, one) in names:
                continue
            if table == "destination" and not one.get("url"):
                lines.append(
                    f"not added: destination {one.get('name')}, whose address was not exported; write it yourself"
                )
                continue
            more += f"\n[[{table}]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in one.items())
            lines.append(f"added: {table} {one.get('title') or one.get('name')}")
    if more:
        _replace(path, before.rstrip("\n") + "\n" + more)
    return (*lines, *_mutes(services, told["mute"]))


def _told(text: str, name: str) -> dict[str, list[dict[str, Any]]]:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.get("format") != FORMAT or told.get("version") != 1:
        raise InputError(f"{name}: is no exported watchlist; give a file that `watcher export` wrote")
    found = {part: told.get(part, []) for part in (*_TABLES, "mute")}
    if any(not isinstance(some, list) or any(not isinstance(one, dict) for one in some) for some in found.values()):
        raise InputError(f"{name}: is damaged; export it again")
    return found


def _key(table: str, one: Mapping[str, Any]) -> tuple[Any, ...]:
    return (one.get("wiki"), one.get("title")) if table == "watch" else (one.get("name"),)


def _toml(value: Any) -> str:
    """A value of a watchlist in TOML, where JSON's spelling of text is the same but for DEL."""
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str | bool | int):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    raise InputError("an entry holds what no watchlist can hold; export it again")


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.write_text(text, encoding="utf-8")
        load(draft, environ=os.environ, valid_url=valid_url)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _mutes(services: Services, told: list[dict[str, Any]]) -> tuple[str, ...]:
    now = services.now()
    standing = [tuple(getattr(mute, part) for part in _MUTE) for mute in services.archive.mutes()]
    lines = []
    for one in told:
        parts = {part: one.get(part) for part in _MUTE}
        until = datetime.fromisoformat(one["until"]) if one.get("until") else None
        if tuple(parts.values()) in standing or (until and until <= now) or not any(parts.values()):
            continue
        services.archive.mute(now, **parts, until=until)
        lines.append(f"added: mute of {one.get('title') or one.get('rule') or one.get('words')}")
    return tuple(lines)
