"""A watchlist with its mutes becomes a JSON text, and such a text more entries of another watchlist."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flows.editing import rewrite
from flows.services import Services
from watcher.config import append_entries, check_entry, understood
from watcher.config.reading import parsed, read
from watcher.errors import InputError, StoreError
from watcher.notify import valid_url

FORMAT: Final = "article-watcher-watchlist"
_TABLES: Final = ("wiki", "watch", "destination")
_MUTE: Final = ("wiki", "title", "rule", "words")
_LONGEST_PART: Final = 2_000


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

    All or nothing: the mutes are committed after the file was replaced, and the file is put back should that fail.
    Raises InputError for a file with anything that no watchlist has, ConfigError for entries that this watchlist
    cannot take, StoreError.
    """
    exchange = _read_exchange(text, name)
    path = services.watchlist.path
    mutes = _new_mutes(services, exchange["mute"], name)
    lines: list[str] = []
    written: list[tuple[str, str]] = []

    def add_entries(before: str) -> str:
        known, _ = parsed(before.replace("\r\n", "\n"), path.name)
        entries, notes = _new_entries(known, exchange)
        lines.extend(notes)
        after = append_entries(before, entries)
        understood(after.replace("\r\n", "\n"), path, environ=os.environ, valid_url=valid_url)
        written.append((before, after))
        return after

    try:
        services.archive.mute_all(services.now(), mutes, before_commit=lambda: rewrite(path, add_entries))
    except StoreError:
        for before, after in written:
            rewrite(path, lambda now, before=before, after=after: before if now == after else now)  # type: ignore[misc]
        raise
    return (*lines, *(f"added: mute of {_mute_label(mute)}" for mute in mutes))


def _read_exchange(text: str, name: str) -> dict[str, list[dict[str, Any]]]:
    try:
        exchange = json.loads(text)
    except (ValueError, RecursionError):
        exchange = None
    if not isinstance(exchange, dict) or exchange.get("format") != FORMAT or exchange.get("version") != 1:
        raise InputError(f"{name}: is no exported watchlist; give a file that `watcher export` wrote")
    tables = {part: exchange.get(part, []) for part in (*_TABLES, "mute")}
    if any(
        not isinstance(entries, list) or any(not isinstance(entry, dict) for entry in entries)
        for entries in tables.values()
    ):
        raise InputError(f"{name}: is damaged; export it again")
    return tables


def _new_entries(
    known: Mapping[str, Any], exchange: Mapping[str, list[dict[str, Any]]]
) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """The entries that `known` lacks, and a line about each."""
    entries: dict[str, list[dict[str, Any]]] = {table: [] for table in _TABLES}
    lines = []
    for table in _TABLES:
        keys = {_key(table, entry) for entry in known.get(table, [])}
        for entry in exchange[table]:
            if _key(table, entry) in keys:
                continue
            if table == "destination" and not entry.get("url"):
                lines.append(
                    f"not added: destination {entry.get('name')}, whose address was not exported; write it yourself"
                )
                continue
            check_entry(table, entry)
            keys.add(_key(table, entry))
            entries[table].append(entry)
            lines.append(f"added: {table} {entry.get('title') or entry.get('name')}")
    return entries, lines


def _key(table: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(entry.get(part)) for part in (("wiki", "title") if table == "watch" else ("name",)))


def _new_mutes(services: Services, entries: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The mutes that there are not yet and that have not run out."""
    now = services.now()
    active = [tuple(getattr(mute, part) for part in _MUTE) for mute in services.archive.mutes()]
    mutes = []
    for entry in entries:
        mute = _read_mute(entry, name)
        parts = tuple(mute[part] for part in _MUTE)
        if parts in active or (mute["until"] and mute["until"] <= now):
            continue
        active.append(parts)
        mutes.append(mute)
    return mutes


def _read_mute(entry: dict[str, Any], name: str) -> dict[str, Any]:
    """A mute of an exported watchlist; one without any part would mute everything."""
    parts = {part: entry.get(part) for part in _MUTE}
    texts = [part for part in parts.values() if part is not None]
    sound = set(entry) <= {*_MUTE, "until"} and all(
        isinstance(part, str) and part.isprintable() and 0 < len(part.strip()) <= _LONGEST_PART for part in texts
    )
    until = entry.get("until")
    try:
        ends = None if until is None else datetime.fromisoformat(until)
    except (TypeError, ValueError):
        sound, ends = False, None
    if not sound or not any((parts["title"], parts["rule"], parts["words"])) or (ends and ends.tzinfo is None):
        raise InputError(f"{name}: has a mute that cannot be read; export it again, nothing was changed")
    return {**parts, "until": ends}


def _mute_label(mute: Mapping[str, Any]) -> str:
    """What a mute suppresses: every part, so that no part of it goes unseen."""
    parts = [
        mute["title"],
        f"rule {mute['rule']}" if mute["rule"] else None,
        f"“{mute['words']}”" if mute["words"] else None,
        f"until {mute['until']:%Y-%m-%d %H:%M}" if mute["until"] else None,
    ]
    return ", ".join(part for part in parts if part)
