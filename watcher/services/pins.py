"""Find pinned sentences and named statistics that are nowhere in their articles, and pin sentences that are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from snapshots import Archive
from watcher.config import Watch, Watchlist
from watcher.errors import Corrupt, InputError
from watcher.model import Dialect
from watcher.services.context import AppContext
from watcher.services.watch_index import WatchIndex
from watcher.services.watchlist import change_watch
from watcher.text import shorten

_SHOWN = 300  # characters of a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPin:
    """A pinned sentence that the text up to which its article was judged does not have, and the one most like it."""

    watch: Watch
    sentence: str
    closest: str | None

    @property
    def message(self) -> str:
        """Say what is missing and what is most like it."""
        near = f"; the closest sentence is “{shorten(self.closest, _SHOWN)}”" if self.closest else ""
        return f"the pinned sentence “{shorten(self.sentence, _SHOWN)}” is nowhere in the article{near}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingStatistic:
    """A label of a named threshold that names no statistic of that text, and the unit most like it."""

    watch: Watch
    label: str
    closest: str

    @property
    def message(self) -> str:
        """Say what is missing and what is most like it."""
        near = f"; did you mean “{shorten(self.closest, _SHOWN)}”?" if self.closest else ""
        return f"no statistic of the article has the words “{shorten(self.label, _SHOWN)}”{near}"


def find_missing_statistics(
    archive: Archive, watchlist: Watchlist, watches: Iterable[Watch]
) -> Iterator[MissingStatistic]:
    """Yield the labels of named thresholds that name nothing in their articles; none of an article without text."""
    index = WatchIndex(watchlist, archive)
    for watch in watches:
        text = _judged_text(archive, index, watch) if watch.statistic else None
        if text is None:
            continue
        from watcher.pipeline import missing_statistics

        labels = [threshold.label for threshold in watch.statistic]
        for label, closest in missing_statistics(text, labels, _dialect(watchlist, watch)):
            yield MissingStatistic(watch=watch, label=label, closest=closest)


def find_missing_pins(archive: Archive, watchlist: Watchlist, watches: Iterable[Watch]) -> Iterator[MissingPin]:
    """Yield the pinned sentences of some watches that their articles do not have; none of an article without text."""
    index = WatchIndex(watchlist, archive)
    for watch in watches:
        text = _judged_text(archive, index, watch) if watch.claims else None
        if text is None:
            continue
        from watcher.pipeline import missing_pins

        for sentence, closest in missing_pins(text, watch.claims, _dialect(watchlist, watch)):
            yield MissingPin(watch=watch, sentence=sentence, closest=closest)


def _dialect(watchlist: Watchlist, watch: Watch) -> Dialect:
    """Return the built-in names: those of the wiki tell files and categories apart, which are no sentences."""
    from watcher.parse import dialect_for

    return dialect_for(watchlist.wiki(watch.wiki).language)


def _judged_text(archive: Archive, index: WatchIndex, watch: Watch) -> str | None:
    article = index.article_of(watch)
    # A newer text may still settle; the next edit is compared with the one that was judged.
    cursor = archive.revisions.cursor(article) if article else None
    try:
        return archive.revisions.snapshot(watch.wiki, cursor.id).wikitext if cursor else None
    except Corrupt:
        return None


def pin_sentence(services: AppContext, watch: Watch, sentence: str) -> str:
    """Pin a sentence in the watchlist; returns a line that says so.

    Raises InputError, with the closest sentence, where the article has no such sentence, ConfigError.
    """
    words = " ".join(sentence.split())
    if not words:
        raise InputError("the sentence is empty; copy one from the article")
    asked = watch.model_copy(update={"claims": (words,)})
    for missing in find_missing_pins(services.archive, services.watchlist, [asked]):
        near = f"; the closest sentence is “{missing.closest}”" if missing.closest else "; copy one from the article"
        raise InputError(f"{watch.title}: has no sentence “{shorten(words, _SHOWN)}”, nothing was pinned{near}")
    claims = [*dict.fromkeys((*watch.claims, words))]
    changed = change_watch(services.watchlist.path, watch.wiki, watch.title, {"claims": claims})
    return f"{watch.title}: {'pinned' if changed else 'was pinned already:'} “{words}”"
