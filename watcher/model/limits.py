"""Tell texts that no wiki page is as large as, which are recorded but never compared."""

from __future__ import annotations

from typing import Final

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
