"""Parse a text block by block, and assemble the blocks into one Document, in document order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from types import MappingProxyType

from mwparserfromhell.nodes import Comment, Heading, Text

from watcher.model import (
    Claim,
    Cue,
    Dialect,
    Document,
    Figure,
    Location,
    Measure,
    Reference,
    Section,
    Sentence,
    Statistic,
    Tag,
    TextKind,
    Unread,
)
from watcher.model.elements import LIMIT, Guard
from watcher.parse.citations.references import MOST_PARTS, parse_footnote, parse_simple_reference, replace_footnotes
from watcher.parse.claims import read_marks
from watcher.parse.quantities import extractor, read_quantities
from watcher.parse.render.images import may_show_file
from watcher.parse.render.nodes import read_node
from watcher.parse.render.passages import MOST_CITED, sentences_of, strip_private_use
from watcher.parse.render.renderer import Renderer
from watcher.parse.visibility import hidden_spans, visible
from watcher.parse.wikitext import sections
from watcher.parse.wikitext.reference_index import ReferenceScan, index_references
from watcher.parse.wikitext.sanitizer import parse_tree, sanitize, unsanitize
from watcher.parse.wikitext.sections import Block, blocks, self_contained_pieces, split_sections
from watcher.text.statement import ADDRESS_LABEL, CODE_LABEL, NUMBER_COLUMN, in_link_section

MOST_OF_A_SECTION = 1_500  # changed sentences
MAX_SENTENCES = 4_000
_MANY = 10_000  # sentences of differing blocks; above that, unchanged ones are not kept as context
_LONGEST_TITLE = 255  # bytes; the limit of MediaWiki. PostgreSQL cannot index a value of 2,704 bytes
_NUMBER = re.compile(r"\d+")

_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The elements of one block, in order. Locations are character offsets in the block and have no section.

    `uses` has one key for each use of a reference. An inline definition is a use; one in a reference list is not.
    """

    sentences: tuple[Sentence, ...] = ()
    figures: tuple[Figure, ...] = ()
    references: tuple[Reference, ...] = ()
    uses: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    unread: tuple[Unread, ...] = ()


@lru_cache(maxsize=2048)
def analyse(text: str, dialect: Dialect) -> Analysis:
    """Return the elements of one block: a paragraph, a list, a table or a template.

    A block that is only a heading has no sentences: its words belong to a Section.

    >>> analyse("Some '''21 million''' people.<ref name=ilo />", Dialect()).sentences[0].cites
    ('ilo',)
    """
    readable = strip_private_use(text)
    harmless, unread = sanitize(readable)
    short, notes = replace_footnotes(harmless)
    guard = Guard()
    reader = Renderer(dialect, read_node, notes=notes, guard=guard)
    code = parse_tree(short)
    reader.read_block(code)
    heading = all(
        node.value.isspace() if isinstance(node, Text) else isinstance(node, Heading | Comment) for node in code.nodes
    )
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
    """Return each quantity of a sentence, including context quantities (rank, year, date), with its references."""
    # Codes (calling_code, phone, ICD10, charmap, coordinates, {{rp|12}}) and sections of links count nothing.
    label = sentence.label
    codes = CODE_LABEL.search(label) or ADDRESS_LABEL.search(label) or in_link_section(sentence.location.section)
    if not sentence.is_content or (sentence.where is TextKind.INFOBOX and codes):
        return ()
    if sentence.where is TextKind.TABLE and NUMBER_COLUMN.fullmatch(label):
        return ()
    unit = _unit_of_parameter(label, language) if sentence.where is TextKind.INFOBOX else None
    return tuple(
        Statistic(
            quantity=replace(quantity, measure=Measure.MEASUREMENT, unit=unit)
            if unit and quantity.measure is Measure.COUNT and not quantity.unit
            else quantity,
            sentence=sentence.text,
            references=sentence.references or sentence.support,
            where=sentence.where,
            location=sentence.location,
        )
        for quantity in read_quantities(sentence.text, language)
    )


@lru_cache(maxsize=1024)
def _unit_of_parameter(label: str, language: str) -> str | None:
    """Return the unit that an infobox parameter's name ends with (area_km2, density_sq_mi), or None."""
    words = label.split("_")[1:]
    for unit in (" ".join(words[-2:]), *words[-1:]):
        named = read_quantities(f"1 {unit}", language) if unit != "in" else ()
        if named and named[0].measure is Measure.MEASUREMENT and named[0].unit_end == len(f"1 {unit}"):
            return f"per {named[0].unit}" if "dens" in label else named[0].unit
    return None


