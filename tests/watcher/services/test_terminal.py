"""Text by strangers is shown, and does nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.services.terminal import escape_control_characters


@given(st.text())
def test_nothing_that_is_left_can_steer_a_terminal(text: str):
    assert escape_control_characters(text).isprintable()


@pytest.mark.parametrize("text", ["Zürich – 5 %", "東京", "a ‘b’ “c”", ""])
def test_ordinary_text_stays_as_it_is(text: str):
    assert escape_control_characters(text) == text
