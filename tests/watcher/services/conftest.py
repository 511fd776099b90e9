"""Provide the small wiki of the flows' tests."""

from tests.flows.conftest import each_world, either_world, world

__all__ = ["each_world", "either_world", "world"]