def claim_of(sentence: Sentence, language: str) -> Claim | None:
    """Return the claim of a sentence; None if it has no cue, or is a cell whose only cues are names."""
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
    """Return the statistics and claims of sentences, in order. `guard` records sentences that cannot be read."""
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


_ENGLISH = Dialect()


def parse(wikitext: str, dialect: Dialect = _ENGLISH) -> Document:
    r"""Return all elements of a wikitext. The function is pure, and no wikitext makes it raise.

    >>> [one.heading for one in parse("== Scale ==\nIn 2012, 21 million victims.").sections]
    ['Scale']
    """
    wikitext = visible(wikitext)
    parts = split_sections(wikitext)
    chosen = analyse_blocks((block for part in parts for block in blocks(part)), dialect)
    return assemble(wikitext, parts, chosen, dialect)


def files_in(wikitext: str, dialect: Dialect = _ENGLISH) -> tuple[str, ...]:
    r"""Return the files that a text shows, without duplicates. Only blocks that may name a file are parsed.

    >>> files_in("A map:\n[[File:map.svg|thumb|A map]]")
    ('Map.svg',)
    """
    return _files_of((block for part in split_sections(wikitext) for block in blocks(part)), dialect)


def shows_same_files(old: str, new: str, dialect: Dialect = _ENGLISH) -> bool:
    """Return whether two texts show the same files. Only blocks that occur in one of them are compared."""
    parts = [{part.wikitext: part for part in split_sections(wikitext)} for wikitext in (old, new)]
    before, after = (
        {block.text: block for text, part in own.items() if text not in other for block in blocks(part)}
        for own, other in (parts, parts[::-1])
    )
    removed = (block for text, block in before.items() if text not in after)
    added = (block for text, block in after.items() if text not in before)
    return {*_files_of(removed, dialect)} == {*_files_of(added, dialect)}


def _files_of(chosen: Iterable[Block], dialect: Dialect) -> tuple[str, ...]:
    read = analyse_blocks((block for block in chosen if may_show_file(block.text, dialect)), dialect)
    named = dict.fromkeys(figure.file for _, analysis in read for figure in analysis.figures)
    return tuple(file for file in named if len(file.encode("utf-8", "replace")) <= _LONGEST_TITLE)


def analyse_blocks(chosen: Iterable[Block], dialect: Dialect) -> Iterator[tuple[Block, Analysis]]:
    """Yield each block with its elements; a block that cannot be read has only an `Unread` entry."""
    for block in chosen:
        guard = Guard()
        analysis = guard.run(
            partial(analyse, block.text, dialect),
            otherwise=Analysis(),
            element="a paragraph",
            location=partial(Location, end=len(block.text)),
        )
        yield block, replace(analysis, unread=(*analysis.unread, *guard.unread)) if guard.unread else analysis


def assemble(
    wikitext: str,
    parts: Sequence[Section],
    chosen: Iterable[tuple[Block, Analysis]],
    dialect: Dialect,
    *,
    limit: SentenceLimit | None = None,
    with_facts: bool = True,
) -> Document:
    """Return a Document of the chosen blocks of a text, with the sentences that `limit` accepts.

    With a `limit`, statistics and claims are read only from sentences that may differ; without `with_facts`, from none.
    """
    sentences: list[Sentence] = []
    figures: list[Figure] = []
    references = _References()
    tags: list[Tag] = []
    unread: list[Unread] = []
    scan = index_document_references(wikitext)
    above, end = None, 0  # the last sentence of the block before, and where that ends
    for block, analysis in chosen:
        # A sentence directly above a table introduces it, so its references support the cells.
        introduces = above is not None and above.where is TextKind.PROSE and not wikitext[end : block.start].strip()
        introduction = above.references if above is not None and introduces else ()
        sentences += (
            Sentence(  # dataclasses.replace takes three times as long, and a blanked page has 600 sentences
                text=sentence.text,
                where=sentence.where,
                label=sentence.label,
                cites=sentence.cites,
                references=sentence.references,
                support=(*sentence.support, *introduction) if sentence.where is TextKind.TABLE else sentence.support,
                tags=sentence.tags,
                spanned=sentence.spanned,
                location=block.moved(sentence.location),
            )
            for sentence in analysis.sentences
            if limit is None or limit.accepts(sentence, block)
        )
        above, end = (analysis.sentences[-1] if analysis.sentences else None), block.start + len(block.text)
        figures += (replace(figure, location=block.moved(figure.location)) for figure in analysis.figures)
        # In a comparison, a tag on a sentence is reported with that sentence.
        alone = (tag for tag in analysis.tags if limit is None or not tag.sentence)
        tags += (replace(tag, location=block.moved(tag.location)) for tag in alone)
        unread += (replace(gap, location=block.moved(gap.location)) for gap in analysis.unread)
        for reference in analysis.references:
            references.add(reference, block.moved(reference.location))
    guard = Guard()
    _support_from_below(sentences, wikitext)
    references.define(sentences, scan, wikitext, dialect, guard)
    reported = filter(limit.may_differ, sentences) if limit else sentences
    statistics, claims = facts_of(reported if with_facts else (), dialect.language, guard)
    return Document(
        sections=tuple(part for part in parts if part.level),  # the lead has no heading
        figures=tuple(figures),
        references=references.used(scan),
        sentences=tuple(sentences),
        statistics=statistics,
        claims=claims,
        tags=tuple(tags),
        unread=(*unread, *guard.unread, *(limit.unread if limit else ())),
        defined=frozenset(scan.definitions),
        used=frozenset(key for key, _ in scan.uses),
    )


