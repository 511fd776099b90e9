"""What the parser remembers of the texts that it read → nothing, so that a long history needs no more memory."""

from __future__ import annotations

from watcher.parse import blocks, scan, split


def forget() -> None:
    """Clear the caches that hold stretches of wikitext; the next text is read as the first one was."""
    ours = (split._self_contained, split._pieces, scan._scanned)  # noqa: SLF001  the parser's own
    kept = (*ours, split.outline, blocks.analyse)
    for one in kept:
        one.cache_clear()
