"""Choose the span and the readable ticks of an axis of values or of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil, floor, log10

from watcher.report.labels import MINUS, plain_number

_MOST_TICKS = 8  # of an axis
_FROM_ZERO = 0.6  # an axis starts at zero when the lowest value is below this share of the highest
_ALIKE = 1e-9  # numbers nearer to each other than this share of themselves, or to zero, are drawn as one
_FAR_APART = 50  # from this ratio of values on, their order of size is what can be read
_HOURS = (1, 3, 6, 12, 24, 48, 24 * 7, 24 * 14, 24 * 28)
_MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 1200)
_DIGITS = 0.0001  # smaller numbers lose digits in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What an axis spans, its ticks with their labels, and what to say of it (it does not start at zero)."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    note: str = ""
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Return the place of a value from 0 to 1; what lies beyond the axis is at its end."""
        if self.logarithmic:
            value = log10(value) if value > 0 else self.low
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)


def value_axis(values: Sequence[float], most: int = 5) -> Axis:
    """Return the axis of some values; values far apart are read by their orders of size."""
    low, high = min(values), max(values)
    if low > 0 and high / low >= _FAR_APART:
        first, last = floor(log10(low)), ceil(log10(high))
        every = ceil((last - first) / _MOST_TICKS)
        powers = range(first, last + every, every)
        ticks = tuple((10.0**power, _label(10.0**power)) for power in powers)
        note = f"each step up is {10**every:,} times more, there is no 0"
        return Axis(low=powers[0], high=powers[-1], ticks=ticks, note=note, logarithmic=True)
    if low >= 0 and low < _FROM_ZERO * high:
        low = 0.0
    if high - low <= _ALIKE * max(abs(low), abs(high), _ALIKE):
        low, high = (0.0, high * 1.25) if high > _ALIKE else (low * 1.25, 0.0) if low < -_ALIKE else (0.0, 1.0)
    step = nice_step((high - low) / most)
    ticks = tuple(
        (number * step, _label(number * step))
        for number in range(floor(low / step + _ALIKE), ceil(high / step - _ALIKE) + 1)
    )
    note = f"the axis starts at {ticks[0][1]}, not at 0" if ticks[0][0] > 0 or ticks[-1][0] < 0 else ""
    return Axis(low=ticks[0][0], high=ticks[-1][0], ticks=ticks, note=note)


def _label(value: float) -> str:
    size = abs(value)
    return f"{MINUS if value < 0 else ''}{plain_number(Decimal(f'{size:.6g}')) if size >= _DIGITS else f'{size:g}'}"


def nice_step(raw: float) -> float:
    """Return the least of 1, 2, 2.5, 5 times a power of ten that is at least `raw`."""
    power = 10.0 ** floor(log10(raw))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)


def time_axis(first: datetime, last: datetime) -> Axis:
    """Make an axis of seconds since 1970 with ticks at whole hours, days, months or years."""
    if last <= first:
        first, last = first - timedelta(hours=12), last + timedelta(hours=12)
    ticks = tuple((at.timestamp(), f"{at:{form}}") for at, form in _times(first, last) if first <= at <= last)
    return Axis(low=first.timestamp(), high=last.timestamp(), ticks=ticks)


def _times(first: datetime, last: datetime) -> list[tuple[datetime, str]]:
    """Return times with their formats, at most eight between the two."""
    lowest, highest = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    if highest - lowest > _MOST_TICKS // 2:
        every = next(months for months in _MONTHS if (highest - lowest) / months < _MOST_TICKS)
        form = "%Y" if every >= 12 else "%b %Y"  # noqa: PLR2004  a year
        numbers = range(lowest + 1, highest + 1)
        return [(datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC), form) for n in numbers if n % every == 0]
    step = next(timedelta(hours=hours) for hours in _HOURS if (last - first) / timedelta(hours=hours) < _MOST_TICKS)
    form = "%-d %b" if step >= timedelta(days=1) else "%-d %b %H:%M"
    start = first.replace(hour=0, minute=0, second=0, microsecond=0)
    return [(start + number * step, form) for number in range(ceil((last - start) / step) + 1)]
