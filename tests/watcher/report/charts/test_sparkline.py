from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

from tests.watcher.history_helpers import TEXT
from watcher.report.charts import StatisticSeries, sparkline

SVG = "{http://www.w3.org/2000/svg}"


def test_a_sparkline_is_a_picture_with_words_and_nothing_to_focus(boats: StatisticSeries):
    root = ET.fromstring(sparkline(boats) or "")
    assert root.get("role") == "img"
    assert root.get("aria-label") == "6 values since January 2026, from 21 million boats to 28 million boats"
    assert not list(root.iter(f"{SVG}a"))
    assert len(list(root.iter(f"{SVG}circle"))) == 1


def test_what_never_changed_has_no_sparkline(course_of: Callable[..., tuple[StatisticSeries, ...]]):
    assert sparkline(course_of(TEXT)[0]) is None
    assert sparkline(course_of(TEXT, TEXT.replace("2012", "2013"))[0]) is None


def test_a_slip_by_thousands_leaves_the_rest_readable(course_of: Callable[..., tuple[StatisticSeries, ...]]):
    slipped = course_of(TEXT, TEXT.replace("21", "22"), TEXT.replace("21 million", "21 billion"), TEXT)[0]
    line = next(ET.fromstring(sparkline(slipped) or "").iter(f"{SVG}path")).get("d", "")
    heights = {float(y) for y in line.replace("M", "").replace("L", "").split()[1::2]}
    assert len(heights) == 3


def test_hostile_words_cannot_leave_the_label(boats: StatisticSeries):
    points = tuple(replace(point, text='"><script>alert(1)</script>') for point in boats.points)
    root = ET.fromstring(sparkline(replace(boats, points=points)) or "")
    assert "<script>" in root.get("aria-label", "")
    assert not list(root.iter("script"))
