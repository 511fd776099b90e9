"""Find what an edit takes back: accepted texts that it brings in again, and facts that no longer hold.

What the whole text tells is in `watcher.model.revisions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, TypeVar

from snapshots import SentFact
from watcher.config import Watch
from watcher.model import Revision
from watcher.services.alerts import is_same_thing
from watcher.services.context import AppContext

RESTORED_REACH: Final = 20  # revisions: a text from before these is news to readers again


def restored_revision(services: AppContext, watch: Watch, revision: Revision) -> Revision | None:
    """Find the accepted revision whose text an edit brings back.

    A text that caused alerts when it came is no less alarming when it comes again, after a revert that was not exact.
    """
    earlier = services.archive.revisions.restored(revision.article, revision, reach=RESTORED_REACH)
    if earlier and services.archive.comparisons.was_accepted(revision.article, earlier, watch.threshold):
        return earlier
    return None


class _HoldsFact(Protocol):
    """Something that states a fact: a sent alert or an open finding."""

    @property
    def fact(self) -> SentFact: ...


_Holder = TypeVar("_Holder", bound=_HoldsFact)


def chain_of(now: SentFact, stated: Iterable[_Holder]) -> tuple[_Holder, ...]:
    """Return what was stated of the same thing, in the same order."""
    return tuple(holder for holder in stated if is_same_thing(holder.fact, now))


def facts_undone_by(now: SentFact, stated: Iterable[_Holder]) -> tuple[_Holder, ...]:
    """Return what this finding reverts: the fact whose old value is back, and all later ones of that chain."""
    chain = chain_of(now, stated)
    values = {holder.fact.new for holder in chain}
    for location, item in enumerate(chain):
        # An element that is removed again says nothing of its value: only the one that was reported can be meant.
        if item.fact.old == now.new and (now.new is not None or now.old in values):
            return chain[location:]
    return ()
