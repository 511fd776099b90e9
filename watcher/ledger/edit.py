"""Collect what one edit does to the elements of an article while their keys are followed through the head."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from watcher.ledger.head import Head, Line, digest
from watcher.model import (
    NO_LOCATION,
    Claim,
    Element,
    FieldChange,
    Figure,
    Location,
    Reference,
    Section,
    Sentence,
    Statistic,
)
from watcher.model.ledger import EditVerb, ElementState, Entry

Titles = Mapping[str, str]
"""What a reader calls each reference, by its key."""

Changes = dict[int, tuple[ElementState | None, ElementState | None]]
"""The elements that an edit touched, by their keys, before and after it."""


def titles_of(references: Iterable[Reference]) -> Titles:
    """Return the titles of some references."""
    return {ref.key: ref.title or ref.url or ref.text[:80] or ref.key for ref in references}


def kind_of(element: Element) -> str:
    """Return `statistic` of a Statistic, and so on."""
    return type(element).__name__.lower()


def name_of(element: Element) -> str:
    """Return by what an image, a source or a section is known."""
    match element:
        case Figure(file=file):
            return file
        case Reference(source=source):
            return source
        case Section(path=path):
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
    fields: tuple[FieldChange, ...] = ()

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


def state_of(element: Statistic | Claim, sentence: Sentence, titles: Titles) -> ElementState:
    """Return a statistic or claim as its text has it."""
    return ElementState(
        element=replace(element, location=NO_LOCATION, references=()),
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
            case Statistic(quantity=quantity, where=where):
                line = Line(0, (), ((quantity.start, entry.key),))
            case Claim(where=where):
                line = Line(0, (entry.key,), ())
            case element:
                number = digest(entry.kind, name_of(element))
                if entry.after is None:
                    head.remember_named(number, entry.key)
                else:
                    head.put(head.ended_named, number, None)
                continue
        if entry.after is None:
            location = Location(section=state.section)
            head.remember(Sentence(text=state.sentence, where=where, label=state.label, location=location), line)
        else:
            head.put(head.ended, (state.label, state.sentence), None)
