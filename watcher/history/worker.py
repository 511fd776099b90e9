"""Compare texts in another process.

It is started by its own command, not forked: it inherits no connection, lock or thread, and imports only what it needs.
When its parent is gone, however that ended, it ends too.
"""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from io import BytesIO
from multiprocessing.connection import Connection, Pipe
from operator import attrgetter
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from types import MappingProxyType
from typing import Any, Final

from watcher.garbage_collection import IN_HISTORIES, rare_collections
from watcher.history.comparison import Blocks, Comparer, Edit, Mappings
from watcher.model import Dialect

_ROOT: Final = str(Path(__file__).resolve().parents[2])
# Without the working folder on the path, where a file may be named like a module; Ctrl-C is for the parent.
_CODE: Final = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.path.append(sys.argv[1])
from watcher.history.worker import main
main(int(sys.argv[2]))
"""


class Worker:
    """A process that compares what is sent to it, in that order."""

    def __init__(self, dialect: Dialect) -> None:
        self._connection, other = Pipe()
        with other:
            self.process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-P", "-c", _CODE, _ROOT, str(other.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
                env={**os.environ, "MALLOC_ARENA_MAX": "1"},  # its threads only pass bytes on
            )
        self._readable = select.poll()
        self._readable.register(self._connection, select.POLLIN)
        self._dialect = dialect
        self._requests: SimpleQueue[bytes] = SimpleQueue()
        self._sender = Thread(target=self._send, daemon=True)
        self._sender.start()

    def compare(self, start: str, edits: Sequence[Edit | None]) -> None:
        """Have the texts compared that some edits make of the first; do not wait until the process takes them."""
        self._requests.put(pickle.dumps((self._dialect, start, edits), pickle.HIGHEST_PROTOCOL))

    def _send(self) -> None:
        with suppress(OSError):  # the process has ended, as `results` tells
            while request := self._requests.get():
                self._connection.send_bytes(request)

    def results(self) -> Iterator[bytes]:
        """Yield what is compared by now, for `load`. Raises OSError or EOFError where the process has ended."""
        while self._readable.poll(0):
            yield self._connection.recv_bytes()

    def end(self) -> None:
        """End the process; it holds nothing that needs to be kept."""
        self.process.kill()
        self.process.wait()
        self._requests.put(b"")
        self._sender.join()
        self._connection.close()


def load(result: bytes) -> tuple[Mappings, Blocks]:
    """Return the mappings of some edits, and the blocks that were read of the last text."""
    compared: tuple[Mappings, Blocks] = pickle.loads(result)  # noqa: S301  of a process of ours
    return compared


def main(descriptor: int) -> None:
    """Be the worker: compare what comes by a socket, reading and writing beside it, so that neither side waits."""
    connection = Connection(descriptor)
    requests: SimpleQueue[bytes] = SimpleQueue()
    results: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_exchange, args=(lambda: requests.put(connection.recv_bytes()),), daemon=True).start()
    Thread(target=_exchange, args=(lambda: connection.send_bytes(results.get()),), daemon=True).start()
    comparer: Comparer | None = None
    with rare_collections(IN_HISTORIES):
        while True:
            dialect, start, edits = pickle.loads(requests.get())  # noqa: S301  of our parent
            comparer = comparer or Comparer(dialect)
            results.put(pack(comparer.edits(start, edits)))


def _exchange(once: Callable[[], None]) -> None:
    with suppress(OSError, EOFError):  # the parent has ended
        while True:
            once()
    os._exit(0)


def pack(compared: tuple[Mappings, Blocks]) -> bytes:
    """Return mappings and blocks as bytes, a tenth of the memory until their turn comes."""
    mappings, read = compared
    # Of the blocks each for itself: the other process needs few.
    return _packed((mappings, {text: _packed(analysis) for text, analysis in read.items()}))


def _packed(value: object) -> bytes:
    body = BytesIO()
    _ValuePickler(body, pickle.HIGHEST_PROTOCOL).dump(value)
    return body.getvalue()


class _ValuePickler(pickle.Pickler):
    """Takes the fields of frozen dataclasses at once: pickle would read and write each of them in Python."""

    def reducer_override(self, value: Any) -> Any:
        kind: Any = type(value)
        if (values := _values_of(kind)) is not None:
            return _restore, (kind, *values(value))
        return (_read_only, (dict(value),)) if kind is MappingProxyType else NotImplemented


def _read_only(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


@cache
def _values_of(kind: type[Any]) -> Callable[[Any], tuple[Any, ...]] | None:
    return attrgetter(*(item.name for item in fields(kind))) if is_dataclass(kind) else None


@cache
def _setters_of(kind: type[Any]) -> tuple[Callable[[Any, Any], None], ...]:
    return tuple(getattr(kind, item.name).__set__ for item in fields(kind))


def _restore(kind: Any, *values: object) -> object:
    made: object = object.__new__(kind)
    for set_field, value in zip(_setters_of(kind), values, strict=True):
        set_field(made, value)
    return made
