"""Continue what an edit removed in a copy that an edit shortly before put in: a text may be moved by two edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from watcher.history.joined import JoinedClaimMatcher
from watcher.history.pieces import ContainingSentences
from watcher.history.rewording import has_enough_words, is_like, states_same
from watcher.history.state import TrackedElement, TrackedSentence
from watcher.history.tracker import HistoryTracker
from watcher.history.tracks import Track
from watcher.model import Claim, Statistic
from watcher.model.history import EditVerb

_CONTAINED: Final = 0.5  # of the runs of words of a sentence, which stand in its copy
_COME: Final = frozenset({EditVerb.ADDED, EditVerb.RESTORED})


def continue_in_copies(matcher: JoinedClaimMatcher) -> None:
    """Continue the unassigned tracks in copies of their sentences; the tracks that these began end."""
    tracker = matcher.tracker
    copies = [*_recent_lines(tracker)] if matcher.unassigned else []
    if not copies:
        return
    containing = ContainingSentences(line.sentence for line in copies)
    for number, sentence in [*matcher.unassigned.items()]:
        track = tracker.tracks[number]
        then = replace(sentence, text=track.element.text) if isinstance(track.element, Claim) else sentence
        at = containing.containing(then.text, _CONTAINED) if has_enough_words(then) else None
        if at is None or not is_like(then, copies[at].sentence):
            continue
        line = copies[at]
        copy = next((own for own in line.all if _is_copy(tracker, own, track)), None)
        if copy is None:
            continue
        del matcher.unassigned[number]
        continued = matcher.next_version(
            TrackedElement(track.slot, copy.element),
            line.sentence,
            value=isinstance(copy.element, Claim),
            source=sentence.references != line.sentence.references,
        )
        copies[at] = _with(line, copy, continued)
        tracker.state.exchange(line, copies[at])
        tracker.remove(matcher.revision, copy.slot.track, line.sentence)


def _recent_lines(tracker: HistoryTracker) -> Iterator[TrackedSentence]:
    """Yield the sentences that one of the last edits added or restored."""
    tracks, recent = tracker.tracks, frozenset(tracker.last_edits)
    for lines in tracker.state.lines.values():
        for line in lines:
            first = tracks[(line.claim or line.all[0]).slot.track]
            if first.revision in recent and first.verb in _COME:
                yield line


def _is_copy(tracker: HistoryTracker, tracked: TrackedElement, then: Track) -> bool:
    """Return whether an element of a younger track came while an older one stated the same."""
    track, recent = tracker.tracks[tracked.slot.track], tracker.last_edits
    if track.number < then.number or track.verb not in _COME or track.revision not in recent:
        return False
    if then.revision in recent and recent.index(then.revision) >= recent.index(track.revision):
        return False
    if isinstance(tracked.element, Statistic):
        return then.element is not None and states_same(then.element, tracked.element)
    return isinstance(then.element, Claim)


def _with(line: TrackedSentence, tracked: TrackedElement, other: TrackedElement) -> TrackedSentence:
    """Return a sentence with another track for one of its elements."""
    return replace(
        line,
        tracked=tuple(other if own is tracked else own for own in line.tracked),
        claim=other if line.claim is tracked else line.claim,
        parts=tuple(other if own is tracked else own for own in line.parts),
    )
