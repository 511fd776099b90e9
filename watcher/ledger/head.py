"""Keep the keys of the newest text's elements, and collect what one edit does to them.

Elements are looked up by their content: a sentence by its words, a source by the cited work, an image by its file, a
section by its headings. An element gets its key with the first edit that touches it. The elements that were removed
last keep their keys.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from watcher import model
from watcher.errors import Corrupt
from watcher.model.ledger import EditVerb, ElementState, Entry

MAX_ENDED: Final = 1000  # removed sentences, and as many other elements, that may be restored


@lru_cache(maxsize=4096)
def digest(*words: str) -> int:
    """Return a 64-bit number for some words."""
    joined = "\x00".join(words).encode("utf-8", "surrogatepass")  # JSON may contain lone surrogates
    return int.from_bytes(blake2b(joined, digest_size=8).digest(), "big", signed=True)


@dataclass(frozen=True, slots=True)
class Line:
    """The keys of a sentence's claims and statistics, the latter with the positions of their numbers.

    `context` is a digest of label and section, which distinguishes equal sentences.
    """

    context: int
    claims: tuple[int, ...]
    statistics: tuple[tuple[int, int], ...]

    @property
    def keys(self) -> Iterator[int]:
        """All keys."""
        yield from self.claims
        yield from (key for _, key in self.statistics)


@dataclass(frozen=True, slots=True)
class EndedLine:
    """A sentence that was removed or lost some of its elements, with their keys."""

    sentence: model.Sentence
    line: Line


Table = dict[Any, Any]
Journal = list[tuple[Table, Any, Any]]


class Head:
    """The keys of the newest text's elements, and a journal of the changes since `drain_journal`, for `undo`."""

    def __init__(self) -> None:
        self.next_key = 1
        self.lines: dict[int, tuple[Line, ...]] = {}  # by the digest of their words
        self.named: dict[int, tuple[int, int]] = {}  # key and number of locations, by the digest of kind and name
        self.ended: dict[tuple[str, str], EndedLine] = {}  # by label and words, the oldest first
        self.ended_named: dict[int, int] = {}
        # A claim that was split is in several lines, and ends with the last of them.
        self.holders: dict[int, int] = {}  # the number of lines that have a key
        self._journal: Journal = []

    def new_key(self) -> int:
        """Return a key that no element ever had."""
        self.next_key += 1
        return self.next_key - 1

    def put(self, table: Table, name: Any, value: Any) -> None:
        """Set an item of a table, or remove it if `value` is None."""
        self._journal.append((table, name, table.get(name)))
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value

    def drain_journal(self) -> Journal:
        """Return the changes since the last call."""
        journal, self._journal = self._journal, []
        return journal

    def undo(self, journal: Journal) -> None:
        """Revert the changes of a journal, which is also journaled; elements that ended since then stay ended."""
        # The tables of ended elements are not reverted, since text that somebody reverted may be written again.
        for table, name, before in reversed(journal):
            if table is self.lines:
                self._put_lines(name, before or ())
            elif table is self.named:
                self.put(table, name, before)

    def _put_lines(self, words: int, lines: tuple[Line, ...]) -> None:
        for known, more in ((self.lines.get(words, ()), -1), (lines, 1)):
            for key in (key for line in known for key in line.keys):
                if count := self.holders.get(key, 0) + more:
                    self.holders[key] = count
                else:
                    del self.holders[key]
        self.put(self.lines, words, lines or None)

    def find(self, sentence: model.Sentence) -> Line | None:
        """Return the line of a sentence, or None; if several have the same words, that of its context or the first."""
        equal = self.lines.get(digest(sentence.text), ())
        context = context_of(sentence)
        return next((line for line in equal if line.context == context), equal[0] if equal else None)

    def pop(self, sentence: model.Sentence) -> Line | None:
        """Remove and return the line of a sentence; None if there is none."""
        line = self.find(sentence)
        if line is not None:
            words = digest(sentence.text)
            rest = list(self.lines[words])
            rest.remove(line)
            self._put_lines(words, tuple(rest))
        return line

    def add_known(self, sentence: model.Sentence, line: Line) -> None:
        """Store the keys of a sentence that was in the text before this edit, so that undoing the edit keeps them."""
        words, known = digest(sentence.text), self.find(sentence)
        rest = [item for item in self.lines.get(words, ()) if item is not known]
        self._put_lines(words, (*rest, line))
        self._journal.pop()  # the line was there before the edit that is being recorded

    def add(self, sentence: model.Sentence, line: Line) -> None:
        """Add the line of a sentence."""
        words = digest(sentence.text)
        self._put_lines(words, (*self.lines.get(words, ()), line))

    def remember(self, sentence: model.Sentence, line: Line) -> None:
        """Remember the keys that ended with a sentence, together with others that ended in the same words."""
        name = sentence.label, sentence.text
        if (known := self.ended.get(name)) is not None:
            claims = tuple(dict.fromkeys((*line.claims, *known.line.claims)))
            line = Line(line.context, claims, tuple((dict(known.line.statistics) | dict(line.statistics)).items()))
        self.put_newest(self.ended, name, EndedLine(sentence, line))

    def put_newest(self, table: Table, name: Any, value: Any) -> None:
        """Set an item of a table of ended elements and move it to the end; drop the oldest above `MAX_ENDED`."""
        self.put(table, name, None)
        self.put(table, name, value)
        while len(table) > MAX_ENDED:
            self.put(table, next(iter(table)), None)

    def dump(self) -> bytes:
        """Serialize the head for `load`, as JSON."""
        lines = [
            (words, line.context, line.claims, line.statistics) for words, own in self.lines.items() for line in own
        ]
        ended = [
            (old.text, old.where.value, old.label, old.location.section, item.line.claims, item.line.statistics)
            for item in self.ended.values()
            for old in (item.sentence,)
        ]
        parts = {
            "next": self.next_key,
            "lines": lines,
            "named": [*self.named.items()],
            "ended": ended,
            "ended_named": [*self.ended_named.items()],
        }
        return json.dumps(parts, separators=(",", ":")).encode()

    @classmethod
    def load(cls, body: bytes) -> Head:
        """Restore a head that `dump` serialized. Raises Corrupt for anything else."""
        head = cls()
        try:
            parts = json.loads(body)
            head.next_key = int(parts["next"])
            for words, context, claims, statistics in parts["lines"]:
                head.lines[words] = (*head.lines.get(words, ()), _line(context, claims, statistics))
            head.named = {name: (key, times) for name, (key, times) in parts["named"]}
            for text, where, label, path, claims, statistics in parts["ended"]:
                location = model.Location(section=tuple(path))
                sentence = model.Sentence(text=text, where=model.TextKind(where), label=label, location=location)
                head.ended[label, text] = EndedLine(sentence, _line(0, claims, statistics))
            head.ended_named = dict(parts["ended_named"])
            head.holders = dict(Counter(key for own in head.lines.values() for line in own for key in line.keys))
        except (ValueError, TypeError, LookupError) as error:
            raise Corrupt(f"the head of a ledger cannot be read ({error!r}): it is rebuilt from the texts") from error
        return head


