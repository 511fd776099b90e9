"""Test that a walk over revisions skips those that are too large, and reads all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.cases import for_each
from watcher.errors import TooLarge
from watcher.fetch.client import readable, walk_around, without_text
from watcher.model import Article, Revision, Snapshot
from watcher.model.revisions import MAX_TEXT_BYTES

ARTICLE = Article(wiki="w", page_id=1, title="Tide")
START = datetime(2026, 1, 1, tzinfo=UTC)
HUGE = MAX_TEXT_BYTES + 1


def revision(number: int, size: int) -> Revision:
    at = START + timedelta(minutes=number)
    return Revision(article=ARTICLE, id=number, parent_id=number - 1, at=at, editor="A", comment=None, size=size)


class LargePage:
    """Revisions of these sizes; an answer with a text of more than the bound is never given."""

    def __init__(self, *sizes: int, text: int | None = None) -> None:
        self.sizes, self.body = dict(enumerate(sizes, start=1)), text
        self.asked: list[int] = []

    def listed(self, last: Revision | None) -> Iterator[Snapshot]:
        for number, size in self.sizes.items():
            if number > (last.id if last else 0):
                yield Snapshot(revision=revision(number, self.body or size), wikitext=None)

    def texts(self, last: Revision | None) -> Iterator[Snapshot]:
        # a walk begins with the second of the last one, so that this one is part of the answer
        if last is not None and self.sizes[last.id] > MAX_TEXT_BYTES:
            raise TooLarge("too much")
        for snapshot in self.listed(last):
            yield self.single(snapshot.revision.id)

    def single(self, number: int) -> Snapshot:
        self.asked.append(number)
        if self.sizes[number] > MAX_TEXT_BYTES:
            raise TooLarge("too much")
        return Snapshot(revision=revision(number, self.sizes[number]), wikitext="Words.")

    def walked(self) -> list[tuple[int, str | None]]:
        snapshots = walk_around(None, self.texts, self.listed, self.single)
        return [(snapshot.revision.id, snapshot.wikitext) for snapshot in snapshots]


@for_each("sizes", [(5, HUGE, 5), (HUGE,), (5, HUGE), (HUGE, HUGE, 5, HUGE, 5, 5), (5, 5)])
def test_every_revision_comes_once_and_only_those_that_are_too_large_without_text(sizes: tuple[int, ...]) -> None:
    assert LargePage(*sizes).walked() == [
        (number, "Words." if size == 5 else None) for number, size in enumerate(sizes, start=1)
    ]


def test_text_that_is_too_large_is_not_asked_for_alone() -> None:
    page = LargePage(5, HUGE, 5, 5)
    page.walked()
    assert page.asked.count(2) == 1


def test_size_that_the_wiki_makes_small_does_not_stop_the_walk() -> None:
    assert LargePage(5, HUGE, 5, text=5).walked() == [(1, "Words."), (2, None), (3, "Words.")]


def test_text_that_cannot_be_read_is_left_with_a_size_that_says_so() -> None:
    small = Snapshot(revision=revision(1, 5), wikitext="a")
    assert readable(small) is small
    assert without_text(small) == Snapshot(revision=replace(small.revision, size=HUGE), wikitext=None)
    assert readable(Snapshot(revision=revision(1, 5), wikitext="a" * HUGE)).wikitext is None
