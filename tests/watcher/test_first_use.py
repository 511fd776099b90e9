"""Test that names of a package are loaded on first use from the module that defines them."""

import pytest

import watcher
from watcher.first_use import first_use

NAME = first_use("watcher", ["errors", "text"])


def test_a_name_is_looked_for_in_one_module_after_the_other_and_once_only(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watcher, "escape_control_characters", None, raising=False)  # undone afterwards
    imported = NAME("escape_control_characters")
    assert imported.__module__ == "watcher.text"
    assert vars(watcher)["escape_control_characters"] is imported


@pytest.mark.parametrize("name", ["nowhere", "errors", "__path__"])
def test_what_is_nowhere_or_a_module_is_an_error_that_names_the_package(name: str):
    with pytest.raises(AttributeError, match=f"module 'watcher' has no attribute '{name}'"):
        NAME(name)
