"""Replace the footnotes of a block by placeholders of equal length, so that each is parsed once."""

from __future__ import annotations

import re
from functools import lru_cache, partial

import mwparserfromhell
from mwparserfromhell.nodes import Tag

from watcher.model import Reference
from watcher.model.elements import Guard
from watcher.parse.citations.references import parse_simple_reference, reference_of
from watcher.parse.extension_tags import LITERAL, alternatives

# A footnote's node, None where nothing inside it needs another look, and what it cites.
ParsedFootnote = tuple[Tag | None, Reference | None]

# A placeholder is `<ref … />` with its number in binary as the blanks: a tab is 1, the lowest digit comes first. An
# attribute in its place made the parser a third slower on paragraphs with footnotes.
_TO_BLANKS, _TO_DIGITS = str.maketrans("01", " \t"), str.maketrans(" \t", "01")
_WRITTEN = re.compile(r"<ref[^\S\t]*+\t\s*+/>", re.IGNORECASE)  # possessive: a run of blanks is read once
_OPEN = re.compile(r"<ref(?:\s[^<>]*)?(?<!/)>", re.IGNORECASE)
_CLOSE = re.compile(r"</ref\s*>", re.IGNORECASE)
# Where text is shown as it is written, a stand-in would be seen.
_SHOWN_RAW = re.compile(rf"<(?:{alternatives(LITERAL)}|!--)", re.IGNORECASE)


def replace_footnotes(text: str) -> tuple[str, tuple[ParsedFootnote, ...]]:
    """Replace each `<ref>…</ref>` by a placeholder, and return what they stand for; the same text where that fails."""
    short, raws = _placeholders(text)
    # One that fails is read again in its place, where it is named as unread.
    notes = [Guard().run(partial(parse_footnote, raw), otherwise=None, element="a footnote") for raw in raws]
    result = tuple(note for note in notes if note is not None)
    return (short, result) if len(result) == len(notes) else (text, ())


def _placeholders(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with placeholders of equal length, and the wikitext of each footnote.

    >>> _placeholders("A.<ref>{{cite book|title=B}}</ref>")[1]
    ('<ref>{{cite book|title=B}}</ref>',)
    """
    if "</ref" not in text or _WRITTEN.search(text) or _SHOWN_RAW.search(text):
        return text, ()
    parts: list[str] = []
    notes: list[str] = []
    at = 0
    while opened := _OPEN.search(text, at):
        closed = _CLOSE.search(text, opened.end())
        if closed is None:
            break
        raw = text[opened.start() : closed.end()]
        number = f"{len(notes) + 1:b}"[::-1].translate(_TO_BLANKS)
        room = len(raw) - len("<ref/>")
        # The preprocessor ends the outer footnote at the first `</ref>`; what is left is read where it stands.
        if "<ref" in raw[4:].lower() or len(number) > room:
            parts.append(text[at : opened.end()])
            at = opened.end()
            continue
        parts += (text[at : opened.start()], "<ref", number.ljust(room), "/>")
        notes.append(raw)
        at = closed.end()
    return "".join((*parts, text[at:])), tuple(notes)


def footnote_number(node: Tag) -> int | None:
    """Return the footnote that a tag stands for; None for a tag that an author wrote."""
    if "\t" not in node.padding or node.attributes or not node.self_closing or str(node.tag) != "ref":
        return None
    return int(node.padding[::-1].translate(_TO_DIGITS), 2) - 1


@lru_cache(maxsize=4096)
def parse_footnote(raw: str) -> ParsedFootnote | None:
    """Return the node and the citation of a footnote's wikitext; None where it is no footnote after all."""
    if quick := parse_simple_reference(raw):
        return None, quick
    nodes = mwparserfromhell.parse(raw, skip_style_tags=True).nodes
    if len(nodes) != 1 or not isinstance(nodes[0], Tag):
        return None
    return nodes[0], reference_of(nodes[0])
