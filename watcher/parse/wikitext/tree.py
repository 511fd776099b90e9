"""Parse wikitext to the tree of mwparserfromhell's nodes."""

from __future__ import annotations

import mwparserfromhell
from mwparserfromhell.wikicode import Wikicode


def parse_tree(wikitext: str) -> Wikicode:
    """Return the nodes of a wikitext that `sanitize` made harmless; bold and italics stay text.

    With style tags the parser loses headings behind an odd ''': on 16 of 250 real pages, 32 of 35 headings on one.
    """
    return mwparserfromhell.parse(wikitext, skip_style_tags=True)
