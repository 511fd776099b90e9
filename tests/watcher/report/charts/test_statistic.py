from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tests.watcher.history_helpers import TEXT
from watcher.report.charts import StatisticSeries, statistic_chart, statistics_file, steps

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SVG}text")]


def test_the_chart_says_in_words_what_it_shows(boats: StatisticSeries):
    assert statistic_chart(boats, "c").summary == (
        "28 million boats in Harbours: 5 values in 7 edits, 1 of them reverted. "
        "First 21 million boats, 1 January 2026. Lowest 21 million boats, highest 99 million boats. "
        "Removed on 7 January 2026."
    )


def test_the_axis_names_scale_and_unit_and_the_rails_year_and_source(boats: StatisticSeries):
    shown = texts(statistic_chart(boats, "c").svg)
    assert {"million boats", "as of", "source", "2012", "2019", "2020", "Tidal survey of all ports"} <= set(shown)


def test_every_point_is_linked_to_its_edit_and_every_source_to_its_address(boats: StatisticSeries):
    links = [node.get("href", "") for node in ET.fromstring(statistic_chart(boats, "c").svg).iter(f"{SVG}a")]
    assert links[:2] == [
        "https://wiki.example.org/w/index.php?oldid=1",
        "https://wiki.example.org/w/index.php?diff=2&oldid=1",
    ]
    assert links[6:] == [
        "https://survey.example.org/reports/all-ports",
        "https://census.example.org/boats/by-harbour",
    ]


def test_the_table_has_the_same_numbers_newest_first(boats: StatisticSeries):
    table = statistic_chart(boats, "c").table
    assert [[cell.text for cell in row] for row in table.rows[:5]] == [
        ["7 Jan 2026, 00:00", "not stated", "–", "7 by E7", "–", "until now"],
        ["6 Jan 2026, 00:00", "28 million boats", "2020", "6 by E6", "Census of boats", "1 day"],
        ["5 Jan 2026, 00:00", "26 and 31 million boats", "2019", "5 by E5", "Tidal survey of all ports", "1 day"],
        ["4 Jan 2026, 00:00", "25 million boats", "2012", "4 by E4", "Tidal survey of all ports", "1 day"],
        ["3 Jan 2026, 00:00", "99 million boats", "2012", "3 by E3", "Tidal survey of all ports", "1 day, reverted"],
    ]
    assert len(table.rows) == len(boats.points)


def test_the_legend_names_the_marks_that_occur(
    boats: StatisticSeries, course_of: Callable[..., tuple[StatisticSeries, ...]]
):
    assert [mark for mark, _ in statistic_chart(boats, "c").legend] == ["edit", "undone", "band", "gap"]
    assert [mark for mark, _ in statistic_chart(course_of(TEXT)[0], "c").legend] == ["edit"]


def test_the_two_drawings_share_no_id(boats: StatisticSeries):
    chart = statistic_chart(boats, "c")
    ids = [node.get("id") for svg in (chart.svg, chart.narrow) for node in ET.fromstring(svg).iter() if node.get("id")]
    assert sorted(ids) == ["c-n-d", "c-n-t", "c-w-d", "c-w-t"]


def test_values_far_apart_turn_the_axis_to_orders_of_size(course_of: Callable[..., tuple[StatisticSeries, ...]]):
    grown = course_of(TEXT, TEXT.replace("21 million", "21 billion"))[0]
    shown = texts(statistic_chart(grown, "c").svg)
    assert {"boats (each step up is ten times more)", "10 million", "100 billion"} <= set(shown)


def test_what_was_reverted_and_lies_far_beyond_is_drawn_at_the_end_of_the_axis_with_its_value(boats: StatisticSeries):
    shown = texts(statistic_chart(boats, "c").svg)
    assert "↑ 99 million" in shown
    assert "100" not in shown
    assert {"20", "30"} <= set(shown)


def test_a_reverted_value_near_the_others_has_its_place_on_the_axis(
    course_of: Callable[..., tuple[StatisticSeries, ...]],
):
    near = course_of(TEXT, TEXT.replace("21 million", "28 million"), TEXT)[0]
    assert "↑ 28 million" not in texts(statistic_chart(near, "c").svg)


def test_what_cannot_be_drawn_is_reported_in_the_table_alone(boats: StatisticSeries):
    points = tuple(replace(point, y=None, low=None, high=None) for point in boats.points)
    chart = statistic_chart(replace(boats, points=points), "c")
    assert (chart.svg, len(chart.table.rows)) == ("", 7)


@pytest.mark.parametrize("days", [1, 400])
def test_a_long_life_is_drawn_within_bounds(boats: StatisticSeries, days: int):
    many = replace(boats, points=boats.points[:6] * days)
    chart = statistic_chart(many, "c")
    assert len(chart.svg) < 150_000
    assert len(chart.table.rows) + chart.table.left_out == 6 * days


def test_a_file_has_a_panel_for_each_course(
    boats: StatisticSeries, course_of: Callable[..., tuple[StatisticSeries, ...]]
):
    two = (boats, course_of(TEXT)[1])
    written = statistics_file(two, "Tide")
    shown = texts(written.encode().decode())
    assert "28 million boats (Harbours)" in shown
    assert "300 sailors (Crews)" in shown
    assert "tabindex" not in written


def test_a_file_without_courses_says_so():
    assert "No statistic can be drawn." in statistics_file((), "Tide")


def test_steps_are_counted_where_the_value_changed(
    boats: StatisticSeries, course_of: Callable[..., tuple[StatisticSeries, ...]]
):
    assert steps(boats) == 6
    assert steps(course_of(TEXT)[0]) == 0
