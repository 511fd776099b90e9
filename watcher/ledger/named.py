"""Follow the sources, images and sections of an article, each by what names it: work, file or headings."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from watcher.diff.element_pairs import ElementPairs
from watcher.ledger.edit import EditDraft, Titles, kind_of, labels_of, name_of
from watcher.ledger.head import digest
from watcher.model import NO_LOCATION, Element, FieldChange, Figure, Kind, Reference, Section
from watcher.model.ledger import ElementState

_CALLED: Final = frozenset({"name", "group"})  # how the article calls a source: what it cites is what it was


def follow_named(draft: EditDraft, pairs: ElementPairs) -> None:
    """Continue, end and begin sources, images and sections."""
    follower = _NamedFollower(draft)
    follower.sources(pairs)
    follower.figures(pairs)
    follower.sections(pairs)


class _NamedFollower:
    """The named elements of one edit."""

    def __init__(self, draft: EditDraft) -> None:
        self.draft, self.head = draft, draft.head

    def sources(self, pairs: ElementPairs) -> None:
        # A note may cite several works, and several notes one work: what counts is what the text cites as a whole.
        gone, come = dict(pairs.gone), dict(pairs.come)
        for change in pairs.references:
            match change.kind, change.old, change.new:
                case Kind.REFERENCE_CHANGED, Reference() as old, Reference() as new if old.source == new.source:
                    if any(item.name not in _CALLED for item in change.fields):
                        self.go_on(old, new, change.fields)
                case Kind.REFERENCE_CHANGED, Reference() as old, Reference() as new if (
                    old.source in gone and new.source in come and not self.has_ended(new)
                ):
                    self.go_on(gone.pop(old.source), come.pop(new.source), change.fields)
                case _:
                    pass
        for reference in gone.values():
            self.leave(reference)
        for reference in come.values():
            if _number(reference) not in self.head.named:
                self.appear(reference)

    def figures(self, pairs: ElementPairs) -> None:
        # An image that moved to another paragraph is listed as removed and as added.
        for change in sorted(pairs.figures, key=lambda change: change.kind is Kind.FIGURE_ADDED):
            old, new = change.old, change.new
            if isinstance(old, Figure) and isinstance(new, Figure):
                known = old.file == new.file or not (self.has_ended(new) or _number(new) in self.head.named)
                if change.kind is Kind.FIGURE_MOVED:
                    continue
                if known:
                    self.go_on(old, new, change.fields)
                    continue
            if isinstance(old, Figure):
                self.leave(old)
            if isinstance(new, Figure):
                self.appear(new)

    def sections(self, pairs: ElementPairs) -> None:
        for old, new in pairs.renamed.items():
            # Below a section that was renamed, all have other paths and nothing else.
            fields = (FieldChange(name="heading", old=old[-1], new=new[-1]),) if old[-1] != new[-1] else ()
            self.go_on(_section(old), _section(new), fields)
        for path in pairs.lost_sections:
            self.leave(_section(path))
        for path in pairs.new_sections:
            self.appear(_section(path))

    def has_ended(self, element: Element) -> bool:
        return _number(element) in self.head.ended_named

    def key_of(self, element: Element) -> tuple[int, int]:
        """Return the key of an element of the old text with how often it is there."""
        number, state = _number(element), _state_of(element, self.draft.old)
        if number not in self.head.named:
            self.head.named[number] = (self.draft.learn(state), 1)  # it was there: no undoing takes that back
        key, times = self.head.named[number]
        touched = self.draft.touch(key, kind_of(element), was_alive=True)
        touched.before = touched.before or state
        return key, times

    def go_on(self, old: Element, new: Element, fields: tuple[FieldChange, ...]) -> None:
        """Continue an element under another name, or under its own in another form."""
        key, times = self.key_of(old)
        self.head.put(self.head.named, _number(old), None)
        self.head.put(self.head.named, _number(new), (key, times))
        touched = self.draft.touched[key]
        touched.after = _state_of(new, self.draft.new)
        touched.changed, touched.fields = bool(fields) or not isinstance(new, Section), fields

    def leave(self, element: Element) -> None:
        """Take an element from one of its locations; from the last one, it ends."""
        key, times = self.key_of(element)
        touched = self.draft.touched[key]
        # A flag stands in a table as often as its country.
        touched.after = touched.before if times > 1 else None
        self.head.put(self.head.named, _number(element), (key, times - 1) if times > 1 else None)
        if times == 1:
            self.head.remember_named(_number(element), key)

    def appear(self, element: Element) -> None:
        """Show an element once more, or on the key that it had, or on a new one."""
        number = _number(element)
        if number in self.head.named:
            key, times = self.head.named[number]
            self.head.put(self.head.named, number, (key, times + 1))
            return
        ended = self.head.ended_named.get(number)
        key = ended or self.head.new_key()
        touched = self.draft.touch(key, kind_of(element), was_alive=False)
        touched.restored, touched.after = ended is not None, _state_of(element, self.draft.new)
        touched.changed = touched.before is not None and touched.before.element != touched.after.element
        self.head.put(self.head.named, number, (key, 1))
        if ended:
            self.head.put(self.head.ended_named, number, None)


def _number(element: Element) -> int:
    return digest(kind_of(element), name_of(element))


def _section(path: tuple[str, ...]) -> Section:
    return Section(path=path, level=len(path) + 1)


def _state_of(element: Element, titles: Titles) -> ElementState:
    match element:
        case Figure(caption=caption, references=references, location=location):
            plain: Element = replace(element, location=NO_LOCATION, references=())
            sources = labels_of(references, titles)
            return ElementState(element=plain, sentence=caption, section=location.section, sources=sources)
        case Reference(location=location):
            return ElementState(element=replace(element, location=NO_LOCATION, parts=()), section=location.section)
        case Section(path=path):
            return ElementState(element=element, section=path)
        case _:
            return ElementState(element=element)
