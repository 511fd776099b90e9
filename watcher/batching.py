"""Split a sequence into batches that fit a request or a statement."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from watcher.errors import WatcherError

T = TypeVar("T")


def batched(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the values in batches of `size`; the last one may be shorter.

    If the source raises a WatcherError, the values before it are yielded first: if a wiki fails in the middle of a
    listing, the revisions that it has sent must not be lost. Python 3.12's `itertools.batched` would drop them.
    """
    batch: list[T] = []
    try:
        for value in values:
            batch.append(value)
            if len(batch) == size:
                yield batch
                batch = []
    except WatcherError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
