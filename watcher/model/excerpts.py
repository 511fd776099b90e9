"""Shorten texts to an excerpt around a change, so that stored and sent findings have a bounded size."""

from dataclasses import dataclass, replace
from typing import Any, Final

from watcher.model.elements import Claim, Statistic, element_to_dict
from watcher.text import ELLIPSIS, truncate

MAX_LENGTH: Final = 2_000
"""The most characters of a sentence that is kept whole; a long paragraph of an encyclopedia has about as many."""
EXCERPT: Final = 1_000
"""The length in characters of an excerpt from a longer sentence."""
_MAX_NAME_LENGTH: Final = 500
_MAX_REFERENCES: Final = 50  # on one sentence
_MAX_SHIFT: Final = 30  # characters within which a word boundary is searched


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a text, with an ellipsis at each end that was cut; `start` and `end` are its span in the whole text."""

    text: str
    start: int
    end: int

    @property
    def shift(self) -> int:
        """Return the number to add to a position in the whole text to get the position in the excerpt."""
        return (1 if self.start else 0) - self.start


def excerpt(text: str, start: int = 0, end: int = 0) -> Excerpt:
    """Return `EXCERPT` characters around a span, cut between words; a text up to `MAX_LENGTH` whole."""
    if len(text) <= MAX_LENGTH:
        return Excerpt(text, 0, len(text))
    room = EXCERPT - 2 * len(ELLIPSIS)
    span = min(end - start, room)
    first = max(0, min(start - (room - span) // 2, len(text) - room))
    last = first + room
    # Move both ends to word boundaries, if these are near.
    if first and (blank := text.find(" ", first - 1, min(first + _MAX_SHIFT, start))) >= 0:
        first = blank + 1
    if last < len(text) and (blank := text.rfind(" ", max(last - _MAX_SHIFT, start + span), last + 1)) >= 0:
        last = blank
    whole = f"{ELLIPSIS if first else ''}{text[first:last]}{ELLIPSIS if last < len(text) else ''}"
    return Excerpt(whole, first, last)


def short_statistic(statistic: Statistic, cut: Excerpt | None = None) -> Statistic:
    """Return the statistic with an excerpt of a long sentence, by default around the statistic itself."""
    quantity, sentence = statistic.quantity, statistic.sentence
    if len(sentence) <= MAX_LENGTH:
        return statistic
    cut = cut or excerpt(sentence, quantity.start, quantity.end)
    start = max(0, quantity.start + cut.shift)
    end = min(len(cut.text), quantity.end + cut.shift)
    return replace(
        statistic,
        sentence=cut.text,
        quantity=replace(quantity, text=truncate(quantity.text, EXCERPT), start=start, end=max(start, end)),
    )


def short_claim(claim: Claim, cut: Excerpt | None = None) -> Claim:
    """Return the claim with an excerpt of a long sentence, by default around its first cue, and the cues within it."""
    if len(claim.text) <= MAX_LENGTH:
        return claim
    first = claim.marks[0] if claim.marks else None
    cut = cut or excerpt(claim.text, *((first.start, first.end) if first else (0, 0)))
    marks = tuple(
        replace(mark, start=mark.start + cut.shift, end=mark.end + cut.shift)
        for mark in claim.marks
        if cut.start <= mark.start and mark.end <= cut.end
    )
    return replace(claim, text=cut.text, marks=marks)


def fact_to_dict(fact: Statistic | Claim) -> dict[str, Any]:
    """Return a statistic or claim as JSON of bounded length, with its section, kind of text and references."""
    short = short_statistic(fact) if isinstance(fact, Statistic) else short_claim(fact)
    written = {
        **(element_to_dict(short) or {}),
        "section": [truncate(heading, _MAX_NAME_LENGTH) for heading in fact.location.section],
        "where": fact.where.value,
        "references": [truncate(key, _MAX_NAME_LENGTH) for key in fact.references[:_MAX_REFERENCES]],
    }
    return written | {"sentence": short.sentence} if isinstance(short, Statistic) else written
