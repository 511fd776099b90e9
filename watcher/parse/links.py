"""The target of a wikilink → what kind of link it is and what a reader sees of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from watcher.model import Dialect
from watcher.parse.names import LANGUAGES
from watcher.parse.plain import without_comments

_COMMA = re.compile(r",\s")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link goes, and the words shown when it has no label."""

    class Kind(StrEnum):
        """Links in the text, pictures, and the links that stand outside it."""

        ARTICLE = "article"
        FILE = "file"
        CATEGORY = "category"
        LANGUAGE = "interlanguage"

    kind: Kind
    shown: str


def target_of(title: str, dialect: Dialect, *, labelled: bool) -> Target:
    """Sort a link by its namespace; a leading colon makes any link an ordinary one.

    `labelled` tells that the link has a pipe: with nothing behind it, the title is shown without namespace
    and brackets.
    """
    title = without_comments(title).strip()
    if title.startswith(":"):
        title = title[1:].lstrip()
        return Target(Target.Kind.ARTICLE, _piped(title) if labelled else title)
    prefix, colon, rest = title.partition(":")
    if colon:
        prefix = prefix.strip().replace("_", " ").lower()
        if prefix in dialect.file_namespaces or prefix in ("file", "image"):
            return Target(Target.Kind.FILE, rest.strip())
        if prefix in dialect.category_namespaces or prefix == "category":
            return Target(Target.Kind.CATEGORY, title.replace("_", " "))
        if prefix in LANGUAGES:
            return Target(Target.Kind.LANGUAGE, title)
    return Target(Target.Kind.ARTICLE, _piped(title) if labelled else title.replace("_", " "))


def _piped(title: str) -> str:
    """The pipe trick: `[[Help:Contents (old)|]]` shows "Contents", `[[Paris, Texas|]]` shows "Paris"."""
    shown = title.partition(":")[2].strip() or title
    comma = _COMMA.search(shown)
    return shown[: min(_bracket_at(shown), comma.start() if comma else len(shown))]


def _bracket_at(title: str) -> int:
    """Where the brackets at the end of a title begin, with the blanks before them; its length where it has none."""
    if not title.endswith((")", "）")):
        return len(title)
    start = max(title.rfind("("), title.rfind("（"))
    closed = max(title.rfind(")", 0, -1), title.rfind("）", 0, -1))
    return len(title[:start].rstrip()) if start > closed else len(title)
