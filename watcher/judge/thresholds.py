"""Compare changed statistics with the limits that a user set for them by name."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from watcher.judge.rule import midpoint, percent, relative_change
from watcher.model import Change, Quantity, Reason, Severity, Statistic
from watcher.model.changes import Policy, StatisticLimit
from watcher.model.elements import has_words, searchable_text

CODE: Final = "named-threshold"
_DECIMALS: Final = 2  # of a number before its scale: "1.25 million", but 1,234,567
_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceededLimit:
    """A named threshold that a change exceeds: the severity that this gives at least, and how, in words."""

    severity: Severity
    text: str
    reason: Reason


def exceeded_limits(change: Change, policy: Policy) -> tuple[ExceededLimit, ...]:
    """Return the named thresholds that a change exceeds.

    A new statistic exceeds none, for it has left no range; one that is gone has left its own.
    """
    texts = ((limit, _exceeded(change, limit)) for limit in policy.statistics if is_about(change, limit))
    return tuple(
        ExceededLimit(
            severity=policy.threshold if limit.severity is None else limit.severity,
            text=text,
            reason=Reason(code=CODE, text=f"{text}: {_values(change)}"),
        )
        for limit, text in texts
        if text
    )


def is_about(change: Change, limit: StatisticLimit) -> bool:
    """Whether a change is one of the statistic that a limit names, by its words before or after."""
    sides = ((change.old, change.old_sentence), (change.new, change.new_sentence))
    return any(
        has_words(limit.label, searchable_text(element, sentence or "", change.label, *change.location.section))
        for element, sentence in sides
        if isinstance(element, Statistic)
    )


def _exceeded(change: Change, limit: StatisticLimit) -> str:
    """Say how a change exceeds a limit; empty where it does not."""
    if not isinstance(change.old, Statistic):
        return ""
    was_within = _is_within(change.old.quantity, limit)
    if not isinstance(change.new, Statistic):
        return f"{limit.label} removed" if was_within else ""
    if was_within and not _is_within(change.new.quantity, limit):
        return f"{limit.label} left the range {_range(limit)}"
    moved = relative_change(change.old.quantity, change.new.quantity)
    if moved is None or limit.change is None or abs(moved) <= limit.change:
        return ""
    return f"{limit.label} moved by more than {percent(limit.change).lstrip('+')}"


def _values(change: Change) -> str:
    old, new = (side.quantity.text if isinstance(side, Statistic) else "" for side in (change.old, change.new))
    return f"{old} → {new}" if new else f"it was {old}"


def _is_within(quantity: Quantity, limit: StatisticLimit) -> bool:
    value = midpoint(quantity)
    if value is None:
        return False
    return (limit.low is None or limit.low <= value) and (limit.high is None or value <= limit.high)


def _range(limit: StatisticLimit) -> str:
    """Write a range as in a sentence: `20–30 million`, `from 5,000 on`, `up to 1.5 billion`."""
    if limit.low is None or limit.high is None:
        low, high = limit.low, limit.high
        return f"from {_amount(low)} on" if low is not None else f"up to {_amount(high or Decimal())}"
    low_words, high_words = _amount(limit.low).split(), _amount(limit.high).split()
    shared = low_words[1:] == high_words[1:]
    return f"{low_words[0] if shared else ' '.join(low_words)}–{' '.join(high_words)}"


def _amount(value: Decimal) -> str:
    """Write a number with its scale as a word where it is short so: `20 million`."""
    for scale, word in _SCALES:
        scaled = (value / scale).normalize()
        if abs(value) >= scale and scaled == round(scaled, _DECIMALS):
            return f"{scaled:f} {word}"
    return f"{value.normalize():,f}"
