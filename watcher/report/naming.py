"""Words that a user typed → the lives that are about them, or what he may have meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from watcher.model import Figure, Reference, Statistic
from watcher.model.timelines import Timeline

_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_CLOSE: Final = 0.7
_TOLD: Final = 5
_MOST: Final = 20_000  # words that are looked at


def named(timelines: Iterable[Timeline], words: str, subject: str = "statistic") -> tuple[Timeline, ...]:
    """The lives of a subject about which all these words were ever said: in the element, its sentence or section."""
    wanted = words.casefold().split()
    return tuple(
        one
        for one in timelines
        if one.subject == subject and any(all(word in said for word in wanted) for said in _said(one))
    )


def meant(timelines: Iterable[Timeline], words: str, subject: str) -> tuple[str, ...]:
    """Up to five names that are close to words that nothing is about; else what most lives of the subject are about."""
    lives = [one for one in timelines if one.subject == subject]
    known = Counter(word for one in lives for word in _WORD.findall(next(_said(one))))
    close = [
        found
        for word in words.casefold().split()
        if word not in known
        for found in get_close_matches(word, list(known)[:_MOST], n=3, cutoff=_CLOSE)
    ]
    names = close or [name for name, _ in Counter(filter(None, map(_name, lives))).most_common()]
    return tuple(dict.fromkeys(names))[:_TOLD]


def _name(one: Timeline) -> str:
    match one.latest.element:
        case Statistic(quantity=quantity):
            return quantity.unit or ""
        case Reference(title=title):
            return title or ""
        case Figure(file=file):
            return file
        case _:
            return " › ".join(one.place.section)


def _said(timeline: Timeline) -> Iterator[str]:
    for episode in timeline.episodes:
        yield " ".join((_shown(episode.element), episode.sentence, *episode.section)).casefold()


def _shown(element: object) -> str:
    match element:
        case Statistic(quantity=one):
            return " ".join(word for word in (one.qualifier, one.text, one.unit, one.as_of) if word)
        case Reference():
            parts = (element.title, element.url, element.text, element.work, element.key, *element.authors)
            return " ".join(word for word in parts if word)
        case Figure():
            return f"{element.file} {element.alt}"
        case _:
            return ""
