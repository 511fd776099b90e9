"""Test the words of a citation without its markup."""

import mwparserfromhell

from tests.cases import for_each
from watcher.parse.citations.plain_text import normalize_template_name, plain_text

CASES = {
    "plain words": ("a  b\n c", "a b c"),
    "bold and italic": ("'''a''' and ''b'' of 'c'", "a and b of 'c'"),
    "links": ("[[a]] [[b|c]] [[:d]]", "a c d"),
    "external links": ("[http://a.b c d] [http://e.f] http://g.h", "c d http://g.h"),
    "comments": ("a<!-- b --> c", "a c"),
    "entities": ("a&nbsp;b &ndash; &#x41;&#66; &amp;", "a b – AB &"),
    "no character": ("a&#xFFFFFFF;b", "a&#xFFFFFFF;b"),
    "characters by template": ("a{{nbsp}}b{{ndash}}c {{!}} d{{'}}e", "a b–c | d'e"),
    "shown templates": ("{{nowrap|a b}} {{lang|fr|c}} {{abbr|d|long}}", "a b c d"),
    "silent templates": ("a {{dead link|date=x}} b {{cbignore}}", "a b"),
    "a citation": ("See {{cite web|title=T|work=W|url=http://a.b}}.", "See T. W."),
    "refs": ("a<ref>b</ref> c<ref name=d />", "a c"),
    "tags": ("a <small>b</small><br>c", "a b c"),
    "arguments": ("a {{{1|b}}} c", "a c"),
    "no space before a stop": ("a {{dead link}}, b <!-- --> .", "a, b."),
}


@for_each("name", CASES)
def test_a_reader_sees_the_words(name: str):
    text, words = CASES[name]
    assert plain_text(mwparserfromhell.parse(text, skip_style_tags=True)) == words


@for_each("written", ["cite web", " Cite_web\n", "CITE  WEB", "Template:Cite web", "cite web<!-- x -->"])
def test_a_template_has_one_name(written: str):
    assert normalize_template_name(written) == "cite web"
