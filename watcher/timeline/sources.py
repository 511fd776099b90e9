"""The changes of references in one edit → the lives of references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watcher.model import Kind, Reference, Revision
from watcher.model.timelines import Succession
from watcher.timeline.tracks import Held

if TYPE_CHECKING:
    from watcher.timeline.lives import Lives


def follow_references(lives: Lives, revision: Revision, found: Succession) -> None:
    """Note which references came, went, were corrected, or only got another name."""
    known = lives.state.references
    moved = {new: known[old] for old, new in found.renamed.items() if old in known}
    for old in found.renamed:
        known.pop(old, None)
    known.update(moved)
    for change in found.references:
        match change.kind, change.old, change.new:
            case Kind.REFERENCE_REMOVED, Reference(key=key), None if key in known:
                held = known.pop(key)
                lives.mourn(held)
                lives.remove(revision, held.slot.track, None)
            case Kind.REFERENCE_CHANGED, Reference(), Reference(key=key) as new if key in known:
                was = known[key].slot
                known[key] = Held(lives.tracks[was.track].another(new, was, value=True), new)
                lives.settle(revision, known[key], None)
            case Kind.REFERENCE_ADDED, None, Reference(key=key) as new if key not in known:
                known[key] = _come(lives, revision, new)
            case _:
                pass


def _come(lives: Lives, revision: Revision, new: Reference) -> Held:
    back = lives.lost.pop(new.source or new.key, None)
    if back is None or lives.tracks[back.slot.track].alive:
        return lives.begin(revision, new, None, "reference")
    track = lives.tracks[back.slot.track]
    held = Held(track.another(new, back.slot, value=back.element != new), new)
    lives.settle(revision, held, None)
    return held
