"""Define wikis' dialects, articles, revisions and snapshots, what is undone, and the largest text that is compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

# ISO 639 codes have two or three letters, "simple" is a Wikipedia of its own; "english" is the name of a language.
LANGUAGE_CODE = r"^(?:[a-z]{2,3}|simple)(?:-[a-z0-9]{1,9})*$"

ACCOUNT_KINDS: Final = ("unregistered", "temporary", "new", "bot", "registered")
"""The kinds of accounts that edit: `unregistered` is an IP address, `new` one that MediaWiki would not autoconfirm."""
_ESTABLISHED_EDITS: Final = 500  # Wikipedia:Protection policy
_ESTABLISHED_AGE: Final = timedelta(days=30)
_REACH: Final = 10  # revisions within which one is undone
_REDIRECT = re.compile(r"^\s*#[^\W\d_]++\s*+(?::\s*+)?\[\[([^\[\]|#\n]{1,255})")
_TEMPORARY: Final = re.compile(r"~\d{4}-\d")
_OF_THE_PAGE: Final = re.compile(r"/\*.*?\*/|\[\[.*?\]\]|\d+")
# No account may have the name of an address, and none a colon, which every IPv6 address has (UserNameUtils::isValid).
_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A wiki's own names, lower case and without colon (from siteinfo, or built in)."""

    language: str = "en"
    file_namespaces: tuple[str, ...] = ("file", "image")
    category_namespaces: tuple[str, ...] = ("category",)
    template_namespaces: tuple[str, ...] = ("template",)
    # What the wikis of all languages accept: https://www.mediawiki.org/wiki/Help:Namespaces
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
    """One saved version of an article; what the wiki hides is None.

    `bot`, `new_account`, `groups`, `registered_at` and `edit_count` are about its editor's account; None until the wiki
    was asked. `revert_risk` is how likely it is to be reverted (0 to 1) by a model that the operator named.
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
        """The kind of account, one of ACCOUNT_KINDS, or `hidden` where the wiki hides the name.

        Names of temporary accounts begin with ~ and the year (Help:Temporary accounts); no other account may.
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
        """What is said of the edit beside its editor: a kind of account that is not the usual one, and `minor edit`."""
        kind = "new account" if self.account == "new" else self.account
        return (*(() if kind in ("registered", "hidden") else (kind,)), *("minor edit",) * self.minor)

    @property
    def is_by_established_account(self) -> bool:
        """Whether its editor is a bot or an account that Wikipedia calls extended confirmed: 500 edits and 30 days."""
        return self.account == "bot" or (self.is_by_old_account and (self.edit_count or 0) >= _ESTABLISHED_EDITS)

    @property
    def is_by_old_account(self) -> bool:
        """Whether its editor is known to have had an account for 30 days; of before 2006 MediaWiki has no dates."""
        is_old = self.registered_at is None or self.at - self.registered_at >= _ESTABLISHED_AGE
        return self.account == "registered" and not self.is_account_unknown and is_old

    @property
    def is_account_unknown(self) -> bool:
        """Whether only the wiki can say what kind of account its editor has, and was not asked yet."""
        return self.account == "registered" and self.bot is None

    def has_text_of(self, other: Revision) -> bool:
        """Return whether both have the very same text; a hidden one has no SHA-1, and two of them need not be equal."""
        return bool(self.sha1) and self.sha1 == other.sha1

    @property
    def series(self) -> str | None:
        """Name the editor with the summary, as far as it is the same on several pages; None where either is missing.

        MediaWiki puts the heading of an edited section into the summary as /* … */; bots count in theirs, and link the
        page.
        """
        summary = " ".join(_OF_THE_PAGE.sub("", self.comment or "").casefold().split())
        return f"{self.article.wiki}:{self.editor}\n{summary}" if self.editor and summary else None

    def to_dict(self) -> dict[str, Any]:
        """Return the revision as the contract's JSON; `bot` is null where the wiki was not asked."""
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
    """A revision with its wikitext; None where the wiki hides or lacks it.

    `digest` is the text's SHA-256 where it is known, as of what was read from the database.
    """

    revision: Revision
    wikitext: str | None = field(repr=False)
    digest: bytes | None = field(default=None, compare=False, repr=False)


# MediaWiki's own limit is 2 MiB ($wgMaxArticleSize); four times that leaves room for other wikis.
MAX_TEXT_BYTES: Final = 8 * 2**20
TOO_LARGE: Final = f"too large to compare (more than {MAX_TEXT_BYTES >> 20} MiB)"


def is_size_too_large(size: int | None) -> bool:
    """Return whether a revision of this size has a text that is not read."""
    return (size or 0) > MAX_TEXT_BYTES


def is_too_large(text: str) -> bool:
    """Return whether a text has more than `MAX_TEXT_BYTES` in UTF-8, counted only where its length leaves that open."""
    if len(text) * 4 <= MAX_TEXT_BYTES:
        return False
    return len(text) > MAX_TEXT_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES


def undone(history: Sequence[Revision]) -> list[Revision]:
    """Return the revisions, oldest first, after which one of the next ten brought back a text from before them."""
    positions: set[int] = set()
    for now, revision in enumerate(history):
        for then in range(now - 1, max(now - 2 - _REACH, -1), -1):
            if revision.has_text_of(history[then]):
                positions.update(range(then + 1, now))
                break
    return [history[position] for position in sorted(positions)]


def redirect_target(text: str) -> str | None:
    """Return where a redirect leads, None for any other text."""
    redirect = _REDIRECT.match(text)
    return " ".join(redirect[1].split()) if redirect else None
