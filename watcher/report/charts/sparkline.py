"""Draw a sparkline of a statistic for a finding's card."""

from __future__ import annotations

from math import log10

from markupsafe import Markup, escape

from watcher.report.charts.axes import far_apart
from watcher.report.charts.plot import Axis, Marker, Plot
from watcher.report.charts.series import StatisticSeries
from watcher.report.charts.statistic import steps
from watcher.report.charts.svg import line_chart_svg
from watcher.report.labels import counted

_WIDTH, _HEIGHT = 132, 30


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
            width=_WIDTH,
            height=_HEIGHT,
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
        _WIDTH,
        _HEIGHT,
        _WIDTH,
        _HEIGHT,
        Markup(svg),  # noqa: S704  our own drawing, its texts escaped
    )
