"""Serialize a history tracker to bytes, and load it to go on from there."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from watcher.errors import Corrupt
from watcher.history.removed import RemovedSentences
from watcher.history.state import TextState, TrackedSentence
from watcher.history.tracker import HistoryTracker
from watcher.history.tracks import Track, TrackedElement, TrackVersion
from watcher.model.codec import Codec
from watcher.model.history import SERIALIZABLE

_CODEC: Final = Codec((*SERIALIZABLE, TrackVersion, TrackedElement, TrackedSentence, Track))
VERSION: Final = _CODEC.version  # of the classes' fields: what another release stored is built again


def dump(tracker: HistoryTracker) -> bytes:
    """Serialize what `HistoryTracker` needs to go on; about as large as the text that it follows, before packing."""
    return _CODEC.dump(
        (
            _parts(tracker.state),
            tuple(tracker.tracks),
            tracker.titles,
            tuple(tracker.removed),
            dict(tracker.removed_references),
            dict(tracker.removed_figures),
            {digest: _parts(state) for digest, state in tracker.states.items()},
        )
    )


def load(body: bytes) -> HistoryTracker:
    """Restore the tracker that `dump` serialized. Raises Corrupt for anything else."""
    try:
        state, tracks, titles, removed, references, figures, states = _CODEC.load(body)
        history_tracker = HistoryTracker()
        history_tracker.state = _state(state)
        history_tracker.tracks = [track.copy() for track in tracks]
        history_tracker.titles = dict(titles)
        history_tracker.removed = RemovedSentences(removed)
        history_tracker.removed_references, history_tracker.removed_figures = (
            OrderedDict(references),
            OrderedDict(figures),
        )
        history_tracker.states = OrderedDict((digest, _state(parts)) for digest, parts in states.items())
    except (TypeError, ValueError, AttributeError) as error:
        raise Corrupt(f"the stored history cannot be read ({error!r}): it is built again from the texts") from error
    return history_tracker


def _parts(state: TextState) -> tuple[Mapping[str, Any], ...]:
    return state.lines, state.references, state.figures


def _state(parts: tuple[dict[str, Any], ...]) -> TextState:
    # Equal dicts come back as one object, and a TextState is changed in place.
    lines, references, figures = parts
    return TextState(dict(lines), dict(references), dict(figures))
