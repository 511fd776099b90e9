"""Match the quantities of two aligned sentences, and list the fields in which each pair differs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from watcher.diff.pairing import pair_alike
from watcher.model import FieldChange, Measure, Quantity, Statistic
from watcher.model.conversion import is_restated, is_within, tolerance_of
from watcher.text.token_diff import token_changes
from watcher.text.tokens import Token, TokenKind, same_but_for, tokens
from watcher.text.words import ROOT_LENGTH, stem

_PAIR = re.compile(r"\d{1,3}\s?[–−-]\s?\d{1,3}")
_COMPATIBLE_MEASURES = {Measure.COUNT, Measure.SCORE, Measure.AGE, Measure.DURATION}
_GROUPED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:[.,]\d{3})+(?![\d.,]*\d)")
_DECIMAL = re.compile(r"(?<![\d.,])\d{1,3}([.,])\d{1,2}(?![.,]?\d)")
_NOUN_END = re.compile(r"(?<=\S)\s+(?:of|in|per|for|from|with|to|who|that)\b")
_GROUPING = str.maketrans("", "", ".,")
_PEOPLE = {"人", "名"}  # Japanese counters of people
_ANY_PEOPLE = frozenset("people person persons personen menschen leute personnes gens personas persone mensen".split())
_FEWEST_GROUPED = 3  # numbers; fewer show no convention


def _share(quantity: Quantity) -> Decimal | None:
    if quantity.value is None or quantity.measure not in (Measure.PERCENT, Measure.RATIO):
        return None
    return quantity.value if quantity.measure is Measure.RATIO else quantity.value / 100


def same_value(old: Quantity, new: Quantity) -> bool:
    """Return whether two quantities have the same value; a percentage may equal a fraction."""
    number, other = _share(old), _share(new)
    if number is not None and other is not None and old.measure is not new.measure:
        written = old if old.measure is Measure.PERCENT else new  # "two-thirds" equals "66.7%"
        return is_within(number, other, tolerance_of(written, written.value or Decimal(0)) / 100)
    return (old.value, old.low, old.high) == (new.value, new.low, new.high) or is_restated(old, new)


def same_digits(old: Quantity, new: Quantity) -> bool:
    """Return whether two grouped numbers have the same digits and differ at most in the separator: 100.000, 100,000."""
    match, other = (_GROUPED.search(quantity.text) for quantity in (old, new))
    return match is not None and other is not None and match[0].translate(_GROUPING) == other[0].translate(_GROUPING)


def changes_notation(old: str, new: str) -> bool:
    """Return whether an edit replaced one grouping separator on the whole page: 100.000 → 100,000 everywhere."""
    before, after = (
        Counter(match[0].lstrip("0123456789")[0] for match in _GROUPED.finditer(text)) for text in (old, new)
    )
    return any(before[sign] >= _FEWEST_GROUPED and not after[sign] for sign in before)


def mark_change(old: Quantity, new: Quantity, page: str) -> tuple[FieldChange, ...]:
    """Return a field if a number's decimal mark changed to one that its page uses less often (4.9 → 4,9), else ().

    The page's own mark is the one that most of its numbers have, whatever its language: a change to it is a correction.
    """
    mark, other = (_DECIMAL.search(quantity.text) for quantity in (old, new))
    if not mark or not other or mark[1] == other[1] or mark[0].translate(_GROUPING) != other[0].translate(_GROUPING):
        return ()
    marks = Counter(match[1] for match in _DECIMAL.finditer(page))
    return (FieldChange(name="notation", old=old.text, new=new.text),) if marks[mark[1]] > marks[other[1]] else ()


def head_noun(unit: str) -> str:
    """Return the counted noun: the last word before "of", "in", "per" and the like; "" if there is none."""
    words = _NOUN_END.split(unit.casefold().replace("-", " "), maxsplit=1)[0].split()
    return words[-1] if words else ""


def same_unit(old: str, new: str) -> bool:
    """Return whether two units count the same thing; grammatical number and added adjectives do not matter.

    >>> same_unit("potential human trafficking cases", "case"), same_unit("victims", "children")
    (True, False)
    """
    nouns = head_noun(old), head_noun(new)
    # A German dative: "74 Mitglieder", "aus 74 Mitgliedern"
    is_dative = nouns[0] and nouns[1] and (nouns[0] + "n" == nouns[1] or nouns[0] == nouns[1] + "n")
    return old == new or stem(nouns[0]) == stem(nouns[1]) or bool(is_dative) or {old, new} == _PEOPLE


def same_share(old: Quantity, new: Quantity) -> bool:
    """Return whether a percentage and a fraction are equal: "half" and "50%"."""
    shares = old.measure is not new.measure and None not in (_share(old), _share(new))
    return shares and same_value(old, new)


def same_measure(old: Quantity, new: Quantity) -> bool:
    """Return whether the measures are equal, or equal values were only parsed better: "18" → "18 years", "4–1"."""
    is_share = {old.measure, new.measure} == {Measure.PERCENT, Measure.RATIO}
    if old.measure is new.measure or same_share(old, new) or (is_share and old.value != new.value):
        return True
    return {old.measure, new.measure} <= _COMPATIBLE_MEASURES and same_value(old, new)


Pairs = tuple[tuple[Statistic | None, Statistic | None], ...]

_CLAUSE = re.compile(r"[,;:]")
# What stands between a part and its whole: half of, one in, zwei von, una de
_PART_OF = re.compile(
    r"\s*+(?:(?:out )?of|in|von|der|de|des|sur|di|van|z|из)\s+(?:(?:the|all|these|its|las?|los|les|den)\s+)?"
)
_JOINERS = frozenset({"while", "but", "whereas"})
_AND = frozenset("and und et y e и".split())
_CONTEXT_WORDS = 6  # words on either side that indicate what a figure counts
_MOST_PAIRED = 60  # figures in a sentence; above that they are paired in order (pairing is cubic)
_MIN_SCORE = 2.0  # of a full score of about 10; below that, two figures have nothing in common
_ALIKE_MEASURES = (
    {Measure.PERCENT, Measure.RATIO, Measure.MULTIPLE},
    {Measure.COUNT, Measure.CURRENCY, Measure.RATE},
    {Measure.COUNT, Measure.MEASUREMENT, Measure.PERCENT},
    {Measure.COUNT, Measure.AGE, Measure.DURATION, Measure.SCORE, Measure.MULTIPLE},
)


@dataclass(frozen=True, slots=True)
class _QuantityInContext:
    """A quantity with the words around it in its clause, the nearest first.

    It is `in_brackets` if these follow another quantity: "4,700 ha (18 sq mi)".
    """

    quantity: Quantity
    before: tuple[str, ...]
    after: tuple[str, ...]
    in_brackets: bool


def _quantities_in_context(row: Sequence[Statistic]) -> list[_QuantityInContext]:
    """Return every quantity of one sentence with the words of its clause; other figures are among them as #."""
    text = row[0].sentence if row else ""
    words = tokens(text, _spans(row))
    result = []
    end = 0
    for quantity in (item.quantity for item in row):
        before = [token for token in words if token.end <= quantity.start]
        after = [token for token in words if token.start >= (quantity.unit_end or quantity.end)]
        sides = (_clause(before[::-1], quantity.start, text), _clause(after, quantity.end, text))
        is_conversion = end > 0 and text[end : quantity.start].strip() in ("(", "（")
        result.append(_QuantityInContext(quantity, *sides, in_brackets=is_conversion))
        end = quantity.unit_end or quantity.end
    return result


