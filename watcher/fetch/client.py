"""Fetch pages, revisions and image data of one wiki."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from watcher.errors import Corrupt, Missing, TooLarge
from watcher.fetch import decode, pages
from watcher.fetch.decode import Account, LogEntry, parse_log_entries, quoted, quoted_titles, timestamp
from watcher.fetch.recent_changes import ChangeEvent, parse_recent_changes
from watcher.fetch.transport import ApiTransport
from watcher.model import Article, Dialect, Revision, Snapshot
from watcher.model.revisions import MAX_TEXT_BYTES, is_size_too_large, is_too_large

_THUMBNAIL_WIDTH: Final = 480  # pixels
_MOST_THUMBNAILS: Final = 5
Walk = Callable[[Revision | None], Iterator[Snapshot]]


def readable(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot, or if its text is too large to compare, the snapshot without its text."""
    text = snapshot.wikitext
    return snapshot if text is None or not is_too_large(text) else without_text(snapshot)


def without_text(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot without its text, and with a size that marks it as too large, even if the wiki's is not."""
    size = max(snapshot.revision.size or 0, MAX_TEXT_BYTES + 1)
    return Snapshot(revision=replace(snapshot.revision, size=size), wikitext=None)


def walk_with_fallback(
    last: Revision | None, texts: Walk, listed: Walk, single: Callable[[int], Snapshot]
) -> Iterator[Snapshot]:
    """Yield the revisions after `last`; if an answer is too large, fetch its revisions one by one.

    `texts` and `listed` yield revisions with and without texts, `single` fetches a revision by its id. Raise TooLarge
    if even the answer without texts is too large.
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
                if not last.text_hidden and not is_size_too_large(last.size):
                    try:
                        snapshot = readable(single(last.id))  # noqa: PLW2901  the same revision with its text
                    except TooLarge:
                        snapshot = without_text(snapshot)  # noqa: PLW2901
                yield snapshot
                # The next walk starts at the second of `last`, so `last` must not be the revision that is too large.
                if passed and not is_size_too_large(last.size):
                    break
                passed = passed or is_size_too_large(last.size)
            else:
                return
        else:
            return


# MediaWiki's ids are PHP's 64-bit integers; it answers larger ones with an error instead of an unknown page.
LARGEST_ID = 2**63

# Limits of a walk, which is consumed as it is fetched: 50 revisions per answer with text, 500 without.
MOST_ANSWERS = 10_000
MOST_BYTES = 16 << 30
# Limits of other continued answers, which are collected in memory and usually have one or two parts.
MOST_PARTS = 20
MOST_PARTS_BYTES = 64 << 20
# How many edits of a template are searched for a value: one answer.
MOST_EDITS = 20

_REVISIONS: Final = {"action": "query", "prop": "revisions", "rvslots": "main"}
RVPROP = "ids|timestamp|user|comment|size|sha1|tags|flags|contentmodel"


class WikiClient(ApiTransport):
    """A client of one wiki's Action API that follows https://www.mediawiki.org/wiki/API:Etiquette.

    All methods raise Unavailable (try again later), Refused (by the wiki or the allow-list), Missing or Corrupt; their
    messages name the page and the wiki.
    """

    language: str | None = None
    """The language of its articles as set by the operator, which overrides what the wiki says."""

    def latest(self, titles: Sequence[str] = (), page_ids: Sequence[int] = ()) -> tuple[pages.Page, ...]:
        """Return the status of each page, of the titles first, then of the ids, in the given order."""
        by_title = self._by_title(titles) if titles else {}
        by_id = self._by_id(page_ids) if page_ids else {}
        return tuple([by_title[title] for title in titles] + [by_id[number] for number in page_ids])

    def revisions_since(
        self, article: Article, last: Revision | None = None, *, with_text: bool = True
    ) -> Iterator[Snapshot]:
        """Yield all revisions after `last`, oldest first; from the first one on if `last` is None.

        The order is that of the wiki: by timestamp, then id, because imports give old revisions new ids. The walk
        starts at the second of `last`, not at its id, so that it works if `last` was deleted or now belongs to another
        page. Answers are fetched as the iterator is consumed; with text, they hold at most 50 revisions or 8 MiB. A
        text that is too large to compare is None, and the size of its revision shows that.
        """
        walk, listed = (partial(self._walk, article, with_text=each) for each in (True, False))
        return walk_with_fallback(last, walk, listed, self.revision) if with_text else listed(last)

    def _walk(self, article: Article, last: Revision | None, *, with_text: bool) -> Iterator[Snapshot]:
        about, known = quoted(article.title), f"{RVPROP}|content" if with_text else RVPROP
        which = {"pageids": str(article.page_id), "rvdir": "newer", "rvlimit": str(pages.BATCH if with_text else 500)}
        question = {**_REVISIONS, "rvprop": known, **which}
        if last is not None:
            question["rvstart"] = last.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        reached = None if last is None else last.order
        for answer in self._pages(about, question, "rvcontinue", most=MOST_ANSWERS, size=MOST_BYTES):
            for snapshot in decode.snapshots(self._where(about), answer, self.wiki, with_text=with_text):
                revision = snapshot.revision
                if revision.article.page_id != article.page_id:
                    raise Corrupt(f"{self._where(about)}: the answer is about page {revision.article.page_id} instead")
                if reached is None or revision.order > reached:
                    reached = revision.order
                    yield snapshot

    def revision(self, revision_id: int) -> Snapshot:
        """Fetch a revision of any page by its id; raise Missing if there is none."""
        about = f"revision {revision_id}"
        if not 0 < revision_id < LARGEST_ID:
            raise Missing(f"{self._where(about)}: no revision has this id")
        return self._single_page(about, {"revids": str(revision_id)})

    def newest(self, article: Article) -> Snapshot:
        """Fetch the current revision of a page."""
        return self._single_page(quoted(article.title), {"pageids": str(article.page_id)})

    def newest_of(self, articles: Sequence[Article]) -> Iterator[Snapshot]:
        """Yield the current revisions of these pages, with 50 pages per request.

        Pages without a readable text are left out, and pages that do not fit into the answers; use `newest` for those.
        """
        for batch in pages.batches(str(article.page_id) for article in articles):
            about = f"pages {batch[0]} … ({len(batch)})"
            with suppress(TooLarge):
                for snapshot in self._newest(about, with_text=True, size=MOST_BYTES, pageids="|".join(batch)):
                    if readable(snapshot).wikitext is not None:
                        yield snapshot

    def render(self, article: Article, *, revision_id: int | None = None, again: bool = False) -> pages.Rendering:
        """Fetch the rendering of a page as readers see it now, or of one of its revisions with the current templates.

        With `again`, the wiki renders it again even if its parser cache has it.
        """
        which = {"pageid": str(article.page_id)} if revision_id is None else {"oldid": str(revision_id)}
        about = quoted(article.title)
        question = {
            "action": "parse", "prop": pages.PROPERTIES, "disableeditsection": "1", "disablelimitreport": "1",
            "disabletoc": "1", "curtimestamp": "1", **which, **({"wrapoutputclass": pages.UNCACHED} if again else {}),
        }  # fmt: skip
        return pages.parse_rendering(self._where(about), self.request(about, question))

    def newest_edits(self, titles: Collection[str]) -> dict[str, Revision]:
        """Fetch the newest revision of each page without its text; leave out pages that do not exist.

        The titles, which are the keys of the result, must be as the wiki writes them.
        """
        return {
            snapshot.revision.article.title: snapshot.revision
            for batch in self._batches(titles)
            for snapshot in self._newest(quoted_titles(batch), with_text=False, titles="|".join(batch))
        }

    def _newest(self, about: str, *, with_text: bool, size: int = MOST_PARTS_BYTES, **which: str) -> Iterator[Snapshot]:
        question = {**_REVISIONS, "rvprop": f"{RVPROP}|content" if with_text else RVPROP, **which}
        for answer in self._pages(about, question, "rvcontinue", most=pages.BATCH, size=size):
            yield from decode.newest(self._where(about), answer, self.wiki, with_text=with_text)

    def last_edits(self, article: Article) -> tuple[Snapshot, ...]:
        """Fetch the last revisions of a page, newest first: as many as fit into one answer, at most 20."""
        about, which = quoted(article.title), {"pageids": str(article.page_id), "rvlimit": str(MOST_EDITS)}
        answer = self.request(about, {**_REVISIONS, "rvprop": f"{RVPROP}|content", **which})
        return tuple(map(readable, decode.snapshots(self._where(about), answer, self.wiki, with_text=True)))

    def site(self) -> Dialect:
        """Fetch the wiki's language, and its names of namespaces and interwikis."""
        about, names = "site information", "general|namespaces|namespacealiases|interwikimap"
        dialect = decode.dialect(self._where(about), self._query(about, meta="siteinfo", siprop=names))
        return replace(dialect, language=self.language) if self.language else dialect

    def time(self) -> datetime:
        """Fetch the wiki's time, to the second; raise Corrupt if the answer has none."""
        answer = self._query("its time", curtimestamp="1")
        try:
            return timestamp(f"its time on {self.wiki}", str(answer["curtimestamp"]))
        except (KeyError, Corrupt):
            raise Corrupt(f"its time on {self.wiki}: the answer has none; check the API URL of the wiki") from None

    def image_digests(self, names: Sequence[str]) -> dict[str, str | None]:
        """Fetch the SHA-1 (hex) of each file, from this wiki or its shared repository; None if there is no such file.

        Names have no namespace, or an English one (`File:`, `Image:`).
        """
        titles = {name: pages.file_title(name) for name in names}
        result: dict[str, str] = {}
        normalized: dict[str, str] = {}
        for batch in self._batches(title for title in titles.values() if title):
            about, question = quoted_titles(batch), {"action": "query", "prop": "imageinfo", "titles": "|".join(batch)}
            for answer in self._pages(about, {**question, "iiprop": "sha1", "iilimit": "1"}, "iicontinue"):
                renamed, sha1s = pages.parse_image_digests(self._where(about), answer)
                normalized.update(renamed)
                result.update(sha1s)
        return {name: result.get(normalized.get(title or "", title or "")) for name, title in titles.items()}

    def versions(self, name: str, *, thumbnails: bool = False) -> tuple[pages.FileVersion, ...]:
        """Fetch the uploads of a file, newest first, at most 50, from this wiki or its shared repository.

        With `thumbnails`, which the wiki may have to create, only the newest few are fetched.
        """
        title = pages.file_title(name)
        if title is None:
            return ()
        about, most = quoted(title), str(_MOST_THUMBNAILS if thumbnails else pages.BATCH)
        width = {"iiurlwidth": str(_THUMBNAIL_WIDTH)} if thumbnails else {}
        known = "sha1|timestamp|user|comment|url|size"
        answer = self._query(about, prop="imageinfo", iiprop=known, iilimit=most, titles=title, **width)
        return pages.parse_versions(self._where(about), answer)

    def recent(self, since: datetime | None) -> tuple[tuple[datetime, ChangeEvent], ...]:
        """Fetch the changes on the wiki since the second of `since`, oldest first, with their times, at most 500.

        If `since` is None, fetch only the latest change, which shows the time of the wiki's clock.
        """
        about, which = "recent changes", {"rcdir": "older", "rclimit": "1"}
        if since is not None:
            start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            which = {"rcdir": "newer", "rclimit": "500", "rcstart": start}
        answer = self._query(about, list="recentchanges", rcprop="title|ids|timestamp", rctype="edit|new|log", **which)
        return tuple(parse_recent_changes(self._where(about), answer))

    def log_entries(self, title: str, kind: str) -> tuple[LogEntry, ...]:
        """Fetch the ten newest entries about a page in one of the wiki's logs (delete, move, protect), newest first."""
        about, known = f"the {kind} log of {quoted(title)}", "ids|type|user|timestamp|comment"
        answer = self._query(about, list="logevents", leprop=known, letype=kind, letitle=title, lelimit="10")
        return tuple(parse_log_entries(self._where(about), answer))

    def accounts(self, names: Sequence[str]) -> dict[str, Account]:
        """Fetch accounts by their names; leave out those that the wiki does not know or hides."""
        result: dict[str, Account] = {}
        for batch in self._batches(name for name in names if "|" not in name):
            about, known = quoted_titles(batch), "groups|rights|registration|editcount"
            answer = self._query(about, list="users", ususers="|".join(batch), usprop=known)
            result |= {account.name: account for account in decode.accounts(self._where(about), answer)}
        return result

    def members(self, page_list: pages.PageList) -> Iterator[tuple[Article, ...]]:
        """Yield the articles of a list in batches, maybe some of them twice; raise Missing if it has none."""

        def ask(about: str, question: dict[str, str]) -> Iterator[dict[str, Any]]:
            question = {"action": "query", "prop": "info", **question}
            return self._pages(about, question, most=MOST_ANSWERS, size=MOST_BYTES)

        listed = pages.read_list(ask, self.wiki, page_list)
        articles = (tuple(page.article for page in part if page.confirmed) + self._subjects(part) for part in listed)
        return self._require_articles(page_list.label, articles)

    def _require_articles(self, label: str, parts: Iterable[tuple[Article, ...]]) -> Iterator[tuple[Article, ...]]:
        count = 0
        for part in parts:
            count += len(part)
            yield part
        if not count:  # a vandal who blanks a list page must not end all of its watches
            where = self._where(label)
            raise Missing(f"{where}: has no page that can be watched; check its name (its members stay as they were)")

    def _subjects(self, listed: Sequence[pages.ListedPage]) -> tuple[Article, ...]:
        """Return the articles of the listed talk pages, which are looked up because some may be redirects."""
        ids = [str(page.article.page_id) for page in listed if not page.confirmed]
        subjects = [
            page
            for batch in self._batches(ids)
            for page in self._lookup(f"the subjects of {len(batch)} talk pages", pageids="|".join(batch)).by_id.values()
        ]
        return tuple(page.article for page in subjects if page.state is pages.PageState.OK and page.article)

    def titles(self, label: str, titles: Sequence[str]) -> Iterator[tuple[Article, ...]]:
        """Yield the articles to which the titles of a list lead, in batches; raise Missing if there are none."""
        answers = (self.latest(batch) for batch in self._batches(titles))
        states = ([page.article for page in part if page.state is pages.PageState.OK] for part in answers)
        return self._require_articles(label, (tuple(filter(None, articles)) for articles in states))

    def _batches(self, values: Iterable[str]) -> Iterator[tuple[str, ...]]:
        """Yield the values in batches of as many as the account may send in a request."""
        return pages.batches(values, self.most_values())

    def _query(self, about: str, **question: str) -> dict[str, Any]:
        return self.request(about, {"action": "query", **question})

    def _single_page(self, about: str, which: dict[str, str]) -> Snapshot:
        question = {**_REVISIONS, "rvprop": f"{RVPROP}|content", **which}
        try:
            answer = self.request(about, question)
            whole = not decode.was_truncated(answer)
        except TooLarge:
            whole = False
        if not whole:
            answer = self.request(about, {**question, "rvprop": RVPROP})
        snapshots = decode.snapshots(self._where(about), answer, self.wiki, with_text=whole)
        snapshots = tuple(readable(snapshot) if whole else without_text(snapshot) for snapshot in snapshots)
        if not snapshots:
            raise Missing(f"{self._where(about)}: it has no revision; it may have been deleted")
        return snapshots[0]

    def _pages(
        self,
        about: str,
        question: dict[str, str],
        *continued_by: str,
        most: int = MOST_PARTS,
        size: int = MOST_PARTS_BYTES,
    ) -> Iterator[dict[str, Any]]:
        """Yield all answers to a continued query; raise Corrupt after `most` answers or more than `size` bytes."""
        rest: dict[str, str] = {}
        seen: set[tuple[tuple[str, str], ...]] = set()
        before = self.bytes_taken
        while True:
            answer = self.request(about, {**question, **rest})
            yield answer
            rest = decode.continuation(self._where(about), answer, *continued_by)
            if not rest:
                return
            continuation = tuple(sorted(rest.items()))
            if continuation in seen and decode.was_truncated(answer):
                raise TooLarge(f"{self._where(about)}: the wiki leaves out the next text because of its size")
            if continuation in seen:
                raise Corrupt(f"{self._where(about)}: the wiki repeats its continuation; the rest was ignored")
            seen.add(continuation)
            if len(seen) >= most or self.bytes_taken - before > size:
                raise Corrupt(f"{self._where(about)}: the wiki continues without end; the rest was ignored")

    def _lookup(self, about: str, **which: str) -> pages.PageLookup:
        question = {"action": "query", "prop": "info", "inprop": "protection", **which}
        return pages.lookup(self._where(about), self.wiki, self._pages(about, question))

    def _by_title(self, titles: Sequence[str]) -> dict[str, pages.Page]:
        sent = {title: pages.normalize_title(title) for title in titles}
        lookups: dict[str, pages.PageLookup] = {}
        for batch in self._batches(title for title in sent.values() if title is not None):
            lookups |= dict.fromkeys(batch, self._lookup(quoted_titles(batch), titles="|".join(batch), redirects="1"))
        return {
            title: pages.no_article(
                title, pages.PageState.INVALID, "it is empty, too long, or has a bar or a control character in it"
            )
            if normalized is None
            else pages.page_of_title(self._where(quoted(title)), title, normalized, lookups[normalized])
            for title, normalized in sent.items()
        }

    def _by_id(self, page_ids: Sequence[int]) -> dict[int, pages.Page]:
        result: dict[int, pages.Page] = {}
        for batch in self._batches(str(number) for number in page_ids if 0 < number < LARGEST_ID):
            about = f"pages {batch[0]} … ({len(batch)})" if len(batch) > 1 else f"page {batch[0]}"
            for number, page in self._lookup(about, pageids="|".join(batch)).by_id.items():
                result[number] = replace(page, requested=number)
            redirected = {
                number: page.article.title
                for number, page in result.items()
                if page.state is pages.PageState.REDIRECT and page.article and str(number) in batch
            }
            if redirected:
                # A second request follows the redirects. The first must not, because its answer would have the target
                # in place of the requested page.
                targets = self._lookup(about, pageids="|".join(map(str, redirected)), redirects="1").redirects
                for number, title in redirected.items():
                    end, _ = pages.follow_redirects(title, targets)
                    result[number] = replace(result[number], redirected_to=end if end != title else None)
        return {number: result.get(number) or pages.no_article(number, pages.PageState.MISSING) for number in page_ids}

    def _where(self, about: str) -> str:
        return f"{about} on {self.wiki}"
