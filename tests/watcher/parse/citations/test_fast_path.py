"""Test that plain citations are read without a parser exactly as with one, and all others with it."""

from __future__ import annotations

import mwparserfromhell

from tests.cases import for_each, table
from watcher.parse.citations.references import parse_simple_reference, reference_of

PLAIN = table(__file__, "plain")
MARKED = table(__file__, "marked")


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
