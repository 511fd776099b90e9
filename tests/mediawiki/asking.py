"""Name the requests that the tests of a real wiki make."""

from __future__ import annotations

from collections.abc import Iterable

from watcher.fetch import WikiClient
from watcher.model import Article, Snapshot


def article_of(client: WikiClient, title: str) -> Article:
    (page,) = client.latest([title])
    assert page.article is not None
    return page.article


def ids(snapshots: Iterable[Snapshot]) -> list[int]:
    return [snapshot.revision.id for snapshot in snapshots]
