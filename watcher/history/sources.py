"""Follow the sources of an article: each is one while a reference of the text cites it, under whatever key."""

from __future__ import annotations

from collections.abc import Sequence

from watcher.history.tracker import HistoryTracker
from watcher.history.tracks import TrackedElement
from watcher.model import Change, Kind, Reference, Revision
from watcher.model.history import ElementMapping


def follow_references(history_tracker: HistoryTracker, revision: Revision, mapping: ElementMapping) -> None:
    """Record which references were added, removed or corrected; one under another name stays the same."""
    known = history_tracker.state.references
    moved = {new: known[old] for old, new in mapping.renamed.items() if old in known}
    # All old names go before new ones come: two references may have exchanged theirs.
    for old in mapping.renamed:
        known.pop(old, None)
    # One that was made equal to another is that one now.
    for key in sorted(moved.keys() & known.keys()):
        _end_reference(history_tracker, revision, moved.pop(key))
    known.update(moved)
    for change in mapping.references:
        match change.kind, change.old, change.new:
            case Kind.REFERENCE_REMOVED | Kind.REFERENCE_BROKEN, Reference() as gone, _:
                for tracked in _take_source(known, gone, mapping.cited, is_used=change.kind is Kind.REFERENCE_BROKEN):
                    _end_reference(history_tracker, revision, tracked)
            case Kind.REFERENCE_CHANGED, Reference(), Reference(key=key) as new if (
                key in known and known[key].element != new
            ):
                known[key] = _changed_reference(history_tracker, change, known[key], new)
                history_tracker.update(revision, known[key], None)
            case _:
                pass
    _references_appear(history_tracker, revision, mapping.cited)


def _changed_reference(
    history_tracker: HistoryTracker, change: Change, before: TrackedElement, new: Reference
) -> TrackedElement:
    if _source_of(before) != (new.source or new.key):
        history_tracker.remember_reference(before)  # under what it may cite again when it comes back
    # A name or group is how the article calls a source: what it cites is what it was.
    if all(field.name in ("name", "group") for field in change.fields):
        return TrackedElement(before.slot, new)
    version = history_tracker.tracks[before.slot.track].next_version(new, before.slot, value=True)
    return TrackedElement(version, new)


def _end_reference(history_tracker: HistoryTracker, revision: Revision, tracked: TrackedElement) -> None:
    history_tracker.remember_reference(tracked)
    history_tracker.remove(revision, tracked.slot.track, None)


def _take_source(
    known: dict[str, TrackedElement], old: Reference, cited: Sequence[Reference], *, is_used: bool
) -> list[TrackedElement]:
    """Take a source that the text no longer cites from all keys that it had; its name may still be used."""
    others = [reference.key for reference in cited if reference.source == old.source]
    keys = [old.key] if old.key in known else []
    successor = next((key for key in others if key not in known), None)
    if keys and successor is not None:
        known[successor] = known.pop(old.key)
        return []
    if not (others or is_used):
        keys += [key for key, tracked in known.items() if key != old.key and _source_of(tracked) == old.source]
    return [known.pop(key) for key in keys]


def _references_appear(history_tracker: HistoryTracker, revision: Revision, cited: Sequence[Reference]) -> None:
    """Restore or start the track of each source that is not known yet, added or only defined: its name was in use."""
    known = history_tracker.state.references
    fresh = [reference for reference in cited if reference.key not in known]
    sources = {_source_of(tracked) for tracked in known.values()} if fresh else set[str]()
    for reference in fresh:
        source = reference.source or reference.key
        if source not in sources:
            removed = history_tracker.removed_references.pop(source, None)
            known[reference.key] = history_tracker.restore_or_start(revision, reference, removed, "reference")
            sources.add(source)


def _source_of(tracked: TrackedElement) -> str:
    assert isinstance(tracked.element, Reference)
    return tracked.element.source or tracked.element.key
