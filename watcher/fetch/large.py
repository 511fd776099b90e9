"""Walk over revisions of which some are too large to be read: those come without their text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from watcher.errors import TooLarge
from watcher.model import Revision, Snapshot
from watcher.model.limits import MAX_TEXT_BYTES, is_size_too_large, is_too_large

Walk = Callable[[Revision | None], Iterator[Snapshot]]


def readable(snapshot: Snapshot) -> Snapshot:
    """Remove the text of a snapshot where it is too large to compare."""
    text = snapshot.wikitext
    return snapshot if text is None or not is_too_large(text) else without_text(snapshot)


def without_text(snapshot: Snapshot) -> Snapshot:
    """Return the revision alone, with a size that says why its text is missing, whatever the wiki says."""
    size = max(snapshot.revision.size or 0, MAX_TEXT_BYTES + 1)
    return Snapshot(revision=replace(snapshot.revision, size=size), wikitext=None)


def walk_around(
    last: Revision | None, texts: Walk, listed: Walk, single: Callable[[int], Snapshot]
) -> Iterator[Snapshot]:
    """Yield the revisions after `last`; where an answer is too large, fetch its revisions one by one.

    `texts` and `listed` walk with and without texts, `single` fetches a revision by its id. Raises TooLarge where
    even the list is too large.
    """
    while True:
        try:
            for snapshot in texts(last):
                last = snapshot.revision
                yield readable(snapshot)
        except TooLarge:
            passed = False
            for snapshot in listed(last):
                last = snapshot.revision
                yield _text_of(snapshot, single)
                # A walk begins in the second of the revision before it: that must not be the one that is too large.
                if passed and not is_size_too_large(last.size):
                    break
                passed = passed or is_size_too_large(last.size)
            else:
                return
        else:
            return


def _text_of(listed: Snapshot, single: Callable[[int], Snapshot]) -> Snapshot:
    if listed.revision.text_hidden or is_size_too_large(listed.revision.size):
        return listed
    try:
        return readable(single(listed.revision.id))
    except TooLarge:
        return without_text(listed)
