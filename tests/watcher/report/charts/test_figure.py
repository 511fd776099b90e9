from __future__ import annotations

from xml.etree import ElementTree as ET

from watcher.report.charts.figure import Panel, chart_file, combine_panels, file_style

SVG = "{http://www.w3.org/2000/svg}"
PANELS = [Panel(svg="<g/>", height=100, heading="a < b"), Panel(svg="<g/>", height=50)]


def test_a_sheet_is_named_and_described_by_ids_of_its_own():
    root = ET.fromstring(combine_panels(PANELS, 400, anchor="c7", title="T & co", summary="<b>bold</b>"))
    assert (root.get("aria-labelledby"), root.get("aria-describedby")) == ("c7-t", "c7-d")
    assert [(node.get("id"), node.text) for node in root[:2]] == [("c7-t", "T & co"), ("c7-d", "<b>bold</b>")]


def test_panels_stand_below_each_other_and_the_sheet_is_as_high_as_all():
    root = ET.fromstring(combine_panels(PANELS, 400, anchor="c", title="t", summary="s"))
    tops = [node.get("transform") for node in root.findall(f"{SVG}g")]
    assert tops == ["translate(0 30)", "translate(0 138)"]
    assert root.get("viewBox") == "0 0 400 196"
    assert [text.text for text in root.iter(f"{SVG}text")] == ["a < b"]


def test_a_file_stands_alone_in_light_and_dark():
    written = chart_file(PANELS, 400, title="t", summary="s")
    assert written.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"')
    (style,) = ET.fromstring(written.encode()).iter(f"{SVG}style")
    assert style.text == file_style()
    assert "prefers-color-scheme: dark" in file_style()


def test_the_style_of_a_file_needs_nothing_from_outside():
    assert "var(" not in file_style()
    assert "url(" not in file_style()
    assert "@import" not in file_style()


def test_what_xml_cannot_hold_is_spelled_out():
    root = ET.fromstring(chart_file([], 400, title="a\x01b", summary="\ufffe\x00").encode())
    assert [node.text for node in root[:2]] == ["a⟨U+0001⟩b", "⟨U+FFFE⟩⟨U+0000⟩"]
