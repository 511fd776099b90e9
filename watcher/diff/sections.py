"""Compare the sections of two texts: added, removed, renamed or moved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from types import MappingProxyType

from rapidfuzz.distance import Indel

from watcher.diff.headers import names_opposite
from watcher.diff.pairing import pair_alike, pair_equal
from watcher.model import Change, FieldChange, Kind, Section
from watcher.model.changes import HEADER
from watcher.text.word_diff import rising_chain

Path = tuple[str, ...]

_MIN_LIKENESS = 0.5  # share of common words from which on two bodies are the same section
_HEADINGS_ALIKE = 0.6
_SPAN = re.compile("#\\W+#")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_BETWEEN = re.compile(r"\s(?:(?<=\n)|(?<=[.!?>]\s)\s*)")  # begins with one character, which the engine finds fast
_DISTINCTIVE_LENGTH = 30  # characters; a longer body is more than a hatnote
_MOST_RIVALS = 60  # unpaired sections on one side; if there are more, only equal bodies are paired


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionPairs:
    """The changes of sections, and a mapping of old heading paths to new ones, without those of removed sections."""

    changes: tuple[Change, ...] = ()
    paths: Mapping[Path, Path] = field(default_factory=lambda: MappingProxyType({}))


def pair_sections(old: Sequence[Section], new: Sequence[Section]) -> SectionPairs:
    """Pair the sections of two texts: by path, then by content.

    A section whose parent was renamed or moved did not change itself. A changed level counts as a move.
    """
    pairs = _Matcher(old, new).run()
    paths = _paths(old, new, pairs)
    paired = set(pairs.values())
    changes = [*_unpaired(old, pairs, new, Kind.SECTION_REMOVED), *_unpaired(new, paired, old, Kind.SECTION_ADDED)]
    shuffled = _out_of_order(old, pairs)
    for i, j in pairs.items():
        if change := _changed(old[i], new[j], paths, reordered=i in shuffled):
            changes.append(change)
    return SectionPairs(changes=tuple(changes), paths=MappingProxyType(paths))


def pair_paths(old: Sequence[Section], new: Sequence[Section]) -> dict[Path, Path]:
    """Return the mapping of old heading paths to new ones that `pair_sections` makes, without the changes."""
    return _paths(old, new, _Matcher(old, new).run())


def _paths(old: Sequence[Section], new: Sequence[Section], pairs: Mapping[int, int]) -> dict[Path, Path]:
    paths: dict[Path, Path] = {(): ()}
    for i, j in sorted(pairs.items()):
        paths.setdefault(old[i].path, new[j].path)
    return paths


def _unpaired(
    sections: Sequence[Section], paired: Mapping[int, int] | set[int], others: Sequence[Section], kind: Kind
) -> Iterator[Change]:
    """Yield the sections of only one text; if the other has their words under another heading, `text` names it."""
    is_alone = [section for index, section in enumerate(sections) if index not in paired]
    active = _first_headings(others) if is_alone else {}
    for section in is_alone:
        holder = _holder(section, active)
        old, new = (section, None) if kind is Kind.SECTION_REMOVED else (None, section)
        text = FieldChange(name="text", old=None if old else holder, new=holder if old else None)
        yield Change(kind=kind, old=old, new=new, location=section.location, fields=(text,) if holder else ())


def _pieces(section: Section) -> list[str]:
    """Return the lines of a body, each split at the ends of its sentences."""
    return list(dict.fromkeys(piece.strip() for piece in _BETWEEN.split(section.body) if piece.strip()))


def _first_headings(sections: Sequence[Section]) -> dict[str, str]:
    """Map each piece of text to the heading of the first section that contains it."""
    result: dict[str, str] = {}
    for section in sections:
        for piece in _pieces(section):
            result.setdefault(piece, section.heading or "lead")
    return result


def _holder(section: Section, headings: Mapping[str, str]) -> str | None:
    """Return the heading that nearly all of a section's text is under, as after a merge or split; None if none is."""
    pieces = _pieces(section)
    tracked: Counter[str] = Counter()
    for piece in pieces:
        if piece in headings:
            tracked[headings[piece]] += len(piece)
    heading, kept = max(tracked.items(), key=itemgetter(1), default=("", 0))
    return heading if kept > max(_DISTINCTIVE_LENGTH, 0.8 * sum(map(len, pieces))) else None


