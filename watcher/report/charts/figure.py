"""Combine SVG panels into a chart for a page, or into one stand-alone SVG file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from watcher.text import single_line

_VARIABLE = re.compile(r"--([a-z-]{1,40}):\s*(#[0-9a-f]{3,8})")
_USE = re.compile(r"var\(--([a-z-]+)\)")
WIDE, NARROW = 940, 390
_HEADING = 30
_MARGIN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a chart's table; `href` is already known to be a web address, `mark` a class of the style sheet."""

    text: str
    href: str | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The numbers of a chart: every row begins with its heading; `left_out` rows did not fit."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart for a page: drawn twice, for wide and for narrow screens; one of the two is shown.

    `svg` and `narrow` are safe to put into HTML as they are. `legend` names the marks that occur: class and words.
    """

    title: str
    summary: str
    svg: Markup
    narrow: Markup
    table: Table
    legend: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A drawn fragment with its height, and a heading where several stand on one sheet."""

    svg: str
    height: int
    heading: str = ""


def combine_panels(
    panels: Sequence[Panel], width: int, *, anchor: str, title: str, summary: str, style: str = ""
) -> Markup:
    """One `<svg>` of all panels, one below the other; `anchor` makes its ids unique on a page."""
    parts: list[str] = []
    top = 0
    for panel in panels:
        if panel.heading:
            top += _HEADING
            parts.append(f'<text class="heading" x="8" y="{top - 8}">{escape(single_line(panel.heading, 110))}</text>')
        parts.append(f'<g transform="translate(0 {top})">{panel.svg}</g>')
        top += panel.height + _MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {width} {top}" width="{width}" '
        f'height="{top}" role="group" aria-labelledby="{anchor}-t" aria-describedby="{anchor}-d">'
    )
    named, reported = escape(single_line(title, 400)), escape(single_line(summary, 8000))
    words = f'<title id="{anchor}-t">{named}</title><desc id="{anchor}-d">{reported}</desc>'
    sheet_style = f"<style>{style}</style>" if style else ""
    return Markup(f"{head}{words}{sheet_style}{''.join(parts)}</svg>")  # noqa: S704  every text in it is escaped


def chart_of(
    panels: Callable[[int], Sequence[Panel]],
    *,
    anchor: str,
    title: str,
    summary: str,
    table: Table,
    legend: tuple[tuple[str, str], ...],
) -> Chart:
    """Return a chart whose panels are drawn for either width; without any, only its words and its table."""
    wide, narrow = (
        combine_panels(drawn, width, anchor=f"{anchor}-{side}", title=title, summary=summary)
        if (drawn := panels(width))
        else Markup("")
        for width, side in ((WIDE, "w"), (NARROW, "n"))
    )
    return Chart(title=title, summary=summary, svg=wide, narrow=narrow, table=table, legend=legend)


def chart_file(panels: Sequence[Panel], width: int, *, title: str, summary: str) -> str:
    """Return a file of its own: the same SVG with its style sheet inside, light and dark, in any viewer."""
    drawn = combine_panels(panels, width, anchor="chart", title=title, summary=summary, style=file_style())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn}\n'


@cache
def file_style() -> str:
    """Return the rules of drawings with the colours written out: many viewers of SVG know no variables.

    It is put inside `<style>` of an SVG as it is: nothing in it needs escaping.
    """
    light, dark = (dict(_VARIABLE.findall(block)) for block in _source("style.css").split("@media", 2)[:2])
    rules = f"svg.chart{{background:var(--surface)}}{_source('charts.css').partition('/* pages */')[0]}"

    def coloured(colours: dict[str, str]) -> str:
        return _USE.sub(lambda hit: colours[hit[1]], rules)

    return f"{coloured(light)}@media (prefers-color-scheme: dark){{{coloured(dark)}}}"


def _source(name: str) -> str:
    return files("watcher.report").joinpath("templates").joinpath(name).read_text(encoding="utf-8")
