"""Provide the command line."""

from watcher.cli.entry_point import main

__all__ = ["main"]
