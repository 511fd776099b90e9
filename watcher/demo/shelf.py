"""Edits in, pages with their revisions out: a wiki's content in memory, which may grow while it is read."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from watcher.demo.titles import Title, spelt

_REDIRECT = re.compile(r"\s*#redirect\s*:?\s*\[\[([^\]|]+)(?:\|[^\]]*)?\]\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A revision as the wiki keeps it; `hidden` has any of content, user, comment."""

    id: int
    parent_id: int
    at: datetime
    editor: str
    comment: str
    text: str = field(repr=False)
    minor: bool = False
    tags: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()

    @property
    def sha1(self) -> str:
        """SHA-1 of the text in UTF-8, in hex."""
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A version of a file: SHA-1 of its contents in hex, and the address under which it is served."""

    at: datetime
    sha1: str
    editor: str
    comment: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """An entry of the list of recent changes; `kind` is edit, new or log."""

    id: int
    kind: str
    at: datetime
    title: Title
    page_id: int = 0
    revision_id: int = 0


@dataclass(slots=True, kw_only=True)
class Leaf:
    """A page: its revisions by timestamp, then id; `protection` has pairs of an action and who alone may do it."""

    id: int
    title: Title
    revisions: list[Saved] = field(default_factory=list)
    protection: tuple[tuple[str, str], ...] = ()

    @property
    def latest(self) -> Saved:
        """What readers see."""
        return self.revisions[-1]

    @property
    def target(self) -> str | None:
        """Where it redirects to, None where it does not."""
        found = _REDIRECT.match(self.latest.text)
        return found.group(1) if found else None


class Shelf:
    """The pages of a wiki. All methods may be called from several threads."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.by_title: dict[str, Leaf] = {}
        self.by_id: dict[int, Leaf] = {}
        self.by_revision: dict[int, Leaf] = {}
        self.files: dict[str, list[Upload]] = {}
        # As many as matter to anybody; MediaWiki forgets them after 30 days.
        self.recent: deque[Passing] = deque(maxlen=10_000)
        self._recent_ids = _numbers()
        self._revision_ids = _numbers()
        self._page_ids = _numbers()

    def edit(
        self,
        title: str,
        text: str,
        *,
        editor: str = "Editor",
        comment: str = "",
        at: datetime | None = None,
        minor: bool = False,
        tags: tuple[str, ...] = (),
    ) -> int:
        """Saves a revision of the page, which is made where there is none; its id.

        MediaWiki cuts white space at the end of a text and saves no revision for the same text again
        (the id is then the latest one's). A time before the latest revision's goes into the middle
        of the history, as an import does.
        """
        with self.lock:
            name = spelt(title)
            leaf = self.by_title.get(name.text)
            if leaf and leaf.latest.text == text.rstrip():
                return leaf.latest.id
            kind = "edit" if leaf else "new"
            if leaf is None:
                leaf = self._bound(Leaf(id=next(self._page_ids), title=name))
            when = (at or self.now()).astimezone(UTC).replace(microsecond=0)
            before = [saved for saved in leaf.revisions if saved.at <= when]
            saved = Saved(
                id=next(self._revision_ids), parent_id=before[-1].id if before else 0, at=when, editor=editor,
                comment=comment, text=text.rstrip(), minor=minor, tags=tags,
            )  # fmt: skip
            leaf.revisions.insert(len(before), saved)
            self.by_revision[saved.id] = leaf
            self._passes(kind, leaf, saved.id)
            return saved.id

    def move(self, source: str, target: str, *, editor: str = "Editor", at: datetime | None = None) -> None:
        """Gives a page another title: it keeps its id, gets a revision of the same text, and leaves a redirect."""
        with self.lock:
            leaf = self.by_title.pop(spelt(source).text)
            leaf.title = spelt(target)
            self.by_title[leaf.title.text] = leaf
            when = (at or self.now()).astimezone(UTC).replace(microsecond=0)
            comment = f"{editor} moved page [[{spelt(source).text}]] to [[{leaf.title.text}]]"
            moved = replace(
                leaf.latest, id=next(self._revision_ids), parent_id=leaf.latest.id, at=when, editor=editor,
                comment=comment, minor=True, tags=(), hidden=frozenset(),
            )  # fmt: skip
            leaf.revisions.append(moved)
            self.by_revision[moved.id] = leaf
            self._passes("log", leaf, title=spelt(source))
            self.edit(
                source, f"#REDIRECT [[{leaf.title.text}]]", editor=editor, comment=comment, at=when,
                tags=("mw-new-redirect",),
            )  # fmt: skip

    def delete(self, title: str) -> Leaf:
        """Takes a page away; `restore` brings it back."""
        with self.lock:
            leaf = self.by_title.pop(spelt(title).text)
            self._passes("log", leaf)
            del self.by_id[leaf.id]
            for saved in leaf.revisions:
                del self.by_revision[saved.id]
            return leaf

    def restore(self, leaf: Leaf) -> None:
        """Brings a deleted page back, with the ids that it had."""
        with self.lock:
            self._bound(leaf)
            self.by_revision.update((saved.id, leaf) for saved in leaf.revisions)

    def hide(self, revision_id: int, *what: str) -> None:
        """Hides content, user or comment of a revision from readers."""
        with self.lock:
            leaf = self.by_revision[revision_id]
            leaf.revisions = [
                replace(saved, hidden=saved.hidden | set(what)) if saved.id == revision_id else saved
                for saved in leaf.revisions
            ]

    def protect(self, title: str, **levels: str) -> None:
        """Lets only some edit or move a page: `edit="sysop"`; without levels anybody may again."""
        with self.lock:
            self.by_title[spelt(title).text].protection = tuple(levels.items())

    def upload(
        self,
        name: str,
        content: bytes,
        *,
        editor: str = "Editor",
        comment: str = "upload",
        at: datetime | None = None,
    ) -> None:
        """Stores a picture, or a new version of it; the file page is made with the first.

        The newest version is served under the file's name, older ones under names with their time.
        """
        with self.lock:
            title = spelt(f"File:{name}")
            when = (at or self.now()).astimezone(UTC).replace(microsecond=0)
            sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
            place = f"https://files.replay.invalid/{title.text.removeprefix('File:').replace(' ', '_')}"
            versions = self.files.setdefault(title.text, [])
            versions[-1:] = [replace(one, url=f"{place}/{one.at:%Y%m%d%H%M%S}") for one in versions[-1:]]
            versions.append(Upload(at=when, sha1=sha1, editor=editor, comment=comment, url=place))
            if title.text not in self.by_title:
                self.edit(title.text, "A picture of the replay.", comment="upload", at=when)

    def sow(self, count: int, text: Callable[[int], str], *, name: str = "Sample", at: datetime | None = None) -> None:
        """Makes `count` pages "Sample 1", "Sample 2" … of one revision each, a second apart."""
        begin = at or self.now()
        with self.lock:
            for number in range(1, count + 1):
                self.edit(f"{name} {number}", text(number), comment="Sown", at=begin + timedelta(seconds=number))

    def _passes(self, kind: str, leaf: Leaf, revision_id: int = 0, *, title: Title | None = None) -> None:
        """Lists a change; its time is when it was made, whatever time the revision claims."""
        passing = Passing(
            id=next(self._recent_ids),
            kind=kind,
            at=self.now().astimezone(UTC).replace(microsecond=0),
            title=title or leaf.title,
            page_id=leaf.id,
            revision_id=revision_id,
        )
        self.recent.append(passing)

    def _bound(self, leaf: Leaf) -> Leaf:
        self.by_title[leaf.title.text] = leaf
        self.by_id[leaf.id] = leaf
        return leaf


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number
