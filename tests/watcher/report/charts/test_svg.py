from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from tests.cases import for_each
from watcher.report.charts.plot import Axis, Bars, Layer, Marker, Plot, RangeBand, Segment, StateStrip
from watcher.report.charts.svg import bar_chart_svg, line_chart_svg

SVG = "{http://www.w3.org/2000/svg}"
PLOT = Plot(
    width=600,
    height=200,
    x=Axis(low=0, high=10, ticks=((0, "then"), (10, "now"))),
    y=Axis(low=0, high=4, ticks=((0, "0"), (4, "4"))),
    caption="million boats",
    line=((0, 1), (5, 1), (5, 3), None, (7, 2), (10, 2)),
    dots=(
        Marker(x=0, y=1, kind="edit", description="one", href="https://example.org/?a=1&b=2"),
        Marker(x=5, y=3, kind="undone"),
    ),
    bands=(
        RangeBand(x=0, until=5, y=1, low=0.5, high=1.5),
        RangeBand(x=5, until=6, y=3, low=3, high=None),
        RangeBand(x=7, until=9, y=2, low=None, high=2),
    ),
    rails=(
        StateStrip(name="as of", segments=(Segment(x=0, until=5, text="2012"), Segment(x=5, until=5.1, text="2020"))),
    ),
)
HOSTILE = "</svg><script>alert(1)</script>\"'><img src=x onerror=alert(1)>]]>&lt;"


def tree(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def classes(root: ET.Element, name: str) -> list[ET.Element]:
    return [node for node in root.iter() if name in node.get("class", "").split()]


def test_nothing_is_left_of_what_a_strict_policy_refuses():
    for svg in (line_chart_svg(PLOT), bar_chart_svg(BARS)):
        root = tree(svg)
        assert not [node for node in root.iter() if node.tag.removeprefix(SVG) in ("style", "script", "foreignObject")]
        assert not [
            name for node in root.iter() for name in node.attrib if name in ("style", "id") or name.startswith("on")
        ]
        assert "<!--" not in svg
        assert "pygal.org" not in svg


def test_a_line_is_level_then_upright_and_interrupted_where_its_segments_are():
    lines = classes(tree(line_chart_svg(PLOT)), "series")[0].findall(f"{SVG}path")
    assert [len(line.attrib["d"].split()) for line in lines] == [6, 4]


def test_a_dot_with_an_address_is_a_link_with_words():
    (link,) = tree(line_chart_svg(PLOT)).iter(f"{SVG}a")
    assert link.attrib == {"href": "https://example.org/?a=1&b=2", "aria-label": "one", "rel": "noreferrer"}
    assert [title.text for title in link.iter(f"{SVG}title")] == ["one"]
    assert [dot.get("class") for dot in classes(tree(line_chart_svg(PLOT)), "dot")] == ["dot edit", "dot undone"]


def test_links_can_be_left_to_the_pointer_where_a_table_has_the_same():
    (link,) = tree(line_chart_svg(replace(PLOT, focusable=False))).iter(f"{SVG}a")
    assert link.get("tabindex") == "-1"


def test_a_range_is_a_band_and_an_open_bound_an_arrow():
    root = tree(line_chart_svg(PLOT))
    (band,) = classes(root, "band")
    assert float(band.get("height", "0")) > 0
    up, down = (arrow.get("d", "") for arrow in classes(root, "open"))
    assert tip(up) < start(up)
    assert tip(down) > start(down)


def start(path: str) -> float:
    return float(path.split()[1])


def tip(path: str) -> float:
    return float(path.split()[2].removeprefix("V"))


def test_a_rail_shows_words_only_where_they_fit_and_shows_them_all():
    rail = classes(tree(line_chart_svg(PLOT)), "rail")[0]
    assert [text.text for text in rail.iter(f"{SVG}text")] == ["as of", "2012"]
    assert [title.text for title in rail.iter(f"{SVG}title")] == ["2012", "2020"]


BARS = Bars(
    width=400,
    height=140,
    labels=("Jan", "", "Mar"),
    description=("January", "February", "March"),
    layers=(
        Layer(kind="sev-low", name="low", numbers=(1, 0, 2)),
        Layer(kind="sev-high", name="high", numbers=(0, 0, 3)),
    ),
    ticks=((0, "0"), (5, "5")),
    caption="findings a month",
)


def test_bars_have_the_class_of_their_layer_and_show_their_number():
    root = tree(bar_chart_svg(BARS))
    assert len(list(classes(root, "sev-low")[0].iter(f"{SVG}rect"))) == 2
    assert len(list(classes(root, "sev-high")[0].iter(f"{SVG}rect"))) == 1
    assert "March: 3 high" in [title.text for title in root.iter(f"{SVG}title")]
    assert [text.text for text in root.iter(f"{SVG}text") if text.text in ("Jan", "Mar")] == ["Jan", "Mar"]


@for_each("field", ["caption", "tick", "dot", "href", "rail", "segment", "layer"])
def test_hostile_words_stay_words(field: str):
    rails = (StateStrip(name="as of", segments=(Segment(x=0, until=10, text="2012"),)),)
    hostile = {
        "caption": lambda: line_chart_svg(replace(PLOT, caption=HOSTILE)),
        "tick": lambda: line_chart_svg(replace(PLOT, y=Axis(low=0, high=4, ticks=((2, HOSTILE),)))),
        "dot": lambda: line_chart_svg(replace(PLOT, dots=(replace(PLOT.dots[0], description=HOSTILE),))),
        "href": lambda: line_chart_svg(
            replace(PLOT, dots=(replace(PLOT.dots[0], href="https://example.org/" + HOSTILE),))
        ),
        "rail": lambda: line_chart_svg(replace(PLOT, rails=(replace(rails[0], name=HOSTILE),))),
        "segment": lambda: line_chart_svg(
            replace(PLOT, rails=(StateStrip(name="x", segments=(Segment(x=0, until=10, text=HOSTILE),)),))
        ),
        "layer": lambda: bar_chart_svg(replace(BARS, layers=(replace(BARS.layers[0], name=HOSTILE),))),
    }[field]()
    root = tree(hostile)
    assert not [node for node in root.iter() if node.tag.removeprefix(SVG) in ("script", "img")]
    assert any(HOSTILE in text for node in root.iter() for text in (node.text or "", *node.attrib.values()))


def test_a_bare_plot_has_no_words():
    svg = line_chart_svg(
        replace(
            PLOT, bare=True, caption="", rails=(), width=120, height=30, x=Axis(low=0, high=10), y=Axis(low=0, high=4)
        )
    )
    assert not list(tree(svg).iter(f"{SVG}text"))
