"""Test names and groups of footnotes as keys."""

from tests.cases import for_each
from watcher.parse.wikitext.reference_index import clean_name, reference_key


@for_each(
    ("written", "name"),
    [
        (' "a  b" ', "a b"),
        ("'a'", "a"),
        ("a", "a"),
        ("a/b", "a/b"),
        ('"', None),
        ("", None),
        (None, None),
        ("a_b", "a_b"),
    ],
)
def test_a_name_loses_quotes_and_spare_spaces(written: str | None, name: str | None):
    assert clean_name(written) == name


def test_a_group_comes_before_the_name():
    assert (reference_key("a", "n"), reference_key("a", None)) == ("n/a", "a")
