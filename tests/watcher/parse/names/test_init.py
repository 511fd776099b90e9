from __future__ import annotations

import pytest

from watcher.parse import names
from watcher.parse.plain import name_of

TABLES = {
    "inline": names.INLINE_TAGS,
    "boxes": names.BOX_TAGS,
    "silent": names.SILENT,
    "hatnotes": names.HATNOTES,
    "quotes": names.QUOTES,
    "lists": names.LISTS,
    "reference lists": names.REFERENCE_LISTS,
    "characters": names.CHARACTERS,
    "wrappers": names.WRAPPERS,
    "symbols": names.SYMBOLS,
}
# A complaint with a span of text around it is both.
BOTH = {name for name in names.INLINE_TAGS if "span" in name}


@pytest.mark.parametrize("table", TABLES)
def test_names_are_written_as_they_are_looked_up(table: str):
    assert [name for name in TABLES[table] if name_of(name) != name] == []


def test_a_template_is_of_one_sort():
    seen: dict[str, str] = {}
    twice = []
    for table, listed in TABLES.items():
        twice += [(name, seen[name], table) for name in listed if name in seen and name not in BOTH]
        seen |= dict.fromkeys(listed, table)
    assert twice == []


def test_languages_are_codes():
    assert {"en", "hi", "ru", "th", "zh"} <= names.LANGUAGES
    assert "wikt" not in names.LANGUAGES
