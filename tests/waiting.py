"""Wait for other processes or threads: a single assert would depend on how busy the machine is."""

import threading
import time
from collections.abc import Callable

_SHORTEST, _LONGEST = 0.02, 1.0  # seconds between two calls


def wait_until(true: Callable[[], object], limit: float = 300) -> bool:
    """Poll, less and less often, until something is true or `limit` seconds have passed; return whether it is true."""
    end = time.monotonic() + limit
    pause = _SHORTEST
    while not (result := bool(true())) and time.monotonic() < end:
        threading.Event().wait(pause)
        pause = min(2 * pause, _LONGEST)
    return result
