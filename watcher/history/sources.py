"""Follow the sources of an article: each is one while a note of the text cites it, alone or beside others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Final

from watcher.history.pieces import is_most_of, piece_of, words_of
from watcher.history.rewording import runs_of
from watcher.history.tracker import HistoryTracker
from watcher.history.tracks import TrackedElement
from watcher.model import Change, Element, Kind, Reference, Revision
from watcher.model.history import ElementMapping

# Between the key of a note and what it cites beside its first work.
_PART: Final = "\x1f"
_FEWEST: Final = 4  # words by which a source is known in another note; "Ibid, p. 3" is any
_LONG: Final = 20  # words of a note that quotes or explains
_MOST: Final = 120  # sources that leave their notes by one edit and are looked for in the words of others
_LOOKED_AT: Final = 16  # notes that may have the words of one
_REPEATED: Final = 0.8  # of the runs of words of a source
_DIGITS_OF_ISBN: Final = 9
_LONG_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_FEWEST_STATED: Final = 5  # long words of a remark; "the city's website" may be a source
_SMALL_LETTERS: Final = 0.75  # of the long words of a remark; titles and names have capitals
_NAMES_SOURCE: Final = re.compile(
    r"[\d\"“”„«»]|\b(?:archives?|book|bulletin|census|communication|data|edition|estimates?|gazette|interview|journal"
    r"|lecture|letter|magazine|minutes|newspaper|obituary|paper|report|speech|statistics|survey|thesis|volume|website"
    r"|yearbook)",
    re.IGNORECASE,
)
# A remark is a sentence, and only English ones are known.
_STATES: Final = re.compile(
    r"\b(?:is|are|was|were|be|been|has|had|have|do|does|did|can|could|may|might|should|would|must|see|it|this|these"
    r"|those|they|not|some|most|many)\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\d+")


def follow_references(history_tracker: HistoryTracker, revision: Revision, mapping: ElementMapping) -> None:
    """Record which references were added, removed or corrected; one under another name stays the same."""
    if mapping.references or mapping.renamed or mapping.cited or mapping.left:
        _SourceFollower(history_tracker, revision, mapping).run()


class _SourceFollower:
    """One edit: `ended` are the tracks of sources that left their note, which may stand in another.

    `missed` are the revisions that removed what comes back, `has_new` whether a note is new or says something else.
    """

    def __init__(self, history_tracker: HistoryTracker, revision: Revision, mapping: ElementMapping) -> None:
        self.tracker, self.revision, self.mapping = history_tracker, revision, mapping
        self.known = history_tracker.state.references
        self.cited = {reference.key: reference for reference in mapping.cited}
        self.ended: dict[int, TrackedElement] = {}
        self.missed: set[int] = set()
        self.unknown = 0
        self.has_new = False

    def run(self) -> None:
        self.rename()
        for change in self.mapping.references:
            self.follow(change)
        self.leave_notes()
        notes = self.mapping.cited
        self.appear([(note.key, note) for note in notes])
        self.appear([(f"{note.key}{_PART}{part.source}", part) for note in notes for part in note.parts])
        if self.ended:
            self.end_or_join()
        if self.has_new:
            self.rejoin()

    def rename(self) -> None:
        renamed = self.mapping.renamed
        if not renamed:
            return
        moved = {new: self.known[old] for old, new in renamed.items() if old in self.known}
        parts = [key for key in self.known if _PART in key and _note_of(key) in renamed]
        moved |= {f"{renamed[_note_of(key)]}{_PART}{key.partition(_PART)[2]}": self.known.pop(key) for key in parts}
        # All old names go before new ones come: two references may have exchanged theirs.
        for old in renamed:
            self.known.pop(old, None)
        for key in sorted(moved.keys() & self.known.keys()):
            source = self.cited[key].source if key in self.cited else ""
            was_given = source == _source_of(moved[key]) != _source_of(self.known[key])
            # One that was made equal to another is that one now, unless it took the name of another.
            self.end((self.known if was_given else moved).pop(key))
        self.known.update(moved)

    def follow(self, change: Change) -> None:
        match change.kind, change.old, change.new:
            case Kind.REFERENCE_REMOVED | Kind.REFERENCE_BROKEN, Reference() as gone, _:
                self.take(gone, is_used=change.kind is Kind.REFERENCE_BROKEN)
            case Kind.REFERENCE_CHANGED, Reference() as old, Reference(key=key) as new if (
                key in self.known and self.known[key].element != new and not self.moved_behind(old, new)
            ):
                self.has_new = True
                if self.cites_another(self.known[key], new):
                    self.end(self.known.pop(key))
                else:
                    self.known[key] = self.changed(change, self.known[key], new)
                    self.tracker.update(self.revision, self.known[key], None)
            case _:
                pass

    def moved_behind(self, old: Reference, new: Reference) -> bool:
        """Return whether a note has or had its source behind another one; each of them goes on or ends by itself."""
        before = self.known[new.key]
        source = _source_of(before)
        own, other = (f"{new.key}{_PART}{each}" for each in (source, new.source))
        if source == new.source:
            return False
        if not old.parts and any(part.source == source for part in new.parts):
            self.known[own] = self.known.pop(new.key)
        elif not new.parts and other in self.known:
            self.end(before)
            self.known[new.key] = self.continued(self.known.pop(other), new)
        else:
            return False
        return True

    def cites_another(self, before: TrackedElement, new: Reference) -> bool:
        """Return whether a note in other words cites a source that has a life of its own, which ended."""
        other = self.tracker.removed_references.get(new.source)
        if other is None or new.source == _source_of(before) or other.slot.track == before.slot.track:
            return False
        assert isinstance(before.element, Reference)
        old, now = before.element.text, new.text
        return self.ended_with(other) and not (_repeats(now, old) or _repeats(old, now))

    def ended_with(self, tracked: TrackedElement) -> bool:
        """Return whether a track ended with this element, which is not a former wording."""
        track = self.tracker.tracks[tracked.slot.track]
        return not track.alive and track.slot == tracked.slot

    def changed(self, change: Change, before: TrackedElement, new: Reference) -> TrackedElement:
        if _source_of(before) != (new.source or new.key):
            self.tracker.remember_reference(before)  # under what it may cite again when it comes back
        # A name or group is how the article calls a source: what it cites is what it was.
        if all(field.name in ("name", "group") for field in change.fields):
            return TrackedElement(before.slot, new)
        return self.rewritten(before, new)

    def rewritten(self, before: TrackedElement, new: Reference) -> TrackedElement:
        if _stated(before.element) == _stated(new):
            return TrackedElement(before.slot, new)
        return TrackedElement(self.tracker.tracks[before.slot.track].next_version(new, before.slot, value=True), new)

    def end(self, tracked: TrackedElement) -> None:
        self.ended[tracked.slot.track] = tracked

    def take(self, old: Reference, *, is_used: bool) -> None:
        """Take a source that the text no longer cites from all keys that it had; its name may still be used."""
        others = self.keys_now.get(old.source, ())
        keys = [old.key] if old.key in self.known else []
        successor = next((key for key in others if key not in self.known), None)
        if keys and successor is not None:
            self.known[successor] = self.known.pop(old.key)
            return
        if not (others or is_used):
            keys += [key for key in self.keys_before.get(old.source, ()) if key in self.known and key != old.key]
        for key in keys:
            self.end(self.known.pop(key))

    @cached_property
    def keys_now(self) -> Mapping[str, Sequence[str]]:
        """The keys of each source in the new text, of notes that were read."""
        return _by_source((reference.source, reference.key) for reference in self.mapping.cited)

    @cached_property
    def keys_before(self) -> Mapping[str, Sequence[str]]:
        """The keys under which each source is known; changes of sources come before removals."""
        return _by_source((_source_of(tracked), key) for key, tracked in self.known.items())

    def leave_notes(self) -> None:
        """Take the sources that their note no longer cites beside its first one."""
        uncited = self.mapping.uncited
        left = [key for key, tracked in self.known.items() if _source_of(tracked) in uncited] if uncited else []
        for key in left:
            self.end(self.known.pop(key))
        parts = [key for key in self.known if _PART in key]
        is_blank = len(parts) == len(self.known) and not self.cited
        for key in parts:
            note, _, part = key.partition(_PART)
            if is_blank or (part == f"{self.known[key].slot.track}" and not self.stays(note, self.known[key])):
                self.end(self.known.pop(key))

    def stays(self, key: str, tracked: TrackedElement) -> bool:
        """Return whether a note still has the words of a source."""
        if key in self.cited:
            return _note_with_words(tracked, [self.cited[key]]) is not None
        return key not in self.mapping.left

    def appear(self, cited: Sequence[tuple[str, Reference]]) -> None:
        """Restore or start the track of each source that is not known yet, added or only defined: a name was in use."""
        fresh = [(key, note) for key, note in cited if key not in self.known and not _only_states(note)]
        sources = {_source_of(tracked): key for key, tracked in self.known.items()} if fresh else {}
        ended = {_source_of(tracked): tracked for tracked in self.ended.values()} if fresh else {}
        for key, reference in fresh:
            source = reference.source or reference.key
            if _PART in sources.get(source, "") and _PART not in key:  # it has a note of its own now
                self.known[key] = self.continued(self.known.pop(sources[source]), reference)
            elif source not in sources:
                self.has_new = True
                before = ended.get(source) or self.removed(source) or self.in_like_words(reference)
                if before is None:
                    self.known[key] = self.tracker.start_track(self.revision, reference, None, "reference")
                else:
                    self.missed.update([self.tracker.tracks[before.slot.track].revision])
                    self.known[key] = self.continued(self.ended.pop(before.slot.track, before), reference)
            sources.setdefault(source, key)

    def removed(self, source: str) -> TrackedElement | None:
        """Return the track that had a source and ended, perhaps by this edit."""
        removed = self.tracker.removed_references.pop(source, None)
        number = removed.slot.track if removed else -1
        return removed if number in self.ended or (removed and not self.tracker.tracks[number].alive) else None

    def in_like_words(self, new: Reference) -> TrackedElement | None:
        """Return a source that ended in nearly the words of a new one, with the same numbers."""
        self.unknown += 1
        longest = max(_LONG_WORD.findall(new.text.casefold()), key=len, default="")
        if new.text == new.url or not longest or len(words_of(new.text)) < _FEWEST or self.unknown > _MOST:
            return None
        numbers = _numbers_of(new.text)
        gone = chain(self.ended.values(), reversed(self.tracker.removed_references.values()))
        likely = (
            tracked
            for tracked in gone
            if longest in _text_of(tracked).casefold() and numbers == _numbers_of(_text_of(tracked))
        )
        return next((tracked for tracked in islice(likely, _LOOKED_AT) if self.is_like(tracked, new)), None)

    def is_like(self, tracked: TrackedElement, new: Reference) -> bool:
        """Return whether a source ended in nearly these words, at no other address."""
        assert isinstance(tracked.element, Reference)
        urls = {url.casefold() for url in (tracked.element.url, new.url) if url}
        is_gone = tracked.slot.track in self.ended or self.ended_with(tracked)
        texts = tracked.element.text, new.text
        return is_gone and len(urls) <= 1 and min(piece_of(*texts)[0], piece_of(*reversed(texts))[0]) >= _REPEATED

    def continued(self, before: TrackedElement, new: Reference) -> TrackedElement:
        """Continue the track of a source in another note, or in one that came back."""
        if self.tracker.tracks[before.slot.track].alive and _is_same_link(before.element, new):
            tracked = before if new.text == new.url else TrackedElement(before.slot, new)
        else:
            tracked = before if before.element == new else self.rewritten(before, new)
        self.tracker.update(self.revision, tracked, None)
        return tracked

    def end_or_join(self) -> None:
        """Continue each source in a note that cites it beside another one; end it where none does."""
        known = {_source_of(tracked) for tracked in self.known.values()}
        notes = [*self.notes()]
        cited = {part.source: note for note in notes for part in (note, *note.parts)}
        for number, tracked in self.ended.items():
            source = _source_of(tracked)
            note = cited.get(source) or (_note_with_words(tracked, notes) if len(self.ended) <= _MOST else None)
            if note is not None and source not in known:
                self.known[f"{note.key}{_PART}{source if source in cited else number}"] = tracked
                known.add(source)
            else:
                self.tracker.remember_reference(tracked)
                self.tracker.remove(self.revision, number, None)

    def rejoin(self) -> None:
        """Continue the sources that a note has the words of again, which left lately or with what came back."""
        tracks, edits = self.tracker.tracks, self.missed.union(self.tracker.last_edits)
        left = [
            (source, tracked)
            for source, tracked in self.tracker.removed_references.items()
            if tracks[tracked.slot.track].revision in edits and self.ended_with(tracked)
        ]
        for source, tracked in left[:_MOST]:
            note = _note_with_words(tracked, self.cited.values())
            if note is not None and not _is_own(note, tracked):
                del self.tracker.removed_references[source]
                self.known[f"{note.key}{_PART}{tracked.slot.track}"] = tracked
                self.tracker.update(self.revision, tracked, None)

    def notes(self) -> Iterator[Reference]:
        """Yield the notes of the new text that are known."""
        yield from self.cited.values()
        left = self.mapping.left
        for key, tracked in self.known.items():
            note = tracked.element
            if isinstance(note, Reference) and note.key == key and key not in self.cited and key not in left:
                yield note


def _note_of(key: str) -> str:
    return key.partition(_PART)[0]


def _only_states(note: Reference) -> bool:
    """Return whether a note is a remark, or points to another article of the wiki: it names no source."""
    named = (note.url, note.archive_url, note.doi, note.isbn, note.title, note.work, note.publisher)
    if any(named) or _NAMES_SOURCE.search(note.text) or not _STATES.search(note.text):
        return False
    words = _LONG_WORD.findall(note.text)
    return len(words) >= _FEWEST_STATED and sum(map(str.islower, words)) >= _SMALL_LETTERS * len(words)


def _by_source(keys: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    result: defaultdict[str, list[str]] = defaultdict(list)
    for source, key in keys:
        result[source].append(key)
    return result


def _source_of(tracked: TrackedElement) -> str:
    assert isinstance(tracked.element, Reference)
    return tracked.element.source or tracked.element.key


def _stated(element: Element) -> tuple[object, ...]:
    """Return what a note tells of its source, whatever the punctuation."""
    assert isinstance(element, Reference)
    words = (words_of(text or "") for text in (element.text, element.title))
    return element.url, element.archive_url, element.doi, element.isbn, *words


def _text_of(tracked: TrackedElement) -> str:
    assert isinstance(tracked.element, Reference)
    return tracked.element.text


@lru_cache(maxsize=4096)  # of each source that ended, for each new note of an edit
def _numbers_of(text: str) -> frozenset[str]:
    """Return the numbers of a text without an ISBN."""
    return frozenset(number for number in _NUMBER.findall(text) if len(number) < _DIGITS_OF_ISBN)


def _note_with_words(tracked: TrackedElement, notes: Iterable[Reference]) -> Reference | None:
    """Return the note that has the words of a source without address, with the same pages and years."""
    reference = tracked.element
    assert isinstance(reference, Reference)
    author = next(iter(reference.authors), "").partition(",")[0]
    by_title = bool(reference.template and reference.title)
    words = reference.title or "" if by_title else reference.text
    numbers = {*_NUMBER.findall(f"{reference.pages} {reference.date}")} if by_title else set[str]()
    longest = max(_LONG_WORD.findall(words), key=len, default="")
    if not longest or reference.url or (by_title and not author) or len(words_of(words)) + by_title < _FEWEST:
        return None
    needed = (longest, author, *numbers, *_NUMBER.findall(words))
    texts = ((note, part.text) for note in notes for part in (note, *note.parts))
    likely = ((note, text) for note, text in texts if all(word in text for word in needed))
    return next(
        (
            note
            for note, text in islice(likely, _LOOKED_AT)
            if numbers <= {*_NUMBER.findall(text)} and _repeats(text, words)
        ),
        None,
    )


def _is_same_link(old: Element, new: Reference) -> bool:
    """Return whether one of two notes is no more than the link of the other, as that of a work beside others is."""
    assert isinstance(old, Reference)
    return (old.url, old.title) == (new.url, new.title) and new.url in (old.text, new.text)


def _is_own(note: Reference, tracked: TrackedElement) -> bool:
    """Return whether a note is known by the words of a source, or says little more."""
    assert isinstance(tracked.element, Reference)
    own, other = (words_of(source)[: _FEWEST + 1] for source in (note.source, _source_of(tracked)))
    return own == other or is_most_of(tracked.element.text, note.text)


def _repeats(text: str, words: str) -> bool:
    """Return whether a text has these words in their order, with their numbers."""
    share, piece = piece_of(words, text)
    if share < _REPEATED and len(words_of(words)) >= _LONG:  # something may have been put into them
        own = runs_of(words)
        share, piece = len(own & runs_of(text)) / max(1, len(own)), text
    return share >= _REPEATED and {*_NUMBER.findall(words)} <= {*_NUMBER.findall(piece)}
