"""Define wikis' dialects, articles, revisions and snapshots, undone revisions, and the largest comparable text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

# ISO 639 codes have two or three letters; "simple" is a Wikipedia of its own. Names such as "english" are no codes.
LANGUAGE_CODE = r"^(?:[a-z]{2,3}|simple)(?:-[a-z0-9]{1,9})*$"

ACCOUNT_KINDS: Final = ("unregistered", "temporary", "new", "bot", "registered")
"""The kinds of accounts: `unregistered` is an IP address, `new` an account that MediaWiki would not autoconfirm."""
_ESTABLISHED_EDITS: Final = 500  # Wikipedia:Protection policy
_ESTABLISHED_AGE: Final = timedelta(days=30)
_MAX_REVERT_DISTANCE: Final = 10  # an edit can be undone by one of so many revisions after it
_REDIRECT = re.compile(r"^\s*#[^\W\d_]++\s*+(?::\s*+)?\[\[([^\[\]|#\n]{1,255})")
_TEMPORARY: Final = re.compile(r"~\d{4}-\d")
_OF_THE_PAGE: Final = re.compile(r"/\*.*?\*/|\[\[.*?\]\]|\d+")
# An account's name may not be an IP address or contain a colon, as every IPv6 address does (UserNameUtils::isValid).
_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A wiki's names of namespaces and interwikis, in lower case without colon (from siteinfo, or built in)."""

    language: str = "en"
    file_namespaces: tuple[str, ...] = ("file", "image")
    category_namespaces: tuple[str, ...] = ("category",)
    template_namespaces: tuple[str, ...] = ("template",)
    # Names that wikis of all languages accept: https://www.mediawiki.org/wiki/Help:Namespaces
    talk_namespaces: tuple[str, ...] = (
        "talk", "user talk", "project talk", "file talk", "mediawiki talk", "template talk", "help talk",
        "category talk",
    )  # fmt: skip
    interwiki: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A page of a wiki; it keeps its id when it is moved."""

    wiki: str
    page_id: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One saved version of an article; fields that the wiki hides are None.

    `bot`, `new_account`, `groups`, `registered_at` and `edit_count` describe the editor's account; they are None until
    the wiki was asked. `revert_risk` is the probability (0 to 1) that it is reverted, by a model that the operator set.
    """

    article: Article
    id: int
    parent_id: int
    at: datetime
    editor: str | None
    comment: str | None
    minor: bool = False
    tags: tuple[str, ...] = ()
    size: int | None = None
    sha1: str | None = None
    content_model: str | None = "wikitext"
    text_hidden: bool = False
    bot: bool | None = None
    new_account: bool | None = None
    groups: tuple[str, ...] | None = None
    registered_at: datetime | None = None
    edit_count: int | None = None
    revert_risk: float | None = None

    @property
    def account(self) -> str:
        """Return the kind of its editor's account, one of ACCOUNT_KINDS, or `hidden` if the wiki hides the name.

        Only names of temporary accounts begin with ~ and the year (Help:Temporary accounts).
        """
        if self.editor is None:
            return "hidden"
        if _TEMPORARY.match(self.editor):
            return "temporary"
        if _ADDRESS.fullmatch(self.editor):
            return "unregistered"
        return "bot" if self.bot else "new" if self.new_account else "registered"

    @property
    def flags(self) -> tuple[str, ...]:
        """Return the notes that are shown beside the editor: an unusual kind of account, and `minor edit`."""
        kind = "new account" if self.account == "new" else self.account
        return (*(() if kind in ("registered", "hidden") else (kind,)), *("minor edit",) * self.minor)

    @property
    def is_by_established_account(self) -> bool:
        """Return whether its editor is a bot, or extended confirmed as on Wikipedia: 500 edits and 30 days."""
        return self.account == "bot" or (self.is_by_old_account and (self.edit_count or 0) >= _ESTABLISHED_EDITS)

    @property
    def is_by_old_account(self) -> bool:
        """Return whether its editor is known to have had an account for 30 days.

        MediaWiki has no registration dates from before 2006. Stored revisions have neither date nor edit count.
        """
        is_old = self.registered_at is None or self.at - self.registered_at >= _ESTABLISHED_AGE
        return self.account == "registered" and self.edit_count is not None and is_old

    @property
    def is_account_unknown(self) -> bool:
        """Return whether the kind of its editor's account is unknown because the wiki was not asked yet."""
        return self.account == "registered" and self.bot is None

    @property
    def order(self) -> tuple[datetime, int]:
        """Return the sort key of a page's history: the time, then the id, since imported revisions have new ids."""
        return self.at, self.id

    def has_text_of(self, other: Revision) -> bool:
        """Return whether both are known to have the same text; hidden texts have no SHA-1, and may differ."""
        return bool(self.sha1) and self.sha1 == other.sha1

    @property
    def series(self) -> str | None:
        """Return the editor and the page-independent part of the summary; None if either is missing.

        Removed are headings of edited sections, which MediaWiki adds as /* … */, and links and numbers, which bots use
        to name and count pages.
        """
        summary = " ".join(_OF_THE_PAGE.sub("", self.comment or "").casefold().split())
        return f"{self.article.wiki}:{self.editor}\n{summary}" if self.editor and summary else None

    def to_dict(self) -> dict[str, Any]:
        """Return the revision as the JSON of the API; `bot` is null if the wiki was not asked."""
        return {
            "id": self.id,
            "parent_id": self.parent_id,
            "at": self.at.isoformat(),
            "editor": self.editor,
            "comment": self.comment,
            "tags": list(self.tags),
            "minor": self.minor,
            "bot": self.bot,
            "account": self.account,
            **({"registered_at": self.registered_at.isoformat()} if self.registered_at else {}),
            **({"edit_count": self.edit_count} if self.edit_count is not None else {}),
            **({"revert_risk": self.revert_risk} if self.revert_risk is not None else {}),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], article: Article) -> Revision:
        """Return the revision that `to_dict` wrote."""
        values = {name: value for name, value in stored.items() if name != "account"}
        new = True if stored.get("account") == "new" else None
        times = {name: datetime.fromisoformat(stored[name]) for name in ("at", "registered_at") if stored.get(name)}
        return cls(**{**values, **times, "tags": tuple(stored["tags"]), "article": article, "new_account": new})


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A revision with its wikitext; None if the wiki hides or lacks it.

    `digest` is the text's SHA-256 if it was read from the database.
    """

    revision: Revision
    wikitext: str | None = field(repr=False)
    digest: bytes | None = field(default=None, compare=False, repr=False)


# MediaWiki's own limit is 2 MiB ($wgMaxArticleSize); four times that leaves room for other wikis.
MAX_TEXT_BYTES: Final = 8 * 2**20
TOO_LARGE: Final = f"too large to compare (more than {MAX_TEXT_BYTES >> 20} MiB)"


def is_size_too_large(size: int | None) -> bool:
    """Return whether a revision of this size (in bytes) is too large to be read."""
    return (size or 0) > MAX_TEXT_BYTES


def is_too_large(text: str) -> bool:
    """Return whether a text exceeds `MAX_TEXT_BYTES` in UTF-8; bytes are only counted if its length is inconclusive."""
    if len(text) * 4 <= MAX_TEXT_BYTES:
        return False
    return len(text) > MAX_TEXT_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES


def undone(history: Sequence[Revision]) -> list[Revision]:
    """Return the undone revisions, oldest first: one of the ten after each restored a text from before it."""
    restored = restorations(history, _MAX_REVERT_DISTANCE + 1)
    positions = {position for earlier, later in restored for position in range(earlier + 1, later)}
    return [history[position] for position in sorted(positions)]


def restorations(history: Sequence[Revision], reach: int) -> Iterator[tuple[int, int]]:
    """Yield the positions of the last revision of a text and of one of the `reach` after it that restores the text."""
    last: dict[str, int] = {}
    for position, revision in enumerate(history):
        if revision.sha1:  # the wiki gives none for a hidden text
            earlier = last.get(revision.sha1, position)
            if 1 < position - earlier <= reach:
                yield earlier, position
            last[revision.sha1] = position


def redirect_target(text: str) -> str | None:
    """Return the target of a redirect; None for any other text."""
    redirect = _REDIRECT.match(text)
    return " ".join(redirect[1].split()) if redirect else None
