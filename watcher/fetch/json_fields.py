"""Read fields of decoded JSON, raising Corrupt in one line where the shape is wrong.

Every message begins with `where`: what was asked, and of which wiki.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from watcher.errors import Corrupt
from watcher.text import error_line

T = TypeVar("T", int, str, list[Any], dict[str, Any])

# The largest answers, of 500 revisions or of a wiki's interwiki map, have some 10,000 values.
_MOST_VALUES: Final = 1_000_000
_UNCOUNTED: Final = 1 << 20  # bytes that cannot hold enough values to fill the memory
# Matches from every quotation mark on, so that no text is looked at twice; an unclosed string ends with the text.
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?', re.DOTALL)
_ESCAPED: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# Neither PostgreSQL nor UTF-8 takes these; MediaWiki never sends them.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
# Columns of the database, and MediaWiki's own ids, have 64 bits.
_INTEGER_LIMIT: Final = 2**63
_LONGEST_TITLE: Final = 1_000  # characters; MediaWiki's own have 255 bytes and a namespace
_LONGEST_NAME: Final = 2_000
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def loads(body: bytes | str) -> Any:
    """Parse JSON; raises ValueError or RecursionError where it is malformed, or made to fill the memory.

    Numbers that JSON does not have, keys that occur twice and text that no database accepts are refused, too.
    """
    raw = body.encode() if isinstance(body, str) else body
    if len(raw) > _UNCOUNTED:
        bare = _STRING.sub(b"", raw)  # the separators outside strings are at least as many as the values
        if sum(bare.count(mark) for mark in (b",", b"[", b"{")) > _MOST_VALUES:
            raise ValueError("more values than any answer has")
    # UTF-8 alone: what is counted above could hide in another encoding.
    value = _DECODER.decode(raw.decode("utf-8-sig"))
    if _ESCAPED.search(raw) and _has_unstorable(value):
        raise ValueError("text that is not Unicode")
    return value


def _object(items: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(items)
    if len(made) != len(items):
        raise ValueError("a key occurs twice")
    return made


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


# json.loads() makes one for each call that has hooks, a quarter of the time that an event of a stream takes there.
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)


def _has_unstorable(value: object) -> bool:
    left = [value]
    while left:
        match left.pop():
            case str(text) if _UNSTORABLE.search(text):
                return True
            case list(values):
                left += values
            case dict(entries):
                left += [*entries.keys(), *entries.values()]
            case _:
                pass
    return False


def query_part(where: str, got: dict[str, Any]) -> dict[str, Any]:
    """Return the `query` part; empty in an answer without one, as when only interwiki titles were asked for."""
    return require(where, got, "query", dict) if "query" in got or "batchcomplete" not in got else {}


def iter_objects(where: str, holder: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """Yield each object of a list; nothing where there is no such list."""
    for entry in require(where, holder, key, list) if key in holder else ():
        if not isinstance(entry, dict):
            raise Corrupt(f"{where}: the answer has something else than objects in {key!r}; nothing was taken from it")
        yield entry


def from_to_pairs(where: str, query: dict[str, Any], key: str) -> Iterator[tuple[str, str]]:
    """Yield `from` and `to` of each entry."""
    for entry in iter_objects(where, query, key):
        yield require(where, entry, "from", str), require(where, entry, "to", str)


def require(where: str, holder: dict[str, Any], key: str, kind: type[T]) -> T:
    """Return the value under `key`, which must be of `kind`."""
    value = holder.get(key)
    # JSON's true is an int to Python.
    bounded = not isinstance(value, int) or abs(value) < _INTEGER_LIMIT
    if bounded and isinstance(value, kind) and not isinstance(value, bool):
        return value
    trouble = "lacks" if value is None else "has an unexpected"
    raise Corrupt(f"{where}: the answer {trouble} {key!r}; nothing was taken from it")


def page_title(where: str, holder: dict[str, Any]) -> str:
    """Return the title of a page, of a length that titles have."""
    title = require(where, holder, "title", str)
    if len(title) > _LONGEST_TITLE:
        raise Corrupt(f"{where}: the answer has a title of {len(title):,} characters; nothing was taken from it")
    return title


def timestamp(where: str, text: str) -> datetime:
    """Parse an aware time, far enough from the ends of the calendar for arithmetic."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min  # noqa: DTZ901  stands for "no time" for one line
    if at.tzinfo is None or not _EARLIEST <= at <= _LATEST:
        raise Corrupt(
            f"{where}: the answer has an unexpected timestamp {error_line(text)!r}; nothing was taken from it"
        )
    return at


def maybe_int(value: object) -> int | None:
    """Return an integer of 64 bits, None where it is something else."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _INTEGER_LIMIT:
        return value
    return None


def maybe_str(value: object) -> str | None:
    """Return a text, None where it is something else."""
    return value if isinstance(value, str) else None


def maybe_name(value: object) -> str | None:
    """Return a name or a comment, cut to a length that these have; None where it is something else."""
    return value[:_LONGEST_NAME] if isinstance(value, str) else None


def quoted(title: str) -> str:
    """Quote a title for an error."""
    return f'"{title}"'


def several(titles: Sequence[str]) -> str:
    """Quote the first of several titles for an error, and count the others."""
    return quoted(titles[0]) if len(titles) == 1 else f'"{titles[0]}" and {len(titles) - 1} more'
