"""Match the quantities of two aligned sentences: which say the same, and in which fields each pair differs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from watcher.diff.pairing import pair_alike
from watcher.model import FieldChange, Measure, Quantity, Statistic
from watcher.model.conversion import is_within, restated, room_of
from watcher.text.tokens import Token, TokenKind, same_but_for, tokens
from watcher.text.words import stem

_PAIR = re.compile(r"\d{1,3}\s?[–−-]\s?\d{1,3}")
_LOOSE = {Measure.COUNT, Measure.SCORE, Measure.AGE, Measure.DURATION}
_PERCENT = Decimal(100)
_GROUPED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:[.,]\d{3})+(?![\d.,]*\d)")
_FEWEST_GROUPED = 3  # numbers that make a convention


def _share(quantity: Quantity) -> Decimal | None:
    if quantity.value is None or quantity.measure not in (Measure.PERCENT, Measure.RATIO):
        return None
    return quantity.value if quantity.measure is Measure.RATIO else quantity.value / _PERCENT


def same_value(old: Quantity, new: Quantity) -> bool:
    """Return whether two quantities are one number; a percent and a fraction may be one share."""
    number, other = _share(old), _share(new)
    if number is not None and other is not None and old.measure is not new.measure:
        written = old if old.measure is Measure.PERCENT else new  # "two-thirds" and "66.7%" are one share
        return is_within(number, other, room_of(written, written.value or Decimal(0)) / _PERCENT)
    if (old.value, old.low, old.high) == (new.value, new.low, new.high):
        return True
    return restated(old, new)


def same_digits(old: Quantity, new: Quantity) -> bool:
    """Return whether 100.000, thousands as other languages write them, stands for the 100,000 of the other side."""
    match, other = (_GROUPED.search(quantity.text) for quantity in (old, new))
    if match is None or other is None or old.measure is not new.measure:
        return False
    digits = [re.sub(r"\D", "", match[0]) for match in (match, other)]
    return digits[0] == digits[1] and match[0] != other[0]


def changes_notation(old: str, new: str) -> bool:
    """Return whether an edit turned the separators of all grouped numbers of a page: 100.000 → 100,000 everywhere."""
    before, after = (
        Counter(match[0].lstrip("0123456789")[0] for match in _GROUPED.finditer(text)) for text in (old, new)
    )
    return any(before[sign] >= _FEWEST_GROUPED and not after[sign] for sign in before)


def head_noun(unit: str) -> str:
    """Return the stem of the counted noun: the last word before "of", "in", "per" and the like."""
    words = unit.casefold().replace("-", " ").split()
    for at, word in enumerate(words):
        if at and word in ("of", "in", "per", "for", "from", "with", "to", "who", "that"):
            words = words[:at]
            break
    return stem(words[-1]) if words else ""


def same_unit(old: str, new: str) -> bool:
    """Return whether two units count the same: number and added adjectives do not matter.

    >>> same_unit("potential human trafficking cases", "case"), same_unit("victims", "children")
    (True, False)
    """
    return old == new or head_noun(old) == head_noun(new)


def same_share(old: Quantity, new: Quantity) -> bool:
    """Return whether a percent and a fraction are one share: "half" and "50%"."""
    shares = old.measure is not new.measure and None not in (_share(old), _share(new))
    return shares and same_value(old, new)


def same_measure(old: Quantity, new: Quantity) -> bool:
    """Whether the sort of number is the same; "18" → "18 years" or "4–1" as a score is the same number read better."""
    if old.measure is new.measure or same_share(old, new):
        return True
    return {old.measure, new.measure} <= _LOOSE and same_value(old, new)


Pairs = tuple[tuple[Statistic | None, Statistic | None], ...]

_CLAUSE = re.compile(r"[,;:]")
_JOINERS = frozenset({"and", "or", "while", "but", "whereas"})
_OTHER_CLAUSE = 0.3
_DISTINCTIVE_WEIGHT = {TokenKind.NAME: 2.0, TokenKind.FIGURE: 0.3}
_LISTED = 2  # nouns that a figure may count together
_REACH = 6  # words on either side that tell what a figure counts
_MOST_PAIRED = 60  # figures in a sentence; past it they are paired in order (pairing is cubic)
_ENOUGH = 2.0  # of a full score of about 10: below it two figures have nothing in common
_ALIKE_MEASURES = (
    {Measure.PERCENT, Measure.RATIO, Measure.MULTIPLE},
    {Measure.COUNT, Measure.CURRENCY, Measure.RATE},
    {Measure.COUNT, Measure.MEASUREMENT, Measure.PERCENT},
    {Measure.AGE, Measure.DURATION},
    {Measure.COUNT, Measure.AGE, Measure.DURATION, Measure.SCORE, Measure.MULTIPLE},
)


@dataclass(frozen=True, slots=True)
class _QuantityInContext:
    """A quantity with the words around it and how much each tells."""

    quantity: Quantity
    before: tuple[tuple[str, float], ...]
    after: tuple[tuple[str, float], ...]


def _all_in_context(row: Sequence[Statistic]) -> list[_QuantityInContext]:
    """Return every quantity of one sentence with its neighbours: words, and # for other figures."""
    if not row:
        return []
    text = row[0].sentence
    result = tokens(text, [(item.quantity.start, item.quantity.end) for item in row])
    return [_in_context(item.quantity, result, text) for item in row]


