"""Prose in, quantities out."""

from watcher.parse.quantities.languages import knows
from watcher.parse.quantities.reading import read_quantities

__all__ = ["knows", "read_quantities"]