def _changed(old: Section, new: Section, paths: Mapping[Path, Path], *, reordered: bool) -> Change | None:
    """Return the change of a paired section itself, apart from changes of its parent; None if there is none."""
    adopted = paths.get(old.path[:-1], old.path[:-1]) != new.path[:-1]
    moved = adopted or reordered or (old.level != new.level and len(old.path) == len(new.path))
    renamed = old.heading != new.heading
    if not (moved or renamed):
        return None
    fields = []
    if renamed:
        fields.append(FieldChange(name="heading", old=old.heading, new=new.heading))
        # Only a number of the heading differs: "Fair (9 July 2014)". A range of years may be extended.
        without = [_NUMBER.sub("#", heading) for heading in (old.heading, new.heading)]
        is_of_another = without[0] == without[1] and not _SPAN.search(without[0])
        if names_opposite(old.heading, new.heading) or is_of_another:
            fields.append(FieldChange(name=HEADER, old=old.heading, new=new.heading))
    if old.path[:-1] != new.path[:-1]:
        fields.append(FieldChange(name="path", old=" › ".join(old.path), new=" › ".join(new.path)))
    if old.level != new.level:
        fields.append(FieldChange(name="level", old=str(old.level), new=str(new.level)))
    kind = Kind.SECTION_MOVED if moved else Kind.SECTION_RENAMED
    return Change(kind=kind, old=old, new=new, fields=tuple(fields), location=new.location)


def _out_of_order(old: Sequence[Section], pairs: Mapping[int, int]) -> set[int]:
    """Return old indexes of the fewest sections whose moves explain the new order; a subtree counts as one section."""
    shuffled: set[int] = set()
    families: dict[Path, list[int]] = {}
    for i in pairs:
        families.setdefault(old[i].path[:-1], []).append(i)
    for family in families.values():
        family.sort()
        order = [pairs[i] for i in family]
        keep = {j for _, j in rising_chain([*enumerate(order)])}
        shuffled |= {i for i, j in zip(family, order, strict=True) if j not in keep}
    return shuffled


def _text_of(section: Section, longer_than: int = 0) -> str | None:
    return section.body.strip() or None if len(section.body) > longer_than else None


class _Matcher:
    """Pairs sections in rounds, each over those that the previous rounds left unpaired."""

    def __init__(self, old: Sequence[Section], new: Sequence[Section]) -> None:
        self.old, self.new = old, new
        self.pairs: dict[int, int] = {}

    def run(self) -> dict[int, int]:
        pair_equal(self.pairs, self.old, self.new, lambda section: (section.path, section.body))
        # Bodies before paths: a heading that was given to another text does not pair if the old text still exists.
        distinctive = partial(_text_of, longer_than=_DISTINCTIVE_LENGTH)
        pair_equal(self.pairs, self.old, self.new, distinctive)
        pair_equal(self.pairs, self.old, self.new, lambda section: section.path)
        pair_equal(self.pairs, self.old, self.new, _text_of)
        self.by_renamed_parent()
        self.by_likeness()
        self.by_renamed_parent()
        return self.pairs

    def unpaired(self) -> tuple[list[int], list[int]]:
        taken = set(self.pairs.values())
        return (
            [i for i in range(len(self.old)) if i not in self.pairs],
            [j for j in range(len(self.new)) if j not in taken],
        )

    def by_renamed_parent(self) -> None:
        """Pair sections that kept their heading under a parent that was renamed or moved."""
        parents = {self.old[i].path: self.new[j].path for i, j in self.pairs.items()}
        own, other = self.unpaired()
        in_new: dict[Path, int] = {self.new[j].path: j for j in reversed(other)}
        for i in own:
            path = self.old[i].path
            expected = (*parents.get(path[:-1], path[:-1]), path[-1])
            if expected in in_new:
                j = in_new.pop(expected)
                self.pairs[i] = j
                parents.setdefault(path, self.new[j].path)

    def by_likeness(self) -> None:
        """Pair sections of similar text, the most similar first, whatever their headings."""
        own, other = self.unpaired()
        if not own or not other or max(len(own), len(other)) > _MOST_RIVALS:
            return
        words = {i: _words(self.old[i]) for i in own}, {j: _words(self.new[j]) for j in other}
        scored = ((self.likeness(i, j, words[0][i], words[1][j]), i, j) for i in own for j in other)
        alike = (row for row in scored if row[0] >= _MIN_LIKENESS)
        pair_alike(self.pairs, sorted(alike, key=lambda row: abs(row[1] - row[2])))

    def likeness(self, i: int, j: int, own: frozenset[str], other: frozenset[str]) -> float:
        """Return the share of words that two sections have in common, plus 0.25 if their headings are similar."""
        old, new = self.old[i], self.new[j]
        headings = Indel.normalized_similarity(old.heading.casefold(), new.heading.casefold())
        if not own or not other:
            return 0.0
        shared = 2 * len(own & other) / (len(own) + len(other))
        if old.path[-1] == new.path[-1] or (headings >= _HEADINGS_ALIKE and old.path[:-1] == new.path[:-1]):
            shared += 0.25
        return shared


def _words(section: Section) -> frozenset[str]:
    return frozenset(section.body.split()[:2_000])  # of a longer section, the beginning is enough
