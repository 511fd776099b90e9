"""Extract quantities from prose."""

from watcher.parse.quantities.extractor import read_quantities
from watcher.parse.quantities.token_stream import is_supported

__all__ = ["is_supported", "read_quantities"]
