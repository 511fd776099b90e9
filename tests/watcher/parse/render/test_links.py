from __future__ import annotations

from tests.cases import for_each
from watcher.model import Dialect
from watcher.parse.render.nodes import LinkKind, target_of

HINDI = Dialect(language="hi", file_namespaces=("चित्र", "file"), category_namespaces=("श्रेणी", "category"))


@for_each(("title", "kind", "shown"))
def test_a_link_is_sorted_by_its_namespace(title: str, kind: str, shown: str):
    assert target_of(title, HINDI, labelled=False) == (LinkKind(kind), shown)


@for_each(
    ("title", "shown"),
    [("Help:Contents", "Contents"), ("Dover (Kent)", "Dover"), ("Dover, Kent", "Dover"), ("Dover", "Dover")],
)
def test_an_empty_label_shows_the_title_without_namespace_and_brackets(title: str, shown: str):
    assert target_of(title, Dialect(), labelled=True) == (LinkKind.ARTICLE, shown)
