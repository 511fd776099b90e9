"""A Retry-After is understood as RFC 9110 writes it, and heard from whichever thread the answer came to."""

from __future__ import annotations

import pytest

from watcher.notify.retry_after import seconds

DATE = "Wed, 04 Mar 2026 05:06:00 GMT"


@pytest.mark.parametrize(
    ("said", "date", "found"),
    [
        ("120", DATE, 120.0),
        (" 7 ", "", 7.0),
        ("9" * 400, "", 999_999_999.0),
        ("Wed, 04 Mar 2026 05:07:30 GMT", DATE, 90.0),
        ("Wed, 04 Mar 2026 05:00:00 GMT", DATE, 0.0),
        ("Wed, 04 Mar 2026 05:07:30 GMT", "", None),
        ("Wed, 04 Mar 2026 05:07:30", DATE, None),
        ("-5", DATE, None),
        ("1.5", DATE, None),
        ("٣", DATE, None),
        ("soon", DATE, None),
        ("", DATE, None),
    ],
)
def test_a_number_or_a_time_by_the_receivers_clock(said: str, date: str, found: float | None):
    assert seconds(said, date) == found
