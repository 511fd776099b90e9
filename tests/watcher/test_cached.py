"""Test that a constant is made once for its arguments."""

from __future__ import annotations

from watcher.cached import load_once


def test_a_value_is_made_once_for_each_set_of_arguments():
    made = []

    @load_once
    def words(language: str) -> list[str]:
        made.append(language)
        return [language]

    assert words("en") is words("en")
    assert words("de") == ["de"]
    assert made == ["en", "de"]


def test_it_keeps_its_name_and_cannot_be_cleared():
    @load_once
    def words() -> str:
        """Give words."""
        return "x"

    assert (words.__name__, words.__doc__) == ("words", "Give words.")
    assert not hasattr(words, "cache_clear")
