"""Track the elements of an article through its revisions."""

from watcher.history.tracker import HistoryTracker

__all__ = ["HistoryTracker"]
