"""Deliver messages in a process of its own, which its parent may end at any time.

Receivers are strangers: one can keep a connection busy without end, or answer with more than the memory holds, and the
libraries that talk to them bound neither. The requests come as lines of JSON through a socket, so that no URL stands
in the arguments or the environment of the process. When the parent is gone, the process ends, also in the middle of a
delivery: nobody is left behind who sends what the next worker sends again.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final

from watcher.errors import DeliveryError
from watcher.model import Severity
from watcher.notify.apprise_sender import send
from watcher.notify.messages import Message

IDLE_SECONDS: Final = 120.0
"""After so long without a request the process ends, so that its memory is free."""


def main(growth: int) -> None:
    """Serve the socket that is the standard input, growing by at most `growth` bytes of memory."""
    # Whoever stops a service signals all its processes: a delivery that has begun is finished, and noted by the parent.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    import apprise  # noqa: F401, PLC0415  loaded before the memory is bounded

    limit_memory(growth)
    with socket.socket(fileno=os.dup(0)) as connection:
        serve(connection)
    # A thread that still waits for a receiver must not keep the process.
    os._exit(0)


def limit_memory(growth: int) -> None:
    """Limit the growth of this process; where the system has no such limit, the parent's deadline applies."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + growth
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def serve(connection: socket.socket, idle: float = IDLE_SECONDS) -> None:
    """Deliver the messages that are requested, until the other side is gone or idle."""
    connection.settimeout(idle)
    with connection.makefile("rb") as requests, suppress(OSError):
        connection.sendall(b"{}\n")
        for line in requests:
            # In a thread, so that the end of the parent is noticed here during the delivery.
            threading.Thread(target=_answer, args=(connection, line), daemon=True).start()


def _answer(connection: socket.socket, line: bytes) -> None:
    with suppress(OSError):
        connection.sendall(json.dumps(attempt(json.loads(line))).encode() + b"\n")


def attempt(request: dict[str, Any]) -> dict[str, Any]:
    """Deliver once; an empty answer means success.

    `spent` says that a thread may still be busy with the receiver, so that this process should be replaced.
    """
    began, timeout = monotonic(), float(request["timeout"])
    message = Message(**request["message"] | {"severity": Severity(request["message"]["severity"])})
    try:
        send(message, request["url"], request["key"], secret=request["secret"], timeout=timeout)
    except DeliveryError as error:
        spent = monotonic() - began >= timeout
        return {
            "error": str(error), "permanent": error.permanent, "retry_after": error.retry_after, "spent": spent,
        }  # fmt: skip
    except MemoryError:
        return {"error": "the receiver's answer took more memory than a delivery may", "spent": True}
    except Exception as error:  # noqa: BLE001  the text of an unknown error may hold the URL
        return {"error": f"{type(error).__name__} while sending", "spent": True}
    return {}
