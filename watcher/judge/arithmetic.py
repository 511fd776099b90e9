"""Check whether an edit broke a sum or a share within a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations, pairwise

from watcher.model import Measure, Statistic

_HUNDRED = Decimal(100)
_FITS = Decimal("0.03")  # rounding of a printed percentage: 14.2 of 21 million is printed as 68 %
_BROKEN = Decimal("0.08")
_ROUNDED = Decimal("1.5")  # points by which rounded percentages may miss 100
_MOST = 12  # statistics of a sentence that are combined

Pair = tuple[Statistic, Statistic]


def broken_share(old: Sequence[Statistic], new: Sequence[Statistic]) -> str | None:
    """Return the story of a count and percentage that agreed with the others of their sentence, and now do not."""
    before, after = [*_shares(old)], [*_shares(new)]
    if len(before) != len(after) or before == after:
        return None
    for index, (own, other) in enumerate(zip(before, after, strict=True)):
        if _whole(own) == _whole(other):
            continue
        wholes = [_whole(item) for at, item in enumerate(before) if at != index] or _totals(old, own)
        others = [_whole(item) for at, item in enumerate(after) if at != index] or _totals(new, other)
        fitted = any(_apart(_whole(own), whole) <= _FITS for whole in wholes)
        if fitted and others and all(_apart(_whole(other), whole) > _BROKEN for whole in others):
            count, share = other[0].quantity, other[1].quantity
            return f"{count.text} is not {share.text} of what the rest of the sentence adds up to"
    return None


def _shares(row: Sequence[Statistic]) -> Iterator[Pair]:
    """Neighbours such as "14.2 million (68%)"."""
    for statistic, two in pairwise(row):
        fits = statistic.quantity.measure is Measure.COUNT and two.quantity.measure is Measure.PERCENT
        if (
            fits
            and statistic.quantity.value
            and two.quantity.value
            and two.quantity.start - statistic.quantity.end <= len(" () ")
        ):
            yield statistic, two


def implied_wholes(row: Sequence[Statistic]) -> list[tuple[Statistic, Decimal]]:
    """Return the whole of each count with a percentage beside it: "14.2 million (68%)" is of 20.9 million."""
    return [(pair[0], _whole(pair)) for pair in _shares(row)]


def _whole(pair: Pair) -> Decimal:
    count, share = pair[0].quantity.value, pair[1].quantity.value
    assert count
    assert share
    return count * _HUNDRED / share


def _totals(row: Sequence[Statistic], pair: Pair) -> list[Decimal]:
    """Other counts of the sentence, any of which may be the whole."""
    counts = (
        statistic.quantity.value
        for statistic in row
        if statistic.quantity.measure is Measure.COUNT and statistic is not pair[0]
    )
    return [count for count in counts if count]


def _apart(number: Decimal, other: Decimal) -> Decimal:
    return abs(number - other) / max(abs(number), abs(other))


def broken_sum(old: Sequence[Statistic], new: Sequence[Statistic]) -> str | None:
    """Return the story of a sum that held before the edit and does not after it."""
    before, after = _values(old, Measure.PERCENT), _values(new, Measure.PERCENT)
    past = [value for value in after if value > _HUNDRED]
    if (
        past
        and len(before) == len(after)
        and all(value <= _HUNDRED for value in before)
        and _within_whole(new, past[0])
    ):
        return f"{past[0]} % is more than the whole"
    if len(before) == len(after) > 1 and abs(sum(before) - _HUNDRED) <= _ROUNDED < abs(sum(after) - _HUNDRED):
        return f"the percentages added up to {sum(before)} and now to {sum(after)}"
    return _parts_broken(_values(old, Measure.COUNT)[:_MOST], _values(new, Measure.COUNT)[:_MOST])


def _values(row: Sequence[Statistic], measure: Measure) -> list[Decimal]:
    return [
        statistic.quantity.value
        for statistic in row
        if statistic.quantity.measure is measure and statistic.quantity.value is not None
    ]


def _within_whole(row: Sequence[Statistic], value: Decimal) -> bool:
    """Return whether a percentage says "of": growth may pass 100, a share may not."""
    for statistic in row:
        if statistic.quantity.value == value:
            after = statistic.sentence[statistic.quantity.end :].lstrip(" ")
            return after.startswith(("of ", ")"))
    return False


def _parts_broken(before: list[Decimal], after: list[Decimal]) -> str | None:
    """Return a whole that was the sum of two to four other counts, and is no longer."""
    if len(before) != len(after):
        return None
    indexes = range(len(before))
    for size in (2, 3, 4):
        for parts in combinations(indexes, size):
            total = sum(before[i] for i in parts)
            for whole in indexes:
                if whole in parts or not total or before[whole] != total:
                    continue
                if sum(after[i] for i in parts) != after[whole]:
                    return f"parts that added up to {total:,} no longer do"
    return None
