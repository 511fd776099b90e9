"""Revisions and what became of what in, the life of every element out."""

from watcher.timeline.ledger import Ledger

__all__ = ["Ledger"]
