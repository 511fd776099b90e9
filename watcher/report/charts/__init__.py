"""Numbers over time in, pictures with the same said in words out: pygal draws, nothing runs, nothing is fetched."""

from watcher.report.charts.activity import activity_chart
from watcher.report.charts.course import Course, Point, course, courses
from watcher.report.charts.sheet import Cell, Chart, Table, file_style
from watcher.report.charts.sparkline import sparkline
from watcher.report.charts.statistic import statistic_chart, statistics_file, steps

__all__ = [
    "Cell",
    "Chart",
    "Course",
    "Point",
    "Table",
    "activity_chart",
    "course",
    "courses",
    "file_style",
    "sparkline",
    "statistic_chart",
    "statistics_file",
    "steps",
]
