from __future__ import annotations

from tests.cases import for_each
from watcher.model import Dialect
from watcher.parse.render.nodes import LinkKind, LinkTarget, target_of

HINDI = Dialect(language="hi", file_namespaces=("चित्र", "file"), category_namespaces=("श्रेणी", "category"))


@for_each(
    ("title", "kind", "shown"),
    [
        ("Port of Dover", LinkKind.ARTICLE, "Port of Dover"),
        ("Port_of_Dover", LinkKind.ARTICLE, "Port of Dover"),
        ("File:Pier.jpg", LinkKind.FILE, "Pier.jpg"),
        (" image : Pier.jpg", LinkKind.FILE, "Pier.jpg"),
        ("चित्र:Pier.jpg", LinkKind.FILE, "Pier.jpg"),
        ("श्रेणी:पत्तन", LinkKind.CATEGORY, "श्रेणी:पत्तन"),
        ("Category:Ports", LinkKind.CATEGORY, "Category:Ports"),
        (":Category:Ports", LinkKind.ARTICLE, "Category:Ports"),
        (":File:Pier.jpg", LinkKind.ARTICLE, "File:Pier.jpg"),
        ("fr:Port de Douvres", LinkKind.LANGUAGE, "fr:Port de Douvres"),
        (":fr:Port de Douvres", LinkKind.ARTICLE, "fr:Port de Douvres"),
        ("Help:Contents", LinkKind.ARTICLE, "Help:Contents"),
        ("<!-- hidden -->Dover", LinkKind.ARTICLE, "Dover"),
        ("Mission: Possible", LinkKind.ARTICLE, "Mission: Possible"),
    ],
)
def test_a_link_is_sorted_by_its_namespace(title: str, kind: LinkKind, shown: str):
    assert target_of(title, HINDI, labelled=False) == LinkTarget(kind, shown)


@for_each(
    ("title", "shown"),
    [("Help:Contents", "Contents"), ("Dover (Kent)", "Dover"), ("Dover, Kent", "Dover"), ("Dover", "Dover")],
)
def test_an_empty_label_shows_the_title_without_namespace_and_brackets(title: str, shown: str):
    assert target_of(title, Dialect(), labelled=True).text == shown
