"""Send messages through child processes, which are killed if a delivery takes too long.

Receivers are not trusted: one can keep a connection busy forever, or send an answer larger than the memory, and the
libraries used limit neither. A child is kept for the next message, because loading Apprise takes half a second.
It is started by its own command, not forked, so that it inherits no database connection, lock or thread.

Requests are sent to it as JSON through a pipe, so that no URL appears in the arguments or the environment of a process.
If the parent ends, so does the child, even during a delivery; otherwise it could send what the next worker sends again.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import threading
from contextlib import suppress
from dataclasses import asdict
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import Empty, LifoQueue
from time import monotonic
from typing import Any, Final

from watcher.errors import DeliveryError
from watcher.model import Severity
from watcher.notify.messages import Message
from watcher.notify.sender import TIMEOUT, send
from watcher.processes import command_of, limit_memory

MEMORY_GROWTH: Final = 256 << 20
"""Bytes of memory that a child may use for its deliveries, in addition to Python and Apprise."""
_START_SECONDS: Final = 40.0
# Beyond the limits of `sender.send`, which ends most deliveries itself and can name the reason.
_EXTRA_SECONDS: Final = 20.0
IDLE_SECONDS: Final = 120.0
"""Time without a request after which a child exits to free its memory."""
_REUSE_SECONDS: Final = IDLE_SECONDS / 2
_MOST_IDLE: Final = 2
_LARGEST_REPLY: Final = 65_536


class Child:
    """A process that delivers one message at a time."""

    def __init__(self, growth: int, start_seconds: float = _START_SECONDS) -> None:
        """Start the process; raise DeliveryError if it does not start."""
        # Proxies are for other networks. A message to a receiver on this machine, and the tokens in its URL, must not
        # pass through one.
        direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
        direct = direct if direct.strip() == "*" else ",".join(filter(None, (direct, "localhost,127.0.0.1,::1")))
        # One arena only: each additional one reserves 64 MB of the process's limited address space.
        environ = {**os.environ, "no_proxy": direct, "NO_PROXY": direct, "MALLOC_ARENA_MAX": "1"}
        self._connection, other = Pipe()
        self.used_at = monotonic()
        try:
            with other:
                self.process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                    command_of("watcher.notify.isolated", growth),
                    stdin=other.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environ,
                )
        except OSError as error:
            self._connection.close()
            raise DeliveryError(f"no process for the delivery could be started ({error.strerror})") from None
        # An idle child exits by itself; waiting for it avoids a zombie.
        threading.Thread(target=self.process.wait, name="delivery process", daemon=True).start()
        try:
            if not self._connection.poll(start_seconds):
                raise TimeoutError
            self._connection.recv_bytes(_LARGEST_REPLY)
        except (OSError, EOFError):
            self.end()
            raise DeliveryError("the process for the delivery did not start; run `watcher doctor`") from None

    def deliver(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        """Let the child deliver a message within `limit` seconds; return its answer, or an `error` if it has none."""
        end = monotonic() + limit
        # Writing a large request can block, too: killing the child ends both this and the wait for its reply.
        watchdog = threading.Timer(limit, self.process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            self._connection.send_bytes(json.dumps(request).encode())
            reply = json.loads(self._connection.recv_bytes(_LARGEST_REPLY))
        except (OSError, EOFError, ValueError):
            text = "the delivery ended without a result, perhaps because it took too much memory"
            if monotonic() >= end:
                text = f"the receiver kept the connection busy for more than {limit:g} s; the delivery was ended"
            return {"error": text, "spent": True}
        finally:
            watchdog.cancel()
        self.used_at = monotonic()
        return reply if isinstance(reply, dict) else {"error": "the delivery gave no result", "spent": True}

    def usable(self) -> bool:
        """Return whether the process is alive and not about to exit because it was idle.

        The pipe is closed at once when the process ends; `Popen.poll` only knows once the waiting thread has run.
        """
        return monotonic() - self.used_at < _REUSE_SECONDS and not self._connection.poll()

    def end(self) -> None:
        """Kill the process and wait for its end."""
        self._connection.close()
        self.process.kill()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_START_SECONDS)


class Sender:
    """Child processes that are kept between messages; safe to use from several threads."""

    def __init__(self, *, growth: int = MEMORY_GROWTH) -> None:
        self._growth = growth
        self._idle: LifoQueue[Child] = LifoQueue()

    def send(
        self,
        message: Message,
        url: str,
        key: str,
        *,
        secret: str = "",
        timeout: float = TIMEOUT,
        limit: float | None = None,
    ) -> None:
        """Deliver once; `timeout` limits each wait for the receiver, `limit` the whole delivery, in seconds.

        Raises DeliveryError like `sender.send`, and also if the delivery exceeds a limit.
        """
        request = {"message": asdict(message), "url": url, "key": key, "secret": secret, "timeout": timeout}
        child, reply = self._take(), {"spent": True}
        try:
            reply = child.deliver(request, 2 * timeout + _EXTRA_SECONDS if limit is None else limit)
        finally:
            if reply.get("spent") or self._idle.qsize() >= _MOST_IDLE:
                child.end()
            else:
                self._idle.put(child)
        if "error" in reply:
            permanent, retry_after = bool(reply.get("permanent")), reply.get("retry_after")
            raise DeliveryError(str(reply["error"]), permanent=permanent, retry_after=retry_after)

    def close(self) -> None:
        """Kill all idle processes."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().end()

    def _take(self) -> Child:
        with suppress(Empty):
            while True:
                child = self._idle.get_nowait()
                if child.usable():
                    return child
                child.end()
        return Child(self._growth)


