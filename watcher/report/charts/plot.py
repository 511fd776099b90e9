"""Define what a chart shows, lines, markers, bands or stacked bars, and choose readable ticks for its axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10

from watcher.report.labels import MINUS, SCALES

RAIL, RAIL_GAP = 20, 6
"""Height of a strip, and the space above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What an axis spans, and its ticks as positions with their labels."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A marked point; `kind` is a class of the style sheet, `description` its tooltip.

    `label` is written beside a point that lies beyond the axis.
    """

    x: float
    y: float
    kind: str
    description: str = ""
    href: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeBand:
    """A range from `x` to `until`; an open side is None and drawn as an arrow from `y`."""

    x: float
    until: float
    y: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A segment of a strip with its words, shown where they fit and as a tooltip."""

    x: float
    until: float
    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateStrip:
    """A strip below the plot with the values of a field over time."""

    name: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A line over time: `line` has None where it is interrupted; sizes are pixels."""

    width: int
    height: int
    x: Axis
    y: Axis
    caption: str = ""
    line: tuple[tuple[float, float] | None, ...] = ()
    dots: tuple[Marker, ...] = ()
    bands: tuple[RangeBand, ...] = ()
    rails: tuple[StateStrip, ...] = ()
    bare: bool = False
    focusable: bool = True

    @property
    def whole_height(self) -> int:
        """The height with the strips."""
        return self.height + len(self.rails) * (RAIL + RAIL_GAP)


@dataclass(frozen=True, slots=True)
class Layer:
    """A number for each bar; `kind` is a class of the style sheet, `name` what is counted."""

    kind: str
    name: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Stacked bars, the first layer lowest; a bar whose label is empty has none, `description` has words for each."""

    width: int
    height: int
    labels: tuple[str, ...]
    description: tuple[str, ...]
    layers: tuple[Layer, ...]
    ticks: tuple[tuple[float, str], ...]
    caption: str = ""


_MOST_POWERS = 6
_FROM_ZERO = 0.6  # an axis starts at zero when the lowest value is below this share of the highest
_ALIKE = 1e-9  # numbers nearer to each other than this share of themselves, or to zero, are drawn as one
_FAR_APART = 50  # from this ratio of values on, their order of size is what can be read
# Steps of time from the finest on: how many months, else how many hours.
_HOURS = (1, 3, 6, 12, 24, 48, 24 * 7, 24 * 14)
_MONTHS = (1, 3, 6, 12, 24, 60, 120, 240)


def scale_of(highest: float) -> tuple[int, str]:
    """Return the scale word in which a number is read: `(1000000, "million")`, `(1, "")` below a million.

    >>> scale_of(25_000_000.0)
    (1000000, 'million')
    """
    return next(((size, word) for size, word in SCALES if highest >= size), (1, ""))


def number_label(value: float) -> str:
    """`20`, `0.5`, `12,500`: at most four digits after the point."""
    text = f"{value:,.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", MINUS)


def far_apart(values: Sequence[float]) -> bool:
    """Whether values are read by their order of size: a slip by three zeros would flatten all others otherwise."""
    return min(values) > 0 and max(values) / min(values) >= _FAR_APART


def value_axis(values: Sequence[float], most: int = 5) -> tuple[Axis, str]:
    """Return the axis of ordinary values, and the scale word that its labels leave out."""
    low, high = min(values), max(values)
    if low >= 0 and low < _FROM_ZERO * high:
        low = 0.0
    if high - low <= _ALIKE * max(abs(low), abs(high), _ALIKE):
        low, high = (0.0, high * 1.25) if high > _ALIKE else (low * 1.25, 0.0) if low < -_ALIKE else (0.0, 1.0)
    step = nice_step((high - low) / most)
    first, last = floor(low / step + _ALIKE), ceil(high / step - _ALIKE)
    size, word = scale_of(max(abs(first), abs(last)) * step)
    ticks = tuple((number * step, number_label(number * step / size)) for number in range(first, last + 1))
    return Axis(low=ticks[0][0], high=ticks[-1][0], ticks=ticks), word


def power_axis(values: Sequence[float]) -> Axis:
    """Return the axis of values far apart: positions are their logarithms, labels have their own scale words."""
    first, last = floor(log10(min(values))), ceil(log10(max(values)))
    every = max(1, ceil((last - first) / _MOST_POWERS))
    powers = range(first, last + every, every)
    ticks = tuple((float(power), worded(10.0**power)) for power in powers)
    return Axis(low=ticks[0][0], high=ticks[-1][0], ticks=ticks)


def worded(value: float) -> str:
    """`10 million`, `500`."""
    size, word = scale_of(value)
    return f"{number_label(value / size) if value >= 0.0001 else f'{value:g}'} {word}".rstrip()  # noqa: PLR2004  below, digits would be lost


def nice_step(raw: float) -> float:
    """Return the least of 1, 2, 2.5, 5 times a power of ten that is at least `raw`."""
    power = 10.0 ** floor(log10(raw))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)


def time_axis(first: datetime, last: datetime, most: int) -> Axis:
    """Make an axis of seconds since 1970 with at most `most` ticks: whole hours, months or years."""
    if last <= first:
        first, last = first - timedelta(hours=12), last + timedelta(hours=12)
    ticks = next(
        (result for result in _candidates(first, last, most) if 0 < len(result) <= most),
        ((first.timestamp(), f"{first:%Y}"),),
    )
    return Axis(low=first.timestamp(), high=last.timestamp(), ticks=ticks)


def _candidates(first: datetime, last: datetime, most: int) -> Iterator[tuple[tuple[float, str], ...]]:
    span = (last - first).total_seconds() / 3600
    for hours in _HOURS:
        if span / hours <= most + 1:
            label = "%-d %b" if hours >= 24 else "%-d %b %H:%M"  # noqa: PLR2004  a day
            yield tuple((at.timestamp(), f"{at:{label}}") for at in _hourly(first, last, hours))
    for months in _MONTHS:
        if span / 700 / months <= most + 1:
            label = "%Y" if months >= 12 else "%b %Y"  # noqa: PLR2004  a year
            yield tuple((at.timestamp(), f"{at:{label}}") for at in _monthly(first, last, months))


def _hourly(first: datetime, last: datetime, hours: int) -> Iterator[datetime]:
    at = first.replace(hour=0, minute=0, second=0, microsecond=0)
    while at <= last:
        if at >= first:
            yield at
        at += timedelta(hours=hours)


def _monthly(first: datetime, last: datetime, months: int) -> Iterator[datetime]:
    number = (first.year * 12 + first.month - 1) // months * months
    while True:
        at = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
        if at > last:
            return
        if at >= first:
            yield at
        number += months