class _References:
    """The references of a document by key, as its blocks define them."""

    def __init__(self) -> None:
        self._by_key: dict[str, Reference] = {}
        self._locations: dict[str, Location] = {}

    def add(self, reference: Reference, location: Location) -> None:
        """Add a definition. If a name is defined twice, the first definition counts (Extension:Cite)."""
        known = self._by_key.get(reference.key)
        if known is None:
            self._by_key[reference.key], self._locations[reference.key] = reference, location
            return
        # Unnamed notes of the same source share a key: keep the works that only the later note cites.
        is_full = reference.name or len(known.parts) >= MOST_PARTS
        beside = () if is_full else (replace(reference, parts=()), *reference.parts)
        more = (part for part in beside if part != known and part not in known.parts)
        self._by_key[reference.key] = replace(known, uses=known.uses + 1, parts=(*known.parts, *more))

    def define(
        self, sentences: Iterable[Sentence], scan: ReferenceScan, wikitext: str, dialect: Dialect, guard: Guard
    ) -> None:
        """Add the references that sentences cite and that are defined outside the chosen blocks."""
        for key in dict.fromkeys(key for item in sentences for key in (*item.references, *item.support)):
            if key not in self._by_key and key in scan.definitions:
                location = Location(start=scan.definitions[key][0], end=scan.definitions[key][1])
                define = partial(_definitions, wikitext[location.start : location.end], dialect)
                for reference in guard.run(define, otherwise=(), element="a reference", location=location):
                    if reference.key not in self._by_key:
                        self._by_key[reference.key], self._locations[reference.key] = reference, location

    def used(self, scan: ReferenceScan) -> tuple[Reference, ...]:
        """Return each reference with the number of its uses in the whole text, not only in the chosen blocks."""
        uses = dict(scan.uses)
        return tuple(
            replace(reference, uses=uses.get(key, reference.uses), location=self._locations[key])
            for key, reference in self._by_key.items()
        )


def _support_from_below(sentences: list[Sentence], wikitext: str) -> None:
    """Add the references of a remark without numbers on the line below a table to the support of the table's cells."""
    for at, remark in enumerate(sentences):
        last = sentences[at - 1] if at else remark
        # A table and the line below it are one paragraph, which starts where the table does.
        is_below = last.where is TextKind.TABLE and remark.location.start < last.location.start
        if not (is_below and remark.references and remark.where is TextKind.PROSE) or _NUMBER.search(remark.text):
            continue
        begin = wikitext.rfind("{|", 0, last.location.start)
        for cell in range(at - 1, -1, -1):
            if sentences[cell].where is not TextKind.TABLE or sentences[cell].location.start < begin:
                break
            support = (*sentences[cell].support, *remark.references)
            sentences[cell] = replace(sentences[cell], support=tuple(dict.fromkeys(support)))


def _definitions(raw: str, dialect: Dialect) -> tuple[Reference, ...]:
    quick = parse_simple_reference(strip_private_use(raw))
    return (quick,) if quick else analyse(raw, dialect).references


