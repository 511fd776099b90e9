"""Draw statistics over time as static SVG charts, grouped by unit and with links to the edits, and as sparklines.

The charts are as wide as the page: on the time axis, marks are positioned in percent, lines in thousandths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import ceil, floor, log10

from markupsafe import Markup

from watcher.model import Reference, Revision, Statistic
from watcher.model.ledger import Episode, Timeline
from watcher.report.as_html import environment
from watcher.report.labels import MINUS, counted, editor_name, headline, plain_number, revision_url, section_label
from watcher.text import single_line, truncate
from watcher.urls import web_link

_TOP, _HEIGHT = 14, 240
# One form for each statistic of a chart, since colour must not be the only distinction (WCAG 1.4.1).
_MARKERS = (
    "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0", "M-4.5-4.5h9v9h-9z", "M0-6.5L6.5 0 0 6.5-6.5 0z", "M0-6L5.5 4.5h-11z",
    "M0 6L5.5-4.5h-11z", "M-6.5-3h13v6h-13z",
)  # fmt: skip
_CROSS, _BOX = "M-4-4L4 4M4-4L-4 4", "M-6-6h12v12h-12z"
_KINDS = {
    "edit": "an edit that set the value",
    "undone": "a value that was reverted",
    "gap": "removed: no line until it was stated again",
    "band": "a range",
}
_MOST_POINTS, _MOST_MARKS = 2000, 300  # the latest of a series and of a chart: more could not be distinguished
_MOST_SERIES = 24  # in a file
_MAX_OUTLIER_RATIO = 1.8  # times the largest other value; larger reverted values do not extend the axis
_MAX_RATIO = 20  # series whose values differ by more than this factor get separate charts
_LARGEST_EXPONENT = 24  # a vandal's 1e999999 is listed and not drawn
LegendEntry = tuple[str, str, str, int | None]
_VARIABLE = re.compile(r"--([a-z-]{1,40}):\s*(#[0-9a-f]{3,8})")
_USE = re.compile(r"var\(--([a-z-]+)\)")

_MOST_TICKS = 8  # on an axis
_VALUE_STEPS = 5  # approximate number on an axis
_FROM_ZERO = 0.6  # an axis starts at zero when the lowest value is below this share of the highest
_EPSILON = 1e-9  # relative difference below which numbers are drawn as equal
_HOURS = (1, 3, 6, 12, 24, 48, 24 * 7, 24 * 14, 24 * 28)
_MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 1200)
_DIGITS = 0.0001  # `plain_number` would round smaller numbers to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis with its range, its labelled ticks, and a note if it does not include zero."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    note: str = ""

    def share(self, value: float) -> float:
        """Return the position of a value on the axis from 0 to 1; values beyond it are put at its end."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)


def value_axis(values: Sequence[float]) -> Axis:
    """Return an axis that includes all values; it starts at zero unless all values are far from it."""
    low, high = min(values), max(values)
    if low >= 0 and low < _FROM_ZERO * high:
        low = 0.0
    if high - low <= _EPSILON * max(abs(low), abs(high), _EPSILON):
        low, high = (0.0, high * 1.25) if high > _EPSILON else (low * 1.25, 0.0) if low < -_EPSILON else (0.0, 1.0)
    step = nice_step((high - low) / _VALUE_STEPS)
    marked = [number * step for number in range(floor(low / step + _EPSILON), ceil(high / step - _EPSILON) + 1)]
    labels = [_label(value) for value in marked]
    if len({*labels}) < len(labels):  # 8,804,190 and 8,804,194 would both be 8.8 million
        labels = [f"{Decimal(f'{value:.12g}'):,f}".replace("-", MINUS) for value in marked]
    ticks = tuple(zip(marked, labels, strict=True))
    note = f"the axis starts at {ticks[0][1]}, not at 0" if ticks[0][0] > 0 or ticks[-1][0] < 0 else ""
    return Axis(low=ticks[0][0], high=ticks[-1][0], ticks=ticks, note=note)


def _label(value: float) -> str:
    size = abs(value)
    return f"{MINUS if value < 0 else ''}{plain_number(Decimal(f'{size:.6g}')) if size >= _DIGITS else f'{size:g}'}"


def nice_step(raw: float) -> float:
    """Return the smallest number of the form 1, 2, 2.5 or 5 times a power of ten that is at least `raw`."""
    power = 10.0 ** floor(log10(raw))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)


