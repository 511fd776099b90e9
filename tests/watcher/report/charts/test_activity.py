from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from watcher.model import Severity
from watcher.report.charts import Chart, activity_chart

SVG = "{http://www.w3.org/2000/svg}"
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def a_chart(days: tuple[int, ...], result: tuple[tuple[int, Severity], ...] = ()) -> Chart:
    edits = [MONDAY + timedelta(days=day) for day in days]
    findings = [(MONDAY + timedelta(days=day), severity) for day, severity in result]
    chart = activity_chart(edits, findings, title="Activity", anchor="a")
    assert chart
    return chart


def rows(chart: Chart) -> list[list[str]]:
    return [[cell.text for cell in row] for row in chart.table.rows]


def test_half_a_year_is_reported_by_weeks_newest_first():
    chart = a_chart((0, 1, 6, 7, 20), ((1, Severity.HIGH), (20, Severity.LOW), (20, Severity.LOW)))
    assert chart.table.columns == ("Week", "Edits", "Low", "High")
    assert rows(chart) == [
        ["week of 16 March 2026", "1", "2", "0"],
        ["week of 9 March 2026", "1", "0", "0"],
        ["week of 2 March 2026", "3", "0", "1"],
    ]
    assert chart.summary == "5 edits in 3 weeks, most of them (3) in the week of 2 March 2026. Findings: 1 high, 2 low."


def test_a_longer_time_is_reported_by_months_and_quiet_ones_are_left_out_of_the_table():
    chart = a_chart((0, 300))
    assert rows(chart) == [["December 2026", "1"], ["March 2026", "1"]]
    assert chart.summary == "2 edits in 10 months, most of them (1) in March 2026. Findings: none."


def test_only_the_latest_sixty_bars_are_drawn():
    svg = a_chart(tuple(range(0, 30 * 365, 20))).svg
    assert len(list(ET.fromstring(svg).iter(f"{SVG}rect"))) <= 60


def test_the_legend_names_the_severities_that_occur():
    chart = a_chart((0,), ((0, Severity.CRITICAL), (0, Severity.INFO)))
    assert chart.legend == (("bar sev-info", "Info"), ("bar sev-critical", "Critical"))


def test_nothing_is_drawn_of_nothing():
    assert activity_chart((), (), title="Activity", anchor="a") is None