@lru_cache(maxsize=64)
def index_document_references(wikitext: str) -> ReferenceScan:
    """Index the references of a text by pieces, which are cached: two revisions share most of them."""
    definitions: dict[str, tuple[int, int]] = {}
    uses: dict[str, int] = {}
    for text, start in self_contained_pieces(wikitext):
        piece = index_references(text)
        for key, (begin, end) in piece.definitions.items():
            definitions.setdefault(key, (begin + start, end + start))
        for key, count in piece.uses:
            uses[key] = uses.get(key, 0) + count
    return ReferenceScan(definitions=MappingProxyType(definitions), uses=tuple(uses.items()))


class SentenceLimit:
    """The sentences of a text that are compared: those that the other text has, and the first of the others.

    If both texts have very many sentences, the unchanged ones are dropped, as often as they occur in both. Sections in
    `common`, which both texts have, are counted separately, so that new sections cannot hide changes to them.
    """

    def __init__(
        self,
        sentences: Sequence[tuple[_Path, Sentence]],
        other: Sequence[tuple[_Path, Sentence]],
        common: AbstractSet[_Path],
    ) -> None:
        self.common = common
        self.in_place = {(path, words(sentence)) for path, sentence in other}
        self.other = {key for _, key in self.in_place}
        own = {words(sentence) for _, sentence in sentences}
        self.rewritten = {path for path, key in self.in_place if key not in own}
        # Numbers in a row whose columns have no names are told apart only by their order.
        labels = Counter(sentence.label for _, sentence in sentences if sentence.where.is_cell)
        self.labels_of_several = {label for label, count in labels.items() if count > 1}
        self.unchanged_counts: Counter[Hashable] = Counter()
        if len(sentences) > _MANY and len(other) > _MANY:
            left, right = (Counter(_support(sentence) for _, sentence in side) for side in (sentences, other))
            self.unchanged_counts = left & right
        self.admitted: Counter[_Path] = Counter()
        self.total = [0, 0]  # in sections that only this text has, and in those that both have
        self.cut: Location | None = None

    def is_new(self, sentence: Sentence) -> bool:
        """Return whether the other text lacks the sentence."""
        return words(sentence) not in self.other

    def may_differ(self, sentence: Sentence) -> bool:
        """Return whether the facts of a sentence must be read: it is new, an ambiguous cell, or replaces another."""
        path = sentence.location.section
        if self.is_new(sentence) or (sentence.where.is_cell and sentence.label in self.labels_of_several):
            return True
        return path in self.rewritten and (path, words(sentence)) not in self.in_place

    def accepts(self, sentence: Sentence, block: Block) -> bool:
        """Return whether a sentence of a block is compared, and count it."""
        if self.unchanged_counts and self.unchanged_counts[key := _support(sentence)] > 0:
            self.unchanged_counts[key] -= 1
            return False
        if not self.is_new(sentence):
            return True
        section = block.path
        # The weight is the work that a sentence causes: a megabyte is as long as thousands of sentences, a hundred
        # numbers make a hundred findings, and each number is searched for in the sentence.
        length, numbers = len(sentence.text), len(_NUMBER.findall(sentence.text))
        weight = 1 + max(length // 300, numbers // 4, numbers * length // 250_000)
        both = section in self.common
        if self.admitted[section] + weight > MOST_OF_A_SECTION or self.total[both] + weight > MAX_SENTENCES:
            self.cut = self.cut or block.moved(sentence.location)
            return False
        self.admitted[section] += weight
        self.total[both] += weight
        return True

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Return where the limit was reached; empty if all sentences were accepted."""
        reason = f"{LIMIT}{MOST_OF_A_SECTION:,} changed sentences"
        return (Unread(reason=reason, location=self.cut),) if self.cut else ()


def _support(sentence: Sentence) -> Hashable:
    return words(sentence), sentence.cites, sentence.references, sentence.tags


def words(sentence: Sentence) -> tuple[str, str, str]:
    """Return the key by which sentences of two texts are the same: kind, label and text."""
    return sentence.where.value, sentence.label, sentence.text


def clear_text_caches() -> None:
    """Clear the caches that hold whole texts."""
    for item in (visible, hidden_spans, sections.outline, index_document_references):
        item.cache_clear()


def clear_caches() -> None:
    """Clear the caches that hold texts, pieces of wikitext and sentences; they change no result."""
    clear_text_caches()
    ours = (sections._self_contained, sections._block_spans, index_references)  # noqa: SLF001
    of_text = (analyse, parse_footnote, parse_simple_reference)
    for item in (*ours, *of_text, extractor._remembered, read_marks):  # noqa: SLF001
        item.cache_clear()
