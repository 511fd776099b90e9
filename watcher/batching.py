"""Cut a sequence into batches: the one place for what fits a request or a statement."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from watcher.errors import WatcherError

T = TypeVar("T")


def batched(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the values in batches of `size`, the last one shorter.

    What came before an error is yielded before the error is raised: a wiki that fails in the middle of a walk must not
    cost the revisions that it has sent. `itertools.batched` of Python 3.12 would drop them.
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
