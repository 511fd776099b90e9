from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.config import duration
from watcher.config.validators import format_duration


@pytest.mark.parametrize(("seconds", "words"), [(0, "0"), (90, "1m30s"), (600, "10m"), (93_784, "1d2h3m4s")])
def test_a_length_is_reported_as_the_file_has_it(seconds: int, words: str):
    assert format_duration(timedelta(seconds=seconds)) == words


@given(st.integers(min_value=0, max_value=366 * 86_400))
def test_what_is_reported_reads_back_as_the_same(seconds: int):
    assert duration(format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
