"""The blocks of a text → one Document, flat and in document order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from watcher.model import Dialect, Document, Figure, Place, Reference, Section, Sentence, Tag, Unread
from watcher.model.guard import Guard
from watcher.parse.blocks import Analysis, analyse
from watcher.parse.facts import facts_of
from watcher.parse.flood import Telling
from watcher.parse.identity import identity
from watcher.parse.quick import quick_reference
from watcher.parse.scan import ReferenceScan, scan_parts, scan_references
from watcher.parse.split import Block, Part, are_whole, blocks, outline
from watcher.parse.wording import neutral

_ENGLISH = Dialect()


def parse(wikitext: str, dialect: Dialect = _ENGLISH) -> Document:
    r"""Everything that a wikitext says; pure, and never raises for what a wiki may hold.

    >>> [one.heading for one in parse("== Scale ==\nIn 2012, 21 million victims.").sections]
    ['Scale']
    """
    parts = outline(wikitext)
    found = (block for part in parts for block in blocks(part))
    return assemble(wikitext, parts, read(found, dialect), dialect, scan=scanned(wikitext, parts))


def read(
    chosen: Iterable[Block], dialect: Dialect, analysed: Callable[[str, Dialect], Analysis] = analyse
) -> Iterator[tuple[Block, Analysis]]:
    """Each block with what it says; of one that `analysed` fails to read, only that it is unread."""
    for block in chosen:
        guard = Guard()
        said = guard.run(
            partial(analysed, block.text, dialect),
            otherwise=Analysis(),
            element="a paragraph",
            place=Place(end=len(block.text)),
        )
        yield block, replace(said, unread=(*said.unread, *guard.unread)) if guard.unread else said


def assemble(
    wikitext: str,
    parts: Sequence[Part],
    chosen: Iterable[tuple[Block, Analysis]],
    dialect: Dialect,
    *,
    scan: ReferenceScan,
    telling: Telling | None = None,
) -> Document:
    """A Document of the chosen blocks of a text; of the sentences those that `telling` admits, else all."""
    draft = _Draft(telling)
    for block, said in chosen:
        draft.add(block, said)
    told = [one for one in draft.sentences if not telling.knows(one)] if telling else draft.sentences
    draft.resolve(wikitext, scan, dialect)
    statistics, claims = facts_of(told, dialect.language, draft.guard)
    uses = dict(scan.uses)
    return Document(
        sections=tuple(_section(part) for part in parts if part.level),
        figures=tuple(draft.figures),
        references=tuple(replace(one, uses=uses.get(one.key, one.uses)) for one in draft.references.values()),
        sentences=tuple(draft.sentences),
        statistics=statistics,
        claims=claims,
        tags=tuple(draft.tags),
        unread=(*draft.unread, *draft.guard.unread, *(telling.unread if telling else ())),
        defined=frozenset(scan.definitions),
        used=frozenset(uses),
    )


def scanned(wikitext: str, parts: Sequence[Part]) -> ReferenceScan:
    """The references of a whole text, by sections where no markup reaches over them: both sides share most of those."""
    if are_whole(parts):
        return scan_parts([(part.text, part.start) for part in parts])
    return scan_references(wikitext)


def _defined(raw: str, dialect: Dialect) -> tuple[Reference, ...]:
    """The references that a definition makes."""
    if quick := quick_reference(neutral(raw)):
        return (quick,)
    return analyse(raw, dialect).references


def _section(part: Part) -> Section:
    place = Place(section=part.path, start=part.start, end=part.start + len(part.text))
    return Section(path=part.path, level=part.level, body=part.body, place=place)


class _Draft:
    """Elements as they are gathered, moved from places in a block to places in the text."""

    def __init__(self, telling: Telling | None) -> None:
        self.telling = telling
        self.sentences: list[Sentence] = []
        self.figures: list[Figure] = []
        self.references: dict[str, Reference] = {}
        self.tags: list[Tag] = []
        self.unread: list[Unread] = []
        self.guard = Guard()

    def add(self, block: Block, said: Analysis) -> None:
        def moved(place: Place) -> Place:
            return Place(section=block.path, start=place.start + block.start, end=place.end + block.start)

        telling = self.telling
        self.sentences += (
            replace(one, place=moved(one.place))
            for one in said.sentences
            if telling is None or telling.admits(one, block)
        )
        self.figures += (replace(one, place=moved(one.place)) for one in said.figures)
        # In a comparison a tag on a sentence is told with it.
        alone = (one for one in said.tags if telling is None or not one.sentence)
        self.tags += (replace(one, place=moved(one.place)) for one in alone)
        self.unread += (replace(one, place=moved(one.place)) for one in said.unread)
        for one in said.references:
            known = self.references.get(one.key)
            if known is None:
                self.references[one.key] = replace(one, source=self.source(one), place=moved(one.place))
            else:
                self.references[one.key] = replace(known, uses=known.uses + 1)

    def resolve(self, wikitext: str, scan: ReferenceScan, dialect: Dialect) -> None:
        """Fetch the definitions, elsewhere in the text, of the references that the sentences use."""
        wanted = dict.fromkeys(key for one in self.sentences for key in one.references)
        for key in wanted:
            if key in self.references or key not in scan.definitions:
                continue
            start, end = scan.definitions[key]
            place = Place(start=start, end=end)
            defined = self.guard.run(
                partial(_defined, wikitext[start:end], dialect), otherwise=(), element="a reference", place=place
            )
            for found in defined:
                self.references.setdefault(found.key, replace(found, source=self.source(found), place=place))

    def source(self, ref: Reference) -> str:
        """What a reference cites; its key where that cannot be told."""
        return self.guard.run(
            partial(identity, ref), otherwise=f"key:{ref.key}", element="a reference", place=ref.place
        )
