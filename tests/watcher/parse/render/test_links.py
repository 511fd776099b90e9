from __future__ import annotations

from tests.cases import for_each
from watcher.model import Dialect
from watcher.parse.render.nodes import LinkTarget, target_of

HINDI = Dialect(language="hi", file_namespaces=("चित्र", "file"), category_namespaces=("श्रेणी", "category"))
KIND = LinkTarget.Kind


@for_each(
    ("title", "kind", "shown"),
    [
        ("Port of Dover", KIND.ARTICLE, "Port of Dover"),
        ("Port_of_Dover", KIND.ARTICLE, "Port of Dover"),
        ("File:Pier.jpg", KIND.FILE, "Pier.jpg"),
        (" image : Pier.jpg", KIND.FILE, "Pier.jpg"),
        ("चित्र:Pier.jpg", KIND.FILE, "Pier.jpg"),
        ("श्रेणी:पत्तन", KIND.CATEGORY, "श्रेणी:पत्तन"),
        ("Category:Ports", KIND.CATEGORY, "Category:Ports"),
        (":Category:Ports", KIND.ARTICLE, "Category:Ports"),
        (":File:Pier.jpg", KIND.ARTICLE, "File:Pier.jpg"),
        ("fr:Port de Douvres", KIND.LANGUAGE, "fr:Port de Douvres"),
        (":fr:Port de Douvres", KIND.ARTICLE, "fr:Port de Douvres"),
        ("Help:Contents", KIND.ARTICLE, "Help:Contents"),
        ("<!-- hidden -->Dover", KIND.ARTICLE, "Dover"),
        ("Mission: Possible", KIND.ARTICLE, "Mission: Possible"),
    ],
)
def test_a_link_is_sorted_by_its_namespace(title: str, kind: LinkTarget.Kind, shown: str):
    assert target_of(title, HINDI, labelled=False) == LinkTarget(kind, shown)


@for_each(
    ("title", "shown"),
    [("Help:Contents", "Contents"), ("Dover (Kent)", "Dover"), ("Dover, Kent", "Dover"), ("Dover", "Dover")],
)
def test_an_empty_label_shows_the_title_without_namespace_and_brackets(title: str, shown: str):
    assert target_of(title, Dialect(), labelled=True).text == shown
