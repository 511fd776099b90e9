"""Draw the chart of a statistic, every point linked to its edit, and the sparkline of a finding's card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from math import log10

from markupsafe import Markup, escape

from watcher.report.charts.figure import NARROW, WIDE, Cell, Chart, Panel, Table, chart_file, chart_of
from watcher.report.charts.plot import (
    Axis,
    Marker,
    Plot,
    RangeBand,
    Segment,
    StateStrip,
    far_apart,
    power_axis,
    time_axis,
    value_axis,
)
from watcher.report.charts.series import Point, StatisticSeries
from watcher.report.charts.svg import line_chart_svg
from watcher.report.labels import counted, span
from watcher.text import truncate

_HEIGHT, _NARROW_HEIGHT = 300, 260
_MOST_POINTS = 300  # more cannot be distinguished; the table has more
_MOST_ROWS = 500
_BEYOND = 1.8  # a reverted value that many times the largest other value would flatten all others
_MOST_SEGMENTS = 60
_MOST_PANELS = 24
COLUMNS = ("Date", "Value", "As of", "Edit", "Source", "Lasted")


def statistic_chart(course: StatisticSeries, anchor: str) -> Chart:
    """Return the chart of one statistic for a page; `anchor` makes its ids unique there (letters, digits, hyphens)."""
    return chart_of(
        lambda width: [_panel(course, width, focusable=False)] if course.drawable else [],
        anchor=anchor,
        title=f"{course.name} over time",
        summary=_summary(course),
        table=_table(course),
        legend=_legend(course),
    )


def statistics_file(courses: Sequence[StatisticSeries], title: str) -> str:
    """One SVG file with a panel for each of the first two dozen series that can be drawn."""
    shown = [course for course in courses if course.drawable]
    panels = []
    for course in shown[:_MOST_PANELS]:
        panel = _panel(course, WIDE, focusable=True)
        location = " › ".join(course.section)
        panels.append(Panel(svg=panel.svg, height=panel.height, heading=f"{course.name} ({location})"))
    words = " ".join(_summary(course) for course in shown[:_MOST_PANELS]) or "No statistic can be drawn."
    if len(shown) > _MOST_PANELS:
        words += f" {counted(len(shown) - _MOST_PANELS, 'further statistic')} did not fit."
    return chart_file(panels, WIDE, title=title, summary=truncate(words, 6000))


def _panel(course: StatisticSeries, width: int, *, focusable: bool) -> Panel:
    points = course.drawable[-_MOST_POINTS:]
    course = replace(course, points=course.points[-_MOST_POINTS:])
    values = _visible_points(points)
    logarithmic = far_apart(values)
    y, word = (power_axis(values), "") if logarithmic else value_axis(values)

    def location(value: float | None) -> float | None:
        """Where a value is drawn: what lies beyond the axis, at its end."""
        if value is None:
            return None
        if logarithmic:
            value = log10(value) if value > 0 else y.low
        return min(max(value, y.low), y.high)

    first, last = course.points[0].at, course.points[-1].until
    narrow = width == NARROW
    plot = Plot(
        width=width,
        height=_NARROW_HEIGHT if narrow else _HEIGHT,
        x=time_axis(first, last, 4 if narrow else 8),
        y=y,
        caption=_caption(course, word, logarithmic=logarithmic),
        line=_line(course.points, location),
        dots=tuple(
            _dot(point, location(point.y), beyond=not min(values) <= (point.y or 0.0) <= max(values))
            for point in points
        ),
        bands=tuple(
            RangeBand(
                x=_at(point.at),
                until=_at(point.until),
                y=location(point.y) or 0.0,
                low=location(point.low),
                high=location(point.high),
            )
            for point in points
            if point.ranged
        ),
        rails=tuple(rail for rail in (_rail(course, "as_of"), _rail(course, "source")) if rail.segments),
        focusable=focusable,
    )
    return Panel(svg=line_chart_svg(plot), height=plot.whole_height)


def _caption(course: StatisticSeries, word: str, *, logarithmic: bool) -> str:
    words = "per cent" if course.percent else " ".join(part for part in (word, course.unit) if part) or "value"
    return f"{words} (each step up is ten times more)" if logarithmic else words


def _at(timestamp: datetime) -> float:
    return timestamp.timestamp()


def _visible_points(points: Sequence[Point]) -> list[float]:
    """Return the values that the axis has room for: all but reverted ones that are far beyond the others."""
    lasting = [bound for point in points if not point.undone for bound in _bounds(point)]
    if not lasting:
        return [bound for point in points for bound in _bounds(point)]
    low, high = min(lasting), max(lasting)
    far = _BEYOND * max(abs(low), abs(high))
    reverted = [bound for point in points if point.undone for bound in _bounds(point) if abs(bound) <= far]
    return [*lasting, *reverted]


def _bounds(point: Point) -> list[float]:
    return [bound for bound in (point.y, point.low, point.high) if bound is not None]


def _line(
    points: Sequence[Point], location: Callable[[float | None], float | None]
) -> tuple[tuple[float, float] | None, ...]:
    """Horizontal while a value lasted, vertical where it changed, interrupted while it was removed."""
    line: list[tuple[float, float] | None] = []
    for point in points:
        y = location(point.y)
        line += [None] if y is None else [(_at(point.at), y), (_at(point.until), y)]
    return tuple(line)


def _dot(point: Point, y: float | None, *, beyond: bool) -> Marker:
    assert y is not None
    later = ", reverted later" if point.undone else ""
    year = f" (as of {point.as_of})" if point.as_of else ""
    message = f"{point.at:%-d %B %Y}: {point.text}{year}, edit {point.revision} by {point.editor}{later}"
    kind = "undone" if point.undone else "edit"
    return Marker(
        x=_at(point.at),
        y=y,
        kind=kind,
        description=message,
        href=point.edit_url,
        label=f"{'↑' if (point.y or 0) > 0 else '↓'} {point.value_text}" if beyond else "",
    )


def _rail(course: StatisticSeries, field: str) -> StateStrip:
    """Return the values of a field over time; equal neighbours are one segment."""
    stretches: list[list[Point]] = []
    for point in course.points:
        if point.is_removal:
            stretches.append([])
        elif stretches and stretches[-1] and getattr(stretches[-1][-1], field) == getattr(point, field):
            stretches[-1].append(point)
        else:
            stretches.append([point])
    segments = tuple(
        Segment(
            x=_at(those[0].at),
            until=_at(those[-1].until),
            text=getattr(those[0], field) or "none",
            href=those[0].source_url if field == "source" else None,
        )
        for those in stretches
        if those
    )
    reported = any(getattr(point, field) for point in course.points)
    return StateStrip(
        name="as of" if field == "as_of" else "source", segments=segments[-_MOST_SEGMENTS:] if reported else ()
    )


def _legend(course: StatisticSeries) -> tuple[tuple[str, str], ...]:
    points = course.points
    marks = [("edit", "an edit that changed it")]
    if any(point.undone for point in points):
        marks.append(("undone", "a value that was reverted"))
    if any(point.ranged for point in points):
        marks.append(("band", "a range, or an open bound (arrow)"))
    if any(point.is_removal for point in points):
        marks.append(("gap", "no line: it was not stated"))
    return tuple(marks)


def _summary(course: StatisticSeries) -> str:
    """Return the chart in words."""
    points = [point for point in course.points if not point.is_removal]
    first, last = points[0], points[-1]
    values = len(dict.fromkeys((point.text, point.as_of) for point in points))
    undone = sum(point.undone for point in course.points)
    times = f"{counted(values, 'value')} in {counted(len(course.points), 'edit')}"
    text = f"{course.name} in {' › '.join(course.section)}: {times}"
    reverted = f", {undone} of them reverted" if undone else ""
    began = f" First {first.text}, {first.at:%-d %B %Y}."
    extremes = _extremes([point for point in points if point.y is not None])
    year = f" (as of {last.as_of})" if last.as_of else ""
    now = f" Since {last.at:%-d %B %Y} {last.text}{year}" if course.alive else f" Removed on {last.until:%-d %B %Y}"
    source = f", source: {truncate(last.source, 120)}." if course.alive and last.source else "."
    return f"{text}{reverted}.{began}{extremes}{now}{source}"


def _extremes(points: Sequence[Point]) -> str:
    if len({point.y for point in points}) < 2:  # noqa: PLR2004  one value has no lowest
        return ""
    lowest, highest = min(points, key=_height), max(points, key=_height)
    return f" Lowest {lowest.text}, highest {highest.text}."


def _height(point: Point) -> float:
    return point.y if point.y is not None else 0.0


def _table(course: StatisticSeries) -> Table:
    rows = [_row(point) for point in reversed(course.points)]
    return Table(columns=COLUMNS, rows=tuple(rows[:_MOST_ROWS]), left_out=max(0, len(rows) - _MOST_ROWS))


def _row(point: Point) -> tuple[Cell, ...]:
    now = "until now" if point.is_removal else "current"
    lasted = now if point.is_current else span(point.until - point.at)
    lasted = f"{lasted}, reverted" if point.undone else lasted
    mark = "gone" if point.is_removal else "undone" if point.undone else ""
    return (
        Cell(text=f"{point.at:%-d %b %Y, %H:%M}"),
        Cell(text="not stated" if point.is_removal else point.text, mark=mark),
        Cell(text=point.as_of or "–"),
        Cell(text=f"{point.revision} by {point.editor}", href=point.edit_url),
        Cell(text=point.source or ("–" if point.is_removal else "no source"), href=point.source_url),
        Cell(text=lasted, mark="undone" if point.undone else ""),
    )


def steps(course: StatisticSeries) -> int:
    """How often the value changed: a series without a step needs no chart."""
    drawn_values = [point.y for point in course.points]
    return sum(before != after for before, after in pairwise(drawn_values))


_SPARK_WIDTH, _SPARK_HEIGHT = 132, 30


def sparkline(course: StatisticSeries) -> Markup | None:
    """Return an `<svg>` with a text alternative, ready for HTML; None where the value never changed.

    Nothing in it can be focused: the words beside it have the same information.
    """
    points = course.drawable
    if len(points) < 2 or not steps(course):  # noqa: PLR2004  one point is no line
        return None
    logarithmic = far_apart([point.y for point in points if point.y is not None])

    def location(y: float) -> float:
        return log10(y) if logarithmic else y

    heights = [location(point.y) for point in points if point.y is not None]
    line: list[tuple[float, float] | None] = []
    for point in course.points:
        if point.y is None:
            line.append(None)
        else:
            line += [(point.at.timestamp(), location(point.y)), (point.until.timestamp(), location(point.y))]
    last = points[-1]
    low, high = min(heights), max(heights)
    svg = line_chart_svg(
        Plot(
            width=_SPARK_WIDTH,
            height=_SPARK_HEIGHT,
            x=Axis(low=points[0].at.timestamp(), high=max(last.until.timestamp(), points[0].at.timestamp() + 1)),
            y=Axis(low=low, high=high),
            line=tuple(line),
            dots=(Marker(x=last.until.timestamp(), y=location(last.y or 0.0), kind="edit"),),
            bare=True,
        )
    )
    message = f"{counted(len(points), 'value')} since {points[0].at:%B %Y}, from {points[0].text} to {last.text}"
    return Markup(
        '<svg class="chart spark" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">{}</svg>'
    ).format(
        escape(message),
        _SPARK_WIDTH,
        _SPARK_HEIGHT,
        _SPARK_WIDTH,
        _SPARK_HEIGHT,
        Markup(svg),  # noqa: S704  our own drawing, its texts escaped
    )
