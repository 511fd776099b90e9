"""Search timelines by the words that a user typed, with suggestions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from watcher.model import Figure, Reference, Statistic
from watcher.model.elements import has_words, searchable_text
from watcher.model.history import Timeline

_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_CLOSE: Final = 0.7
_MAX_SUGGESTIONS: Final = 5
_MOST: Final = 20_000  # words that are looked at


def find_timelines(timelines: Iterable[Timeline], words: str, subject: str = "statistic") -> tuple[Timeline, ...]:
    """Get the timelines of a subject with all these words in an element, its sentence or its section, at any time."""
    return tuple(
        timeline
        for timeline in timelines
        if timeline.subject == subject and any(has_words(words, text) for text in _timeline_text(timeline))
    )


def suggestions(timelines: Iterable[Timeline], words: str, subject: str) -> tuple[str, ...]:
    """Up to five names close to words that match nothing, else the most common names of the subject."""
    candidates = [timeline for timeline in timelines if timeline.subject == subject]
    known = Counter(word for timeline in candidates for word in _WORD.findall(next(_timeline_text(timeline))))
    close = [
        result
        for word in words.casefold().split()
        if word not in known
        for result in get_close_matches(word, list(known)[:_MOST], n=3, cutoff=_CLOSE)
    ]
    names = close or [name for name, _ in Counter(filter(None, map(_name, candidates))).most_common()]
    return tuple(dict.fromkeys(names))[:_MAX_SUGGESTIONS]


def _name(timeline: Timeline) -> str:
    match timeline.latest.element:
        case Statistic(quantity=quantity):
            return quantity.unit or ""
        case Reference(title=title):
            return title or ""
        case Figure(file=file):
            return file
        case _:
            return " › ".join(timeline.location.section)


def _timeline_text(timeline: Timeline) -> Iterator[str]:
    for episode in timeline.episodes:
        yield searchable_text(episode.element, episode.sentence, *episode.section)