def _line(context: int, claims: Iterable[int], statistics: Iterable[tuple[int, int]]) -> Line:
    return Line(context, tuple(claims), tuple((start, key) for start, key in statistics))


def context_of(sentence: model.Sentence) -> int:
    """Return a digest that distinguishes a sentence from others with the same words."""
    return digest(sentence.label, *sentence.location.section)


Titles = Mapping[str, str]
"""The title of each reference for readers, by its key."""

Changes = dict[int, tuple[ElementState | None, ElementState | None]]
"""The states before and after an edit of the elements that it touched, by key."""


def titles_of(references: Iterable[model.Reference]) -> Titles:
    """Return the titles of some references."""
    return {ref.key: ref.title or ref.url or ref.text[:80] or ref.key for ref in references}


def kind_of(element: model.Element) -> str:
    """Return the kind of an element as text, for example `statistic` for a Statistic."""
    return type(element).__name__.lower()


def name_of(element: model.Element) -> str:
    """Return the name by which an image, a source or a section is looked up; "" for other elements."""
    match element:
        case model.Figure(file=file):
            return file
        case model.Reference(source=source):
            return source
        case model.Section(path=path):
            return "\x00".join(path)
        case _:
            return ""


@dataclass(slots=True)
class DraftChange:
    """What an edit does to the element of one key; `was_alive` if the element was in the old text."""

    kind: str
    was_alive: bool
    before: ElementState | None = None
    after: ElementState | None = None
    changed: bool = False
    resourced: bool = False
    restored: bool = False
    fields: tuple[model.FieldChange, ...] = ()

    @property
    def verb(self) -> EditVerb | None:
        """What the edit did; None if it did nothing that is recorded."""
        if self.after is None:
            return EditVerb.REMOVED if self.was_alive else None
        if not self.was_alive:
            return EditVerb.RESTORED if self.restored else EditVerb.ADDED
        return EditVerb.CHANGED if self.changed else EditVerb.RESOURCED if self.resourced else None