_SENDER: Final = Sender()
atexit.register(_SENDER.close)
send_isolated: Final = _SENDER.send
"""Deliver once, in a child process that this process keeps; raises DeliveryError."""


def main(growth: int) -> None:
    """Run the child: serve the pipe on standard input, with memory limited to `growth` additional bytes."""
    # Service managers signal all processes of a service: a delivery in progress is finished, and the parent records it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    import apprise  # noqa: F401, PLC0415  loaded before the memory is limited

    limit_memory(growth)
    with Connection(os.dup(0)) as connection:
        serve(connection)
    # A thread that still waits for a receiver must not keep the process alive.
    os._exit(0)


def serve(connection: Connection, idle: float = IDLE_SECONDS) -> None:
    """Deliver the requested messages, until the parent is gone or sends no request for `idle` seconds."""

    def answer(request: bytes) -> None:
        with suppress(OSError):
            connection.send_bytes(json.dumps(attempt(json.loads(request))).encode())

    with suppress(OSError, EOFError):
        connection.send_bytes(b"{}")
        while connection.poll(idle):
            # In a thread, so that this loop notices the end of the parent during a delivery.
            threading.Thread(target=answer, args=(connection.recv_bytes(),), daemon=True).start()


def attempt(request: dict[str, Any]) -> dict[str, Any]:
    """Deliver once; return an empty answer on success, else one with `error`.

    `spent` means that a thread may still be busy with the receiver, so this process should be replaced.
    """
    began, timeout = monotonic(), float(request["timeout"])
    message = Message(**request["message"] | {"severity": Severity(request["message"]["severity"])})
    try:
        send(message, request["url"], request["key"], secret=request["secret"], timeout=timeout)
    except DeliveryError as error:
        spent = monotonic() - began >= timeout
        answer = {"error": str(error), "permanent": error.permanent, "retry_after": error.retry_after}
        return answer | {"spent": spent}
    except MemoryError:
        return {"error": "the receiver's answer took more memory than a delivery may", "spent": True}
    except Exception as error:  # noqa: BLE001  the text of an unknown error may contain the URL
        return {"error": f"{type(error).__name__} while sending", "spent": True}
    return {}
