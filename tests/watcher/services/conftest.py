"""The small wiki of the flows' tests, for the services too."""

from tests.flows.conftest import either_world, world

__all__ = ["either_world", "world"]
