"""Know the keys of all elements of the newest text, and collect what one edit does to them.

An element is found by what the text has: a sentence by its words, a source by what it cites, an image by its file, a
section by its headings. What no edit touched needs no key: it gets one with the first edit that does. The last elements
that left the text keep theirs.
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

MOST_ENDED: Final = 1000  # sentences, and other elements, that left the text and may come back


@lru_cache(maxsize=4096)
def digest(*words: str) -> int:
    """Return a number of 64 bits for some words."""
    joined = "\x00".join(words).encode("utf-8", "surrogatepass")  # JSON may bring lone surrogates
    return int.from_bytes(blake2b(joined, digest_size=8).digest(), "big", signed=True)


@dataclass(frozen=True, slots=True)
class Line:
    """The keys of what a sentence states; statistics by where their number stands in it.

    `context` tells equal sentences apart: the digest of label and section.
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
    """A sentence that left the text, or lost some of its elements, with their keys."""

    sentence: model.Sentence
    line: Line


Table = dict[Any, Any]
Journal = list[tuple[Table, Any, Any]]


class Head:
    """The keys, and a journal of all that was changed since `take_journal`, by which that can be undone."""

    def __init__(self) -> None:
        self.next_key = 1
        self.lines: dict[int, tuple[Line, ...]] = {}  # by the digest of their words
        self.named: dict[int, tuple[int, int]] = {}  # key and number of locations, by the digest of kind and name
        self.ended: dict[tuple[str, str], EndedLine] = {}  # by label and words, the oldest first
        self.ended_named: dict[int, int] = {}
        # A claim that was split stands in several lines, and ends with the last of them.
        self.holders: dict[int, int] = {}  # lines that have a key
        self._journal: Journal = []

    def new_key(self) -> int:
        """Return a key that no element ever had."""
        self.next_key += 1
        return self.next_key - 1

    def put(self, table: Table, name: Any, value: Any) -> None:
        """Set an item of a table, or remove it (None)."""
        self._journal.append((table, name, table.get(name)))
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value

    def take_journal(self) -> Journal:
        """Return what was changed since the last call."""
        journal, self._journal = self._journal, []
        return journal

    def undo(self, journal: Journal) -> None:
        """Take the changes of a journal back, which is a change as well; what ended since then did end."""
        # What somebody wrote and another one reverted may be written again.
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
        """Return the line of a sentence; of several with the same words the one in its context, else the first."""
        equal = self.lines.get(digest(sentence.text), ())
        context = context_of(sentence)
        return next((line for line in equal if line.context == context), equal[0] if equal else None)

    def take(self, sentence: model.Sentence) -> Line | None:
        """Remove the line of a sentence, and return it; None where there is none."""
        line = self.find(sentence)
        if line is not None:
            words = digest(sentence.text)
            rest = list(self.lines[words])
            rest.remove(line)
            self._put_lines(words, tuple(rest))
        return line

    def learn(self, sentence: model.Sentence, line: Line) -> None:
        """Know the keys of a sentence that was in the text already: no undoing takes that back."""
        words, known = digest(sentence.text), self.find(sentence)
        rest = [item for item in self.lines.get(words, ()) if item is not known]
        self._put_lines(words, (*rest, line))
        self._journal.pop()  # the line was there before the edit that is being recorded

    def add(self, sentence: model.Sentence, line: Line) -> None:
        """Add the line of a sentence."""
        words = digest(sentence.text)
        self._put_lines(words, (*self.lines.get(words, ()), line))

    def remember(self, sentence: model.Sentence, line: Line) -> None:
        """Remember keys that ended with their sentence, beside others that ended in the same words."""
        name = sentence.label, sentence.text
        if (known := self.ended.get(name)) is not None:
            claims = tuple(dict.fromkeys((*line.claims, *known.line.claims)))
            line = Line(line.context, claims, tuple((dict(known.line.statistics) | dict(line.statistics)).items()))
        self.put_last(self.ended, name, EndedLine(sentence, line))

    def put_last(self, table: Table, name: Any, value: Any) -> None:
        """Set an item of what has ended, where it comes last; the oldest items are forgotten."""
        self.put(table, name, None)
        self.put(table, name, value)
        while len(table) > MOST_ENDED:
            self.put(table, next(iter(table)), None)

    def dump(self) -> bytes:
        """Serialize all that `load` needs, as JSON."""
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
        """Restore what `dump` serialized. Raises Corrupt for anything else."""
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
            raise Corrupt(
                f"the head of a ledger cannot be read ({error!r}): it is made again from the texts"
            ) from error
        return head


