"""Find pinned sentences, named statistics and headings that their articles do not have, and pin sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from snapshots import Archive
from watcher.config import Watch, Watchlist
from watcher.errors import Corrupt, InputError
from watcher.model import Dialect
from watcher.services.context import AppContext
from watcher.services.watch_index import WatchIndex
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingHeading:
    """A heading of `sections` that the text does not have, and the one most like it: changes below it alert nobody."""

    watch: Watch
    heading: str
    closest: str

    @property
    def message(self) -> str:
        """Say what is missing and what is most like it."""
        near = f"; did you mean “{shorten(self.closest, _SHOWN)}”?" if self.closest else ""
        return f"the article has no heading “{shorten(self.heading, _SHOWN)}”, as its `sections` name it{near}"


def find_missing_headings(archive: Archive, watchlist: Watchlist, watches: Iterable[Watch]) -> Iterator[MissingHeading]:
    """Yield the headings that `sections` of some watches name and their articles do not have: renamed ones."""
    for watch, text, dialect in _judged_texts(archive, watchlist, watches, "sections"):
        from watcher.pipeline import missing_headings

        for heading, closest in missing_headings(text, watch.sections, dialect):
            yield MissingHeading(watch=watch, heading=heading, closest=closest)


def find_missing_statistics(
    archive: Archive, watchlist: Watchlist, watches: Iterable[Watch]
) -> Iterator[MissingStatistic]:
    """Yield the labels of named thresholds that name nothing in their articles; none of an article without text."""
    for watch, text, dialect in _judged_texts(archive, watchlist, watches, "statistic"):
        from watcher.pipeline import missing_statistics

        for label, closest in missing_statistics(text, [threshold.label for threshold in watch.statistic], dialect):
            yield MissingStatistic(watch=watch, label=label, closest=closest)


def find_missing_pins(archive: Archive, watchlist: Watchlist, watches: Iterable[Watch]) -> Iterator[MissingPin]:
    """Yield the pinned sentences of some watches that their articles do not have; none of an article without text."""
    for watch, text, dialect in _judged_texts(archive, watchlist, watches, "claims"):
        from watcher.pipeline import missing_pins

        for sentence, closest in missing_pins(text, watch.claims, dialect):
            yield MissingPin(watch=watch, sentence=sentence, closest=closest)


def find_missing(
    archive: Archive, watchlist: Watchlist, watches: Sequence[Watch]
) -> Iterator[MissingPin | MissingStatistic | MissingHeading]:
    """Yield all that some watches name and their articles do not have."""
    yield from find_missing_pins(archive, watchlist, watches)
    yield from find_missing_statistics(archive, watchlist, watches)
    yield from find_missing_headings(archive, watchlist, watches)


def _judged_texts(
    archive: Archive, watchlist: Watchlist, watches: Iterable[Watch], setting: str
) -> Iterator[tuple[Watch, str, Dialect]]:
    """Yield the watches that have a setting, each with the text up to which its article was judged, if it has one."""
    index = WatchIndex(watchlist, archive)
    for watch in watches:
        text = _judged_text(archive, index, watch) if getattr(watch, setting) else None
        if text is not None:
            yield watch, text, _dialect(watchlist, watch)


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
    from watcher.services.watchlist import change_watch

    changed = change_watch(services.watchlist.path, watch.wiki, watch.title, {"claims": claims})
    return f"{watch.title}: {'pinned' if changed else 'was pinned already:'} “{words}”"
