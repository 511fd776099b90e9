"""Build the timelines of an article's statistics, claims, references and figures from its revisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from watcher.diff.element_mapping import map_elements
from watcher.history import HistoryTracker
from watcher.history.checkpoint import VERSION, dump, load
from watcher.history.edit import apply_edit
from watcher.model import Dialect, Document, Revision, Sentence, Snapshot
from watcher.model.history import CurrentElement, HistoryEntries, Timeline
from watcher.parse import parse, parse_pair
from watcher.parse.analysis import facts_of
from watcher.parse.caches import clear_caches

_ENGLISH = Dialect()

# The first part is raised when the same texts would be followed otherwise; what others wrote is then made anew.
HISTORY_VERSION: Final = f"3-{VERSION}"


class HistoryBuilder:
    """Reads one revision after the other; a revision costs what it changed.

    Texts that the wiki hides are passed over: what they did is put down to the next text that can be read.
    Memory stays flat where `drain_entries` is called now and then; `kept` and `resume` go on in another process.
    """

    def __init__(self, dialect: Dialect = _ENGLISH) -> None:
        self._dialect = dialect
        self._tracker = HistoryTracker()
        self._text = ""

    @classmethod
    def resume(cls, state: bytes, text: str, dialect: Dialect = _ENGLISH) -> HistoryBuilder:
        """Go on from what `kept` gave after the revision with this text; Corrupt where it cannot be read."""
        history_builder = cls(dialect)
        history_builder._tracker = load(state)
        history_builder._text = text
        return history_builder

    def add(self, snapshot: Snapshot) -> None:
        """Note what a revision did to the text before it."""
        text = snapshot.wikitext
        if text is None or text == self._text:
            return
        self._note(snapshot.revision, text)
        self._text = text

    def _note(self, revision: Revision, text: str) -> None:
        digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
        if self._tracker.has_text(digest):
            self._tracker.revert_to(revision, digest)
            return
        before, after = (self._with_facts(document) for document in parse_pair(self._text, text, self._dialect))
        mapping = map_elements(before, after)
        lines, fresh = self._tracker.reappearing(mapping)
        back = None
        if fresh:
            back = map_elements(
                self._sentence_document([sentence.sentence for sentence in lines]), self._sentence_document(fresh)
            )
        apply_edit(self._tracker, revision, digest, mapping, back)

    def _sentence_document(self, sentences: Sequence[Sentence]) -> Document:
        """A Document of nothing but sentences, on the sources that they name."""
        return self._with_facts(Document(sentences=tuple(sentences)))

    def _with_facts(self, document: Document) -> Document:
        """The Document with the facts of all its sentences, those that the other side has too included."""
        statistics, claims = facts_of(document.sentences, self._dialect.language)
        return replace(document, statistics=statistics, claims=claims)

    def timelines(self) -> tuple[Timeline, ...]:
        """All lives so far, in the order in which they began; nothing of them may have been taken."""
        return self._tracker.timelines(parse(self._text, self._dialect).sentences)

    def drain_entries(self) -> tuple[HistoryEntries, ...]:
        """Give away what was noted since the last time; all that was taken, in order, makes up the timelines.

        The parser forgets what it read as well: what it remembers would grow for thousands of revisions.
        """
        clear_caches()
        return self._tracker.drain_entries()

    def current_elements(self) -> tuple[CurrentElement, ...]:
        """What the newest text says, each with the revisions that gave it its value and its source."""
        return self._tracker.current_elements(parse(self._text, self._dialect).sentences)

    def checkpoint(self) -> bytes:
        """What `resume` goes on from; the notes must have been taken."""
        return dump(self._tracker)


def build_timelines(snapshots: Iterable[Snapshot], dialect: Dialect = _ENGLISH) -> tuple[Timeline, ...]:
    """The timelines of all that the revisions of one article said; they come oldest first."""
    history_builder = HistoryBuilder(dialect)
    for snapshot in snapshots:
        history_builder.add(snapshot)
    return history_builder.timelines()
