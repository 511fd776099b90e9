"""Follow the images of an article: shown, replaced, moved and removed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from watcher.history.rewording import is_like
from watcher.history.tracker import HistoryTracker
from watcher.history.tracks import TrackedElement
from watcher.model import Change, Figure, Kind, Revision, Sentence


def follow_figures(history_tracker: HistoryTracker, revision: Revision, changes: Iterable[Change]) -> None:
    """Record which images were added, removed, replaced or captioned otherwise; a move is no change."""
    shown = history_tracker.state.figures
    taken: dict[str, TrackedElement] = {}
    added: list[tuple[Figure, TrackedElement | None]] = []
    for change in changes:
        match change.kind, change.old, change.new:
            case Kind.FIGURE_CHANGED, Figure(file=file), Figure() as new if file in shown:
                tracked, times = shown[file]
                shown[file] = (_show(history_tracker, revision, new, tracked), times)
            case Kind.FIGURE_REMOVED, Figure() as old, None:
                _take(shown, old, taken)
            case Kind.FIGURE_REPLACED, Figure() as old, Figure() as new:
                _take(shown, old, taken)
                added.append((new, taken.get(old.file) if _may_show_same(old, new) else None))
            case Kind.FIGURE_ADDED, None, Figure() as new:
                added.append((new, None))
            case _:
                pass
    for new, before in added:
        _figure_appears(history_tracker, revision, new, taken, before)
    for tracked in taken.values():
        history_tracker.remember_figure(tracked)
        history_tracker.remove(revision, tracked.slot.track, None)


def _take(shown: dict[str, tuple[TrackedElement, int]], figure: Figure, taken: dict[str, TrackedElement]) -> None:
    """Take an image from a place where it was shown; from the last one, its track may go on elsewhere."""
    if figure.file not in shown:
        return
    tracked, times = shown.pop(figure.file)
    if times > 1:
        shown[figure.file] = (tracked, times - 1)
    else:
        taken[figure.file] = tracked


def _may_show_same(old: Figure, new: Figure) -> bool:
    """Return whether one image may show what the other did: an icon, or somebody under another name, does not."""
    if _is_icon(new):
        return False
    if not (old.caption and new.caption):
        return True
    return is_like(Sentence(text=old.caption), Sentence(text=new.caption))


def _show(history_tracker: HistoryTracker, revision: Revision, new: Figure, tracked: TrackedElement) -> TrackedElement:
    """Continue the track of an image with what is shown now."""
    changed = tracked.element != new
    version = history_tracker.tracks[tracked.slot.track].next_version(new, tracked.slot, value=changed)
    result = TrackedElement(version, new)
    history_tracker.update(revision, result, None)
    return result


_PIXELS: Final = re.compile(r"(\d{1,4})(?:x\d{1,4})?px")
_ICON: Final = 50  # pixels


def _is_icon(figure: Figure) -> bool:
    """Return whether an image only marks a link or a list: it is small, and has no caption."""
    widths = [int(match[1]) for option in figure.options if (match := _PIXELS.fullmatch(option))]
    return not figure.caption and any(width <= _ICON for width in widths)


def _figure_appears(
    history_tracker: HistoryTracker,
    revision: Revision,
    new: Figure,
    taken: dict[str, TrackedElement],
    before: TrackedElement | None,
) -> None:
    """Show an image once more, or on the track that it had, or that of the image `before` in its place, or a new one.

    What this edit has `taken` elsewhere, it only moved.
    """
    shown = history_tracker.state.figures
    if new.file in shown:
        tracked, times = shown[new.file]
        shown[new.file] = (tracked, times + 1)
        return
    removed = history_tracker.removed_figures.get(new.file)
    numbers = {tracked.slot.track: file for file, tracked in taken.items()}
    known = taken.get(new.file) or removed
    if known is not None and known.slot.track in numbers:
        before = taken[numbers[known.slot.track]]
    elif known is not None and not history_tracker.tracks[known.slot.track].alive:
        before = None
    if before is not None and before.slot.track in numbers:
        del taken[numbers[before.slot.track]]
        shown[new.file] = (_show(history_tracker, revision, new, before), 1)
    elif not _is_icon(new):
        history_tracker.removed_figures.pop(new.file, None)
        shown[new.file] = (history_tracker.restore_or_start(revision, new, removed, "figure"), 1)
