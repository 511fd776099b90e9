"""Sentences → the statistics and claims that they state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from watcher.model import Claim, Cue, Sentence, Statistic, Where
from watcher.model.guard import Guard
from watcher.parse.claims import read_marks
from watcher.parse.quantities import read_quantities


def statistics_of(sentence: Sentence, language: str) -> Iterator[Statistic]:
    """Each quantity of a sentence, context quantities (rank, year, date) too, with what supports it."""
    if sentence.states_facts:
        for quantity in read_quantities(sentence.text, language):
            yield Statistic(
                quantity=quantity,
                sentence=sentence.text,
                references=sentence.references,
                where=sentence.where,
                place=sentence.place,
            )


def claim_of(sentence: Sentence, language: str) -> Claim | None:
    """The claim that a sentence makes; None when it has no cue, or none but a name in a cell."""
    if not sentence.states_facts:
        return None
    marks = read_marks(sentence.text, language)
    if not marks or (sentence.where in (Where.TABLE, Where.INFOBOX) and all(mark.cue is Cue.ENTITY for mark in marks)):
        return None
    return Claim(
        text=sentence.text, marks=marks, references=sentence.references, where=sentence.where, place=sentence.place
    )


def _listed(sentence: Sentence, language: str) -> list[Statistic]:
    return [*statistics_of(sentence, language)]


def facts_of(
    sentences: Iterable[Sentence], language: str, guard: Guard | None = None
) -> tuple[tuple[Statistic, ...], tuple[Claim, ...]]:
    """All statistics and claims of some sentences, in order; `guard` notes the sentences that cannot be read."""
    guard = guard or Guard()
    statistics: list[Statistic] = []
    claims: list[Claim] = []
    for sentence in sentences:
        numbers = partial(_listed, sentence, language)
        statistics += guard.run(numbers, otherwise=[], element="the numbers of a sentence", place=sentence.place)
        claim = guard.run(
            partial(claim_of, sentence, language),
            otherwise=None,
            element="the claims of a sentence",
            place=sentence.place,
        )
        if claim:
            claims.append(claim)
    return tuple(statistics), tuple(claims)
