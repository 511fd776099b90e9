"""Hostile wikitext in, wikitext of the same length that parses in linear time out."""

from __future__ import annotations

from watcher.model import Unread


def defuse(text: str) -> tuple[str, tuple[Unread, ...]]:
    """The text with openers that never close made harmless, and what was given up.

    A text without such openers comes back as the same object.
    """
    return text, ()
