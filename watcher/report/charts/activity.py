"""Draw an article's edits and findings as two rows of bars, by week or by month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from watcher.model import Severity
from watcher.report.charts.axes import nice_step, number_label
from watcher.report.charts.figure import Cell, Chart, Panel, Table, combine_panels
from watcher.report.charts.plot import Bars, Layer
from watcher.report.charts.statistic import NARROW, WIDE
from watcher.report.charts.svg import bar_chart_svg
from watcher.report.labels import SEVERITIES, counted, utc

_WEEKS = 26  # a longer time is shown by months
_MOST_BARS = 60
_HEIGHT, _NARROW_HEIGHT = 150, 140


def activity_chart(
    edits: Iterable[datetime], findings: Iterable[tuple[datetime, Severity]], *, title: str, anchor: str
) -> Chart | None:
    """Edits, and findings by severity, a week or a month; the latest sixty of them. None where there are none."""
    saved = [utc(at) for at in edits]
    result = [(utc(at), severity) for at, severity in findings]
    timestamps = [*saved, *(at for at, _ in result)]
    if not timestamps:
        return None
    weekly = max(timestamps) - min(timestamps) <= timedelta(weeks=_WEEKS)
    begins = _buckets(min(timestamps), max(timestamps), weekly=weekly)[-_MOST_BARS:]
    per = "week" if weekly else "month"
    edited = Counter(_begin(at, weekly=weekly) for at in saved)
    judged = Counter((_begin(at, weekly=weekly), severity) for at, severity in result)
    levels = [level for level in Severity if any(judged[begin, level] for begin in begins)]
    layers = tuple(
        Layer(
            kind=f"sev-{level.label}", name=SEVERITIES[level].lower(), numbers=tuple(judged[b, level] for b in begins)
        )
        for level in levels
    )
    count = Layer(kind="edits", name="edits", numbers=tuple(edited[begin] for begin in begins))
    shown = {
        width: [
            _panel(begins, (count,), f"edits a {per}", width, weekly=weekly),
            *([_panel(begins, layers, f"findings a {per}", width, weekly=weekly)] if layers else []),
        ]
        for width in (WIDE, NARROW)
    }
    summary = _summary([_named(begin, weekly=weekly) for begin in begins], count, layers, per)
    return Chart(
        title=title,
        summary=summary,
        svg=combine_panels(shown[WIDE], WIDE, anchor=f"{anchor}-w", title=title, summary=summary),
        narrow=combine_panels(shown[NARROW], NARROW, anchor=f"{anchor}-n", title=title, summary=summary),
        table=_table(begins, (count, *layers), per, weekly=weekly),
        legend=tuple((f"bar sev-{level.label}", SEVERITIES[level]) for level in levels),
    )


def _begin(at: datetime, *, weekly: bool) -> date:
    """The Monday of its week, the first of its month."""
    day = at.date()
    return day - timedelta(days=day.weekday()) if weekly else day.replace(day=1)


def _buckets(first: datetime, last: datetime, *, weekly: bool) -> list[date]:
    begin, end = _begin(first, weekly=weekly), _begin(last, weekly=weekly)
    result = [begin]
    while result[-1] < end:
        later = result[-1] + timedelta(days=7 if weekly else 32)
        result.append(later if weekly else later.replace(day=1))
    return result


def _panel(begins: Sequence[date], layers: tuple[Layer, ...], caption: str, width: int, *, weekly: bool) -> Panel:
    highest = max(sum(numbers) for numbers in zip(*(layer.numbers for layer in layers), strict=True))
    step = max(1.0, nice_step(max(highest, 1) / 3))
    top = int(-(-highest // step)) or 1
    height = _NARROW_HEIGHT if width == NARROW else _HEIGHT
    every = -(-len(begins) // (5 if width == NARROW else 10))
    return Panel(
        svg=bar_chart_svg(
            Bars(
                width=width,
                height=height,
                labels=tuple(_label(at, weekly=weekly) if not n % every else "" for n, at in enumerate(begins)),
                description=tuple(_named(at, weekly=weekly) for at in begins),
                layers=layers,
                ticks=tuple((number * step, number_label(number * step)) for number in range(top + 1)),
                caption=caption,
            )
        ),
        height=height,
    )


def _label(begin: date, *, weekly: bool) -> str:
    return f"{begin:%-d %b}" if weekly else f"{begin:%b %Y}"


def _named(begin: date, *, weekly: bool) -> str:
    return f"the week of {begin:%-d %B %Y}" if weekly else f"{begin:%B %Y}"


def _summary(names: Sequence[str], edits: Layer, layers: Sequence[Layer], per: str) -> str:
    total = sum(edits.numbers)
    busiest = max(range(len(names)), key=lambda at: edits.numbers[at])
    text = f"{counted(total, 'edit')} in {counted(len(names), per)}"
    most = f", most of them ({edits.numbers[busiest]:,}) in {names[busiest]}" if total else ""
    result = ", ".join(f"{sum(layer.numbers):,} {layer.name}" for layer in reversed(layers))
    return f"{text}{most}. Findings: {result or 'none'}."


def _table(begins: Sequence[date], layers: Sequence[Layer], per: str, *, weekly: bool) -> Table:
    rows = tuple(
        (
            Cell(text=_named(begin, weekly=weekly).removeprefix("the ")),
            *(Cell(text=f"{layer.numbers[at]:,}") for layer in layers),
        )
        for at, begin in reversed(list(enumerate(begins)))
        if any(layer.numbers[at] for layer in layers)
    )
    return Table(columns=(per.capitalize(), *(layer.name.capitalize() for layer in layers)), rows=rows)
