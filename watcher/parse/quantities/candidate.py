"""Define a quantity candidate: its tokens, before its context is read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watcher.model import Measure


@dataclass(slots=True)
class Candidate:
    """A quantity over tokens `first` to `last`; `after` is the token where its noun may begin.

    `noun` tells whether a counted noun is looked for; `iso` is the ISO form of a date or year;
    `base` marks the 1,000 of "3.8 per 1,000 births".
    """

    first: int
    last: int
    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    measure: Measure = Measure.COUNT
    unit: str | None = None
    qualifier: str | None = None
    period: str | None = None
    after: int = 0
    noun: bool = False
    iso: str | None = None
    base: bool = False


# The quantities found and the token to go on from; none found means that it is no quantity.
Match = tuple[tuple[Candidate, ...], int]
