"""Names for workers, and the leases of those that died given back."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable

from snapshots import Archive


def owner_name() -> str:
    """A name for leases that no other process has: this machine, this process, and a word by chance."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def is_running(pid: int) -> bool:
    """Whether a process of this machine is alive; True where that cannot be told."""
    if os.name != "posix":  # elsewhere signal 0 is not a question
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def free_the_dead(archive: Archive, *, alive: Callable[[int], bool] = is_running) -> tuple[str, ...]:
    """Give back what killed workers of this machine had leased, so that the next check need not wait; their names.

    Should a worker be taken for dead that is not (another container with our host name), nothing breaks:
    a decision is written only where the cursor has not moved, and a message repeats under its key.
    """
    dead = tuple(owner for owner in archive.lease_owners() if _was_here(owner, alive))
    for owner in dead:
        archive.free_leases(owner)
    return dead


def _was_here(owner: str, alive: Callable[[int], bool]) -> bool:
    host, _, rest = owner.rpartition("-")[0].rpartition("-")
    return host == socket.gethostname() and rest.isascii() and rest.isdecimal() and not alive(int(rest))
