"""Name the element that an unexpected error kept from being read, so that it hides nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from watcher.model.elements import NO_LOCATION, Location, Unread

T = TypeVar("T")
U = TypeVar("U")

FAILED: Final = "failed to read "
"""How the reason of an element begins that a defect, and no limit of the parser, kept from being read."""
_MOST: Final = 100  # failures that are named; a text of one poisoned word repeated has as many as it has words


class Guard:
    """Runs the steps that read or compare one element each, and records those that fail."""

    def __init__(self) -> None:
        self.unread: list[Unread] = []

    def run(
        self,
        read: Callable[[], T],
        *,
        otherwise: U,
        element: str,
        location: Location | Callable[[], Location] = NO_LOCATION,
    ) -> T | U:
        """Return what `read` returns; where it raises, record `element` as unread and return `otherwise`."""
        try:
            return read()
        except MemoryError:  # not of one element: the whole process is short of memory
            raise
        except Exception as error:  # noqa: BLE001  strangers write the text: whatever it triggers concerns one element
            if len(self.unread) < _MOST:
                where = location if isinstance(location, Location) else location()
                self.unread.append(Unread(reason=f"{FAILED}{element}: {type(error).__name__}", location=where))
            return otherwise


def failures(unread: Iterable[Unread]) -> tuple[Unread, ...]:
    """Return those unread elements that a defect, and no limit of the parser, left unread."""
    return tuple(unread for unread in unread if unread.reason.startswith(FAILED))
