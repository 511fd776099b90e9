"""Draw charts as static SVG with a text alternative; pygal draws, nothing is fetched."""

from watcher.report.charts.activity import activity_chart
from watcher.report.charts.figure import Cell, Chart, Table, file_style
from watcher.report.charts.series import Point, StatisticSeries, build_series, course
from watcher.report.charts.statistic import sparkline, statistic_chart, statistics_file, steps

__all__ = [
    "Cell",
    "Chart",
    "Point",
    "StatisticSeries",
    "Table",
    "activity_chart",
    "build_series",
    "course",
    "file_style",
    "sparkline",
    "statistic_chart",
    "statistics_file",
    "steps",
]
