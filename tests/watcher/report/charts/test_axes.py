from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.report.charts.axes import nice_step, time_axis, value_axis

DAY = datetime(2020, 3, 15, 9, tzinfo=UTC)


@for_each(
    ("values", "labels", "note"),
    [
        ((21e6, 25e6), ["21 million", "22 million", "23 million", "24 million", "25 million"], "21 million"),
        ((21e6, 99e6), ["0", "20 million", "40 million", "60 million", "80 million", "100 million"], ""),
        ((68.0, 71.0), ["68", "69", "70", "71"], "68"),
        ((1.2, 1.9), ["1.2", "1.4", "1.6", "1.8", "2"], "1.2"),
        ((300.0,), ["0", "100", "200", "300", "400"], ""),
        ((0.0,), ["0", "0.2", "0.4", "0.6", "0.8", "1"], ""),
        ((-4.0, 4.0), ["−4", "−2", "0", "2", "4"], ""),
        ((1e-7, 1.9e-7), ["0", "5e-08", "1e-07", "1.5e-07", "2e-07"], ""),
        ((-5.0, -4.0), ["−5", "−4.8", "−4.6", "−4.4", "−4.2", "−4"], "−5"),
    ],
)
def test_a_value_axis_has_round_steps_and_tells_where_it_starts(
    values: tuple[float, ...], labels: list[str], note: str
):
    axis = value_axis(values)
    assert [label for _, label in axis.ticks] == labels
    assert axis.note == (f"the axis starts at {note}, not at 0" if note else "")


@given(st.lists(st.floats(-1e24, 1e24), min_size=1, max_size=6))
def test_a_value_axis_holds_every_value_with_few_ticks(values: list[float]):
    axis = value_axis(values)
    assert 2 <= len(axis.ticks) <= 10
    shares = [axis.share(value) for value, _ in axis.ticks]
    assert shares == sorted(shares)
    assert axis.share(min(values)) <= axis.share(max(values))
    if not axis.logarithmic:
        spare = 1e-8 * (axis.high - axis.low)
        assert axis.low <= min(values) + spare
        assert max(values) <= axis.high + spare


def test_values_far_apart_are_read_by_their_order_of_size():
    assert not value_axis((21e6, 99e6)).logarithmic
    axis = value_axis((21e6, 21e9))
    assert axis.logarithmic
    assert [(axis.share(value), label) for value, label in axis.ticks] == [
        (0, "10 million"), (0.25, "100 million"), (0.5, "1 billion"), (0.75, "10 billion"), (1, "100 billion"),
    ]  # fmt: skip
    assert (axis.share(0.0), axis.share(1e24)) == (0, 1)


@given(st.floats(1e-9, 1e24))
def test_a_step_is_at_least_what_was_asked_and_at_most_two_and_a_half_times_that(raw: float):
    assert raw * 0.998 <= nice_step(raw) <= raw * 2.51


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (
            timedelta(hours=5),
            ["15 Mar 09:00", "15 Mar 10:00", "15 Mar 11:00", "15 Mar 12:00", "15 Mar 13:00", "15 Mar 14:00"],
        ),
        (timedelta(days=4), ["16 Mar", "17 Mar", "18 Mar", "19 Mar"]),
        (timedelta(days=150), ["Apr 2020", "May 2020", "Jun 2020", "Jul 2020", "Aug 2020"]),
        (timedelta(days=3650), ["2022", "2024", "2026", "2028", "2030"]),
    ],
)
def test_ticks_of_time_stand_at_whole_hours_days_months_or_years(length: timedelta, labels: list[str]):
    assert [label for _, label in time_axis(DAY, DAY + length).ticks] == labels


@given(st.integers(0, 60 * 365 * 24 * 60))
def test_an_axis_of_time_has_ticks_within_its_span(minutes: int):
    axis = time_axis(DAY, DAY + timedelta(minutes=minutes))
    assert 1 <= len(axis.ticks) <= 8
    assert axis.low < axis.high
    assert all(axis.low <= at <= axis.high for at, _ in axis.ticks)
