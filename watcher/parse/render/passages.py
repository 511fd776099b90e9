"""Collect rendered text into passages with footnotes and source offsets, and make sentences of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

from watcher.model import Location, Sentence, Tag, TextKind
from watcher.parse.render.boundaries import boundaries, has_content
from watcher.parse.render.markup_text import MARK, drop_quote_markup, render_text, visible_offsets


@dataclass(frozen=True, slots=True)
class Footnote:
    """The reference keys used at a mark, or the maintenance tag."""

    keys: tuple[str, ...] = ()
    tag: str = ""


@dataclass(slots=True)
class Passage:
    """A paragraph, item, cell, caption or parameter while it is read.

    `anchors` are (index into parts, source offset, whether the part is the source verbatim), `support` the references
    of a table's row, column and caption.
    """

    where: TextKind
    label: str = ""
    start: int = 0
    end: int = 0
    item: str = ""
    parts: list[str] = field(default_factory=list)
    notes: list[Footnote] = field(default_factory=list)
    anchors: list[tuple[int, int, bool]] = field(default_factory=list)
    support: tuple[str, ...] = ()
    _rendered: tuple[str, list[int]] | None = None
    blank: int = 0  # leading parts that are known to be space

    @property
    def is_empty(self) -> bool:
        """Return whether nothing but space was written yet."""
        while self.blank < len(self.parts) and self.parts[self.blank].isspace():
            self.blank += 1
        return self.blank >= len(self.parts)

    def anchor(self, source: int, *, exact: bool = False) -> None:
        """Record that the next part begins at `source`."""
        self.anchors.append((len(self.parts), source, exact))

    def note(self, footnote: Footnote) -> None:
        """Set a mark at the current position."""
        self.parts.append(MARK)
        self.notes.append(footnote)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of the references in it."""
        return tuple(key for note in self.notes for key in note.keys)

    def words(self) -> str:
        """Return the plain text as a reader sees it, without footnotes."""
        return self.rendered()[0]

    def rendered(self) -> tuple[str, list[int]]:
        """Return plain text and the position in it of each footnote; computed once, when the passage is complete."""
        if self._rendered is None:
            self._rendered = render_text("".join(self.parts))
        return self._rendered

    def locate(self, spans: list[tuple[int, int]]) -> list[Location]:
        """Return the source spans that contain the given spans of `words()`, which are in order."""
        if len(spans) == 1 or not self.anchors:
            return [Location(start=self.start, end=self.end)] * len(spans)
        text = self.words()
        requested: list[int] = []
        solid = at = 0
        for begin, end in spans:
            solid += begin - at - text.count(" ", at, begin)
            requested.append(solid)
            solid += end - begin - text.count(" ", begin, end)
            # The last solid character of the sentence, not the first of the next.
            requested.append(solid - 1)
            at = end
        result = visible_offsets(drop_quote_markup("".join(self.parts)), requested)
        lengths = [*accumulate(map(len, self.parts), initial=0)]
        begins = [lengths[part] for part, _, _ in self.anchors]

        def source(raw: int) -> tuple[int, int]:
            """Return the source span behind one rendered character."""
            index = max(bisect_right(begins, raw) - 1, 0)
            _, source, exact = self.anchors[index]
            if exact:
                at = source + raw - begins[index]
                return at, at + 1
            following = self.anchors[index + 1][1] if index + 1 < len(self.anchors) else self.end
            return source, max(following, source)

        starts = [self.anchors[0][1], *(source(raw)[0] for raw in result[2::2])]
        ends = [*(source(raw)[1] for raw in result[1:-1:2]), self.end]
        return [Location(start=start, end=end) for start, end in zip(starts, ends, strict=True)]


MOST_CITED = 500  # footnotes on one sentence


def sentences_of(passage: Passage, language: str) -> tuple[list[Sentence], list[Tag]]:
    """Return sentences with positions in the block's text; tags without words have an empty sentence."""
    text, marks = passage.rendered()
    if not has_content(text):
        where = Location(start=passage.start, end=passage.end)
        return [], [Tag(name=note.tag, location=where) for note in passage.notes if note.tag]
    spans = boundaries(text, language, passage.where, marks)
    locations = passage.locate(spans)
    cites, tags = _footnotes(passage, spans, marks)
    # Without references of its own a sentence is supported by those of the next one of its paragraph.
    supports = list(cites)
    for index in reversed(range(len(cites) - 1)):
        supports[index] = supports[index] or supports[index + 1]
    sentences = [
        Sentence(
            text=text[start:end],
            where=passage.where,
            label=passage.label,
            cites=own,
            references=support,
            support=tuple(dict.fromkeys(passage.support)),
            tags=names,
            location=location,
        )
        for (start, end), own, support, names, location in zip(spans, cites, supports, tags, locations, strict=True)
    ]
    result = [
        Tag(name=name, sentence=sentence.text, location=sentence.location)
        for sentence in sentences
        for name in sentence.tags
    ]
    return sentences, result


def _footnotes(
    passage: Passage, spans: list[tuple[int, int]], marks: list[int]
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Return reference keys and tags by sentence: a footnote after the full stop belongs to what it closes."""
    cites: list[dict[str, None]] = [{} for _ in spans]
    tags: list[dict[str, None]] = [{} for _ in spans]
    starts = [start for start, _ in spans]
    for position, note in zip(marks, passage.notes, strict=True):
        index = max(bisect_left(starts, position) - 1, 0)
        if len(cites[index]) < MOST_CITED:
            cites[index].update(dict.fromkeys(note.keys))
        if note.tag:
            tags[index][note.tag] = None
    return [tuple(keys) for keys in cites], [tuple(names) for names in tags]
