"""Who looks at the pages, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a reader may do: look, decide about findings, change what is watched."""

    READ = "read"
    REVIEW = "review"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who looks at the pages; `token` goes into a hidden field of every form that changes something."""

    name: str
    scopes: frozenset[Scope]
    token: str = ""

    def may(self, scope: Scope) -> bool:
        """Whether the reader has this scope."""
        return scope in self.scopes


LOCAL = Reader(name="reviewer", scopes=frozenset(Scope))
"""Whoever sits at this machine, where nobody has to sign in."""
