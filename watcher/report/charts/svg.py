"""Render a plot as an SVG fragment; no other module uses pygal.

pygal computes margins, axes, lines, dots and bars; what it would add for browsers with scripts (style sheets, scripts,
tooltips, its own comments) is taken out of the tree before it is written, so that a page's content security policy
need admit nothing for it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import pygal
from pygal.style import Style

from watcher.report.charts.plot import RAIL, RAIL_GAP, Bars, Plot, RangeBand, StateStrip
from watcher.text import truncate

# pygal hooks an importer of before Python 3.4 into the interpreter, for maps that are not used here: every import that
# fails anywhere would warn of it.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "PluginImportFixer"]

_UNWANTED = frozenset({"defs", "title", "desc", "script", "style"})
_ORNAMENTS = frozenset({"tooltip-overlay", "text-overlay", "titles", "background", "no_data"})
_LONG_NUMBER = re.compile(r"-?\d{1,30}\.\d+")
_XLINK = "{http://www.w3.org/1999/xlink}href"
_LABEL_SIZE = 13
_LETTER = 6.6  # the usual width of a letter of that size, in the same pixels
_ARROW = 7
_LEAST_LETTERS = 5  # fewer of a longer text say nothing
_NUMBERS = frozenset({"d", "x", "y", "cx", "cy", "width", "height", "transform"})


def line_chart_svg(plot: Plot) -> str:
    """Return the plot as one `<svg>` element of its own size; all texts escaped."""
    chart = pygal.XY(
        width=plot.width,
        height=plot.height,
        range=(plot.y.low, plot.y.high),
        xrange=(plot.x.low, plot.x.high),
        x_labels=[{"value": at, "label": label} for at, label in plot.x.ticks],
        y_labels=[{"value": at, "label": label} for at, label in plot.y.ticks],
        show_x_labels=not plot.bare,
        show_y_labels=not plot.bare,
        allow_interruptions=True,
        **_settings(bare=plot.bare, caption=bool(plot.caption)),
    )
    chart.add("", list(plot.line), show_dots=False)
    dots: list[dict[str, Any]] = [
        {
            "value": (dot.x, dot.y),
            "node": {"class": f"dot {dot.kind}", "r": "3" if plot.bare else "5"},
            "tooltip": dot.description,
            **({"xlink": {"href": dot.href, "aria-label": dot.description}} if dot.href else {}),
        }
        for dot in plot.dots
    ]
    if dots:
        chart.add("", dots, stroke=False)
    return _written(chart, plot.whole_height, lambda root: _finish(root, chart, plot))


def bar_chart_svg(bars: Bars) -> str:
    """Return the bars as one `<svg>` element of their own size; all texts escaped."""
    chart = pygal.StackedBar(
        width=bars.width,
        height=bars.height,
        x_labels=list(bars.labels),
        y_labels=[{"value": at, "label": label} for at, label in bars.ticks],
        truncate_label=-1,
        show_minor_x_labels=False,
        x_labels_major=[label for label in bars.labels if label],
        **_settings(bare=False, caption=bool(bars.caption)),
    )
    for layer in bars.layers:
        reported = zip(layer.numbers, bars.description, strict=True)
        chart.add("", [{"value": number, "tooltip": f"{when}: {number:,} {layer.name}"} for number, when in reported])

    def finish(root: Any) -> None:
        _caption(root, chart, bars.caption)
        for number, layer in enumerate(bars.layers):
            for group in root.iter("g"):
                if f"serie-{number}" in _classes(group):
                    group.set("class", f"layer {layer.kind}")

    return _written(chart, bars.height, finish)


def _settings(*, bare: bool, caption: bool) -> dict[str, Any]:
    return {
        "style": Style(label_font_size=_LABEL_SIZE, major_label_font_size=_LABEL_SIZE, font_family="sans-serif"),
        "js": [],
        "css": [],
        "show_legend": False,
        "no_prefix": True,
        "margin": 4 if bare else 8,
        **({} if bare else {"margin_top": 30 if caption else 12, "margin_right": 30, "margin_left": 28}),
        "disable_xml_declaration": True,
        "print_values": False,
    }


def _written(chart: Any, height: int, finish: Callable[[Any], None]) -> str:
    def clean(root: Any) -> Any:
        _strip(root)
        finish(root)
        root.attrib.pop("id", None)
        for name, value in (("width", chart.width), ("height", height), ("viewBox", f"0 0 {chart.width} {height}")):
            root.set(name, str(value))
        return root

    chart.add_xml_filter(clean)
    written: str = chart.render(is_unicode=True)
    return written


def _strip(node: Any) -> None:
    """Take out everything that is not drawn, and spell addresses and numbers shortly."""
    reported = node.tag == "a" or bool({"dots", "bar"} & _classes(node))
    for child in list(node):
        unwanted = not isinstance(child.tag, str) or (
            child.tag in _UNWANTED and not (reported and child.tag == "title")
        )
        if unwanted or _ORNAMENTS & _classes(child) or child.get("height") in ("0", "0.0"):
            node.remove(child)
        else:
            _strip(child)
    node.attrib.pop("style", None)
    for name, value in list(node.attrib.items()):
        if name == _XLINK:
            del node.attrib[name]
            node.set("href", value)
            node.set("rel", "noreferrer")
        elif name in _NUMBERS:
            node.set(name, _LONG_NUMBER.sub(lambda hit: f"{float(hit[0]):.1f}".removesuffix(".0"), value))


def _classes(node: Any) -> set[str]:
    return set(node.get("class", "").split())


def _group(root: Any, *classes: str) -> Any:
    """Return the first group that has all these classes and nothing else about its name."""
    return next(node for node in root.iter("g") if _classes(node) == set(classes))


def _caption(root: Any, chart: Any, words: str) -> None:
    if words:
        chart.svg.node(root, "text", x=chart.margin_box.left, y=18, class_="caption").text = words


def _finish(root: Any, chart: Any, plot: Plot) -> None:
    _caption(root, chart, plot.caption)
    ground = _group(root, "plot")
    shapes = chart.svg.node(None, "g", class_="bands")
    root.remove(shapes)
    ground.insert(0, shapes)
    for band in plot.bands:
        _band(shapes, chart, band)
    for dot in plot.dots:
        if dot.label:
            left, top = chart.margin_box.left + chart.view.x(dot.x), chart.margin_box.top + chart.view.y(dot.y)
            late = left > plot.width * 0.7
            beside = {"x": _short(left - 9 if late else left + 9), "y": _short(top + 18)}
            chart.svg.node(root, "text", class_="beyond late" if late else "beyond", **beside).text = dot.label
    if not plot.focusable:
        for link in root.iter("a"):
            link.set("tabindex", "-1")
    for number, rail in enumerate(plot.rails):
        _rail(root, chart, rail, plot.height + number * (RAIL + RAIL_GAP), focusable=plot.focusable)


def _band(shapes: Any, chart: Any, band: RangeBand) -> None:
    x, until, y = chart.view.x(band.x), chart.view.x(band.until), chart.view.y(band.y)
    top, bottom = chart.view.y(band.high), chart.view.y(band.low)
    if top is not None and bottom is not None:
        chart.svg.node(
            shapes, "rect", x=_short(x), y=_short(top), width=_short(max(until - x, 2)),
            height=_short(max(bottom - top, 1)), class_="band",
        )  # fmt: skip
        return
    up = band.high is None  # "at least": nothing bounds it above
    tip = y - 3 * _ARROW if up else y + 3 * _ARROW
    back = tip + _ARROW if up else tip - _ARROW
    path = f"M{_short(x)} {_short(y)} V{_short(tip)} M{_short(x - 4)} {_short(back)} L{_short(x)} {_short(tip)}"
    chart.svg.node(shapes, "path", d=f"{path} L{_short(x + 4)} {_short(back)}", class_="open")


def _rail(root: Any, chart: Any, rail: StateStrip, top: float, *, focusable: bool) -> None:
    """Draw a strip under the plot, aligned with its time axis, and its name at the left, below the values."""
    group = chart.svg.node(root, "g", class_="rail")
    left = chart.margin_box.left
    name = chart.svg.node(group, "text", x=left - 5, y=_short(top + RAIL * 0.7), class_="name")
    name.text = rail.name
    for at, segment in enumerate(rail.segments):
        x, until = left + chart.view.x(segment.x), left + chart.view.x(segment.until)
        width = max(until - x - 1, 2)
        holder = group
        if segment.href:
            extra = {} if focusable else {"tabindex": "-1"}
            attributes = {"rel": "noreferrer", "aria-label": segment.text, "target_": None} | extra
            holder = chart.svg.node(group, "a", attrib={"href_": segment.href, **attributes})
        else:
            holder = chart.svg.node(group, "g")
        chart.svg.node(holder, "title").text = segment.text
        shade = "odd" if at % 2 else "even"
        chart.svg.node(holder, "rect", x=_short(x), y=top, width=_short(width), height=RAIL, class_=f"held {shade}")
        fits = int((width - 8) / _LETTER)
        if fits >= _LEAST_LETTERS or fits >= len(segment.text):
            words = chart.svg.node(holder, "text", x=_short(x + 5), y=_short(top + RAIL * 0.7))
            words.text = truncate(segment.text, fits)


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
