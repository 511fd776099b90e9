"""Define wikis' dialects, articles, revisions and snapshots."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

# ISO 639 codes have two or three letters, "simple" is a Wikipedia of its own; "english" is the name of a language.
LANGUAGE_CODE = r"^(?:[a-z]{2,3}|simple)(?:-[a-z0-9]{1,9})*$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A wiki's own names, lower case and without colon (from siteinfo, or built in)."""

    language: str = "en"
    file_namespaces: tuple[str, ...] = ("file", "image")
    category_namespaces: tuple[str, ...] = ("category",)
    interwiki: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A page of a wiki; it keeps its id when it is moved."""

    wiki: str
    page_id: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One saved version of an article; what the wiki hides is None."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A revision with its wikitext; None where the wiki hides or lacks it."""

    revision: Revision
    wikitext: str | None = field(repr=False)
