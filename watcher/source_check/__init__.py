"""Read a cited page and say which of two values it states: `read_source` fetches it, `compare_source` compares."""

from watcher.source_check.page import SourcePage, read_source
from watcher.source_check.statement import compare_source

__all__ = ["SourcePage", "compare_source", "read_source"]