def time_axis(first: datetime, last: datetime) -> Axis:
    """Return an axis in seconds since 1970 with ticks at whole hours, days, months or years."""
    if last <= first:
        first, last = first - timedelta(hours=12), last + timedelta(hours=12)
    lowest, highest = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    if highest - lowest > _MOST_TICKS // 2:
        every = next(months for months in _MONTHS if (highest - lowest) / months < _MOST_TICKS)
        form = "%Y" if every >= 12 else "%b %Y"  # noqa: PLR2004  a year
        numbers = range(lowest + 1, highest + 1)
        times = [datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in numbers if n % every == 0]
    else:
        step = next(timedelta(hours=hours) for hours in _HOURS if (last - first) / timedelta(hours=hours) < _MOST_TICKS)
        form = "%-d %b" if step >= timedelta(days=1) else "%-d %b %H:%M"
        start = first.replace(hour=0, minute=0, second=0, microsecond=0)
        times = [start + number * step for number in range(ceil((last - start) / step) + 1)]
    ticks = tuple((at.timestamp(), f"{at:{form}}") for at in times if first <= at <= last)
    return Axis(low=first.timestamp(), high=last.timestamp(), ticks=ticks)


@dataclass(frozen=True, slots=True)
class Point:
    """An episode of a statistic as drawn: `y` is its value or the middle of its range; None if it cannot be drawn.

    `ended` is when the value was replaced or removed, even temporarily; None if it is current.
    """

    episode: Episode
    edit_url: str | None
    source_urls: tuple[tuple[str, str | None], ...]
    y: float | None
    low: float | None
    high: float | None
    ended: datetime | None

    @property
    def text(self) -> str:
        """The value as written, with its qualifier and unit; "" if it was removed."""
        return single_line(headline(self.episode.element, qualified=True) or "", 120)


@dataclass(frozen=True, slots=True)
class StatisticSeries:
    """The points of one statistic, oldest first and at least one; `unit` is what it counts, or "value"."""

    timeline: Timeline
    label: str
    unit: str
    points: tuple[Point, ...]

    @property
    def drawable(self) -> list[tuple[float, Point]]:
        """The points that can be drawn, with their values."""
        return [(point.y, point) for point in self.points if point.y is not None]

    @property
    def steps(self) -> int:
        """The number of value changes; a series without any needs no chart."""
        return sum(before.y != after.y for before, after in pairwise(self.points))


def build_series(timelines: Sequence[Timeline], index_url: str | None = None) -> tuple[StatisticSeries, ...]:
    """Return the series of all statistics in `timelines`; edits are linked if the wiki's `index_url` is given."""
    elements = (episode.element for timeline in timelines for episode in timeline.episodes)
    urls = {
        ref.title or ref.url or ref.text[:80] or ref.key: web_link(ref.url) or web_link(ref.archive_url)
        for ref in elements
        if isinstance(ref, Reference)
    }

    def points(timeline: Timeline) -> Iterator[Point]:
        removed: Revision | None = None
        for episode in reversed(timeline.episodes):
            edit_url = revision_url(index_url, episode.revision) if index_url else None
            sources = tuple((source, urls.get(source) or web_link(source)) for source in episode.sources)
            # The ledger has one episode for a value that was removed and restored unchanged; the chart shows a gap.
            ends = [end.at for end in (episode.ended_by, removed if episode.element else None) if end]
            value = low = high = None
            if isinstance(episode.element, Statistic):
                quantity = episode.element.quantity
                value, low, high = (plot_value(number) for number in (quantity.value, quantity.low, quantity.high))
                bounds = [bound for bound in (low, high) if bound is not None]
                value = sum(bounds) / len(bounds) if value is None and bounds else value
            yield Point(episode, edit_url, sources, value, low, high, min(ends, default=None))
            removed = episode.revision if episode.element is None else removed

    def label(timeline: Timeline, latest: Statistic) -> str:
        sentence = f": {single_line(timeline.sentence, 80)}" if timeline.sentence else ""
        return f"{single_line(headline(latest) or '', 120)}, {section_label(timeline.location.section)}{sentence}"

    return tuple(
        StatisticSeries(
            timeline,
            label(timeline, latest),
            single_line(latest.quantity.unit or "value", 40),
            tuple(points(timeline))[::-1],
        )
        for timeline in timelines
        if isinstance(latest := timeline.latest.element, Statistic)
    )


