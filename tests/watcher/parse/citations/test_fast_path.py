"""Test that plain citations are read without a parser exactly as with one, and all others with it."""

from __future__ import annotations

import mwparserfromhell

from tests.cases import for_each
from watcher.parse.citations.references import parse_simple_reference, reference_of

PLAIN = (
    "<ref>{{cite web|url=https://example.org/a?b=c|title=One title|access-date=3 May 2020}}</ref>",
    "<ref name=tide>{{Cite_News |title= Spaced  title |newspaper=The Tide |date=2012-05-01 |last=Doe |first=J.}}</ref>",
    '<ref name="Long name" group=note>{{cite book|title=Isn\'t it|isbn=0-306-40615-2|pages=3–4}}</ref>',
    "<ref>{{cite journal|doi=10.1000/XYZ|title=T|publisher=[[United Nations|UN]]|author=[[A. B.]]}}</ref>",
    "<ref>{{citation|title=A=B|}}</ref>",
    "<REF>{{cite report|title=Twice|title=Last wins}}</REF>",
    "<ref>Plain words of a page, 1999: p. 7 & 8.</ref>",
    "<ref name=a group=note> ''Tide'' (2012) </ref>",
    "<ref>{{cite web|url=https://example.org/a?b=c&d=e|title=Fish & chips|publisher=A&B}}</ref>",
)
MARKED = (
    "<ref>See http://example.org</ref>",
    "<ref>mailto:a@example.org</ref>",
    "<ref>A &ndash; B</ref>",
    "<ref>One\n* Two</ref>",
    "<ref>: indented</ref>",
    "<ref></ref>",
    "<ref> </ref>",
    "<ref>{{cite web|url=https://example.org/?a&lt;b|title=T}}</ref>",
    "<ref>{{cite web|title=A {{nbsp}} B}}</ref>",
    "<ref>{{cite web|title=A &amp; B}}</ref>",
    "<ref>{{cite web|title=[[A]}}</ref>",
    "<ref>{{cite web|title=See http://example.org now}}</ref>",
    "<ref>{{cite web|title=T}} and more</ref>",
    "<ref>{{unknown|title=T}}</ref>",
    "<ref>{{cite web|a positional value}}</ref>",
    "<ref name=a />",
    "<ref follow=a>{{cite web|title=T}}</ref>",
)


@for_each("raw", PLAIN)
def test_plain_citation_is_read_as_the_parser_reads_it(raw):
    node = mwparserfromhell.parse(raw, skip_style_tags=True).nodes[0]
    parsed = reference_of(node)
    quick = parse_simple_reference(raw)
    assert quick == parsed
    assert quick is not None
    assert quick.access_date == parsed.access_date


@for_each("raw", MARKED)
def test_anything_else_is_left_to_the_parser(raw):
    assert parse_simple_reference(raw) is None
