"""Replace footnotes by placeholders of equal length, and join `{{note|x}}` with the words that are its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final

import mwparserfromhell
from mwparserfromhell.nodes import Comment, Heading, Node, Tag, Template, Text
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Reference
from watcher.model.elements import Guard
from watcher.parse.citations.references import parse_simple_reference, precedes_note, reference_of
from watcher.parse.extension_tags import LITERAL, alternatives
from watcher.parse.wikitext.reference_index import WORD_OF_LINE

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


LIST_MARKERS: Final = frozenset("*#;:")


@dataclass(frozen=True, slots=True)
class ListedNote:
    """A template that names a note, what stands before it in its line, and the nodes that follow it there."""

    before: str
    template: Template
    nodes: list[Node] = field(default_factory=list)

    @property
    def contents(self) -> Wikicode:
        """Return what the note says."""
        return Wikicode(self.nodes)

    def __str__(self) -> str:
        return "".join(map(str, (self.before, self.template, *self.nodes)))


def joined_notes(nodes: Iterable[Node]) -> list[Node | ListedNote]:
    """Return the nodes, those of a note as one; behind words in its line `{{note|x}}` begins none."""
    joiner = _NoteJoiner()
    for node in nodes:
        joiner.add(node)
    return joiner.result


@dataclass(slots=True)
class _NoteJoiner:
    result: list[Node | ListedNote] = field(default_factory=list)
    note: ListedNote | None = None
    may_begin: bool = True  # no words precede in the line

    def add(self, node: Node) -> None:
        begins_line = isinstance(node, Heading) or (isinstance(node, Tag) and node.wiki_markup in LIST_MARKERS)
        if isinstance(node, Template) and (self.note or self.may_begin) and precedes_note(node):
            self.note = ListedNote("" if self.note else self.taken_number(), node)
            self.result.append(self.note)
        elif isinstance(node, Text):
            self.add_text(node.value)
        elif self.note and not begins_line:
            self.note.nodes.append(node)
        else:
            self.note = None
            is_empty = isinstance(node, Tag | Comment) and not getattr(node, "contents", None)
            self.may_begin = begins_line or (self.may_begin and is_empty)
            self.result.append(node)

    def add_text(self, value: str) -> None:
        if self.note:
            words, line_end, rest = value.partition("\n")
            self.note.nodes.append(Text(words))
            if not line_end:
                return
            self.note, value = None, line_end + rest
        line = value.rpartition("\n")[2]
        self.may_begin = (self.may_begin or line != value) and not WORD_OF_LINE.search(line)
        self.result.append(Text(value))

    def taken_number(self) -> str:
        """Remove the number or letter that ends the nodes and return it."""
        last = self.result[-1] if self.result else None
        if not isinstance(last, Text):
            return ""
        kept, line_end, number = str(last.value).rpartition("\n")
        self.result[-1] = Text(kept + line_end)
        return number