def plot_value(value: Decimal | None) -> float | None:
    """Return a number for drawing; None if it is absent, not finite, or too large for an axis."""
    return float(value) if value is not None and value.is_finite() and value.adjusted() <= _LARGEST_EXPONENT else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A line, area or mark at `x`, `y`, with class, path, tooltip, and a `label` if its value is beyond the axis."""

    kind: str
    path: str
    text: str = ""
    href: str | None = None
    x: float = 0
    y: float = 0
    label: str = ""


def statistic_charts(
    chosen: Sequence[StatisticSeries], now: datetime, start: datetime | None = None
) -> tuple[list[Chart], list[tuple[StatisticSeries, str]]]:
    """Return charts of the values since `start` (default: all), and a line of text for each unchanged series."""
    shown = [
        replace(series, points=tuple(p for p in series.points if not start or (p.ended or now) > start)[-_MOST_POINTS:])
        for series in chosen
    ]
    changing = [series for series in shown if series.steps and series.drawable]
    first = start or min((series.points[0].episode.revision.at for series in changing), default=now)
    x = time_axis(first, max(now, *(series.points[-1].episode.revision.at for series in changing), first))
    unchanged = []
    for series in shown:
        stated = [point for point in series.points if point.text]
        if series in changing:
            continue
        line = f"{series.label} Not stated in this time."
        if stated:
            reason = "" if series.drawable else ", which no axis has room for"
            others = f", the same in {counted(len(stated), 'edit')}" if len(stated) > 1 else ", unchanged"
            since = f"{stated[0].episode.revision.at:%-d %B %Y}"
            line = f"{series.label} {stated[-1].text} since {since}{others}{reason}."
        unchanged.append((series, line))
    return [Chart(group, x) for group in sorted(_groups(changing), key=len, reverse=True)], unchanged


def statistics_file(chosen: Sequence[StatisticSeries], title: str, now: datetime) -> str:
    """Return an SVG file about the first 24 series: charts of those that changed, and a line for each other."""
    charts, unchanged = statistic_charts(chosen[:_MOST_SERIES], now)
    lines = [line for _, line in unchanged]
    if len(chosen) > _MOST_SERIES:
        lines.append(f"{counted(len(chosen) - _MOST_SERIES, 'further statistic')} did not fit.")
    words = " ".join([*(chart.summary for chart in charts), *lines]) or "No statistic can be drawn."
    style = Markup(file_style())  # noqa: S704  our own file
    values = {"charts": charts, "lines": lines, "title": title, "summary": truncate(words, 6000), "style": style}
    return environment().get_template("chart.svg").render(values)


@cache
def file_style() -> str:
    """Return the style of charts with CSS variables replaced by colours, since many SVG viewers lack variables."""
    folder = files("watcher.report").joinpath("templates")
    sheet, rules = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("style.css", "charts.css"))
    light, dark = (dict(_VARIABLE.findall(block)) for block in sheet.split("@media", 2)[:2])
    drawn = f"svg.chart{{background:var(--surface)}}{rules.partition('/* pages */')[0]}"
    dim = _USE.sub(lambda use: dark[use[1]], drawn)
    return f"{_USE.sub(lambda use: light[use[1]], drawn)}@media (prefers-color-scheme: dark){{{dim}}}"


def _groups(chosen: Iterable[StatisticSeries]) -> Iterator[list[StatisticSeries]]:
    """Yield groups of series of the same unit and similar size for one chart each, at most one per form."""

    def key(series: StatisticSeries) -> tuple[str, float]:
        return series.unit.casefold(), abs(series.drawable[-1][0])

    group: list[StatisticSeries] = []
    for series in sorted(chosen, key=key):
        unit, size = key(series)
        if group and (len(group) == len(_MARKERS) or key(group[0])[0] != unit or size > _MAX_RATIO * key(group[0])[1]):
            yield group
            group = []
        group.append(series)
    yield from [group] * bool(group)


class Chart:
    """A chart of series; a legend entry has class, path, text, and the number of the statistic, if it is of one."""

    def __init__(self, group: Sequence[StatisticSeries], x: Axis) -> None:
        values: list[float] = []
        for series in group:  # the axis includes all values except reverted ones far beyond the others
            bounds = [(point.episode.undone, at) for y, point in series.drawable for at in (y, point.low, point.high)]
            limit = _MAX_OUTLIER_RATIO * max(
                (abs(at) for undone, at in bounds if at is not None and not undone), default=float("inf")
            )
            values += [at for undone, at in bounds if at is not None and (not undone or abs(at) <= limit)]
        y, maximum = value_axis(values), _MOST_MARKS // len(group)
        unit, several = "per cent" if group[0].unit == "%" else group[0].unit, len(group) > 1
        self.lines = [shape for number, series in enumerate(group) for shape in _lines(series, number, x, y)]
        self.marks = [
            mark for number, series in enumerate(group) for mark in [*_marks(series, number, (x, y), values)][-maximum:]
        ]
        first = {shape.kind.partition(" ")[0]: shape for shape in (*reversed(self.marks), *self.lines)}
        self.legend: list[LegendEntry] = [
            (f"edit series-{n}", _MARKERS[n], series.label, series.timeline.number)
            for n, series in enumerate(group if several else ())
        ]
        for kind, words in _KINDS.items():
            if kind in first and not (kind == "edit" and several):
                self.legend.append((first[kind].kind, _BOX if kind == "band" else first[kind].path, words, None))
        self.title = f"{len(group)} statistics of one unit: {unit}" if several else group[0].label.partition(":")[0]
        self.summary = truncate(" ".join(map(_summary, group)), 6000)
        self.caption = f"{unit} ({y.note})" if y.note else unit
        self.x_ticks = [(_x_position(x, at), label) for at, label in x.ticks]
        self.y_ticks = [(_y_position(y, at), label) for at, label in y.ticks]
        self.series = group


def _x_position(x: Axis, at: float) -> float:
    return round(100 * x.share(at), 2)


def _y_position(y: Axis, at: float) -> float:
    return round(_TOP + (1 - y.share(at)) * _HEIGHT, 1)


def _lines(series: StatisticSeries, number: int, x: Axis, y: Axis) -> Iterator[Shape]:
    """Yield areas for ranges, then a stepped line through the values, with gaps while the statistic was removed."""
    line, joined = "", False
    for point in series.points:
        if point.y is not None:
            times = point.episode.revision.at, point.ended or datetime.max.replace(tzinfo=UTC)
            left, right = (round(10 * _x_position(x, at.timestamp()), 1) for at in times)
            line += f"V{_y_position(y, point.y)}H{right}" if joined else f"M{left} {_y_position(y, point.y)}H{right}"
            if point.low is not None and point.high is not None:
                path = f"M{left} {_y_position(y, point.high)}H{right}V{_y_position(y, point.low)}H{left}z"
                yield Shape(kind=f"band series-{number}", path=path)
        joined = point.y is not None
    yield Shape(kind=f"run series-{number}", path=line)


def _marks(series: StatisticSeries, number: int, axes: tuple[Axis, Axis], values: Sequence[float]) -> Iterator[Shape]:
    """Yield a mark for each shown edit that set the value, or removed it so that a gap begins."""
    x, y = axes
    height, lowest, highest = series.drawable[0][0], min(values), max(values)
    for point in series.points:
        made, text = point.episode.revision, point.text
        height = height if point.y is None else point.y
        if made.at.timestamp() < x.low or (point.y is None and text):
            continue
        reverted = ", reverted later" if text and point.episode.undone else ""
        source = f"; source: {single_line(point.episode.sources[0], 100)}" if point.episode.sources else ""
        edit = f"edit {made.id} by {editor_name(made.editor, 60)}"
        yield Shape(
            kind=f"{'undone' if reverted else 'edit' if text else 'gap'} series-{number}",
            path=_MARKERS[number] if text else _CROSS,
            text=f"{made.at:%-d %B %Y}: {text or 'removed'}, {edit}{reverted}{source}",
            href=point.edit_url,
            x=_x_position(x, made.at.timestamp()),
            y=_y_position(y, height),
            label="" if lowest <= height <= highest else f"{'↑' if height > 0 else '↓'} {text}",
        )


def _summary(series: StatisticSeries) -> str:
    drawn = sorted(series.drawable, key=lambda pair: pair[0])
    reverted = sum(point.episode.undone for _, point in drawn)
    edits = f"{counted(len(series.points), 'edit')}{f', {reverted} of them reverted' if reverted else ''}"
    removed = "" if series.timeline.is_current else " Removed now."
    return f"{series.label} {edits}. Lowest {drawn[0][1].text}, highest {drawn[-1][1].text}.{removed}"


def sparkline(series: StatisticSeries, now: datetime) -> Markup | None:
    """Return an `<svg>` with a text alternative and nothing focusable; None if the value never changed."""
    points = series.drawable
    if not points or not series.steps:
        return None
    began = points[0][1].episode.revision.at
    y = value_axis([value for value, _ in points])
    *_, line = _lines(series, 0, time_axis(began, max(now, points[-1][1].episode.revision.at)), y)
    words = f"{counted(len(points), 'value')} since {began:%B %Y}, from {points[0][1].text} to {points[-1][1].text}"
    return Markup(
        '<svg class="chart spark" role="img" aria-label="{}" width="132" height="30" viewBox="0 0 1000 268" '
        'preserveAspectRatio="none"><path class="{}" d="{}"/></svg>'
    ).format(words, line.kind, line.path)
