"""Test that every error is one of ours, stands in the tree that its module draws, and says when to retry."""

from __future__ import annotations

import inspect
import re

from tests.cases import for_each
from watcher import errors
from watcher.errors import DeliveryError, Unavailable, WatcherError

TREE = [item for _, item in inspect.getmembers(errors, inspect.isclass) if item.__module__ == errors.__name__]


@for_each("error", TREE)
def test_every_error_is_a_watcher_error_and_says_what_it_is_for(error: type[Exception]):
    assert issubclass(error, WatcherError)
    assert error.__doc__


def test_the_drawn_tree_has_every_error_and_no_other():
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted(drawn) == sorted(item.__name__ for item in TREE if item is not WatcherError)


def test_an_error_says_when_it_is_worth_to_try_again():
    assert Unavailable("busy").retry_after is None
    assert Unavailable("busy", retry_after=5).retry_after == 5
    assert not DeliveryError("busy").permanent
    assert DeliveryError("gone", permanent=True).permanent
