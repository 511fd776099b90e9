from __future__ import annotations

from tests.cases import for_each
from watcher.parse import template_names
from watcher.parse.citations.plain_text import normalize_template_name

TABLES = {
    "inline": template_names.INLINE_TAGS,
    "boxes": template_names.BOX_TAGS,
    "silent": template_names.INVISIBLE_TEMPLATES,
    "hatnotes": template_names.HATNOTES,
    "quotes": template_names.QUOTES,
    "lists": template_names.LISTS,
    "reference lists": template_names.REFERENCE_LISTS,
    "characters": template_names.CHARACTERS,
    "wrappers": template_names.WRAPPERS,
    "symbols": template_names.SYMBOLS,
}
# A complaint with a span of text around it is both.
BOTH = template_names.INLINE_TAGS.keys() & template_names.WRAPPERS


@for_each("table", TABLES)
def test_names_are_written_as_they_are_looked_up(table: str):
    assert [name for name in TABLES[table] if normalize_template_name(name) != name] == []


def test_a_template_is_of_one_kind():
    seen: dict[str, str] = {}
    twice = []
    for table, listed in TABLES.items():
        twice += [(name, seen[name], table) for name in listed if name in seen and name not in BOTH]
        seen |= dict.fromkeys(listed, table)
    assert twice == []


def test_spans_are_complaints_with_their_text():
    spans = {name for name in template_names.INLINE_TAGS if "span" in name or "範囲" in name}
    assert spans <= template_names.WRAPPERS.keys()


def test_languages_are_codes():
    assert {"en", "hi", "ru", "th", "zh"} <= template_names.LANGUAGES
    assert "wikt" not in template_names.LANGUAGES
