from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from tests.watcher.history_helpers import BOATS, CENSUS, START, SURVEY, TEXT, build_timelines, revision
from watcher.model import Snapshot
from watcher.report.charts import (
    Chart,
    StatisticSeries,
    build_series,
    nice_step,
    plot_value,
    sparkline,
    statistic_charts,
    statistics_file,
    time_axis,
    value_axis,
)

SVG = "{http://www.w3.org/2000/svg}"
NOW = START + timedelta(days=8)
INDEX = "https://wiki.example.org/w/index.php"
# 21 → 25 → 99 (vandalised) → 25 → a range of another year → 28 on another source → gone
HISTORY = (
    TEXT,
    TEXT.replace("21 million", "25 million"),
    TEXT.replace("21 million", "99 million"),
    TEXT.replace("21 million", "25 million"),
    TEXT.replace("21 million", "between 26 and 31 million").replace("2012", "2019"),
    TEXT.replace("21 million", "28 million").replace("2012", "2020").replace(SURVEY, CENSUS),
    TEXT.replace(BOATS, ""),
)


def the_series(*texts: str, editor: str | None = None) -> tuple[StatisticSeries, ...]:
    snapshots = [Snapshot(revision=revision(number, editor), wikitext=text) for number, text in enumerate(texts, 1)]
    return build_series(build_timelines(snapshots), INDEX)


@pytest.fixture(scope="session")
def boats() -> StatisticSeries:
    """The first statistic of HISTORY."""
    return the_series(*HISTORY)[0]


def the_chart(*series: StatisticSeries) -> Chart:
    charts, flat = statistic_charts(series, NOW)
    assert (len(charts), flat) == (1, [])
    return charts[0]


def test_the_chart_says_in_words_what_it_shows(boats: StatisticSeries):
    chart = the_chart(boats)
    assert chart.title == "28 million boats, Harbours"
    assert chart.summary == (
        "28 million boats, Harbours: In 2020, the survey counted 28 million boats in the harbours of the coast. "
        "7 edits, 1 of them reverted. Lowest 21 million boats, highest 99 million boats. Removed now."
    )


def test_every_mark_tells_and_links_its_edit(boats: StatisticSeries):
    chart = the_chart(boats)
    assert chart.marks[1].text == "2 January 2026: 25 million boats, edit 2 by E2; source: Tidal survey of all ports"
    assert (
        chart.marks[2].text
        == "3 January 2026: 99 million boats, edit 3 by E3, reverted later; source: Tidal survey of all ports"
    )
    assert chart.marks[-1].text == "7 January 2026: removed, edit 7 by E7"
    assert [mark.href for mark in chart.marks[:2]] == [
        "https://wiki.example.org/w/index.php?oldid=1",
        "https://wiki.example.org/w/index.php?diff=2&oldid=1",
    ]
    assert boats.points[5].source_urls == (("Census of boats", "https://census.example.org/boats/by-harbour"),)
    text = "In 2012, it had 21 million boats.<ref>{{cite web |title=Census |url=javascript:alert(1)}}</ref>"
    assert the_series(text)[0].points[0].source_urls == (("Census", None),)


def test_a_gap_has_no_line_and_a_mark_where_it_begins():
    gone = TEXT.replace(BOATS, "")
    chart = the_chart(the_series(TEXT, gone, TEXT.replace("21 million", "22 million"))[0])
    (line,) = chart.lines
    first, second = line.path.split("M")[1:]
    assert first.startswith("0.0 ")
    assert first.endswith("H125.0")
    assert second.startswith("250.0 ")
    assert second.endswith("H1000.0")
    assert "V" not in line.path
    assert [(mark.kind, mark.x) for mark in chart.marks] == [
        ("edit series-0", 0.0),
        ("gap series-0", 12.5),
        ("edit series-0", 25.0),
    ]


def test_a_value_that_comes_back_after_a_gap_ends_where_it_was_removed():
    resourced, gone = TEXT.replace(SURVEY, CENSUS), TEXT.replace(BOATS, "")
    (series, *_) = the_series(TEXT.replace("21 million", "20 million"), TEXT, resourced, gone, resourced)
    assert "H375.0M500.0 " in the_chart(series).lines[0].path
    removed = series.points[-2]
    assert (removed.text, removed.ended) == ("", series.points[-1].episode.revision.at)
    assert [point.ended for point in series.points[1:3]] == [removed.episode.revision.at] * 2
    assert series.points[-1].ended is None


