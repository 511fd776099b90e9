# ruff: noqa: ARG002  each method has the arguments of the one that it stands in for
"""Answer from the revisions of one page, as its readers saw them at some time in the past."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime

from watcher.errors import Missing, Unavailable
from watcher.fetch.client import WikiClient
from watcher.fetch.decode import Account
from watcher.fetch.pages import FileVersion, Page, PageState, Rendering
from watcher.model import Article, Dialect, Revision, Snapshot


class PastWiki(WikiClient):
    """A wiki with one page, whose revisions appear when the time that `now` tells has come.

    What a wiki knows of now only is not there: images have no digests, templates no edits, and nothing is rendered.
    `accounts` are known by their names, as they are today.
    """

    def __init__(
        self,
        snapshots: Sequence[Snapshot],
        *,
        now: Callable[[], datetime],
        dialect: Dialect,
        accounts: Mapping[str, Account],
    ) -> None:
        # No connection is opened: each method that a check calls is answered here.
        self._snapshots = sorted(snapshots, key=lambda snapshot: _order(snapshot.revision))
        self._times = [snapshot.revision.at for snapshot in self._snapshots]
        self._article = self._snapshots[-1].revision.article
        self.wiki = self._article.wiki
        self._now, self._dialect, self._accounts = now, dialect, accounts

    def close(self) -> None:
        """Close nothing."""

    def shown(self) -> Sequence[Snapshot]:
        """Return the revisions that there are by now, oldest first."""
        return self._snapshots[: bisect_right(self._times, self._now())]

    def latest(self, titles: Sequence[str] = (), page_ids: Sequence[int] = ()) -> tuple[Page, ...]:
        """Return the status of the page under its title or id; any other is missing."""
        return (*map(self._status, titles), *map(self._status, page_ids))

    def _status(self, asked: str | int) -> Page:
        shown = self.shown()
        if asked not in (self._article.title, self._article.page_id) or not shown:
            return Page(requested=asked, article=None, latest=None, state=PageState.MISSING)
        return Page(requested=asked, article=self._article, latest=shown[-1].revision.id, state=PageState.OK)

    def revisions_since(self, article: Article, last: Revision | None, *, with_text: bool = True) -> Iterator[Snapshot]:
        """Yield the revisions after `last`."""
        for snapshot in self.shown():
            if last is None or _order(snapshot.revision) > _order(last):
                yield snapshot if with_text else Snapshot(revision=snapshot.revision, wikitext=None)

    def revision(self, revision_id: int) -> Snapshot:
        """Return a revision by its id; raises Missing before it was made."""
        snapshot = next((each for each in self.shown() if each.revision.id == revision_id), None)
        if snapshot is None:
            raise Missing(f"revision {revision_id} on {self.wiki}: it is not part of what is replayed")
        return snapshot

    def newest(self, article: Article) -> Snapshot:
        """Return what readers see."""
        return self.shown()[-1]

    def newest_of(self, articles: Sequence[Article]) -> Iterator[Snapshot]:
        """Yield what readers see, if it can be read."""
        yield from (each for each in self.shown()[-1:] if each.wikitext is not None)

    def newest_edits(self, titles: Collection[str]) -> dict[str, Revision]:
        """Return nothing: what the page transcludes is not known."""
        return {}

    def last_edits(self, article: Article) -> tuple[Snapshot, ...]:
        """Return nothing, as `newest_edits`."""
        return ()

    def site(self) -> Dialect:
        """Return the wiki's own names."""
        return self._dialect

    def image_digests(self, names: Sequence[str]) -> dict[str, str | None]:
        """Return no digests."""
        return dict.fromkeys(names)

    def versions(self, name: str, *, thumbnails: bool = False) -> tuple[FileVersion, ...]:
        """Return no uploads."""
        return ()

    def accounts(self, names: Sequence[str]) -> dict[str, Account]:
        """Return the accounts that are known."""
        return {name: self._accounts[name] for name in names if name in self._accounts}

    def render(self, article: Article, *, revision_id: int | None = None, again: bool = False) -> Rendering:
        """Raise Unavailable: a wiki renders a page with the templates of now."""
        raise Unavailable(f"{article.title} on {self.wiki}: the past is not rendered")


def _order(revision: Revision) -> tuple[datetime, int]:
    return revision.at, revision.id
