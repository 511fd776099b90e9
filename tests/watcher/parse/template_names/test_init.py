from tests.cases import for_each, table
from watcher.parse import template_names
from watcher.parse.citations.plain_text import normalize_template_name
from watcher.parse.template_names import MAINTENANCE_TAGS, dialect_for

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
    for kind, listed in TABLES.items():
        twice += [(name, seen[name], kind) for name in listed if name in seen and name not in BOTH]
        seen |= dict.fromkeys(listed, kind)
    assert twice == []


def test_spans_are_complaints_with_their_text():
    spans = {name for name in template_names.INLINE_TAGS if "span" in name or "範囲" in name}
    assert spans <= template_names.WRAPPERS.keys()


def test_languages_are_codes():
    assert {"en", "hi", "ru", "th", "zh"} <= template_names.LANGUAGES
    assert "wikt" not in template_names.LANGUAGES


@for_each(("template", "tag"))
def test_complaints_have_one_name_in_every_language(template: str, tag: str):
    assert MAINTENANCE_TAGS.get(template, "") == tag


LOCAL = table(__file__, "local")


@for_each("language", LOCAL)
def test_a_language_knows_its_own_names(language: str):
    dialect = dialect_for(language)
    file, category = LOCAL[language]
    assert file in dialect.file_namespaces
    assert category in dialect.category_namespaces


@for_each("language", [*LOCAL, "en", "xx", ""])
def test_canonical_english_names_work_on_every_wiki(language: str):
    dialect = dialect_for(language)
    assert dialect.file_namespaces[:2] == ("file", "image")
    assert dialect.category_namespaces[0] == "category"


@for_each(("variant", "base"), [("pt-br", "pt"), ("zh-yue", "zh"), ("nb", "no"), ("simple", "en"), ("DE", "de")])
def test_a_variant_speaks_like_its_base(variant: str, base: str):
    assert dialect_for(variant).file_namespaces == dialect_for(base).file_namespaces


@for_each("language", [*LOCAL, "en"])
def test_names_are_lower_case_and_single(language: str):
    names = dialect_for(language).file_namespaces + dialect_for(language).category_namespaces
    assert [name for name in names if name != name.lower() or ":" in name or "_" in name] == []
    assert len(set(names)) == len(names)
