from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tests.cases import for_each
from tests.watcher.history_helpers import TEXT
from watcher.report.charts import StatisticSeries
from watcher.report.charts.series import drawn_at


def test_a_course_says_what_held_when(boats: StatisticSeries):
    reported = [(point.at.day, point.text, point.as_of, point.undone, point.is_removal) for point in boats.points]
    assert reported == [
        (1, "21 million boats", "2012", False, False),
        (2, "25 million boats", "2012", False, False),
        (3, "99 million boats", "2012", True, False),
        (4, "25 million boats", "2012", False, False),
        (5, "26 and 31 million boats", "2019", False, False),
        (6, "28 million boats", "2020", False, False),
        (7, "", "", False, True),
    ]
    assert not boats.alive


def test_a_point_leads_to_its_edit_and_to_its_source(boats: StatisticSeries):
    first, second = boats.points[:2]
    assert second.edit_url == "https://wiki.example.org/w/index.php?diff=2&oldid=1"
    assert first.edit_url == "https://wiki.example.org/w/index.php?oldid=1"
    assert (first.source, first.source_url) == (
        "Tidal survey of all ports",
        "https://survey.example.org/reports/all-ports",
    )
    assert boats.points[5].source_url == "https://census.example.org/boats/by-harbour"


def test_a_source_that_is_no_web_address_is_no_link(course_of: Callable[..., tuple[StatisticSeries, ...]]):
    text = "In 2012, it had 21 million boats.<ref>{{cite web |title=Census |url=javascript:alert(1)}}</ref>"
    assert course_of(text)[0].points[0].source_url is None


def test_a_range_has_bounds_and_its_middle(boats: StatisticSeries):
    ranged = boats.points[4]
    assert (ranged.low, ranged.y, ranged.high, ranged.ranged) == (26e6, 28.5e6, 31e6, True)


def test_what_stands_lasts_until_the_newest_revision(course_of: Callable[..., tuple[StatisticSeries, ...]]):
    point = course_of(TEXT, days=30)[0].points[0]
    assert point.is_current
    assert (point.until - point.at).days == 30


@for_each("number", ["1e999999", "1e25", "NaN", "Infinity", None])
def test_what_no_axis_has_room_for_is_not_drawn(number: str | None):
    assert drawn_at(None if number is None else Decimal(number)) is None
    assert drawn_at(Decimal("-2.5")) == -2.5


def test_a_hidden_editor_and_steering_characters_are_spelled_out(course_of: Callable[..., tuple[StatisticSeries, ...]]):
    point = course_of(TEXT, editor="\u202eevil")[0].points[0]
    assert point.editor == "⟨U+202E⟩evil"
