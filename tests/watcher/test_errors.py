"""Test that every error stands in the tree that its module draws."""

import inspect
import re

from watcher import errors
from watcher.errors import WatcherError


def test_the_drawn_tree_has_every_error_and_no_other():
    tree = [item for _, item in inspect.getmembers(errors, inspect.isclass) if item.__module__ == errors.__name__]
    assert all(issubclass(item, WatcherError) for item in tree)
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted(drawn) == sorted(item.__name__ for item in tree if item is not WatcherError)
