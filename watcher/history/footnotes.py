"""Continue a claim that an edit moved into a footnote, for as long as the footnote has its words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Final

from watcher.history.joined import JoinedClaimMatcher
from watcher.history.pieces import ContainingSentences, piece_of
from watcher.history.state import TrackedElement, TrackedSentence
from watcher.history.tracks import unmarked
from watcher.model import Claim, Reference, Sentence, TextKind
from watcher.model.history import ElementMapping

_STATING: Final = frozenset({TextKind.PROSE, TextKind.QUOTE})
_MOVED: Final = 0.8  # of the runs of words of a claim, which stand in the footnote; it may have lost its first words
_FOOTNOTE: Final = "footnote"  # labels a footnote among the sentences of a text


def leave_footnotes(matcher: JoinedClaimMatcher) -> None:
    """Unassign the claims in footnotes that the edit changed or removed."""
    state = matcher.tracker.state
    for old, new in _rewritten(matcher.mapping):
        if old is None or (new is not None and new.text == old.text):
            continue
        for line in state.lines.get(old.text, ()):
            if line.sentence.label == _FOOTNOTE:
                state.take([line.sentence])
                matcher.unassign(line)


def continue_in_footnotes(matcher: JoinedClaimMatcher) -> None:
    """Continue the unassigned claims whose words stand in a footnote that the edit wrote."""
    notes = [_sentence_of(new) for _, new in _rewritten(matcher.mapping) if new is not None]
    if not notes or not matcher.unassigned:
        return
    containing = ContainingSentences(notes)
    moved: defaultdict[int, list[TrackedElement]] = defaultdict(list)
    for number in [*matcher.unassigned]:
        track = matcher.tracker.tracks[number]
        claim = track.element
        # An item of a list of works is a source there and here.
        if not isinstance(claim, Claim) or claim.where not in _STATING:
            continue
        at = containing.containing(claim.text, _MOVED)
        share, piece = (0.0, "") if at is None else piece_of(claim.text, notes[at].text)
        if at is not None and share >= _MOVED:
            del matcher.unassigned[number]
            sentence = replace(notes[at], text=piece)
            part = TrackedElement(track.slot, unmarked(sentence))
            moved[at].append(matcher.next_version(part, sentence, value=False, source=False))
    matcher.tracker.state.put(TrackedSentence(notes[at], parts=tuple(parts)) for at, parts in moved.items())


def _sentence_of(note: Reference) -> Sentence:
    return Sentence(text=note.text, label=_FOOTNOTE, location=note.location)


def _rewritten(mapping: ElementMapping) -> list[tuple[Reference | None, Reference | None]]:
    """Return the footnotes of an edit before and after it."""
    pairs = ((change.old, change.new) for change in mapping.references)
    return [
        (old if isinstance(old, Reference) else None, new if isinstance(new, Reference) else None) for old, new in pairs
    ]
