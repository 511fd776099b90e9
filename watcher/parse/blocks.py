"""One block of wikitext → its sentences, figures, references, uses and maintenance tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial

import mwparserfromhell
from mwparserfromhell.nodes import Comment, Heading, Text

from watcher.model import Dialect, Figure, Place, Reference, Sentence, Tag, Unread
from watcher.model.guard import Guard
from watcher.parse.defuse import defuse, restored
from watcher.parse.nodes import read_node
from watcher.parse.notes import hold
from watcher.parse.render import Reader
from watcher.parse.sentences import MOST_CITED, sentences_of
from watcher.parse.wording import neutral


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What a block says, in order; places are characters of the block, without section.

    `uses` has a key for each use of a reference: a definition in place is one, one in a list of references
    is none.
    """

    sentences: tuple[Sentence, ...] = ()
    figures: tuple[Figure, ...] = ()
    references: tuple[Reference, ...] = ()
    uses: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    unread: tuple[Unread, ...] = ()


def _is_words(node: Heading | Comment | Text) -> bool:
    return isinstance(node, Text) and not node.value.isspace()


@lru_cache(maxsize=2048)
def analyse(text: str, dialect: Dialect) -> Analysis:
    """Read one block: a paragraph, a list, a table, a template.

    A block that is nothing but a heading has no sentence: its words are a Section's.

    >>> analyse("Some '''21 million''' people.<ref name=ilo />", Dialect()).sentences[0].cites
    ('ilo',)
    """
    readable = neutral(text)
    harmless, unread = defuse(readable)
    short, notes = hold(harmless, dialect)
    guard = Guard()
    reader = Reader(dialect, read_node, notes=notes, guard=guard)
    code = mwparserfromhell.parse(short, skip_style_tags=True)
    reader.read_block(code)
    heading = all(isinstance(node, Heading | Comment | Text) and not _is_words(node) for node in code.nodes)
    sentences: list[Sentence] = []
    tags: list[Tag] = []
    for passage in reader.passages:
        said, complained = guard.run(
            partial(sentences_of, passage, dialect.language),
            otherwise=([], []),
            element="a paragraph",
            place=Place(start=passage.start, end=passage.end),
        )
        sentences += [] if heading else said
        tags += complained
    if harmless is not readable:
        sentences = [one if (text := restored(one.text)) == one.text else replace(one, text=text) for one in sentences]
        tags = [replace(one, sentence=restored(one.sentence)) for one in tags]
    if len(reader.uses) > MOST_CITED and any(len(one.cites) >= MOST_CITED for one in sentences):
        reason = f"more than {MOST_CITED} footnotes on one sentence"
        unread = (*unread, Unread(reason=reason, place=Place(end=len(text))))
    return Analysis(
        sentences=tuple(sentences),
        figures=tuple(reader.figures),
        references=tuple(reader.references),
        uses=tuple(reader.uses),
        tags=tuple(tags),
        unread=(*unread, *guard.unread),
    )
