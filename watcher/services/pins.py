"""Find pinned sentences, named statistics and headings that their articles do not have, and pin sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from snapshots import Archive, PageEvent
from watcher.config import Watch, Watchlist
from watcher.errors import Corrupt
from watcher.model import Dialect, Snapshot
from watcher.services.context import AppContext
from watcher.services.watch_index import WatchIndex
from watcher.text import shorten

SHOWN: Final = 300
"""Characters of a sentence that a message shows."""


# What a setting of a watch names, and what most resembles it in the article.
_MESSAGES: Final = {
    "claims": ("the pinned sentence “{}” is nowhere in the article", "; the closest sentence is “{}”"),
    "statistic": ("no statistic of the article has the words “{}”", "; did you mean “{}”?"),
    "sections": ("the article has no heading “{}”, as its `sections` name it", "; did you mean “{}”?"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Words that a setting of a watch names and its article does not have, and what is most like them there.

    `setting` is `claims` (a pinned sentence), `statistic` (a label of a threshold) or `sections` (a heading). What
    counts is the text up to which the article was judged.
    """

    watch: Watch
    setting: str
    words: str
    closest: str | None

    @property
    def message(self) -> str:
        """Say what is missing and what is most like it."""
        missing, near = _MESSAGES[self.setting]
        more = near.format(shorten(self.closest, SHOWN)) if self.closest else ""
        return missing.format(shorten(self.words, SHOWN)) + more


def find_missing(archive: Archive, watchlist: Watchlist, watches: Iterable[Watch]) -> Iterator[Unmatched]:
    """Yield all that some watches name and their articles do not have; nothing of an article without text."""
    index = WatchIndex(watchlist, archive)
    for watch in watches:
        named = watch.claims or watch.statistic or watch.sections
        text = judged_text(archive, index, watch) if named else None
        if text is None:
            continue
        from watcher.pipeline import missing_headings, missing_pins, missing_statistics

        dialect = _dialect(watchlist, watch)
        labels = [threshold.label for threshold in watch.statistic]
        for setting, missing in (
            ("claims", missing_pins(text, watch.claims, dialect) if watch.claims else ()),
            ("statistic", missing_statistics(text, labels, dialect) if labels else ()),
            ("sections", missing_headings(text, watch.sections, dialect) if watch.sections else ()),
        ):
            for words, closest in missing:
                yield Unmatched(watch=watch, setting=setting, words=words, closest=closest)


def section_events(services: AppContext, watch: Watch, snapshot: Snapshot) -> tuple[PageEvent, ...]:
    """Return the event that a text lacks headings that its watch names, or has all of them (which repeats no event)."""
    if not watch.sections or snapshot.wikitext is None:
        return ()
    from watcher.pipeline import missing_headings

    missing = [
        Unmatched(watch=watch, setting="sections", words=words, closest=closest).message
        for words, closest in missing_headings(snapshot.wikitext, watch.sections, _dialect(services.watchlist, watch))
    ]
    kind = "sections-missing" if missing else "sections-found"
    return (PageEvent(kind=kind, detail="; ".join(missing), at=services.now(), revision_id=None),)


def _dialect(watchlist: Watchlist, watch: Watch) -> Dialect:
    """Return the built-in names: those of the wiki tell files and categories apart, which are no sentences."""
    from watcher.parse import dialect_for

    return dialect_for(watchlist.wiki(watch.wiki).language)


def judged_text(archive: Archive, index: WatchIndex, watch: Watch) -> str | None:
    """Return the text of a page that was judged last; None where there is none, or it is damaged."""
    article = index.article_of(watch)
    # A newer text may still settle; the next edit is compared with the one that was judged.
    cursor = archive.revisions.cursor(article) if article else None
    try:
        return archive.revisions.snapshot(watch.wiki, cursor.id).wikitext if cursor else None
    except Corrupt:
        return None