def test_the_legend_has_the_marks_of_the_drawing_by_their_own_paths(boats: StatisticSeries):
    chart = the_chart(boats)
    drawn = {(shape.kind, shape.path) for shape in chart.marks}
    assert [kind for kind, _, _, _ in chart.legend] == [
        "edit series-0", "undone series-0", "gap series-0", "band series-0",
    ]  # fmt: skip
    assert {(kind, path) for kind, path, _, _ in chart.legend[:3]} <= drawn


def test_statistics_of_one_unit_and_size_are_drawn_together_each_with_its_own_form():
    text = "Tarn had 30 boats in 2012. Lorn had 40 boats in 2012. Quill had 7,000 boats in 2012. Its 12% are blue."
    later = text.replace("30", "31").replace("40", "44").replace("7,000", "7,100").replace("12%", "14%")
    charts, flat = statistic_charts(the_series(text, later), NOW)
    assert [[series.label.partition(", ")[0] for series in chart.series] for chart in charts] == [
        ["31 boats", "44 boats"], ["14%"], ["7,100 boats"],
    ]  # fmt: skip
    names = [(kind, words) for kind, _, words, number in charts[0].legend if number is not None]
    assert names == [
        ("edit series-0", "31 boats, Lead: Tarn had 31 boats in 2012."),
        ("edit series-1", "44 boats, Lead: Lorn had 44 boats in 2012."),
    ]
    assert len({mark.path for mark in charts[0].marks}) == 2
    assert flat == []


def test_what_did_not_change_is_a_line_of_text():
    series = the_series(TEXT, TEXT.replace("2012", "2013"))
    charts, flat = statistic_charts(series, NOW)
    assert charts == []
    same, unchanged = (line for _, line in flat)
    assert same.startswith("21 million boats, Harbours: In 2013, the survey")
    assert same.endswith("coast. 21 million boats since 1 January 2026, the same in 2 edits.")
    assert unchanged.endswith("Sundays. 300 sailors since 1 January 2026, unchanged.")


def test_a_range_of_time_shows_what_was_stated_in_it(boats: StatisticSeries):
    (chart,), _ = statistic_charts([boats], NOW, START + timedelta(days=3.5))
    assert len(chart.series[0].points) == 4
    assert [mark.text.partition(":")[0] for mark in chart.marks] == [
        "5 January 2026", "6 January 2026", "7 January 2026",
    ]  # fmt: skip
    assert chart.lines[-1].path.startswith("M0.0 ")
    assert statistic_charts([boats], NOW, START + timedelta(days=7))[1][0][1].endswith("Not stated in this time.")


@for_each(("values", "caption", "labels"))
def test_the_axis_says_its_unit_and_that_it_does_not_start_at_zero(
    values: tuple[str, str], caption: str, labels: tuple[str, ...]
):
    chart = the_chart(the_series(*(f"In 2012, the town had {value} in its harbour." for value in values))[0])
    assert chart.caption == caption
    assert [label for _, label in chart.y_ticks] == [*labels]


def test_what_was_reverted_and_lies_far_beyond_is_drawn_at_the_end_of_the_axis_with_its_value(boats: StatisticSeries):
    chart = the_chart(boats)
    assert [mark.label for mark in chart.marks if mark.label] == ["↑ 99 million boats"]
    assert chart.y_ticks[-1][1] == "32 million"
    near = the_chart(the_series(TEXT, TEXT.replace("21 million", "28 million"), TEXT)[0])
    assert [mark.label for mark in near.marks if mark.label] == []


@for_each("number", ["1e999999", "1e25", "NaN", "Infinity", None])
def test_what_no_axis_has_room_for_is_said_in_a_line(boats: StatisticSeries, number: str | None):
    assert plot_value(None if number is None else Decimal(number)) is None
    assert plot_value(Decimal("-2.5")) == -2.5
    points = tuple(replace(point, y=None, low=None, high=None) for point in boats.points)
    charts, ((_, line),) = statistic_charts([replace(boats, points=points)], NOW)
    assert charts == []
    assert line.endswith("the same in 6 edits, which no axis has room for.")


