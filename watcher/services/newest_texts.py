"""Fetch what readers see of edited pages, twenty with one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from watcher.errors import StoreError, WatcherError
from watcher.model import Article, Snapshot
from watcher.services.context import AppContext
from watcher.services.poll import PageStatus

AT_ONCE: Final = 20  # pages whose texts are held in memory; the first of them is judged when all have come


class NewestTexts:
    """The newest revisions of some edited pages of one wiki, fetched when the first of them is taken.

    Left out is what a walk along the revisions of the page is to fetch: a text that is hidden or too large, one that is
    stored already because it has not settled, and the text of a page that alone was edited. Raises StoreError.
    """

    def __init__(self, services: AppContext, edited: Sequence[PageStatus]) -> None:
        self._services = services
        self._texts: dict[int, Snapshot] = {}
        pages = {status.page.latest: status.page.article for status in edited if status.page.latest is not None}
        wiki = next((article.wiki for article in pages.values() if article), "")
        stored = services.archive.revisions.stored_ids(wiki, [*pages]) if len(pages) > 1 else pages.keys()
        self._waiting = [article for latest, article in pages.items() if article and latest not in stored]

    def take(self, article: Article | None) -> Snapshot | None:
        """Return the newest revision of a page; None where its revisions are to be walked along."""
        if article is None:
            return None
        if article.page_id not in self._texts and len(self._waiting) > 1 and article in self._waiting:
            asked, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                newest = self._services.client(asked[0].wiki).newest_of(asked)
                self._texts = {snapshot.revision.article.page_id: snapshot for snapshot in newest}
            except StoreError:
                raise
            except WatcherError:  # each page is asked for again, and says itself what is wrong
                self._waiting = []
        return self._texts.pop(article.page_id, None)
