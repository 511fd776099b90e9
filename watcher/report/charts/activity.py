"""Draw an article's edits and findings as two rows of bars, by week or by month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from watcher.model import Severity
from watcher.report.charts.figure import NARROW, Cell, Chart, Panel, Table, chart_of
from watcher.report.charts.plot import Bars, Layer, nice_step, number_label
from watcher.report.charts.svg import bar_chart_svg
from watcher.report.labels import SEVERITIES, counted, utc

_WEEKS = 26  # a longer time is shown by months
_MOST_BARS = 60
_HEIGHT, _NARROW_HEIGHT = 150, 140


@dataclass(frozen=True, slots=True)
class _Period:
    """Weeks from Monday, or months."""

    weekly: bool

    def begin(self, at: date) -> date:
        """Return the first day of the period of a time."""
        return at - timedelta(days=at.weekday()) if self.weekly else at.replace(day=1)

    def from_to(self, first: date, last: date) -> list[date]:
        """Return the first days of all periods between two times."""
        begins = [self.begin(first)]
        while begins[-1] < self.begin(last):
            begins.append(self.begin(begins[-1] + timedelta(days=7 if self.weekly else 32)))
        return begins

    def name(self, begin: date) -> str:
        """Write a span as `the week of 2 March 2026` or `March 2026`."""
        return f"the week of {begin:%-d %B %Y}" if self.weekly else f"{begin:%B %Y}"

    def label(self, begin: date) -> str:
        """Return the label below an axis."""
        return f"{begin:%-d %b}" if self.weekly else f"{begin:%b %Y}"


def activity_chart(
    edits: Iterable[datetime], findings: Iterable[tuple[datetime, Severity]], *, title: str, anchor: str
) -> Chart | None:
    """Edits, and findings by severity, a week or a month; the latest sixty of them. None where there are none."""
    saved = [utc(at).date() for at in edits]
    judged = [(utc(at).date(), severity) for at, severity in findings]
    days = [*saved, *(day for day, _ in judged)]
    if not days:
        return None
    period = _Period(max(days) - min(days) <= timedelta(weeks=_WEEKS))
    begins = period.from_to(min(days), max(days))[-_MOST_BARS:]
    edited = Counter(map(period.begin, saved))
    counts = Counter((period.begin(day), severity) for day, severity in judged)
    layers = tuple(
        Layer(f"sev-{level.label}", SEVERITIES[level].lower(), tuple(counts[begin, level] for begin in begins))
        for level in Severity
        if any(counts[begin, level] for begin in begins)
    )
    count = Layer("edits", "edits", tuple(edited[begin] for begin in begins))
    per = "week" if period.weekly else "month"
    rows = [(f"edits a {per}", (count,)), *([(f"findings a {per}", layers)] if layers else [])]
    return chart_of(
        lambda width: [_panel(period, begins, bars, caption, width) for caption, bars in rows],
        anchor=anchor,
        title=title,
        summary=_summary(period, begins, count, layers, per),
        table=_table(period, begins, (count, *layers), per),
        legend=tuple((f"bar {layer.kind}", layer.name.capitalize()) for layer in layers),
    )


def _panel(period: _Period, begins: Sequence[date], layers: Sequence[Layer], caption: str, width: int) -> Panel:
    highest = max(sum(numbers) for numbers in zip(*(layer.numbers for layer in layers), strict=True))
    step = max(1.0, nice_step(max(highest, 1) / 3))
    top = int(-(-highest // step)) or 1
    height = _NARROW_HEIGHT if width == NARROW else _HEIGHT
    every = -(-len(begins) // (5 if width == NARROW else 10))
    bars = Bars(
        width=width,
        height=height,
        labels=tuple("" if number % every else period.label(begin) for number, begin in enumerate(begins)),
        description=tuple(map(period.name, begins)),
        layers=tuple(layers),
        ticks=tuple((number * step, number_label(number * step)) for number in range(top + 1)),
        caption=caption,
    )
    return Panel(svg=bar_chart_svg(bars), height=height)


def _summary(period: _Period, begins: Sequence[date], edits: Layer, layers: Sequence[Layer], per: str) -> str:
    total = sum(edits.numbers)
    busiest = max(range(len(begins)), key=lambda at: edits.numbers[at])
    text = f"{counted(total, 'edit')} in {counted(len(begins), per)}"
    most = f", most of them ({edits.numbers[busiest]:,}) in {period.name(begins[busiest])}" if total else ""
    result = ", ".join(f"{sum(layer.numbers):,} {layer.name}" for layer in reversed(layers))
    return f"{text}{most}. Findings: {result or 'none'}."


def _table(period: _Period, begins: Sequence[date], layers: Sequence[Layer], per: str) -> Table:
    rows = tuple(
        (
            Cell(text=period.name(begin).removeprefix("the ")),
            *(Cell(text=f"{layer.numbers[at]:,}") for layer in layers),
        )
        for at, begin in reversed(list(enumerate(begins)))
        if any(layer.numbers[at] for layer in layers)
    )
    return Table(columns=(per.capitalize(), *(layer.name.capitalize() for layer in layers)), rows=rows)
