"""List the extension tags of MediaWiki, for every pass over wikitext: scanner, splitter, renderer.

MediaWiki's preprocessor takes the body of an extension tag whole, up to the first end tag of its name, before it looks
for templates, links, headings or comments (Manual:Tag extensions). Six lists of these names used to disagree, and
`{{` in an `<inputbox>` took the next heading with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mwparserfromhell.definitions import PARSER_BLACKLIST

NOTATIONS: Final = frozenset(
    {
        "categorytree", "ce", "chem", "graph", "hiero", "mapframe", "maplink", "math", "score", "source",
        "syntaxhighlight", "templatedata", "timeline",
    }
)  # fmt: skip
"""Tags whose body is another notation: it is compared as it is written."""

INVISIBLE: Final = frozenset({"dynamicpagelist", "inputbox", "quiz", "rss", "templatestyles"})
"""Tags whose body readers do not see as text of the article."""

VERBATIM: Final = NOTATIONS | INVISIBLE | {"charinsert", "nowiki", "pre"}
"""Tags whose body is no wikitext."""

WITH_WIKITEXT: Final = frozenset({"gallery", "imagemap", "indicator", "phonos", "poem", "section"})
"""Tags whose body the extension itself reads as wikitext, captions or verses; `ref` and `references` are apart."""

LITERAL: Final = VERBATIM | WITH_WIKITEXT
"""Tags in which nothing opens or closes what is outside of them."""

PARSED_INSIDE: Final = VERBATIM - set(PARSER_BLACKLIST)
"""Verbatim tags that mwparserfromhell looks into all the same; the sanitizer makes their bodies harmless first."""


def alternatives(names: frozenset[str]) -> str:
    """Return the names as the alternatives of a pattern, in a stable order."""
    return "|".join(sorted(names))


_OPENING = re.compile(rf"<!--|<({alternatives(LITERAL)})\b[^<>]*+(?<!/)>", re.IGNORECASE)


def bodies(text: str, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield the span of the body of each closed tag of these names; those in comments or other tags do not count."""
    missing: set[str] = set()
    at = 0
    while opening := _OPENING.search(text, at):
        name = (opening[1] or "").lower()
        end = literal_end(text, name, opening.end(), missing)
        # A comment without an end takes the rest, a tag without one is text.
        at = end if end is not None else opening.end() if name else len(text)
        if name in names and at > opening.end():
            yield opening.end(), text.rindex("</", opening.end(), at)


def literal_end(text: str, name: str, at: int, missing: set[str]) -> int | None:
    """Return where the comment (no name) or literal tag ends whose body begins at `at`; None if it never does.

    A name in `missing` has no end in the rest of the text, and is not searched for again.
    """
    if name in missing:
        return None
    # As in MediaWiki's Preprocessor: any case, blanks before `>`.
    end = re.compile(rf"</{re.escape(name)}\s*>" if name else "-->", re.IGNORECASE).search(text, at)
    if end is None:
        missing.add(name)
        return None
    return end.end()