def _clause(row: Sequence[Token], edge: int, text: str) -> tuple[str, ...]:
    """Return the words of a row that begins at `edge`, the nearest first, up to the end of the clause.

    In "12 miles long and 3 wide", the figure behind "and" ends it.
    """
    result: list[str] = []
    joined = False
    for token in row:
        gap = text[min(edge, token.end) : max(edge, token.start)]
        edge = token.start if token.end <= edge else token.end
        joined = joined or token.key in _AND
        is_end = (joined and token.kind is TokenKind.FIGURE) or token.key in _JOINERS
        if is_end or _CLAUSE.search(gap) or len(result) == _CONTEXT_WORDS:
            break
        if token.kind.is_content or token.kind is TokenKind.SOFT:
            result.append(token.key)
    return tuple(result)


@lru_cache(maxsize=4096)  # all numbers of a list have the same neighbours
def _common(old: tuple[str, ...], new: tuple[str, ...]) -> float:
    """Return how similar two neighbourhoods are, 0 to 1; the nearest words count most."""
    total = sum(1 / at for at in range(1, max(len(old), len(new)) + 1))
    return (
        sum(1 / (1 + max(at, new.index(word))) for at, word in enumerate(old) if word in new) / total if total else 0.5
    )


def _score(old: _QuantityInContext, new: _QuantityInContext) -> float:
    """Return how well two quantities match, up to about 10: mostly by context, so that swapped figures do not pair."""
    before, after = old.quantity, new.quantity
    score = 3.0 * _common(old.before, new.before) + 3.0 * _common(old.after, new.after)
    if before.measure is after.measure:
        score += 2.0
    elif not any({before.measure, after.measure} <= row for row in _ALIKE_MEASURES):
        score -= 2.0
    if before.unit and after.unit:
        score += 1.0 if same_unit(before.unit, after.unit) else -0.5
    if old.in_brackets is not new.in_brackets:
        score -= 1.0  # "47 km²" → "4,700 ha (18 sq mi)": the value in brackets is a conversion
    return score + 2.0 * same_value(before, after)


