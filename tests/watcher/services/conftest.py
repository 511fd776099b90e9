"""Provide the small wiki of the flows' tests, and explain what fails in a story."""

import pytest

pytest.register_assert_rewrite("tests.watcher.services.stories")

from tests.flows.conftest import each_world, either_world, world  # noqa: E402

__all__ = ["each_world", "either_world", "world"]
