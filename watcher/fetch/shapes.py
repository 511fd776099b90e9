"""Decoded JSON in, values of the shapes that it must have out; Corrupt, in one line, where it has not.

Every message begins with `where`: what was asked, and of which wiki.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from watcher.errors import Corrupt

T = TypeVar("T", int, str, list[Any], dict[str, Any])


def queried(where: str, got: dict[str, Any]) -> dict[str, Any]:
    """The `query` part; an answer without one has nothing to say, as when only interwiki titles were asked."""
    return need(where, got, "query", dict) if "query" in got or "batchcomplete" not in got else {}


def dicts(where: str, holder: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """Each object of a list; nothing where there is no such list."""
    for entry in need(where, holder, key, list) if key in holder else ():
        if not isinstance(entry, dict):
            raise Corrupt(f"{where}: the answer has something else than objects in {key!r}; nothing was taken from it")
        yield entry


def pairs(where: str, query: dict[str, Any], key: str) -> Iterator[tuple[str, str]]:
    """The `from` and `to` of each entry."""
    for entry in dicts(where, query, key):
        yield need(where, entry, "from", str), need(where, entry, "to", str)


def need(where: str, holder: dict[str, Any], key: str, kind: type[T]) -> T:
    """The value under `key`, which must be of `kind`."""
    value = holder.get(key)
    # JSON's true is an int to Python.
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    trouble = "lacks" if value is None else "has an unexpected"
    raise Corrupt(f"{where}: the answer {trouble} {key!r}; nothing was taken from it")


def moment(where: str, text: str) -> datetime:
    """An aware time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min  # noqa: DTZ901  stands for "no time" for one line
    if at.tzinfo is None:
        raise Corrupt(f"{where}: the answer has an unexpected timestamp {short(text)!r}; nothing was taken from it")
    return at


def maybe_int(value: object) -> int | None:
    """A whole number, None where it is something else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def maybe_str(value: object) -> str | None:
    """A text, None where it is something else."""
    return value if isinstance(value, str) else None


def short(text: str) -> str:
    """One line of an error."""
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:199] + "…"  # noqa: PLR2004  an error is one line
