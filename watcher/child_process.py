"""Bound the memory of a process that works for another one on what strangers send."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path


def limit_memory(growth: int) -> None:
    """Limit the growth of this process to `growth` bytes; where the system has no such limit, nothing is done."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + growth
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