def _matched(old: Sequence[_QuantityInContext], new: Sequence[_QuantityInContext]) -> dict[int, int]:
    """Return pairs of indexes of quantities in both rows, the best first."""
    pairs: dict[int, int] = {}
    scored = (
        # Prefer the old order, but only weakly, since clauses may move.
        (_score(own, other) - abs((i + 1) / (len(old) + 1) - (j + 1) / (len(new) + 1)), i, j)
        for i, own in enumerate(old)
        for j, other in enumerate(new)
    )
    pair_alike(pairs, (row for row in scored if row[0] >= _MIN_SCORE))
    return pairs


def _spans(row: Sequence[Statistic]) -> list[tuple[int, int]]:
    return [(item.quantity.start, item.quantity.end) for item in row]


def _same_order(old: Sequence[Statistic], new: Sequence[Statistic]) -> bool:
    """Return whether order pairs the figures: equally many and no other change (not checked above `_MOST_PAIRED`)."""
    if len(old) != len(new) or len(old) > _MOST_PAIRED:
        return len(old) == len(new)
    # Fast path: most edits of a figure leave the other characters unchanged.
    texts, spans = (old[0].sentence, new[0].sentence), (_spans(old), _spans(new))
    if same_but_for(*texts, *spans):
        return True
    own, other = ([token.key for token in tokens(*side)] for side in zip(texts, spans, strict=True))
    return own == other


def compare_statistics(old: Sequence[Statistic], new: Sequence[Statistic]) -> Pairs:
    """Pair the statistics of a sentence with those of its successor; None if one was added or removed.

    In the order of the new sentence, a removed one before the one that followed it. Equal pairs are included.
    """
    if not old or not new:
        return (*((item, None) for item in old), *((None, item) for item in new))
    if _same_order(old, new):
        return tuple(zip(old, new, strict=True))
    old, rest = old[:_MOST_PAIRED], old[_MOST_PAIRED:]
    pairs = _matched(_quantities_in_context(old), _quantities_in_context(new[:_MOST_PAIRED]))
    after = {j: i for i, j in pairs.items()}
    removed = [i for i in range(len(old)) if i not in pairs]
    new = _parts(new, after)
    result: list[tuple[Statistic | None, Statistic | None]] = []
    for j, item in enumerate(new):
        i = after.get(j)
        while i is not None and removed and removed[0] < i:
            result.append((old[removed.pop(0)], None))
        result.append((old[i] if i is not None else None, item))
    return (*result, *((old[i], None) for i in removed), *((item, None) for item in rest))


def _parts(row: Sequence[Statistic], kept: Mapping[int, int]) -> list[Statistic]:
    """Return a row in which each kept quantity has the added number that it now is the whole of as its qualifier.

    "8,450 people" → "half of 8,450 people", "Two of five experts". So has one with no word between it and the added
    number: which of its values an unknown template shows is not known.
    """
    result = list(row)
    for at, (first, second) in enumerate(pairwise(row)):
        gap = first.sentence[first.quantity.end : second.quantity.start]
        added, whole = (at, at + 1) if at not in kept else (at + 1, at)
        is_part = (added < whole and _PART_OF.fullmatch(gap)) or (gap == " " and not first.where.is_cell)
        if is_part and added not in kept and whole in kept and not row[added].quantity.measure.is_context:
            quantity = replace(row[whole].quantity, qualifier=f"{row[added].quantity.text}{gap}".strip())
            result[whole] = replace(row[whole], quantity=quantity)
    return result


