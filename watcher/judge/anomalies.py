"""Detect anomalies of a changed statistic, such as broken sums; each raises the severity one step."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, pairwise

from watcher.judge.rule import AnomalyCheck, field_of, midpoints
from watcher.model import Change, Kind, Measure, Quantity, Reason, Statistic
from watcher.model.conversion import is_restated, scale_between
from watcher.text import shorten

_HUNDRED = Decimal(100)
_MAX_FITTING = Decimal("0.03")  # rounding of a printed percentage: 14.2 of 21 million is printed as 68 %
_MIN_BROKEN = Decimal("0.08")
_MAX_ROUNDING = Decimal("1.5")  # percentage points by which the sum of rounded percentages may differ from 100
_MAX_SUMMED = 12  # statistics of a sentence whose sums are tried


def implied_wholes(row: Sequence[Statistic]) -> list[tuple[Statistic, Statistic, Decimal]]:
    """Return adjacent counts and percentages such as "14.2 million (68%)", each pair with the whole it implies."""
    return [
        (count, share, count.quantity.value * _HUNDRED / share.quantity.value)
        for count, share in pairwise(row)
        if count.quantity.measure is Measure.COUNT
        and share.quantity.measure is Measure.PERCENT
        and share.quantity.start - count.quantity.end <= len(" () ")
        and count.quantity.value
        and share.quantity.value
    ]


def broken_share(old: Sequence[Statistic], new: Sequence[Statistic]) -> str | None:
    """Return a description of a count and percentage that no longer agree with their sentence, None if all do."""
    before, after = implied_wholes(old), implied_wholes(new)
    if len(before) != len(after) or before == after:
        return None
    for index, ((own, _, was), (count, share, now)) in enumerate(zip(before, after, strict=True)):
        if was == now:
            continue
        wholes = [item[2] for at, item in enumerate(before) if at != index] or _totals(old, own)
        others = [item[2] for at, item in enumerate(after) if at != index] or _totals(new, count)
        fitted = any(_deviation(was, whole) <= _MAX_FITTING for whole in wholes)
        if fitted and others and all(_deviation(now, whole) > _MIN_BROKEN for whole in others):
            return f"{count.quantity.text} is not {share.quantity.text} of what the rest of the sentence adds up to"
    return None


def _totals(row: Sequence[Statistic], count: Statistic) -> list[Decimal]:
    """Return the other counts of the sentence, each of which may be the whole."""
    others = [item for item in row if item is not count]
    return [value for value in _values(others, Measure.COUNT) if value]


def _deviation(number: Decimal, other: Decimal) -> Decimal:
    return abs(number - other) / max(abs(number), abs(other))


def broken_sum(old: Sequence[Statistic], new: Sequence[Statistic]) -> str | None:
    """Return a description of a sum that was correct before the edit and is not after it, None if there is none."""
    before, after = _values(old, Measure.PERCENT), _values(new, Measure.PERCENT)
    above_whole = [value for value in after if value > _HUNDRED]
    if (
        above_whole
        and len(before) == len(after)
        and all(value <= _HUNDRED for value in before)
        and _within_whole(new, above_whole[0])
    ):
        return f"{above_whole[0]} % is more than the whole"
    if len(before) == len(after) > 1 and abs(sum(before) - _HUNDRED) <= _MAX_ROUNDING < abs(sum(after) - _HUNDRED):
        return f"the percentages added up to {sum(before)} and now to {sum(after)}"
    counts = (tuple(_values(side, Measure.COUNT)[:_MAX_SUMMED]) for side in (old, new))
    return _parts_broken(*counts)


def _values(row: Sequence[Statistic], measure: Measure) -> list[Decimal]:
    return [
        statistic.quantity.value
        for statistic in row
        if statistic.quantity.measure is measure and statistic.quantity.value is not None
    ]


def _within_whole(row: Sequence[Statistic], value: Decimal) -> bool:
    """Return whether a percentage is a share ("of"), which cannot exceed 100, unlike growth."""
    for statistic in row:
        if statistic.quantity.value == value:
            after = statistic.sentence[statistic.quantity.end :].lstrip(" ")
            return after.startswith(("of ", ")"))
    return False


@lru_cache(maxsize=64)  # called with the same numbers for each changed number of a sentence
def _parts_broken(before: tuple[Decimal, ...], after: tuple[Decimal, ...]) -> str | None:
    """Return a description of a count that was the sum of two to four others and no longer is, or None."""
    if len(before) != len(after):
        return None
    wholes: dict[Decimal, list[int]] = {}
    for i, value in enumerate(before):
        if value:
            wholes.setdefault(value, []).append(i)
    for size in (2, 3, 4):
        for parts in combinations(range(len(before)), size):
            total = sum(map(before.__getitem__, parts), Decimal())
            for whole in wholes.get(total, ()):
                if whole not in parts and sum(after[i] for i in parts) != after[whole]:
                    return f"parts that added up to {total:,} no longer do"
    return None


_MIN_FACTOR = Decimal(10)  # 2.3 % of real updates exceed it


def _quantities(change: Change) -> tuple[Quantity, Quantity] | None:
    if isinstance(change.old, Statistic) and isinstance(change.new, Statistic):
        return change.old.quantity, change.new.quantity
    return None


def magnitude(change: Change) -> Reason | None:
    """Values differ by a factor of ten or more: a shifted decimal point, an extra zero, another scale word."""
    pair = _quantities(change)
    before, after = midpoints(*pair) if pair else (None, None)
    if not before or not after or not field_of(change, "value", "low", "high"):
        return None
    factor = max(abs(after / before), abs(before / after))
    if factor < _MIN_FACTOR:
        return None
    times = f"{factor:,.0f}" if factor >= _HUNDRED else f"{float(factor):.3g}"
    return Reason(code="magnitude", text=f"{times} times {'more' if abs(after) > abs(before) else 'less'}")


def transposition(change: Change) -> Reason | None:
    """Two digits were swapped, as in 14.2 → 41.2."""
    pair = _quantities(change)
    if pair is None or pair[0].value is None or pair[1].value is None:
        return None
    old, new = ("".join(filter(str.isdigit, quantity.text)) for quantity in pair)
    apart = [index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b]
    if len(old) == len(new) and len(apart) == 2 and old[apart[0]] == new[apart[1]] and old[apart[1]] == new[apart[0]]:  # noqa: PLR2004
        return Reason(code="transposition", text=f"the same digits in another order: {pair[0].text} → {pair[1].text}")
    return None


def unit(change: Change) -> Reason | None:
    """Currency, unit or counted noun changed."""
    field, kind = field_of(change, "unit"), field_of(change, "measure")
    pair = _quantities(change)
    if pair is None:
        return None
    if kind and kind.old and kind.new:
        return Reason(code="unit-changed", text=f"a {kind.old} became a {kind.new}")
    if not (field and field.old and field.new):
        return None
    if Measure.CURRENCY in (pair[0].measure, pair[1].measure):
        code, what = "currency-changed", "currency"
    elif pair[1].measure in (Measure.COUNT, Measure.RATE):
        code, what = "noun-changed", "what is counted"
    elif scale_between(*pair) != 1 and field_of(change, "value"):
        return None  # the values are compared in one unit
    else:
        code, what = "unit-changed", "unit"
    return Reason(code=code, text=f"{what}: {field.old} → {field.new}")


def period(change: Change) -> Reason | None:
    """Period changed, such as from per year to per month."""
    field = field_of(change, "period")
    if field and field.old and field.new:
        return Reason(code="period-changed", text=f"{field.old} → {field.new}")
    return None


def share_mismatch(change: Change) -> Reason | None:
    """Count and percentage agreed with the rest of their sentence before, and no longer do."""
    return _from_arithmetic("share-mismatch", broken_share(change.before, change.siblings))


def sum_mismatch(change: Change) -> Reason | None:
    """Parts added up to their whole before, and no longer do, or a percentage exceeds 100."""
    return _from_arithmetic("sum-mismatch", broken_sum(change.before, change.siblings))


def _from_arithmetic(code: str, description: str | None) -> Reason | None:
    return Reason(code=code, text=description) if description else None


def contradicts_elsewhere(change: Change) -> Reason | None:
    """Other places of the article still state the old value."""
    if not change.elsewhere:
        return None
    locations = "; ".join(dict.fromkeys(" › ".join(mention.location.section) or "lead" for mention in change.elsewhere))
    count = len(change.elsewhere)
    return Reason(
        code="contradicts-elsewhere", text=f"{count} other mention{'s' * (count > 1)} unchanged: {shorten(locations)}"
    )


def contradicts_source_title(change: Change) -> Reason | None:
    """Title of the source states the old value and not the new one."""
    pair = _quantities(change)
    if pair is None or not field_of(change, "value", "low", "high"):
        return None
    old, new = (" ".join(quantity.text.casefold().split()) for quantity in pair)
    keys = change.new_references or change.old_references
    for title in (reference.title or "" for reference in change.cited if reference.key in keys):
        words = f" {' '.join(title.casefold().split())} "
        if f" {old} " in words and f" {new} " not in words:
            return Reason(code="contradicts-source-title", text=f"its source says “{shorten(title)}”")
    return None


# Each raises a changed statistic one step. In the README, their docstrings follow "raises … by one step when".
ANOMALY_CHECKS: tuple[AnomalyCheck, ...] = (
    magnitude,
    transposition,
    unit,
    period,
    share_mismatch,
    sum_mismatch,
    contradicts_elsewhere,
    contradicts_source_title,
)


def qualifier(change: Change) -> Reason | None:
    """Return a reason if the qualifier changed; it is reported with any other change, but raises no severity."""
    field = field_of(change, "qualifier")
    if field is None:
        return None
    return Reason(code="qualifier-changed", text=f"{field.old or 'no qualifier'} → {field.new or 'no qualifier'}")


def anomalies(change: Change) -> tuple[Reason, ...]:
    """Return the reasons to suspect a changed statistic, in the order of `ANOMALY_CHECKS`; () if there are none."""
    if change.kind is not Kind.STATISTIC_CHANGED or all(field.name == "as_of" for field in change.fields):
        return ()
    pair = _quantities(change)
    if pair and is_restated(*pair):
        return ()
    return tuple(reason for rule in ANOMALY_CHECKS if (reason := rule(change)))
