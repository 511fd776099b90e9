"""Decode answers to prop=imageinfo: current images and their versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watcher.fetch.json_fields import (
    from_to_pairs,
    iter_objects,
    maybe_name,
    page_title,
    query_part,
    require,
    timestamp,
)
from watcher.fetch.pages import normalize_title

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
    """Return the title to ask for, None where no wiki can have such a file.

    Names come without their namespace, or with the one of English (`File:`, `Image:`).
    """
    title = normalize_title(file)
    if title is None:
        return None
    space, colon, name = title.partition(":")
    named = name if colon and space.strip().lower() in ("file", "image") else title
    return f"File:{named.strip()}"


def parse_image_digests(where: str, got: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Decode normalized titles by requested title, and SHA-1 (hex) by title, for the files that have one."""
    query = query_part(where, got)
    result: dict[str, str] = {}
    for page in iter_objects(where, query, "pages"):
        for version in iter_objects(where, page, "imageinfo"):
            if maybe_name(version.get("sha1")):
                # The first is the current one.
                result.setdefault(page_title(where, page), version["sha1"][:_SHA1])
    return dict(from_to_pairs(where, query, "normalized")), result


def parse_versions(where: str, got: dict[str, Any]) -> tuple[FileVersion, ...]:
    """Decode the uploads of the one file asked for, newest first, without those whose image is hidden."""
    return tuple(
        FileVersion(
            sha1=entry["sha1"][:_SHA1],
            at=timestamp(where, require(where, entry, "timestamp", str)),
            editor=maybe_name(entry.get("user")),
            comment=maybe_name(entry.get("comment")),
            url=maybe_name(entry.get("url")),
        )
        for page in iter_objects(where, query_part(where, got), "pages")
        for entry in iter_objects(where, page, "imageinfo")
        if maybe_name(entry.get("sha1"))
    )
