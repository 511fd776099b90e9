"""Score how much a change is worth telling, from what can be read of it, with weights fitted on labelled edits.

A change at or above zero is worth a message (medium or more, as the policy says); below, it is listed. The weights are
in `weights.toml`; `python tests/benchmarks/evidence.py --fit` makes them, and shows what each is worth on articles that
it was not fitted on.
"""

from __future__ import annotations

import math
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Final

from rapidfuzz.distance import Indel

from watcher.cached import load_once
from watcher.model import (
    Change,
    Claim,
    FieldChange,
    Kind,
    Measure,
    Reference,
    Section,
    SourceChange,
    Statistic,
    TextKind,
)
from watcher.text.words import words

SCORED: Final = frozenset(
    {
        Kind.CLAIM_CHANGED,
        Kind.CLAIM_REMOVED,
        Kind.STATISTIC_REMOVED,
        Kind.REFERENCE_REMOVED,
        Kind.REFERENCE_CHANGED,
        Kind.SECTION_REMOVED,
    }
)
Features = Mapping[str, float]
_SMALL_NUMBER = 10  # of which most are counts of things that the sentence names


class Surroundings:
    """What the other changes of the same edit say about one of them."""

    def __init__(self, changes: Sequence[Change]) -> None:
        facts = [change for change in changes if change.kind.changes_fact]
        self.facts = Counter(change.location.section for change in facts)
        self.lost = Counter(change.location.section for change in facts if change.new is None)
        self.all = len(facts)
        self.kinds = Counter(change.kind for change in changes)
        self.come = Counter(
            word
            for text in dict.fromkeys(change.new_sentence for change in changes if change.new_sentence)
            for word in set(words(text))
        )
        self.added_references = sum(change.kind is Kind.REFERENCE_ADDED for change in changes)
        self.shares: dict[str, float] = {}  # a sentence may lose a thousand statistics: it is cut into words once

    def restated(self, text: str) -> float:
        """Return the share (0 to 1) of the words of a text that new or changed sentences have."""
        if text not in self.shares:
            own = set(words(text))
            self.shares[text] = sum(word in self.come for word in own) / len(own) if own else 0.0
        return self.shares[text]


def features(change: Change, around: Surroundings) -> dict[str, float]:
    """Return what the score of a change is made of, by name; flags are 1, counts are logarithms, shares 0 to 1."""
    result: dict[str, float] = {change.kind.value: 1.0}
    # An edit that rewords, adds and removes much is a revision of the text; one that falsifies touches little else.
    for kind in (Kind.PROSE_CHANGED, Kind.PROSE_REMOVED, Kind.CLAIM_CHANGED, Kind.STATISTIC_CHANGED):
        result[f"other {kind.value}"] = math.log1p(around.kinds[kind] - (kind is change.kind))
    subject = change.kind.subject
    if subject in ("claim", "statistic"):
        location = change.where.value if change.where is not TextKind.PROSE or change.location.section else "lead"
        result[f"{subject} in {location}"] = 1.0
        result[f"{subject} {_source(change)}"] = 1.0
        result["facts beside"] = math.log1p(around.facts[change.location.section] - 1)
        result["facts elsewhere"] = math.log1p(around.all - around.facts[change.location.section])
    for name, value in _OF_KIND[change.kind](change, around):
        result[name] = max(result.get(name, -math.inf), value)
    return result


def _source(change: Change) -> str:
    # Whether a source stands beside words says nothing of what became of them: it would excuse falsified citations.
    kept = change.source in (SourceChange.UNCHANGED, SourceChange.NONE)
    return "source kept" if kept else f"source {change.source.value}"


def _is_unspaced(text: str) -> bool:
    """Return whether a text is in a script that is written without blanks, or without capitals."""
    letters = [letter for letter in text[:200] if letter.isalpha()]
    return bool(letters) and sum(unicodedata.category(letter) == "Lo" for letter in letters) > len(letters) / 2


def _mode(field: FieldChange) -> str:
    return "came" if field.old is None else "gone" if field.new is None else "replaced"


def _claim_changed(change: Change, around: Surroundings) -> Iterator[tuple[str, float]]:
    for field in change.fields:
        yield f"{field.name} {_mode(field)}", 1.0
        if not change.location.section and change.where is TextKind.PROSE:
            yield f"{field.name} {_mode(field)} in the lead", 1.0
        for words_of, sentence in ((field.old, change.old_sentence), (field.new, change.new_sentence)):
            yield "in brackets", float(_in_brackets(words_of, sentence))
        if field.old is not None and field.new is not None and field.name != "statement":
            old, new = field.old.casefold(), field.new.casefold()
            yield "another script", float(_is_unspaced(old) != _is_unspaced(new))
            if not any(map(str.isdigit, old + new)):
                yield "spelt alike", float(Indel.normalized_similarity(old, new))
                yield "one holds the other", float(old in new or new in old)
        elif field.old is not None and field.new is None:
            yield "gone words restated", around.restated(field.old)
            yield "one word gone", float(len(words(field.old)) == 1)
    if rewording := change.rewording:
        yield "words gone", math.log1p(rewording.gone)
        yield "words come", math.log1p(rewording.come)
        yield "share gone", rewording.gone / max(1, rewording.before)
        yield "one place", float(rewording.slots == 1)
        yield "sentences split", float(rewording.splits)
        yield "long sentence", math.log1p(rewording.before)


