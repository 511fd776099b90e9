"""The target of a wikilink → what kind of link it is and what a reader sees of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from watcher.model import Dialect
from watcher.parse.names import LANGUAGES

_IN_BRACKETS = re.compile(r"\s*[(（][^()（）]*[)）]$|,\s.*$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


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
    if "<!--" in title:
        title = _COMMENT.sub("", title)
    title = title.strip()
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
    """The pipe trick: `[[Help:Contents (old)|]]` shows "Contents"."""
    return _IN_BRACKETS.sub("", title.partition(":")[2].strip() or title)
