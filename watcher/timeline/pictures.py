"""The changes of figures in one edit → the lives of figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from watcher.model import Change, Figure, Kind, Revision
from watcher.timeline.tracks import Held

if TYPE_CHECKING:
    from watcher.timeline.lives import Lives


def follow_figures(lives: Lives, revision: Revision, changes: Iterable[Change]) -> None:
    """Note which pictures came, went, were replaced or captioned otherwise; a moved one only stands elsewhere."""
    shown = lives.state.figures
    for change in sorted(changes, key=lambda one: one.kind is not Kind.FIGURE_REMOVED):
        match change.kind, change.old, change.new:
            case Kind.FIGURE_ADDED, None, Figure() as new:
                _come(lives, revision, new)
            case Kind.FIGURE_REMOVED, Figure(file=file), None if file in shown:
                held, times = shown.pop(file)
                if times > 1:
                    shown[file] = (held, times - 1)
                else:
                    lives.miss(held)
                    lives.remove(revision, held.slot.track, None)
            case Kind.FIGURE_CHANGED | Kind.FIGURE_REPLACED, Figure(file=file), Figure() as new if file in shown:
                held, times = shown.pop(file)
                changed = Held(lives.tracks[held.slot.track].another(new, held.slot, value=True), new)
                shown[new.file] = (changed, times)
                lives.settle(revision, changed, None)
            case _:
                pass


def _come(lives: Lives, revision: Revision, new: Figure) -> None:
    shown = lives.state.figures
    if new.file in shown:
        held, times = shown[new.file]
        shown[new.file] = (held, times + 1)
        return
    back = lives.unseen.pop(new.file, None)
    if back is None or lives.tracks[back.slot.track].alive:
        shown[new.file] = (lives.begin(revision, new, None, "figure"), 1)
        return
    track = lives.tracks[back.slot.track]
    held = Held(track.another(new, back.slot, value=back.element != new), new)
    shown[new.file] = (held, 1)
    lives.settle(revision, held, None)