def as_scores(old: Sequence[Statistic], new: Sequence[Statistic]) -> tuple[Sequence[Statistic], Sequence[Statistic]]:
    """Return the numbers of two cells as scores if each is a pair of numbers ("2–1" → "2–3"), else both unchanged."""
    pairs = [_PAIR.fullmatch(side[0].sentence.strip()) if side else None for side in (old, new)]
    if None in pairs:
        return old, new
    scored = []
    for statistic in (old[0], new[0]):
        numbers = re.finditer(r"\d+", statistic.sentence)
        quantities = (
            Quantity(text=each[0], start=each.start(), end=each.end(), value=Decimal(each[0]), measure=Measure.SCORE)
            for each in numbers
        )
        scored.append([replace(statistic, quantity=quantity) for quantity in quantities])
    return scored[0], scored[1]


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")


def _unit_differs(before: Statistic, after: Statistic) -> bool:
    old, new = before.quantity, after.quantity
    if old.unit is None or new.unit is None:
        # An omitted noun ("of 50 victims, 20 were …") is no other noun; an omitted currency or metre is a change.
        return (old.unit or new.unit) is not None and old.measure in (Measure.CURRENCY, Measure.MEASUREMENT)
    if old.measure is Measure.MEASUREMENT and " " in old.unit and " " in new.unit and old.unit != new.unit:
        return True  # "long tons" and "short tons" differ; "tons" may be either
    if same_unit(old.unit, new.unit) or same_share(old, new):
        return False
    # "The civilians, about 1,200 people" → "about 1,200 civilians", "31,200 employees" → "it employs 31,200 people"
    for noun, other, sentence in ((old.unit, new.unit, after.sentence), (new.unit, old.unit, before.sentence)):
        root = head_noun(noun)[:ROOT_LENGTH]
        if head_noun(other) in _ANY_PEOPLE and root and re.search(rf"\b{re.escape(root)}", sentence, re.IGNORECASE):
            return False
    return not _is_respelt(before, after, (stem(head_noun(old.unit)), stem(head_noun(new.unit))))


def _is_respelt(before: Statistic, after: Statistic, heads: tuple[str, str]) -> bool:
    """Return whether two sentences differ only in how they write one noun: "40 MPs", "40 members of Parliament"."""
    if before.quantity.measure is not Measure.COUNT:
        return False  # there the unit is part of the figure: £40
    rows = [tokens(item.sentence, [(item.quantity.start, item.quantity.end)]) for item in (before, after)]
    own, other = ({token.key for token in row} for row in rows)
    slots = token_changes(before.sentence, after.sentence, *rows)
    return heads[0] in own - other and heads[1] in other - own and not any(any(slot.content) for slot in slots)


def statistic_fields(old: Statistic, new: Statistic) -> tuple[FieldChange, ...]:
    """Return the fields that differ: value, low, high, measure, unit, qualifier, period, as_of.

    Equal values in another form give `()`: 21 million and 21,000,000, 68% and 68 per cent, "over" and "more than".
    """
    quantity, other = old.quantity, new.quantity
    values = ((name, getattr(quantity, name), getattr(other, name)) for name in ("value", "low", "high"))
    changed = [] if same_value(quantity, other) else [(name, _plain(own), _plain(its)) for name, own, its in values]
    if not same_measure(quantity, other):
        changed.append(("measure", quantity.measure.value, other.measure.value))
    if _unit_differs(old, new):
        changed.append(("unit", quantity.unit, other.unit))
    # The parser normalizes qualifiers to one word for each bound, but to two for "at most"; "only" is no bound.
    own, its = (
        None if side == "only" else "at most" if side == "up to" else side
        for side in (quantity.qualifier, other.qualifier)
    )
    if own != its and not (
        {own, its} == {None, "estimated"} and all("estimat" in item.sentence for item in (old, new))
    ):
        changed.append(("qualifier", quantity.qualifier, other.qualifier))
    changed.append(("period", quantity.period, other.period))
    # The year may be farther from the figure than the parser looks, as a verb of estimating above.
    year = None in (quantity.as_of, other.as_of) and (quantity.as_of or other.as_of)
    if not year or not all(year in item.sentence for item in (old, new)):
        changed.append(("as_of", quantity.as_of, other.as_of))
    return tuple(FieldChange(name=name, old=before, new=after) for name, before, after in changed if before != after)


def same_statement(old: Statistic, new: Statistic) -> bool:
    """Return whether two statistics have no different field, except that one may lack the year."""
    return all(field.name == "as_of" and None in (field.old, field.new) for field in statistic_fields(old, new))
