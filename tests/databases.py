"""Share what database tests need: an empty database to copy, and compiled statements."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from snapshots import Archive

# Each database that a test opens has a new engine and dialect, and compiling all statements for it again took a
# third of the time of these tests. Here, engines of one kind share them: a statement is compiled for the dialect, and
# all dialects of one class are equal within a process.
STATEMENTS: LRUCache[Any, Any] = LRUCache(4_000)
DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)
DefaultDialect.__hash__ = lambda self: hash(type(self))
Engine._execution_options = Engine._execution_options.union({"compiled_cache": STATEMENTS})


@cache
def empty_database() -> bytes:
    """An SQLite database with all tables and no rows, which tests copy: migrating a new one takes 70 ms."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watcher.db"
        with Archive(f"sqlite:///{path}") as archive:
            archive.upgrade()
        return path.read_bytes()
