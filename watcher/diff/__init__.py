"""Compare two Documents and list the changes."""

from watcher.diff.engine import diff

__all__ = ["diff"]
