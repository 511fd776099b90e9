"""Define what a chart shows: a line with axes, markers, bands and strips, or stacked bars."""

from __future__ import annotations

from dataclasses import dataclass

RAIL, RAIL_GAP = 20, 6
"""Height of a rail, and the room above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What an axis spans, and its ticks as positions with their labels."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A marked point; `kind` is the class that the style sheet knows, `description` what a pointer is told.

    `label` is written beside it: what no axis shows, because the point lies beyond it.
    """

    x: float
    y: float
    kind: str
    description: str = ""
    href: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeBand:
    """A range that held from `x` to `until`; an open side is None and drawn as an arrow from `y`."""

    x: float
    until: float
    y: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of a rail with its words, shown where they fit, and told to a pointer."""

    x: float
    until: float
    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateStrip:
    """A strip below the plot that says what held from when to when."""

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
        """With the rails."""
        return self.height + len(self.rails) * (RAIL + RAIL_GAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A number for each bar; `kind` is the class that the style sheet knows, `name` what is counted."""

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
