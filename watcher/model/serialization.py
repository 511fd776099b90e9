"""Serialize elements to the JSON that scripts rely on, and values of known classes to compact JSON and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from itertools import chain
from operator import attrgetter
from typing import Any, Final

from watcher.batching import batched
from watcher.errors import Corrupt
from watcher.model.elements import Claim, Element, Figure, Reference, Section, Sentence, Statistic, Tag
from watcher.model.revisions import Revision


def decimal_text(number: Decimal | None) -> str | None:
    """Write an exact decimal without exponent: `21000000`, `0.5`."""
    if number is None:
        return None
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") or "0" if "." in plain else plain


# What the contract lists for each kind, in its order; of a statistic, what its quantity has.
_FIELDS: Final[dict[type, tuple[str, ...]]] = {
    Section: ("path", "level"),
    Figure: ("file", "caption", "alt", "options"),
    Reference: (
        "key", "name", "template", "title", "url", "archive_url", "date", "work", "publisher", "text", "uses",
    ),
    Statistic: ("text", "value", "low", "high", "measure", "unit", "qualifier", "period", "as_of"),
    Claim: ("text", "cues"),
    Tag: ("name", "sentence"),
    Sentence: ("text", "label"),
}  # fmt: skip


def element_to_dict(element: Element | None) -> dict[str, Any] | None:
    """Return the JSON of an element that the contract lists for its kind; None for None."""
    if element is None:
        return None
    holder = element.quantity if isinstance(element, Statistic) else element
    written: dict[str, Any] = {}
    for name in _FIELDS[type(element)]:
        match getattr(holder, name):
            case Decimal() as number:
                written[name] = decimal_text(number)
            case StrEnum() as member:
                written[name] = member.value
            case tuple() as values:
                written[name] = list(values)
            case value:
                written[name] = value
    if isinstance(element, Section):
        marks = "=" * element.level
        written["heading"] = f"{marks}{element.heading}{marks}"
    if isinstance(element, Figure):
        written |= {name: value for name in ("sha1", "url") if (value := getattr(element, name)) is not None}
    return written


_TUPLE, _DICT, _DECIMAL, _REVISION, _BYTES, _FIRST = range(6)
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_ENCODED_AT_ONCE: Final = 1000  # rows


class Codec:
    """Writes dataclasses and enums of `classes`, tuples, dicts, Decimals, bytes and JSON's own scalars.

    A value that occurs several times is written once and read as one object. Of a Revision only the id is written.
    """

    def __init__(self, classes: Iterable[type]) -> None:
        self._classes = tuple(classes)
        self._fields = {
            item: tuple(f.name for f in fields(item) if f.init) for item in self._classes if is_dataclass(item)
        }
        own = {item: _parts_of(tag, self._fields.get(item, ())) for tag, item in enumerate(self._classes, _FIRST)}
        self._parts = _PARTS | own

    @property
    def version(self) -> str:
        """Return a digest of the classes' fields: what was written with other fields cannot be read."""
        shape = [(item.__name__, self._fields.get(item, ())) for item in self._classes]
        return sha256(repr(shape).encode()).hexdigest()[:16]

    def dump(self, value: object) -> bytes:
        """Serialize the value as ASCII. Raises TypeError for a value of another class."""
        rows = _Writer(self._parts).rows(value)
        # Encoding all at once takes eight times the memory of the result: a text for each of its numbers.
        parts = (json.dumps(part, separators=(",", ":"))[1:-1].encode() for part in batched(rows, _ENCODED_AT_ONCE))
        return b"[" + b",".join(parts) + b"]"

    def load(self, body: bytes, revisions: Callable[[frozenset[int]], Mapping[int, Revision]] | None = None) -> Any:
        """Return the value that was dumped; `revisions` gives those of some ids.

        Raises Corrupt where `body` is no dump of values of these classes.
        """
        try:
            rows = json.loads(body)
            requested = frozenset(row[1] for row in rows if type(row) is list and row[0] == _REVISION)
            known = revisions(requested) if revisions and requested else {}
            made: list[Any] = []
            for row in rows:
                made.append(self._made(row, made, known) if type(row) is list else row)
            return made[-1]
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise Corrupt(f"stored values cannot be read ({error!r}): they are built again from the texts") from error

    def _made(self, row: list[Any], made: list[Any], revisions: Mapping[int, Revision]) -> Any:
        tag = row[0]
        if tag >= _FIRST:
            requested = self._classes[tag - _FIRST]
            names = self._fields.get(requested)
            if names is None:
                return requested(row[1])
            return requested(**{name: made[at] for name, at in zip(names, row[1:], strict=True)})
        if tag == _TUPLE:
            return tuple(made[at] for at in row[1:])
        if tag == _DICT:
            return {made[row[at]]: made[row[at + 1]] for at in range(1, len(row), 2)}
        if tag == _REVISION:
            return revisions[row[1]]
        return Decimal(row[1]) if tag == _DECIMAL else bytes.fromhex(row[1])


class _Writer:
    """Rows, each of which refers only to earlier rows; the last is the value.

    The state of a history has some 100,000 values: what is done for each of them is kept to a few calls of C.
    """

    def __init__(self, parts: Mapping[type, _Parts]) -> None:
        self.parts = parts
        self.written: list[Any] = []
        self.known: dict[object, int] = {}
        self.seen: dict[int, int] = {}
        self.kept: list[object] = []  # so that the id of none of them becomes another's

    def rows(self, value: object) -> list[Any]:
        last = self.put(value)
        if last + 1 != len(self.written):  # a value that is written already must stand at the end too
            self.written.append(self.written[last])
        return self.written

    def put(self, value: object) -> int:
        """Return the number of the row of a value."""
        kind = type(value)
        if kind in _PLAIN:
            return self.row(value if kind is str else (kind, value), value)  # 1, 1.0 and True are one key
        number = self.seen.get(id(value))
        if number is None:
            if kind not in self.parts:
                raise TypeError(f"a {kind.__name__} cannot be written")
            row = self.parts[kind](self.put, value)
            number = self.seen[id(value)] = self.row(row, row)
            self.kept.append(value)
        return number

    def row(self, key: object, row: object) -> int:
        number = self.known.get(key)
        if number is None:
            number = self.known[key] = len(self.written)
            self.written.append(row)
        return number


_Put = Callable[[Any], int]
_Parts = Callable[[_Put, Any], tuple[Any, ...]]
_PARTS: Final[dict[type, _Parts]] = {
    tuple: lambda put, value: (_TUPLE, *map(put, value)),
    dict: lambda put, value: (_DICT, *map(put, chain.from_iterable(value.items()))),
    Decimal: lambda _, value: (_DECIMAL, str(value)),
    bytes: lambda _, value: (_BYTES, value.hex()),
    Revision: lambda _, value: (_REVISION, value.id),
}


def _parts_of(tag: int, names: Sequence[str]) -> _Parts:
    """Return what gives the row of a dataclass with these fields, or of an enum without."""
    if not names:
        return lambda _, value: (tag, value.value)
    if len(names) == 1:  # attrgetter gives no tuple
        return lambda put, value: (tag, put(getattr(value, names[0])))
    values = attrgetter(*names)
    return lambda put, value: (tag, *map(put, values(value)))
