from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.cases import for_each
from watcher.backoff import Backoff, RetryPolicy, parse_http_date, parse_retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@for_each(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("Sun, 01 Mar 2026 12:01:30 GMT", 90.0),
        ("Sunday, 01-Mar-26 12:01:30 GMT", 90.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2026 13:01:30 +0100", 90.0),
        ("86401", 86_400.0),
        ("99999999999999999999", 86_400.0),
        ("9" * 100_000, 86_400.0),
        ("0" * 50 + "7", 7.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 -2300", 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 -9900", None),
        ("Fri, 99999999999999999999 Dec 2026 23:59:59 GMT", None),
        ("inf", None),
        ("\N{SUPERSCRIPT TWO}", None),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Sun, 99 Mar 2026 12:01:30 GMT", None),
        ("nan", None),
    ],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


def test_waits_double_up_to_the_longest_and_end_with_the_attempts() -> None:
    policy = RetryPolicy(attempts=9, first=1.0, longest=60.0)
    waits = [policy.wait(tries, None, 1.0) for tries in range(1, 10)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, None]


def test_jitter_takes_away_up_to_half_of_a_wait() -> None:
    policy = RetryPolicy()
    assert [policy.wait(3, None, jitter) for jitter in (0.0, 0.5, 1.0)] == [2.0, 3.0, 4.0]


def test_what_the_server_asks_for_is_a_lower_bound() -> None:
    assert [RetryPolicy().wait(1, 5.0, jitter) for jitter in (0.0, 1.0)] == [5.0, 6.0]


def test_a_server_that_asks_for_too_much_is_not_waited_for() -> None:
    assert RetryPolicy(longest=60).wait(1, 61.0, 0.0) is None


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("120", None, 120.0),
        ("Wed, 04 Mar 2026 05:07:30 GMT", "Wed, 04 Mar 2026 05:06:00 GMT", 90.0),
        ("Wed, 04 Mar 2026 05:00:00 GMT", "Wed, 04 Mar 2026 05:06:00 GMT", 0.0),
        ("Wed, 04 Mar 2026 05:07:30 GMT", None, None),
        ("Wed, 04 Mar 2026 05:07:30 GMT", "yesterday", None),
    ],
)
def test_a_date_goes_by_the_receivers_clock(value: str, date: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, parse_http_date(date)) == seconds


def test_ten_thousand_tries_do_not_overflow() -> None:
    assert Backoff(longest=120).delay(10_000, 1.0) == 120


def test_what_is_asked_for_counts_for_a_day_at_most() -> None:
    assert [Backoff().delay(1, 1.0, asked) for asked in (None, 5.0, float("inf"))] == [1.0, 5.0, 86_400.0]
