"""Test the names of file and category namespaces in each language."""

from tests.cases import for_each, table
from watcher.parse.template_names import dialect_for

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
