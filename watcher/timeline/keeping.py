"""Lives whose notes were taken → bytes, and Lives again that go on where those stopped."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from watcher.errors import Corrupt
from watcher.model.codec import Codec
from watcher.model.notes import KEPT
from watcher.timeline.gone import Gone
from watcher.timeline.lives import Lives
from watcher.timeline.state import Line, State
from watcher.timeline.tracks import Held, Slot, Tail, Track

_CODEC: Final = Codec((*KEPT, Slot, Held, Line, Tail))
VERSION: Final = _CODEC.version


def kept(lives: Lives) -> bytes:
    """What `lives` needs to go on; about as large as the text that it follows, before packing."""
    return _CODEC.dump(
        (
            _parts(lives.state),
            tuple(track.tail() for track in lives.tracks),
            lives.titles,
            tuple(lives.gone),
            dict(lives.lost),
            dict(lives.unseen),
            {digest: _parts(state) for digest, state in lives.states.items()},
        )
    )


def revived(body: bytes) -> Lives:
    """The Lives that `kept` wrote; Corrupt where it did not."""
    try:
        state, tails, titles, gone, lost, unseen, states = _CODEC.load(body)
        lives = Lives()
        lives.state = _whole(state)
        lives.tracks = [Track.of(tail) for tail in tails]
        lives.titles = dict(titles)
        lives.gone, lives.lost, lives.unseen = Gone(gone), OrderedDict(lost), OrderedDict(unseen)
        lives.states = OrderedDict((digest, _whole(parts)) for digest, parts in states.items())
    except (TypeError, ValueError, AttributeError) as error:
        raise Corrupt(f"stored lives cannot be read ({error!r}): they are made anew from the texts") from error
    return lives


def _parts(state: State) -> tuple[Mapping[str, Any], ...]:
    return state.lines, state.references, state.figures


def _whole(parts: tuple[dict[str, Any], ...]) -> State:
    # Equal dicts come back as one object, and a State is changed in place.
    lines, references, figures = parts
    return State(dict(lines), dict(references), dict(figures))
