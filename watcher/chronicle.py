"""The revisions of an article, oldest first → the life of every statistic, claim, reference and figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from watcher.diff.succession import succession
from watcher.model import Dialect, Document, Revision, Snapshot
from watcher.model.timelines import Timeline
from watcher.parse import parse, parse_pair
from watcher.parse.facts import facts_of
from watcher.timeline import Lives

_ENGLISH = Dialect()


class Chronicle:
    """Reads one revision after the other; a revision costs what it changed.

    Texts that the wiki hides are passed over: what they did is put down to the next text that can be read.
    """

    def __init__(self, dialect: Dialect = _ENGLISH) -> None:
        self._dialect = dialect
        self._lives = Lives()
        self._text = ""

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
        self._lives.follow(revision, digest, succession(before, after))

    def _stated(self, document: Document) -> Document:
        """The Document with the facts of all its sentences, those that the other side has too included."""
        statistics, claims = facts_of(document.sentences, self._dialect.language)
        return replace(document, statistics=statistics, claims=claims)

    def timelines(self) -> tuple[Timeline, ...]:
        """All lives so far, in the order in which they began."""
        return self._lives.timelines(parse(self._text, self._dialect).sentences)


def chronicle(snapshots: Iterable[Snapshot], dialect: Dialect = _ENGLISH) -> tuple[Timeline, ...]:
    """The timelines of all that the revisions of one article said; they come oldest first."""
    told = Chronicle(dialect)
    for snapshot in snapshots:
        told.add(snapshot)
    return told.timelines()
