"""Join `{{note|x}}` with the words that follow it, which are those of the note (Template:Note)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from mwparserfromhell.nodes import Comment, Heading, Node, Tag, Template, Text
from mwparserfromhell.wikicode import Wikicode

from watcher.parse.citations.references import precedes_note
from watcher.parse.wikitext.reference_index import WORD_OF_LINE

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
