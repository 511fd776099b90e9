"""Test the words of a citation without its markup."""

import mwparserfromhell

from tests.cases import for_each, table
from watcher.parse.citations.plain_text import normalize_template_name, plain_text

CASES = table(__file__, "cases")


@for_each("name", CASES)
def test_a_reader_sees_the_words(name: str):
    text, words = CASES[name]
    assert plain_text(mwparserfromhell.parse(text, skip_style_tags=True)) == words


@for_each("written", ["cite web", " Cite_web\n", "CITE  WEB", "Template:Cite web", "cite web<!-- x -->"])
def test_a_template_has_one_name(written: str):
    assert normalize_template_name(written) == "cite web"
