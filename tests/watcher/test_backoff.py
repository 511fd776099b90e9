from datetime import UTC, datetime

import pytest

from tests.cases import for_each, table
from watcher.backoff import Backoff, parse_http_date, parse_retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@for_each(("value", "seconds"), [*table(__file__, "waits"), ("9" * 100_000, 86_400.0)])
def test_retry_after_is_read_in_seconds_and_as_a_date(value: str, seconds: float) -> None:
    assert parse_retry_after(value, NOW) == seconds


@for_each("value", [*table(__file__, "no_waits"), None])
def test_what_is_no_wait_asks_for_none(value: str | None) -> None:
    assert parse_retry_after(value, NOW) is None


def test_waits_double_up_to_the_longest_and_jitter_takes_away_up_to_half() -> None:
    backoff = Backoff(first=1.0, longest=60.0)
    assert [backoff.delay(tries, 1.0) for tries in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert [backoff.delay(3, jitter) for jitter in (0.0, 0.5, 1.0)] == [2.0, 3.0, 4.0]


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
