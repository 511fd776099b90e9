"""Findings become entries of what was told, and entries that a later finding undoes or repeats are found again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from snapshots import Standing, Told
from watcher.model import (
    Claim,
    Element,
    Figure,
    Finding,
    Reference,
    Revision,
    Section,
    Sentence,
    Statistic,
    Tag,
)
from watcher.model.wire import decimal_text

_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 1_000  # characters of a value or sentence: enough to know it again
_FRESH = timedelta(days=1)  # whoever was told of a page today hears of its next edit as an update
_ALIKE = 0.5  # share of common words; two neighbouring sentences of one article rarely reach 0.3


def told_of(finding: Finding) -> Told | None:
    """What a finding says in comparable texts; None where it names no value (something only moved)."""
    change = finding.change
    old, new = _value(change.old), _value(change.new)
    if old == new:
        return None
    sentence = change.new_sentence or change.old_sentence or ""
    return Told(subject=change.kind.subject, old=old, new=new, sentence=" ".join(sentence.split())[:_LONGEST])


def _value(element: Element | None) -> str | None:
    """A text that is equal for equal things."""
    match element:
        case None:
            return None
        case Statistic(quantity=quantity):
            numbers = (decimal_text(number) or "" for number in (quantity.value, quantity.low, quantity.high))
            return f"{quantity.measure.value} {' '.join(numbers)} {quantity.qualifier or ''}".strip()
        case Claim(text=text) | Sentence(text=text):
            shown = " ".join(text.casefold().split())
        case Section(path=path):
            shown = " › ".join(path)
        case Figure(file=file, caption=caption, sha1=sha1):
            shown = f"{file} {caption}{' ' if sha1 else ''}{sha1 or ''}"
        case Reference(source=source, key=key, title=title, url=url, date=date):
            shown = " ".join(part or "" for part in (source or key, title, url, date))
        case Tag(name=name, sentence=sentence):
            shown = f"{name} {sentence}"
    return shown[:_LONGEST]


def alike(one: str, other: str) -> bool:
    """Whether two sentences are the same but for their numbers and some words."""
    if one == other:
        return True
    words, others = _words(one), _words(other)
    return bool(words & others) and len(words & others) >= _ALIKE * len(words | others)


@lru_cache(maxsize=8_192)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def undone(now: Told, standing: Sequence[Standing]) -> tuple[Standing, ...]:
    """What this finding takes back: the entry whose old value is there again, and all later ones of that chain."""
    chain = [one for one in standing if _same_thing(one.told, now)]
    values = {one.told.new for one in chain}
    for place, one in enumerate(chain):
        # where nothing is there again, only the thing that was told can be meant
        if one.told.old == now.new and (now.new is not None or now.old in values):
            return tuple(chain[place:])
    return ()


def reverted(after: Revision, standing: Sequence[Standing]) -> tuple[Standing, ...]:
    """What is told no longer because the whole text is again what it was before it."""
    for place, one in enumerate(standing):
        if after.sha1 and after.sha1 == one.before.sha1:
            return tuple(standing[place:])
    return ()


def thread_at(destination: str, told: Sequence[Told], standing: Sequence[Standing], now: datetime) -> str:
    """The key of the message that news for a destination follows; empty where it begins a thread.

    It follows the last one that was about the same thing, else the last one of the day about the page.
    """
    found = recent = ""
    for one in standing:
        for name, key, at in one.threads:
            if name == destination:
                recent = key if now - at <= _FRESH else recent
                found = key if any(_same_thing(one.told, entry) for entry in told) else found
    return found or recent


def _same_thing(one: Told, other: Told) -> bool:
    return one.subject == other.subject and alike(one.sentence, other.sentence)


def repeated(now: Told, standing: Iterable[Standing]) -> bool:
    """Whether this was told already in the very same words and stands."""
    return any(one.told == now for one in standing)
