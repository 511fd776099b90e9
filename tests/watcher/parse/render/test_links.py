"""Test telling links from images, and the options of an image from its caption."""

from tests.cases import for_each
from watcher.model import Dialect
from watcher.parse.render.images import alternative_text, is_option, normal_file
from watcher.parse.render.links import LinkKind, target_of

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


OPTIONS = (
    "thumb|Thumbnail|left|200px|200x100 px|upright|upright=1.3|upright 1.3|link=|page=3|page 3|mini|droite|200пкс|左"
)
CAPTIONS = ["Left of the road", "200 pixels", "The upright man", "A link = a bond", "", "px is a unit"]


@for_each("part", OPTIONS.split("|"))
def test_options_say_how_a_picture_shows(part: str):
    assert is_option(part)


@for_each("part", [*CAPTIONS, "小"])
def test_captions_say_what_it_shows(part: str):
    assert not is_option(part)


@for_each(
    ("part", "value"),
    [("alt=A map", "A map"), ("Alt = A = b", "A = b"), ("alt=", ""), ("altitude=3", None), ("A map", None)],
)
def test_the_alternative_text_has_a_name(part: str, value: str | None):
    assert alternative_text(part) == value


@for_each(
    ("written", "normal"),
    [("a_b.jpg", "A b.jpg"), (" a  b.jpg ", "A b.jpg"), ("éa.jpg", "Éa.jpg"), ("a.jpg#part", "A.jpg"), ("", "")],
)
def test_a_file_name_has_one_form(written: str, normal: str):
    assert normal_file(written) == normal
