from collections.abc import Iterator

import pytest

from watcher.batching import batched
from watcher.errors import Unavailable


def breaking_off() -> Iterator[int]:
    yield from range(5)
    raise Unavailable("busy")


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (2, [2]), (5, [2, 2, 1])])
def test_the_last_batch_is_shorter(count: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in batched(range(count), 2)] == sizes


def test_what_came_before_an_error_is_not_lost() -> None:
    batches = batched(breaking_off(), 3)
    assert [next(batches), next(batches)] == [[0, 1, 2], [3, 4]]
    with pytest.raises(Unavailable):
        next(batches)
