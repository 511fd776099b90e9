"""Write values of known classes as compact JSON, and read them back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from watcher.errors import Corrupt

# How the rows of a dump that are lists begin; those of a class with its place among the classes, from `_FIRST` on.
_TUPLE, _DECIMAL, _FIRST = 0, 2, 5
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


class Codec:
    """Writes dataclasses and enums of `classes`, tuples, Decimals and JSON's own scalars.

    A value that occurs several times is written once and read as one object.
    """

    def __init__(self, classes: Iterable[type]) -> None:
        self._tags = {item: tag for tag, item in enumerate(classes, _FIRST)}
        self._classes = {tag: item for item, tag in self._tags.items()}
        self._fields = {
            item: tuple(f.name for f in fields(item) if f.init) for item in self._tags if is_dataclass(item)
        }

    @property
    def version(self) -> str:
        """Return a digest of the classes' fields: what was written with other fields cannot be read."""
        shape = [(item.__name__, self._fields.get(item, ())) for item in self._tags]
        return sha256(repr(shape).encode()).hexdigest()[:16]

    def dump(self, value: object) -> bytes:
        """Serialize the value as ASCII: rows that refer only to earlier ones, the last of which is the value.

        Raises TypeError for a value of another class.
        """
        rows: list[Any] = []
        numbers: dict[object, int] = {}

        def put(value: Any) -> int:
            kind = type(value)
            if kind in _PLAIN:
                row, key = value, value if kind is str else (kind, value)  # 1, 1.0 and True are one key
            elif kind in self._fields:
                row = key = (self._tags[kind], *[put(getattr(value, name)) for name in self._fields[kind]])
            elif kind is tuple:
                row = key = (_TUPLE, *map(put, value))
            elif kind is Decimal:
                row = key = (_DECIMAL, str(value))
            elif kind in self._tags:
                row = key = (self._tags[kind], value.value)
            else:
                raise TypeError(f"a {kind.__name__} cannot be written")
            number = numbers.get(key)
            if number is None:
                number = numbers[key] = len(rows)
                rows.append(row)
            return number

        last = put(value)
        if last + 1 != len(rows):  # a value that is written already must stand at the end too
            rows.append(rows[last])
        return json.dumps(rows, separators=(",", ":")).encode()

    def load(self, body: bytes) -> Any:
        """Return the value that was dumped; raises Corrupt where `body` is no dump of values of these classes."""
        made: list[Any] = []
        try:
            for row in json.loads(body):
                value = row
                if type(row) is list:
                    tag, *parts = row
                    if tag == _TUPLE:
                        value = tuple(made[at] for at in parts)
                    elif tag == _DECIMAL:
                        value = Decimal(*parts)
                    elif names := self._fields.get(kind := self._classes[tag]):
                        value = kind(**{name: made[at] for name, at in zip(names, parts, strict=True)})
                    else:
                        value = kind(*parts)
                made.append(value)
            return made[-1]
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise Corrupt(f"stored values cannot be read ({error!r}): they are built again from the texts") from error
