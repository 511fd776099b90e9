"""Provide the command line."""

from watcher.cli.app import main

__all__ = ["main"]