def _in_brackets(words_of: str | None, sentence: str | None) -> bool:
    at = sentence.find(words_of) if words_of and sentence else -1
    return sentence is not None and at >= 0 and sentence.rfind("(", 0, at) > sentence.rfind(")", 0, at)


def _claim_removed(change: Change, around: Surroundings) -> Iterator[tuple[str, float]]:
    text = change.old_sentence or ""
    named = {field.name: field for field in change.fields}
    yield "sentence restated", 1.0 if "restated" in named else around.restated(text)
    yield "removed words", math.log1p(len(words(text)))
    if "passage" in named:
        yield "passage gone", math.log1p(int(named["passage"].old or 0))
        yield "passage told", float(named["passage"].new is not None)
    if isinstance(change.old, Claim):
        for mark in change.old.marks:
            yield f"removed {mark.cue.value}", 1.0


def _statistic_removed(change: Change, around: Surroundings) -> Iterator[tuple[str, float]]:
    text = change.old_sentence or ""
    yield "statistic of a sentence gone", float(change.new_sentence is None)
    yield "sentence restated", around.restated(text)
    if isinstance(change.old, Statistic):
        yield from _quantity(change.old)


def _quantity(statistic: Statistic) -> Iterator[tuple[str, float]]:
    quantity = statistic.quantity
    yield f"a {quantity.measure.value}", 1.0
    yield "counts nothing", float(quantity.unit is None and quantity.measure is Measure.COUNT)
    yield "small number", float(quantity.value is not None and abs(quantity.value) <= _SMALL_NUMBER)
    yield "in words", float(not any(map(str.isdigit, quantity.text)))


def _reference_removed(change: Change, around: Surroundings) -> Iterator[tuple[str, float]]:
    if isinstance(change.old, Reference):
        yield "source without title", float(not change.old.title)
        yield "source without template", float(not change.old.template)
    yield "sentences left without source", float(any(mention.unsourced for mention in change.unsupported))
    yield "sentences left with others", float(any(not mention.unsourced for mention in change.unsupported))
    yield "source replaced with its value", float(any(field.name == "replaced_by" for field in change.fields))
    yield "references added", math.log1p(around.added_references)


def _reference_changed(change: Change, _around: Surroundings) -> Iterator[tuple[str, float]]:
    names = {field.name for field in change.fields}
    old, new = change.old, change.new
    if isinstance(old, Reference) and isinstance(new, Reference):
        yield "another source", float(old.source != new.source)
        for name in ("title", "url"):
            before, after = getattr(old, name), getattr(new, name)
            yield f"{name} differs", 1.0 - Indel.normalized_similarity(before, after) if before and after else 0.0
            yield f"{name} was missing", float(not before and bool(after))
        yield "both are notes", float(not (old.title or old.url or new.title or new.url))
        yield "in a group", float(bool(new.group))
    yield "another work in its place", float("replaced" in names)
    yield "source replaced with its value", float("replaced_by" in names)
    yield "only details differ", float(names.isdisjoint({"title", "url", "replaced", "text"}))


def _section_removed(change: Change, around: Surroundings) -> Iterator[tuple[str, float]]:
    lost = around.lost[change.location.section]
    yield "section holds lost facts", math.log1p(lost)
    yield "section holds nothing lost", float(not lost)
    yield "text stands elsewhere", float(any(field.name == "text" for field in change.fields))
    if isinstance(change.old, Section):
        lines = change.old.body.count("\n") + 1
        yield "share of the section lost", min(1.0, lost / lines)
        yield "section restated", around.restated(change.old.body)
        yield "section length", math.log1p(len(words(change.old.body)))


_OF_KIND: Final = {
    Kind.CLAIM_CHANGED: _claim_changed,
    Kind.CLAIM_REMOVED: _claim_removed,
    Kind.STATISTIC_REMOVED: _statistic_removed,
    Kind.REFERENCE_REMOVED: _reference_removed,
    Kind.REFERENCE_CHANGED: _reference_changed,
    Kind.SECTION_REMOVED: _section_removed,
}


@load_once
def weights() -> Features:
    """Return the weight of each feature, and the intercept under "intercept"."""
    return {
        name: float(weight)
        for name, weight in tomllib.loads(files(__package__).joinpath("weights.toml").read_text("utf-8")).items()
    }


def score(given: Features, table: Features) -> float:
    """Return the sum of the weighted features; zero or more is worth a message."""
    return table["intercept"] + sum(table.get(name, 0.0) * value for name, value in given.items())


def contributions(given: Features, table: Features) -> list[tuple[str, float]]:
    """Return what each feature gave to a score, the largest first."""
    gave = ((name, table.get(name, 0.0) * value) for name, value in given.items())
    return sorted((entry for entry in gave if entry[1]), key=lambda entry: -abs(entry[1]))
