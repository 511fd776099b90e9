"""Answers to prop=imageinfo in; the pictures that files show now, and the versions behind them, out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watcher.fetch.page import askable
from watcher.fetch.shapes import dicts, maybe_name, moment, need, page_title, pairs, queried

_SHA1 = 40  # hexadecimal digits


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion:
    """One upload of a file: SHA-1 (hex), when, by whom and with which comment, and where it is served.

    What the wiki hides is None.
    """

    sha1: str
    at: datetime
    editor: str | None
    comment: str | None
    url: str | None


def file_title(file: str) -> str | None:
    """The title to ask for, None where no wiki can have such a file.

    Names come without their namespace, or with the one of English (`File:`, `Image:`).
    """
    title = askable(file)
    if title is None:
        return None
    space, colon, name = title.partition(":")
    named = name if colon and space.strip().lower() in ("file", "image") else title
    return f"File:{named.strip()}"


def pictures(where: str, got: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Normalised titles by title asked, and SHA-1 (hex) by title, for the files that have one."""
    query = queried(where, got)
    found: dict[str, str] = {}
    for page in dicts(where, query, "pages"):
        for version in dicts(where, page, "imageinfo"):
            if maybe_name(version.get("sha1")):
                # The first is the current one.
                found.setdefault(page_title(where, page), version["sha1"][:_SHA1])
    return dict(pairs(where, query, "normalized")), found


def versions(where: str, got: dict[str, Any]) -> tuple[FileVersion, ...]:
    """The uploads of the one file asked for, newest first; those whose picture is hidden are left out."""
    return tuple(
        FileVersion(
            sha1=entry["sha1"][:_SHA1],
            at=moment(where, need(where, entry, "timestamp", str)),
            editor=maybe_name(entry.get("user")),
            comment=maybe_name(entry.get("comment")),
            url=maybe_name(entry.get("url")),
        )
        for page in dicts(where, queried(where, got), "pages")
        for entry in dicts(where, page, "imageinfo")
        if maybe_name(entry.get("sha1"))
    )
