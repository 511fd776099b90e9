"""Detect anomalies of a changed statistic; each raises the severity one step."""

from __future__ import annotations

from decimal import Decimal

from watcher.judge.rule import AnomalyCheck, field_of, midpoint
from watcher.model import Change, Kind, Measure, Quantity, Reason, Statistic
from watcher.model.conversion import restated
from watcher.text import shorten

_HUNDRED = Decimal(100)
_FOLD = Decimal(10)  # 2.3 % of real updates exceed it


def _quantities(change: Change) -> tuple[Quantity, Quantity] | None:
    if isinstance(change.old, Statistic) and isinstance(change.new, Statistic):
        return change.old.quantity, change.new.quantity
    return None


def magnitude(change: Change) -> Reason | None:
    """Ten times more or less: a slipped decimal point, a zero too many, another scale word."""
    pair = _quantities(change)
    before, after = (midpoint(quantity) for quantity in pair) if pair else (None, None)
    if not before or not after or not field_of(change, "value", "low", "high"):
        return None
    fold = max(abs(after / before), abs(before / after))
    if fold < _FOLD:
        return None
    times = f"{fold:,.0f}" if fold >= _HUNDRED else f"{float(fold):.3g}"
    return Reason(code="magnitude", text=f"{times} times {'more' if abs(after) > abs(before) else 'less'}")


def transposition(change: Change) -> Reason | None:
    """Two digits changed places, as in 14.2 → 41.2."""
    pair = _quantities(change)
    if pair is None or pair[0].value is None or pair[1].value is None:
        return None
    old, new = ("".join(filter(str.isdigit, quantity.text)) for quantity in pair)
    apart = [index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b]
    if len(old) == len(new) and len(apart) == 2 and old[apart[0]] == new[apart[1]] and old[apart[1]] == new[apart[0]]:  # noqa: PLR2004
        return Reason(code="transposition", text=f"the same digits in another order: {pair[0].text} → {pair[1].text}")
    return None


def unit(change: Change) -> Reason | None:
    """Another currency, unit or counted noun."""
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
    else:
        code, what = "unit-changed", "unit"
    return Reason(code=code, text=f"{what}: {field.old} → {field.new}")


def period(change: Change) -> Reason | None:
    """Per month instead of per year."""
    field = field_of(change, "period")
    if field and field.old and field.new:
        return Reason(code="period-changed", text=f"{field.old} → {field.new}")
    return None


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
    """Source title states the old value and not the new one."""
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


# Each raises a changed statistic one step; a statistic that stayed is not asked.
ANOMALY_CHECKS: tuple[AnomalyCheck, ...] = (
    magnitude,
    transposition,
    unit,
    period,
    contradicts_elsewhere,
    contradicts_source_title,
)


def qualifier(change: Change) -> Reason | None:
    """Told with any other change, but no suspicion by itself."""
    field = field_of(change, "qualifier")
    if field is None:
        return None
    return Reason(code="qualifier-changed", text=f"{field.old or 'no qualifier'} → {field.new or 'no qualifier'}")


def anomalies(change: Change) -> tuple[Reason, ...]:
    """Return all that is suspicious about a changed statistic, in the order of `ANOMALY_CHECKS`."""
    if change.kind is not Kind.STATISTIC_CHANGED or all(field.name == "as_of" for field in change.fields):
        return ()
    pair = _quantities(change)
    if pair and restated(*pair):
        return ()
    return tuple(reason for rule in ANOMALY_CHECKS if (reason := rule(change)))
