"""The command line: words in, lines or JSON and an exit code out."""

from watcher.cli.entry import main

__all__ = ["main"]
