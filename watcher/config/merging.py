"""Append entries of another watchlist to the text of this one, so that no key or value becomes syntax."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from watcher.config.schema import TABLES
from watcher.errors import InputError

_LARGEST_INTEGER: Final = 2**63 - 1  # TOML 1.0: 64-bit signed


def check_entry(table: str, entry: Mapping[str, Any]) -> None:
    """Refuse what no entry of a watchlist can hold: InputError for a key that is not known, or a value of another type.

    Whether a value is a good one is for `understood` to say.
    """
    known = TABLES[table].model_fields
    for key, value in entry.items():
        if key not in known:
            raise InputError(f"a [[{table}]] has the key {key[:60]!r}, which no watchlist has; export it again")
        values = value if isinstance(value, list) else [value]
        if not all(_is_plain(item) for item in values):
            raise InputError(f"a [[{table}]] has a value for {key} that no watchlist can hold; export it again")


def append_entries(text: str, entries: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """`text` with these entries at its end, by the name of their tables; all that stands there is kept as it is.

    InputError for what `check_entry` refuses.
    """
    import tomlkit  # noqa: PLC0415  only an import needs it

    document = tomlkit.document()
    for table, members in entries.items():
        for entry in members:
            check_entry(table, entry)
        if members:
            document[table] = [dict(entry) for entry in members]
    added = tomlkit.dumps(document)
    if tomllib.loads(added) != {table: [*members] for table, members in entries.items() if members}:
        raise InputError("an entry cannot be written as TOML; export it again")
    newline = "\r\n" if "\r\n" in text else "\n"
    return text.rstrip("\r\n") + newline * 2 + added.replace("\n", newline) if added else text


def _is_plain(value: Any) -> bool:
    match value:
        case bool():
            return True
        case int():
            return abs(value) <= _LARGEST_INTEGER
        case str():  # JSON may hold lone surrogates, which no UTF-8 file can
            return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
        case _:
            return False
