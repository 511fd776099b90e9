"""Compare changed statistics with the limits that a user set for them by name."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from watcher.judge.rule import midpoint, relative_change
from watcher.model import Change, Quantity, Reason, Severity, Statistic, percent
from watcher.model.changes import Policy, StatisticLimit
from watcher.model.elements import has_words, searchable_text

CODE: Final = "named-threshold"
_DECIMALS: Final = 2  # of a number before a scale word: "1.25 million", but 1,234,567
_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceededLimit:
    """A named threshold that a change exceeds: its minimum severity, and how it is exceeded, as text."""

    severity: Severity
    text: str
    reason: Reason


def exceeded_limits(change: Change, policy: Policy) -> tuple[ExceededLimit, ...]:
    """Return the named thresholds that a change exceeds.

    A new statistic exceeds none, since it left no range; a removed one that was in the range left it.
    """
    texts = ((limit, _exceeded(change, limit)) for limit in policy.statistics if is_about(change, limit))
    return tuple(
        ExceededLimit(
            severity=policy.threshold if limit.severity is None else limit.severity,
            text=text,
            reason=Reason(code=CODE, text=f"the watchlist sets limits for {limit.label}"),
        )
        for limit, text in texts
        if text
    )


def is_about(change: Change, limit: StatisticLimit) -> bool:
    """Return whether a change is about the statistic that a limit names: if its old or new side has the words."""
    sides = ((change.old, change.old_sentence), (change.new, change.new_sentence))
    return any(
        has_words(limit.label, searchable_text(element, sentence or "", change.label, *change.location.section))
        for element, sentence in sides
        if isinstance(element, Statistic)
    )


def _exceeded(change: Change, limit: StatisticLimit) -> str:
    """Return how a change exceeds a limit, as text; "" if it does not."""
    if not isinstance(change.old, Statistic):
        return ""
    was_within = _is_within(change.old.quantity, limit)
    if not isinstance(change.new, Statistic):
        return f"{limit.label} removed" if was_within else ""
    if was_within and _is_within(change.new.quantity, limit) is False:
        return f"{limit.label} {_left(limit)}"
    moved = relative_change(change.old.quantity, change.new.quantity)
    if moved is None or limit.change is None or abs(moved) <= limit.change:
        return ""
    return f"{limit.label} moved by more than {percent(limit.change).lstrip('+')}"


def _is_within(quantity: Quantity, limit: StatisticLimit) -> bool | None:
    """Return whether a quantity is in the range of a limit; None if it has no value."""
    value = midpoint(quantity)
    if value is None:
        return None
    return (limit.low is None or limit.low <= value) and (limit.high is None or value <= limit.high)


def _left(limit: StatisticLimit) -> str:
    """Return which range was left: `left the range 20–30 million`, `fell below 5,000`, `rose above 1.5 billion`."""
    if limit.high is None:
        return f"fell below {_amount(limit.low or Decimal())}"
    if limit.low is None:
        return f"rose above {_amount(limit.high)}"
    low, high = _amount(limit.low).split(), _amount(limit.high).split()
    return f"left the range {low[0] if low[1:] == high[1:] else ' '.join(low)}–{' '.join(high)}"


def _amount(value: Decimal) -> str:
    """Return a number as text, with a scale word if that is short: `20 million`."""
    for scale, word in _SCALES:
        scaled = (value / scale).normalize()
        if abs(value) >= scale and scaled == round(scaled, _DECIMALS):
            return f"{scaled:f} {word}"
    return f"{value.normalize():,f}"
