"""The revisions of an article, oldest first → the life of every statistic, claim, reference and figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from watcher.diff.succession import succession
from watcher.model import Dialect, Document, Revision, Sentence, Snapshot
from watcher.model.notes import Notes, Present
from watcher.model.timelines import Timeline
from watcher.parse import parse, parse_pair
from watcher.parse.facts import facts_of
from watcher.parse.memory import forget
from watcher.timeline import Lives
from watcher.timeline.keeping import VERSION, kept, revived

_ENGLISH = Dialect()

# The first part is raised when the same texts would be followed otherwise; what others wrote is then made anew.
READER: Final = f"3-{VERSION}"


class Chronicle:
    """Reads one revision after the other; a revision costs what it changed.

    Texts that the wiki hides are passed over: what they did is put down to the next text that can be read.
    Memory stays flat where `take` is called now and then; `kept` and `resume` go on in another process.
    """

    def __init__(self, dialect: Dialect = _ENGLISH) -> None:
        self._dialect = dialect
        self._lives = Lives()
        self._text = ""

    @classmethod
    def resume(cls, state: bytes, text: str, dialect: Dialect = _ENGLISH) -> Chronicle:
        """Go on from what `kept` gave after the revision with this text; Corrupt where it cannot be read."""
        told = cls(dialect)
        told._lives = revived(state)
        told._text = text
        return told

    def add(self, snapshot: Snapshot) -> None:
        """Note what a revision did to the text before it."""
        text = snapshot.wikitext
        if text is None or text == self._text:
            return
        self._note(snapshot.revision, text)
        self._text = text

    def _note(self, revision: Revision, text: str) -> None:
        digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
        if self._lives.knows(digest):
            self._lives.go_back(revision, digest)
            return
        before, after = (self._stated(one) for one in parse_pair(self._text, text, self._dialect))
        found = succession(before, after)
        lines, fresh = self._lives.returning(found)
        back = None
        if fresh:
            back = succession(self._said([one.sentence for one in lines]), self._said(fresh))
        self._lives.follow(revision, digest, found, back)

    def _said(self, sentences: Sequence[Sentence]) -> Document:
        """A Document of nothing but sentences, on the sources that they name."""
        return self._stated(Document(sentences=tuple(sentences)))

    def _stated(self, document: Document) -> Document:
        """The Document with the facts of all its sentences, those that the other side has too included."""
        statistics, claims = facts_of(document.sentences, self._dialect.language)
        return replace(document, statistics=statistics, claims=claims)

    def timelines(self) -> tuple[Timeline, ...]:
        """All lives so far, in the order in which they began; nothing of them may have been taken."""
        return self._lives.timelines(parse(self._text, self._dialect).sentences)

    def take(self) -> tuple[Notes, ...]:
        """Give away what was noted since the last time; all that was taken, in order, makes up the timelines.

        The parser forgets what it read as well: what it remembers would grow for thousands of revisions.
        """
        forget()
        return self._lives.take()

    def presents(self) -> tuple[Present, ...]:
        """What the newest text says, each with the revisions that gave it its value and its source."""
        return self._lives.presents(parse(self._text, self._dialect).sentences)

    def kept(self) -> bytes:
        """What `resume` goes on from; the notes must have been taken."""
        return kept(self._lives)


def chronicle(snapshots: Iterable[Snapshot], dialect: Dialect = _ENGLISH) -> tuple[Timeline, ...]:
    """The timelines of all that the revisions of one article said; they come oldest first."""
    told = Chronicle(dialect)
    for snapshot in snapshots:
        told.add(snapshot)
    return told.timelines()