class EditDraft:
    """The keys that one edit touches; `old` and `new` are the titles of the old and new text's sources."""

    def __init__(self, head: Head, old: Titles, new: Titles) -> None:
        self.head, self.old, self.new = head, old, new
        self.touched: dict[int, DraftChange] = {}
        self._known: list[Entry] = []

    def new_key(self, state: ElementState) -> int:
        """Return a new key for an element of the old text that has none yet."""
        key, kind = self.head.new_key(), kind_of(state.element)
        self._known.append(Entry(key=key, kind=kind, verb=EditVerb.KNOWN, before=state, after=state))
        return key

    def touch(self, key: int, kind: str, *, was_alive: bool) -> DraftChange:
        """Return the collected changes of a key."""
        return self.touched.setdefault(key, DraftChange(kind, was_alive))

    def changes(self) -> Changes:
        """Return the elements that the edit touched, including those that it only moved or reworded."""
        return {
            key: (item.before if item.was_alive else None, item.after)
            for key, item in self.touched.items()
            if item.was_alive or item.after
        }

    def entries(self) -> tuple[Entry, ...]:
        """Return the entries of the edit, with those of elements that got a key by it."""
        made = (
            Entry(key=key, kind=item.kind, verb=verb, before=before, after=after, fields=item.fields)
            for key, (before, after) in self.changes().items()
            for item in (self.touched[key],)
            if (verb := item.verb)
        )
        return (*self._known, *made)


def state_of(element: model.Statistic | model.Claim, sentence: model.Sentence, titles: Titles) -> ElementState:
    """Return the state of a statistic or claim in its text."""
    return ElementState(
        element=replace(element, location=model.NO_LOCATION, references=()),
        sentence=sentence.text,
        label=sentence.label,
        section=sentence.location.section,
        sources=labels_of(sentence.references or sentence.support, titles),
    )


def labels_of(keys: Iterable[str], titles: Titles) -> tuple[str, ...]:
    """Return the titles of some references, without duplicates."""
    return tuple(dict.fromkeys(titles.get(key, key) for key in keys))


def remember_ended(head: Head, entries: Iterable[Entry]) -> None:
    """Remember in the head the elements that some entries removed, and forget those that they restored."""
    for entry in entries:
        state = (entry.after or entry.before) if entry.verb in (EditVerb.REMOVED, EditVerb.RESTORED) else None
        if state is None:
            continue
        match state.element:
            case model.Statistic(quantity=quantity, where=where):
                line = Line(0, (), ((quantity.start, entry.key),))
            case model.Claim(where=where):
                line = Line(0, (entry.key,), ())
            case element:
                number = digest(entry.kind, name_of(element))
                if entry.after is None:
                    head.put_newest(head.ended_named, number, entry.key)
                else:
                    head.put(head.ended_named, number, None)
                continue
        if entry.after is None:
            location = model.Location(section=state.section)
            head.remember(model.Sentence(text=state.sentence, where=where, label=state.label, location=location), line)
        else:
            head.put(head.ended, (state.label, state.sentence), None)