def _line(context: int, claims: Iterable[int], statistics: Iterable[tuple[int, int]]) -> Line:
    return Line(context, tuple(claims), tuple((start, key) for start, key in statistics))


def context_of(sentence: model.Sentence) -> int:
    """Return what tells a sentence from others with the same words."""
    return digest(sentence.label, *sentence.location.section)


Titles = Mapping[str, str]
"""What a reader calls each reference, by its key."""

Changes = dict[int, tuple[ElementState | None, ElementState | None]]
"""The elements that an edit touched, by their keys, before and after it."""


def titles_of(references: Iterable[model.Reference]) -> Titles:
    """Return the titles of some references."""
    return {ref.key: ref.title or ref.url or ref.text[:80] or ref.key for ref in references}


def kind_of(element: model.Element) -> str:
    """Return `statistic` of a Statistic, and so on."""
    return type(element).__name__.lower()


def name_of(element: model.Element) -> str:
    """Return by what an image, a source or a section is known."""
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
class Touched:
    """A key that an edit touches, with the element before and after it; `was_alive` in the text before."""

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
        """What the edit did; None for nothing."""
        if self.after is None:
            return EditVerb.REMOVED if self.was_alive else None
        if not self.was_alive:
            return EditVerb.RESTORED if self.restored else EditVerb.ADDED
        return EditVerb.CHANGED if self.changed else EditVerb.RESOURCED if self.resourced else None


class EditDraft:
    """The keys that one edit touches; `old` and `new` are the titles of either text's sources."""

    def __init__(self, head: Head, old: Titles, new: Titles) -> None:
        self.head, self.old, self.new = head, old, new
        self.touched: dict[int, Touched] = {}
        self._learnt: list[Entry] = []

    def learn(self, state: ElementState) -> int:
        """Give a key to an element of the old text that has none yet."""
        key, kind = self.head.new_key(), kind_of(state.element)
        self._learnt.append(Entry(key=key, kind=kind, verb=EditVerb.KNOWN, before=state, after=state))
        return key

    def touch(self, key: int, kind: str, *, was_alive: bool) -> Touched:
        """Return what is collected of a key."""
        return self.touched.setdefault(key, Touched(kind, was_alive))

    def changes(self) -> Changes:
        """Return what the edit touched, also where it only moved it or put it in other words."""
        return {
            key: (item.before if item.was_alive else None, item.after)
            for key, item in self.touched.items()
            if item.was_alive or item.after
        }

    def entries(self) -> tuple[Entry, ...]:
        """Return what the edit did."""
        made = (
            Entry(
                key=key,
                kind=item.kind,
                verb=verb,
                before=item.before if item.was_alive else None,
                after=item.after,
                fields=item.fields,
            )
            for key, item in self.touched.items()
            if (verb := item.verb)
        )
        return (*self._learnt, *made)


def state_of(element: model.Statistic | model.Claim, sentence: model.Sentence, titles: Titles) -> ElementState:
    """Return a statistic or claim as its text has it."""
    return ElementState(
        element=replace(element, location=model.NO_LOCATION, references=()),
        sentence=sentence.text,
        label=sentence.label,
        section=sentence.location.section,
        sources=labels_of(sentence.references or sentence.support, titles),
    )


def labels_of(keys: Iterable[str], titles: Titles) -> tuple[str, ...]:
    """Return the titles of some references, each once."""
    return tuple(dict.fromkeys(titles.get(key, key) for key in keys))


def remember_ended(head: Head, entries: Iterable[Entry]) -> None:
    """Remember in the head which elements some entries removed, and forget those that they brought back."""
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
                    head.put_last(head.ended_named, number, entry.key)
                else:
                    head.put(head.ended_named, number, None)
                continue
        if entry.after is None:
            location = model.Location(section=state.section)
            head.remember(model.Sentence(text=state.sentence, where=where, label=state.label, location=location), line)
        else:
            head.put(head.ended, (state.label, state.sentence), None)
