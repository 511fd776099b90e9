"""Revisions and what became of what in, the life of every element out."""

from watcher.timeline.lives import Lives

__all__ = ["Lives"]