@pytest.mark.parametrize("times", [1, 400])
def test_a_long_life_is_drawn_within_bounds(boats: StatisticSeries, times: int):
    many = replace(boats, points=boats.points[:6] * times)
    (chart,), _ = statistic_charts([many] * 6, NOW)
    assert len(chart.marks) == min(36 * times, 300)
    assert chart.lines[-1].path.count("H") == min(6 * times, 2000)
    assert len(statistics_file([many] * 6, "Tide", NOW)) < 400_000


def test_a_file_has_the_charts_and_the_lines(boats: StatisticSeries):
    written = statistics_file([boats, the_series(TEXT)[1]], "Tide </title>", NOW)
    root = ET.fromstring(written)
    shown = [node.text or "" for node in root.iter(f"{SVG}text")]
    assert {
        "28 million boats, Harbours",
        "boats (the axis starts at 20 million, not at 0)",
        "20 million",
        "removed: no line until it was stated again",
    } <= set(shown)
    assert shown[-1].startswith("300 sailors, Crews:")
    assert root.findtext(f"{SVG}title") == "Tide </title>"
    assert "var(" not in (root.findtext(f"{SVG}style") or "var(")
    assert "No statistic can be drawn." in statistics_file((), "Tide", NOW)
    assert "1 further statistic did not fit." in statistics_file([boats] * 25, "Tide", NOW)


def test_a_sparkline_is_a_picture_with_words_and_nothing_to_focus(boats: StatisticSeries):
    drawn = sparkline(boats, NOW)
    assert drawn is not None
    root = ET.fromstring(drawn)
    assert root.get("aria-label") == "6 values since January 2026, from 21 million boats to 28 million boats"
    assert [node.tag for node in root.iter()] == ["svg", "path"]
    assert sparkline(the_series(TEXT, TEXT.replace("2012", "2013"))[0], NOW) is None


def test_hostile_words_stay_text():
    evil = 'In 2012, "><script>alert(1)</script> counted {} million boats.'
    series = the_series(*(evil.format(number) for number in (21, 25)), editor='\u202e"><script>')
    root = ET.fromstring(statistics_file(series, "<script>", NOW))
    assert not [node for node in root.iter() if "script" in node.tag]
    assert "⟨U+202E⟩" in (root.find(f".//{SVG}a/{SVG}title").text or "")  # type: ignore[union-attr]


DAY = datetime(2020, 3, 15, 9, tzinfo=UTC)


@for_each(("values", "labels", "note"))
def test_a_value_axis_has_round_steps_and_tells_where_it_starts(
    values: tuple[float, ...], labels: tuple[str, ...], note: str
):
    axis = value_axis(values)
    assert [label for _, label in axis.ticks] == [*labels]
    assert axis.note == (f"the axis starts at {note}, not at 0" if note else "")


@given(st.lists(st.floats(-1e24, 1e24), min_size=1, max_size=6))
def test_a_value_axis_holds_every_value_with_few_ticks(values: list[float]):
    axis = value_axis(values)
    assert 2 <= len(axis.ticks) <= 10
    shares = [axis.share(value) for value, _ in axis.ticks]
    assert shares == sorted(shares)
    assert axis.share(min(values)) <= axis.share(max(values))
    spare = 1e-8 * (axis.high - axis.low)
    assert axis.low <= min(values) + spare
    assert max(values) <= axis.high + spare


@given(st.floats(1e-9, 1e24))
def test_a_step_is_at_least_what_was_asked_and_at_most_two_and_a_half_times_that(raw: float):
    assert raw * 0.998 <= nice_step(raw) <= raw * 2.51


@for_each(("hours", "labels"))
def test_ticks_of_time_stand_at_whole_hours_days_months_or_years(hours: int, labels: tuple[str, ...]):
    assert [label for _, label in time_axis(DAY, DAY + timedelta(hours=hours)).ticks] == [*labels]


@given(st.integers(0, 60 * 365 * 24 * 60))
def test_an_axis_of_time_has_ticks_within_its_span(minutes: int):
    axis = time_axis(DAY, DAY + timedelta(minutes=minutes))
    assert 1 <= len(axis.ticks) <= 8
    assert axis.low < axis.high
    assert all(axis.low <= at <= axis.high for at, _ in axis.ticks)
