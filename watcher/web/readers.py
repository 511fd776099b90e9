"""Who looks at the pages, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass

from snapshots import Scope

__all__ = ["LOCAL", "NOBODY", "Reader", "Scope", "reader_with"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who looks at the pages; `token` goes into a hidden field `token` of every form that changes something.

    `via` is nobody, session or token: who says nothing of themselves may read on this machine, or nothing at all.
    """

    name: str
    scopes: frozenset[Scope]
    token: str = ""
    via: str = "nobody"

    def may(self, scope: Scope) -> bool:
        """Whether the reader has this scope; for templates too: `reader.may("review")`."""
        return scope in self.scopes

    @property
    def signed_in(self) -> bool:
        """Whether a session or a token says who this is."""
        return self.via != "nobody"

    @property
    def highest(self) -> str:
        """The widest scope, or none."""
        return next((scope.value for scope in reversed(Scope) if scope in self.scopes), "none")


def reader_with(scope: Scope | None, name: str = "", *, token: str = "", via: str = "nobody") -> Reader:
    """A reader with a scope and those that it includes."""
    scopes = frozenset(one for one in Scope if scope and scope.covers(one))
    return Reader(name=name, scopes=scopes, token=token, via=via)


NOBODY = reader_with(None)
"""Who may do nothing."""
LOCAL = reader_with(Scope.ADMIN, "reviewer", via="session")
"""Who came by a one-time link: whoever sits at this machine while nobody can sign in yet."""
