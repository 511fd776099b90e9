"""Parse one block of wikitext: sentences, figures, references, uses and maintenance tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import mwparserfromhell
from mwparserfromhell.nodes import Comment, Heading, Text

from watcher.model import Claim, Cue, Dialect, Figure, Location, Reference, Sentence, Statistic, Tag, TextKind, Unread
from watcher.model.elements import Guard
from watcher.parse.claims import read_marks
from watcher.parse.quantities import read_quantities
from watcher.parse.render.footnotes import replace_footnotes
from watcher.parse.render.nodes import read_node
from watcher.parse.render.passages import MOST_CITED, sentences_of, strip_private_use
from watcher.parse.render.renderer import Renderer
from watcher.parse.wikitext.reference_index import NOTE_BEGINNING
from watcher.parse.wikitext.sanitizer import sanitize, unsanitize
from watcher.text.statement import CODE_LABEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The elements of a block in order; positions are characters of the block, without section.

    `uses` has a key for each use of a reference: a definition in place is a use, one in a list of references is none.
    """

    sentences: tuple[Sentence, ...] = ()
    figures: tuple[Figure, ...] = ()
    references: tuple[Reference, ...] = ()
    uses: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    unread: tuple[Unread, ...] = ()


AnalysisReader = Callable[[str, Dialect], Analysis]


def _is_words(node: Heading | Comment | Text) -> bool:
    return isinstance(node, Text) and not node.value.isspace()


@lru_cache(maxsize=2048)
def analyse(text: str, dialect: Dialect) -> Analysis:
    """Read one block: a paragraph, a list, a table, a template.

    A block that is nothing but a heading has no sentence: its words are a Section's.

    >>> analyse("Some '''21 million''' people.<ref name=ilo />", Dialect()).sentences[0].cites
    ('ilo',)
    """
    readable = strip_private_use(text)
    harmless, unread = sanitize(readable)
    short, notes = replace_footnotes(harmless)
    guard = Guard()
    listed = NOTE_BEGINNING.search(short) is not None
    reader = Renderer(dialect, read_node, notes=notes, lists_notes=listed, guard=guard)
    # With style tags the parser loses headings behind an odd ''': on 16 of 250 real pages, 32 of 35 headings on one.
    code = mwparserfromhell.parse(short, skip_style_tags=True)
    reader.read_block(code)
    heading = all(isinstance(node, Heading | Comment | Text) and not _is_words(node) for node in code.nodes)
    sentences: list[Sentence] = []
    tags: list[Tag] = []
    for passage in reader.passages:
        written, complained = guard.run(
            partial(sentences_of, passage, dialect.language),
            otherwise=([], []),
            element="a paragraph",
            location=partial(Location, start=passage.start, end=passage.end),
        )
        sentences += [] if heading else written
        tags += complained
    if harmless is not readable:
        sentences = [
            sentence if (text := unsanitize(sentence.text)) == sentence.text else replace(sentence, text=text)
            for sentence in sentences
        ]
        tags = [replace(tag, sentence=unsanitize(tag.sentence)) for tag in tags]
    if len(reader.uses) > MOST_CITED and any(len(sentence.cites) >= MOST_CITED for sentence in sentences):
        reason = f"more than {MOST_CITED} footnotes on one sentence"
        unread = (*unread, Unread(reason=reason, location=Location(end=len(text))))
    return Analysis(
        sentences=tuple(sentences),
        figures=tuple(reader.figures),
        references=tuple(reader.references),
        uses=tuple(reader.uses),
        tags=tuple(tags),
        unread=(*unread, *guard.unread),
    )


def statistics_of(sentence: Sentence, language: str) -> tuple[Statistic, ...]:
    """Return each quantity of a sentence, context quantities (rank, year, date) too, with what supports it."""
    # A field of codes counts nothing: calling_code, phone, ICD10, charmap, coordinates, {{rp|12}}.
    if not sentence.is_content or (sentence.where is TextKind.INFOBOX and CODE_LABEL.search(sentence.label)):
        return ()
    return tuple(
        Statistic(
            quantity=quantity,
            sentence=sentence.text,
            references=sentence.references or sentence.support,
            where=sentence.where,
            location=sentence.location,
        )
        for quantity in read_quantities(sentence.text, language)
    )


def claim_of(sentence: Sentence, language: str) -> Claim | None:
    """Return the claim of a sentence; None when it has no cue, or none but a name in a cell."""
    if not sentence.is_content:
        return None
    marks = read_marks(sentence.text, language)
    if not marks or (
        sentence.where in (TextKind.TABLE, TextKind.INFOBOX) and all(mark.cue is Cue.ENTITY for mark in marks)
    ):
        return None
    return Claim(
        text=sentence.text,
        marks=marks,
        references=sentence.references or sentence.support,
        where=sentence.where,
        location=sentence.location,
    )


def facts_of(
    sentences: Iterable[Sentence], language: str, guard: Guard | None = None
) -> tuple[tuple[Statistic, ...], tuple[Claim, ...]]:
    """Return the statistics and claims of some sentences, in order; `guard` records sentences that cannot be read."""
    guard = guard or Guard()
    statistics: list[Statistic] = []
    claims: list[Claim] = []
    for sentence in sentences:
        numbers, words = partial(statistics_of, sentence, language), partial(claim_of, sentence, language)
        statistics += guard.run(numbers, otherwise=(), element="the numbers of a sentence", location=sentence.location)
        claim = guard.run(words, otherwise=None, element="the claims of a sentence", location=sentence.location)
        if claim:
            claims.append(claim)
    return tuple(statistics), tuple(claims)
