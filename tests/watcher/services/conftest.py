"""The small wiki of the flows' tests, for the services too."""

from tests.flows.conftest import each_world, either_world, world

__all__ = ["each_world", "either_world", "world"]
