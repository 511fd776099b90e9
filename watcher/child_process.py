"""Start a process that works for another one on what strangers send, and bound its memory."""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

# Without the working folder on the path, where a file may be named like a module.
_CODE: Final = "import sys; sys.path.append(sys.argv[1]); from {} import main; main(*map(int, sys.argv[2:]))"


def command_of(module: str, *numbers: int) -> list[str]:
    """Return the command that calls `main` of one of our modules with some numbers, in an interpreter of its own."""
    root = Path(__file__).resolve().parents[1]
    return [sys.executable, "-P", "-c", _CODE.format(module), str(root), *map(str, numbers)]


def limit_memory(growth: int) -> None:
    """Limit the growth of this process to `growth` bytes; where the system has no such limit, nothing is done."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + growth
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
