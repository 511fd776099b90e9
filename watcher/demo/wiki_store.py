"""Keep the pages of the demo's wiki in memory; they may grow while they are read."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

NAMESPACES = {
    -2: "Media", -1: "Special", 0: "", 1: "Talk", 2: "User", 3: "User talk", 4: "Replay Wiki", 5: "Replay Wiki talk",
    6: "File", 7: "File talk", 8: "MediaWiki", 9: "MediaWiki talk", 10: "Template", 11: "Template talk", 12: "Help",
    13: "Help talk", 14: "Category", 15: "Category talk",
}  # fmt: skip
CANONICAL = {**NAMESPACES, 4: "Project", 5: "Project talk"}
ALIASES = {"Image": 6, "Image talk": 7}
_NUMBERS = {name.lower(): number for names in (NAMESPACES, CANONICAL) for number, name in names.items() if name} | {
    name.lower(): number for name, number in ALIASES.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A normalized title."""

    text: str
    namespace: int = 0


def normalize_title(raw: str) -> Title:
    """Normalize a title as MediaWiki does: runs of underscores are one space, the first letter is a capital."""
    text = " ".join(raw.replace("_", " ").split())
    prefix, colon, rest = text.partition(":")
    namespace = _NUMBERS.get(prefix.strip().lower(), 0) if colon else 0
    # What follows "#" names a part of the page, not the page.
    name = (rest if namespace else text.removeprefix(":")).partition("#")[0].strip()
    shown = name[:1].upper() + name[1:]
    return Title(text=f"{NAMESPACES[namespace]}:{shown}" if namespace and name else shown, namespace=namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRevision:
    """A revision as the wiki stores it."""

    id: int
    parent_id: int
    at: datetime
    editor: str
    comment: str
    text: str = field(repr=False)
    minor: bool = False
    tags: tuple[str, ...] = ()

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


@dataclass(slots=True, kw_only=True)
class WikiPage:
    """A page: its revisions by timestamp, then id."""

    id: int
    title: Title
    revisions: list[SavedRevision] = field(default_factory=list)

    @property
    def latest(self) -> SavedRevision:
        """The newest revision."""
        return self.revisions[-1]


class WikiStore:
    """The pages of a wiki. All methods may be called from several threads."""

    new_page: type[WikiPage] = WikiPage
    new_revision: type[SavedRevision] = SavedRevision

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.by_title: dict[str, WikiPage] = {}
        self.by_id: dict[int, WikiPage] = {}
        self.by_revision: dict[int, WikiPage] = {}
        self.files: dict[str, list[Upload]] = {}
        self.revision_ids = count(1)
        self._page_ids = count(1)

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
        """Save a revision of the page, which is created where there is none; return its id.

        MediaWiki cuts white space at the end of a text and saves no revision for the same text again
        (the id is then the latest one's). A time before the latest revision's goes into the middle
        of the history, as an import does.
        """
        with self.lock:
            name = normalize_title(title)
            page = self.by_title.get(name.text)
            if page and page.latest.text == text.rstrip():
                return page.latest.id
            if page is None:
                page = self.index(self.new_page(id=next(self._page_ids), title=name))
            when = (at or self.now()).astimezone(UTC).replace(microsecond=0)
            before = [saved for saved in page.revisions if saved.at <= when]
            saved = self.new_revision(
                id=next(self.revision_ids), parent_id=before[-1].id if before else 0, at=when, editor=editor,
                comment=comment, text=text.rstrip(), minor=minor, tags=tags,
            )  # fmt: skip
            page.revisions.insert(len(before), saved)
            self.by_revision[saved.id] = page
            return saved.id

    def upload(
        self,
        name: str,
        content: bytes,
        *,
        editor: str = "Editor",
        comment: str = "upload",
        at: datetime | None = None,
    ) -> None:
        """Store a file, or a new version of it; the file page is created with the first.

        The newest version is served under the file's name, older ones under names with their time.
        """
        with self.lock:
            title = normalize_title(f"File:{name}")
            when = (at or self.now()).astimezone(UTC).replace(microsecond=0)
            sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
            location = f"https://files.replay.invalid/{title.text.removeprefix('File:').replace(' ', '_')}"
            versions = self.files.setdefault(title.text, [])
            versions[-1:] = [replace(upload, url=f"{location}/{upload.at:%Y%m%d%H%M%S}") for upload in versions[-1:]]
            versions.append(Upload(at=when, sha1=sha1, editor=editor, comment=comment, url=location))
            if title.text not in self.by_title:
                self.edit(title.text, "An image of the demo.", comment="upload", at=when)

    def index(self, page: WikiPage) -> WikiPage:
        """Make a page known by its title and its id."""
        self.by_title[page.title.text] = page
        self.by_id[page.id] = page
        return page
