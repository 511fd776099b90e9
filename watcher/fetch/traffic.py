"""Each request to a wiki, and each wait that it asked for, becomes a count."""

from __future__ import annotations

from typing import Protocol

from watcher.errors import Corrupt, Missing, Refused, Unavailable


class Traffic(Protocol):
    """Who counts what goes over the wire."""

    def asked(self, wiki: str, outcome: str, seconds: float) -> None:
        """A request was made; `outcome` is ok, busy, refused, garbled or missing."""

    def waited(self, wiki: str, seconds: float) -> None:
        """The next request was put off, because the wiki was busy or the network failed."""


class Uncounted:
    """Nobody counts."""

    def asked(self, wiki: str, outcome: str, seconds: float) -> None:
        """Nothing."""

    def waited(self, wiki: str, seconds: float) -> None:
        """Nothing."""


def outcome_of(error: Exception | None) -> str:
    """The outcome of a request in a word.

    >>> outcome_of(None), outcome_of(Unavailable("maxlag"))
    ('ok', 'busy')
    """
    match error:
        case None:
            return "ok"
        case Unavailable():
            return "busy"
        case Refused():
            return "refused"
        case Corrupt():
            return "garbled"
        case Missing():
            return "missing"
        case _:
            return "failed"
