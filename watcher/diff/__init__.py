"""Documents in, Changes out."""

from watcher.diff.stage import diff

__all__ = ["diff"]
