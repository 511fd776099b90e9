from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.report.charts.plot import far_apart, nice_step, number_label, power_axis, time_axis, value_axis, worded

DAY = datetime(2020, 3, 15, 9, tzinfo=UTC)


@for_each(
    ("values", "labels", "word"),
    [
        ((21e6, 25e6), ["21", "22", "23", "24", "25"], "million"),
        ((21e6, 99e6), ["0", "20", "40", "60", "80", "100"], "million"),
        ((68.0, 71.0), ["68", "69", "70", "71"], ""),
        ((1.2, 1.9), ["1.2", "1.4", "1.6", "1.8", "2"], ""),
        ((300.0,), ["0", "100", "200", "300", "400"], ""),
        ((0.0,), ["0", "0.2", "0.4", "0.6", "0.8", "1"], ""),
        ((150e9, 165e9), ["150", "155", "160", "165"], "billion"),
        ((-4.0, 4.0), ["−4", "−2", "0", "2", "4"], ""),
    ],
)
def test_a_value_axis_has_round_steps_and_leaves_the_scale_word_to_its_caption(
    values: tuple[float, ...], labels: list[str], word: str
):
    axis, result = value_axis(values)
    assert ([label for _, label in axis.ticks], result) == (labels, word)


@given(st.lists(st.floats(-1e24, 1e24), min_size=1, max_size=6))
def test_a_value_axis_holds_every_value_with_few_ticks(values: list[float]):
    axis, _ = value_axis(values)
    spare = 1e-8 * (axis.high - axis.low)
    assert axis.low <= min(values) + spare
    assert max(values) <= axis.high + spare
    assert 2 <= len(axis.ticks) <= 9


def test_values_far_apart_are_reported_by_their_order_of_size():
    assert far_apart((21e6, 21e9))
    assert not far_apart((21e6, 99e6))
    assert not far_apart((0.0, 99e6))
    assert [label for _, label in power_axis((21e6, 21e9)).ticks] == [
        "10 million", "100 million", "1 billion", "10 billion", "100 billion",
    ]  # fmt: skip


@given(st.lists(st.floats(1e-20, 1e24), min_size=1, max_size=4))
def test_an_axis_of_powers_has_at_most_eight_ticks(values: list[float]):
    assert len(power_axis(values).ticks) <= 8


@pytest.mark.parametrize(
    ("value", "expected"), [(1e-7, "1e-07"), (500.0, "500"), (12_500.0, "12,500"), (2.5e6, "2.5 million")]
)
def test_a_number_is_said_in_its_own_scale(value: float, expected: str):
    assert worded(value) == expected


def test_no_number_is_a_negative_nothing():
    assert number_label(-0.00001) == "0"


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
    assert [label for _, label in time_axis(DAY, DAY + length, 6).ticks] == labels


@given(st.integers(0, 60 * 365 * 24 * 60), st.integers(2, 9))
def test_an_axis_of_time_has_ticks_within_its_span(minutes: int, most: int):
    axis = time_axis(DAY, DAY + timedelta(minutes=minutes), most)
    assert 1 <= len(axis.ticks) <= most
    assert axis.low < axis.high
    assert all(axis.low <= at <= axis.high for at, _ in axis.ticks)
