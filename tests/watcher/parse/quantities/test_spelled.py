"""Test what is left out of the numbers that text2num reads."""

from __future__ import annotations

from watcher.parse.quantities.languages import language_of
from watcher.parse.quantities.token_stream import spelled_numbers, tokens_of


def test_a_scale_behind_digits_belongs_to_them() -> None:
    assert spelled_numbers(tokens_of("21 Millionen", language_of("de")), "de") == {}


def test_english_and_unknown_languages_are_left_to_others() -> None:
    assert spelled_numbers(tokens_of("twenty-one boats", language_of("en")), "en") == {}