def _in_context(quantity: Quantity, row: Sequence[Token], text: str) -> _QuantityInContext:
    before = [token for token in row if token.end <= quantity.start]
    after = [token for token in row if token.start >= quantity.end]
    return _QuantityInContext(
        quantity, _weighed(before[::-1], quantity.start, text), _weighed(after, quantity.end, text)
    )


def _weighed(row: Sequence[Token], edge: int, text: str) -> tuple[tuple[str, float], ...]:
    """Neighbours from the nearest on: a name tells more, another figure or another clause less."""
    result: list[tuple[str, float]] = []
    clause = 1.0
    for token in row:
        gap = text[min(edge, token.end) : max(edge, token.start)]
        edge = token.start if token.end <= edge else token.end
        if _CLAUSE.search(gap) or token.key in _JOINERS:
            clause *= _OTHER_CLAUSE
        if token.kind.is_content or token.kind is TokenKind.SOFT:
            result.append((token.key, clause * _DISTINCTIVE_WEIGHT.get(token.kind, 1.0) / (len(result) + 1)))
        if len(result) == _REACH:
            break
    return tuple(result)


@lru_cache(maxsize=4096)  # of a list of numbers, all have the same neighbours
def _common(old: tuple[tuple[str, float], ...], new: tuple[tuple[str, float], ...]) -> float:
    """Return how much two neighbourhoods share, 0 to 1."""
    total = max(sum(weight for _, weight in old), sum(weight for _, weight in new))
    if not total:
        return 0.5
    left = list(new)
    shared = 0.0
    for word, weight in old:
        twin = next((other for other in left if other[0] == word), None)
        if twin is not None:
            left.remove(twin)
            shared += min(weight, twin[1])
    return shared / total


def _measures_fit(old: Measure, new: Measure) -> float:
    if old is new:
        return 1.0
    return 0.0 if any({old, new} <= row for row in _ALIKE_MEASURES) else -1.0


def _score(old: _QuantityInContext, new: _QuantityInContext, drift: float) -> float:
    """How likely two quantities are one before and after; context first, so that swapped figures stay in place."""
    score = 3.0 * _common(old.before, new.before) + 3.0 * _common(old.after, new.after)
    score += 2.0 * _measures_fit(old.quantity.measure, new.quantity.measure)
    if old.quantity.unit and new.quantity.unit:
        score += 1.0 if same_unit(old.quantity.unit, new.quantity.unit) else -0.5
    if same_value(old.quantity, new.quantity):
        score += 2.0
    return score - drift


def _drift(i: int, j: int, old: int, new: int) -> float:
    """Return a pull towards the old order, weak enough for clauses to move."""
    return abs((i + 1) / (old + 1) - (j + 1) / (new + 1))


def _matched(old: Sequence[_QuantityInContext], new: Sequence[_QuantityInContext]) -> dict[int, int]:
    """Return pairs of quantities by their places in either row, the best first."""
    scores = [[_score(a, b, _drift(i, j, len(old), len(new))) for j, b in enumerate(new)] for i, a in enumerate(old)]
    pairs: dict[int, int] = {}
    pair_alike(
        pairs, ((score, i, j) for i, row in enumerate(scores) for j, score in enumerate(row) if score >= _ENOUGH)
    )
    return pairs


def _spans(row: Sequence[Statistic]) -> list[tuple[int, int]]:
    return [(item.quantity.start, item.quantity.end) for item in row]


def _skeleton(row: Sequence[Statistic]) -> list[str]:
    return [token.key for token in tokens(row[0].sentence, _spans(row))]


def _same_order(old: Sequence[Statistic], new: Sequence[Statistic]) -> bool:
    """Return whether the sentences differ in nothing but their figures, so that order alone pairs them."""
    if len(old) != len(new) or not old or len(old) > _MOST_PAIRED:
        return len(old) == len(new)
    # Most edits of a figure leave all else as it was written.
    written = same_but_for(old[0].sentence, new[0].sentence, _spans(old), _spans(new))
    return written or _skeleton(old) == _skeleton(new)


