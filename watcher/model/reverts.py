"""Find what edits take back whose text is that of an earlier revision again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from watcher.model.revisions import Revision

_REACH: Final = 10  # revisions within which one is undone


class _Made(Protocol):
    """Something that an edit made: a finding, a sent fact."""

    @property
    def before(self) -> Revision: ...


_MadeT = TypeVar("_MadeT", bound=_Made)


def undone(history: Sequence[Revision]) -> list[Revision]:
    """Return the revisions, oldest first, after which one of the next ten brought back a text from before them."""
    positions: set[int] = set()
    for now, revision in enumerate(history):
        for then in range(now - 1, max(now - 2 - _REACH, -1), -1):
            if revision.has_text_of(history[then]):
                positions.update(range(then + 1, now))
                break
    return [history[position] for position in sorted(positions)]


def made_since_text_of(revision: Revision, made: Sequence[_MadeT]) -> Sequence[_MadeT]:
    """Return what was made since the text of a revision stood, of what is ordered from the oldest on.

    () where that text is not back: nothing is taken back as a whole.
    """
    first = next((at for at, item in enumerate(made) if revision.has_text_of(item.before)), len(made))
    return made[first:]
