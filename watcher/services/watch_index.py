"""Find the watch of an article and the article of a watch, by page id.

A page keeps its id when it is moved, the watchlist keeps the title that it was added under. Whoever compares titles
loses moved pages, so every lookup between the two goes through this index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from snapshots import Archive, PollState
from watcher.config import Watch, Watchlist, did_you_mean
from watcher.errors import ConfigError
from watcher.model import Article

EARLY: Final = timedelta(seconds=30)
"""A dispatch is made every minute: a page is due in the one that is nearest to its time."""
WatchKey = tuple[str, str]
"""Wiki and title of a watch as the watchlist has them."""


class WatchIndex:
    """Lookups between one state of the watchlist and the archive; its construction needs no query."""

    def __init__(self, watchlist: Watchlist, archive: Archive) -> None:
        self._watchlist = watchlist
        self._archive = archive
        self._by_key: dict[WatchKey, Watch] = {(watch.wiki, watch.title): watch for watch in watchlist.watches}
        self._position = {key: position for position, key in enumerate(self._by_key)}
        self._by_title: dict[str, list[Watch]] = defaultdict(list)
        for watch in watchlist.watches:
            self._by_title[watch.title].append(watch)
        self._sources = {(source.wiki, source.source): source for source in watchlist.sources}

    def get(self, wiki: str, title: str) -> Watch | None:
        """Return the watch that the watchlist has under exactly this title, else that of the lists it is in."""
        return self._by_key.get((wiki, title)) or self.members(wiki, titles=[title]).get(title)

    def members(self, wiki: str, *, titles: Collection[str] = (), page_ids: Collection[int] = ()) -> dict[str, Watch]:
        """Make the watches of members of lists, by their titles: of several lists, the first of the watchlist counts.

        Made for those that are asked for: the lists may have a million members.
        """
        if not any(key[0] == wiki for key in self._sources):
            return {}
        listed = self._archive.members.sources_of(wiki, titles=titles, page_ids=page_ids)
        return {
            article.title: sources[0].model_copy(update={"title": article.title})
            for article, keys in listed.values()
            if (sources := [source for key in keys if (source := self._sources.get((wiki, key)))])
        }

    def select(self, wiki: str | None, titles: Collection[str]) -> Iterator[Watch]:
        """Yield the watches of some titles: those of the watchlist, and those of members of its lists."""
        for name in [site.name for site in self._watchlist.wikis] if wiki is None else [wiki]:
            own = {title: watch for title in titles if (watch := self._by_key.get((name, title)))}
            yield from (
                own | {key: watch for key, watch in self.members(name, titles=titles).items() if key not in own}
            ).values()

    def member_titles(self, source: Watch) -> Iterator[str]:
        """Yield the titles of the members of a list, other lists' or not."""
        for batch in self._pages(source, None):
            yield from (article.title for article in batch)

    def _pages(self, source: Watch, due: tuple[datetime, datetime] | None) -> Iterator[list[Article]]:
        pages = partial(self._archive.members.pages, source.wiki, source.source, due=due)
        rows = pages()
        while rows:
            yield [article for _, article in rows]
            rows = pages(after=rows[-1][0])

    def batches(self) -> Iterator[list[Watch]]:
        """Yield all watches, some at a time: those of the watchlist first, then the members of each list, each once."""
        yield [*self._by_key.values()]
        yield from self.listed()

    def listed(self, now: datetime | None = None, *, unchecked: bool = False) -> Iterator[list[Watch]]:
        """Yield the watches of the members of all lists, some at a time; with `now` only those that are due.

        Of these only the `unchecked` ones, if asked.
        """
        for source in self._sources.values():
            late = timedelta(days=36_500) if unchecked else source.every - min(EARLY, source.every / 2)
            for batch in self._pages(source, None if now is None else (now, now - late)):
                watches = self.members(source.wiki, page_ids=[article.page_id for article in batch])
                first = (watch for watch in watches.values() if watch.source == source.source)
                yield [watch for watch in first if (watch.wiki, watch.title) not in self._by_key]

    def article_of(self, watch: Watch) -> Article | None:
        """Return the registered article of a watch; None before its first successful check."""
        return self._archive.articles.find_by_title_or_former_title(watch.wiki, watch.title)

    def poll_states(self, keys: Iterable[WatchKey] | None = None) -> dict[WatchKey, PollState]:
        """Load what is stored of the pages of some watches, or of all, in a few statements for a whole watchlist."""
        by_wiki: dict[str, list[str]] = defaultdict(list)
        for wiki, title in self._by_key if keys is None else keys:
            by_wiki[wiki].append(title)
        return {
            (wiki, title): state
            for wiki, titles in by_wiki.items()
            for title, state in self._archive.articles.poll_states(wiki, titles).items()
        }

    def articles(self, keys: Iterable[WatchKey] | None = None) -> Mapping[WatchKey, Article]:
        """Return the registered article of each of some watches, or of all, that has one."""
        return {key: state.article for key, state in self.poll_states(keys).items()}

    def watch_of(
        self, article: Article, known: Watch | None = None, titles: Collection[str] | None = None
    ) -> Watch | None:
        """Return the watch of an article under any title that it ever had; None when it is not watched.

        Of several, the one that the watchlist has first: after a move two titles may lead to one page. `known` is one
        of them, `titles` the titles that the page had before, where the caller has them.
        """
        former = self._archive.articles.titles_of(article) if titles is None else titles
        keys = sorted(
            ((article.wiki, title) for title in {article.title, *former} if (article.wiki, title) in self._by_key),
            key=self._position.__getitem__,
        )
        candidates = (self._by_key[key] for key in keys)
        own = next((watch for watch in candidates if watch is known or self._is_page(watch, article)), None)
        return own or next(iter(self.members(article.wiki, page_ids=[article.page_id]).values()), None)

    def duplicates(self) -> dict[WatchKey, Watch]:
        """Return the watches whose page an earlier watch has already, each with that earlier watch."""
        states, first = self.poll_states(), dict[tuple[str, int], Watch]()
        pages = {key: (key[0], states[key].article.page_id) for key in self._by_key if key in states}
        return {
            key: earlier
            for key, page in pages.items()
            if (earlier := first.setdefault(page, self._by_key[key])) is not self._by_key[key]
        }

    def _is_page(self, watch: Watch, article: Article) -> bool:
        """Return whether a watch is of this page; before its first check only the title can tell."""
        # A former title may be that of another page by now, as after a move without a redirect.
        known = self.article_of(watch)
        return watch.title == article.title if known is None else known.page_id == article.page_id

    def find(self, title: str, wiki: str | None = None) -> tuple[Watch, ...]:
        """Find the watches of the article that has, or ever had, this title: one for each wiki that has it.

        Raises ConfigError, with the closest watched title, when there is none.
        """
        normalized = title.replace("_", " ").strip()  # as in addresses: MediaWiki treats both alike
        # A watched title wins over a former one: the user wrote it, whatever page it was before.
        exact = [watch for watch in self._by_title.get(normalized, ()) if wiki in (None, watch.wiki)]
        exact = exact or [*self.select(wiki, [normalized])]
        if exact:
            return tuple(exact)
        names = dict.fromkeys(site.name for site in self._watchlist.wikis if wiki in (None, site.name))
        articles = (self._archive.articles.find_by_title_or_former_title(name, normalized) for name in names)
        watches = tuple(watch for article in articles if article and (watch := self.watch_of(article)))
        if watches:
            return watches
        near = did_you_mean(normalized, [*self._by_title])
        hint = near if "did you mean" in near else "; add it with `watcher add`, or name a watched title"
        where = f" on {wiki!r}" if wiki else ""
        raise ConfigError(f"{title!r}{where}: is not in {self._watchlist.path.name}{hint}")