def compare_statistics(old: Sequence[Statistic], new: Sequence[Statistic]) -> Pairs:
    """Return which quantity of one sentence became which of its successor; None where one was added or removed.

    In order of the new sentence, a removed one before what followed it. Equal pairs are included.
    """
    if not old or not new:
        return (*((item, None) for item in old), *((None, item) for item in new))
    if _same_order(old, new):
        return tuple(zip(old, new, strict=True))
    old, rest = old[:_MOST_PAIRED], old[_MOST_PAIRED:]
    pairs = _matched(_all_in_context(old), _all_in_context(new[:_MOST_PAIRED]))
    after = {j: i for i, j in pairs.items()}
    result: list[tuple[Statistic | None, Statistic | None]] = []
    given: set[int] = set()
    for j, item in enumerate(new):
        i = after.get(j)
        if i is not None:
            for earlier in range(i):
                if earlier not in pairs and earlier not in given:
                    given.add(earlier)
                    result.append((old[earlier], None))
        result.append((old[i] if i is not None else None, item))
    result.extend((item, None) for i, item in enumerate(old) if i not in pairs and i not in given)
    result.extend((item, None) for item in rest)
    return tuple(result)


def as_scores(old: Sequence[Statistic], new: Sequence[Statistic]) -> tuple[Sequence[Statistic], Sequence[Statistic]]:
    """Return two cells that are a pair of numbers each as scores: "2–1" became "2–3"."""
    pairs = [_PAIR.fullmatch(side[0].sentence.strip()) if side else None for side in (old, new)]
    if None in pairs:
        return old, new
    first, second = ([*_scores(side[0])] for side in (old, new))
    return first, second


def _scores(statistic: Statistic) -> Iterator[Statistic]:
    for match in re.finditer(r"\d+", statistic.sentence):
        quantity = Quantity(
            text=match[0], start=match.start(), end=match.end(), value=Decimal(match[0]), measure=Measure.SCORE
        )
        yield replace(statistic, quantity=quantity)


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")


def _numbers(old: Quantity, new: Quantity) -> list[FieldChange]:
    if same_value(old, new):
        return []
    fields = []
    for name in ("value", "low", "high"):
        own, other = getattr(old, name), getattr(new, name)
        if own != other:
            fields.append(FieldChange(name=name, old=_plain(own), new=_plain(other)))
    return fields


def _unit_differs(before: Statistic, after: Statistic) -> bool:
    old, new = before.quantity, after.quantity
    if old.unit is None or new.unit is None:
        # a noun that is not repeated ("of 50 victims, 20 were …") is no other noun; a currency or a metre is
        return (old.unit or new.unit) is not None and old.measure in (Measure.CURRENCY, Measure.MEASUREMENT)
    if same_unit(old.unit, new.unit) or same_share(old, new):
        return False
    # "adults and children" → "children and adults"
    listed = [
        {key for key, _ in spot.after[:_LISTED]} for spot in (*_all_in_context([before]), *_all_in_context([after]))
    ]
    heads = head_noun(old.unit), head_noun(new.unit)
    return listed[0] != listed[1] or not set(heads) <= listed[0]


def _qualifier_differs(before: Statistic, after: Statistic) -> bool:
    # The parser has one word for all that bound a figure alike; the two that say "at most" are one here.
    old, new = (
        "at most" if side == "up to" else side for side in (before.quantity.qualifier, after.quantity.qualifier)
    )
    # an estimate is told by a verb, which may stand farther from the figure than a reader looks
    estimate = "estimated" in (old, new) and None in (old, new)
    if {old, new} == {None, "only"}:
        return False  # a comment on the figure: it bounds nothing
    return old != new and not (estimate and all("estimat" in item.sentence for item in (before, after)))


def _context(old: Statistic, new: Statistic) -> list[FieldChange]:
    """Period and as-of, unless one side only has the year farther from the figure than a reader looks."""
    quantity, other = old.quantity, new.quantity
    fields = []
    if quantity.period != other.period:
        fields.append(FieldChange(name="period", old=quantity.period, new=other.period))
    if quantity.as_of != other.as_of:
        year = None in (quantity.as_of, other.as_of) and (quantity.as_of or other.as_of)
        if not year or not all(year in item.sentence for item in (old, new)):
            fields.append(FieldChange(name="as_of", old=quantity.as_of, new=other.as_of))
    return fields


def statistic_fields(old: Statistic, new: Statistic) -> tuple[FieldChange, ...]:
    """In which fields two paired quantities differ: value, low, high, measure, unit, qualifier, period, as_of.

    Equal values in another form give `()`: 21 million and 21,000,000, 68% and 68 per cent, "over" and "more than".
    """
    quantity, other = old.quantity, new.quantity
    fields = _numbers(quantity, other)
    if not same_measure(quantity, other):
        fields.append(FieldChange(name="measure", old=quantity.measure.value, new=other.measure.value))
    if _unit_differs(old, new):
        fields.append(FieldChange(name="unit", old=quantity.unit, new=other.unit))
    if _qualifier_differs(old, new):
        fields.append(FieldChange(name="qualifier", old=quantity.qualifier, new=other.qualifier))
    return (*fields, *_context(old, new))


def same_statement(old: Statistic, new: Statistic) -> bool:
    """Return whether two statistics state the same in equal terms; one side may lack the year."""
    return all(field.name == "as_of" and None in (field.old, field.new) for field in statistic_fields(old, new))
