"""Define what a chart shows: a line with axes, markers, bands and strips, or stacked bars."""

from __future__ import annotations

from dataclasses import dataclass

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
