"""Clear the parser's caches, so that a long history needs no more memory."""

from __future__ import annotations

from watcher.parse import analysis
from watcher.parse.wikitext import reference_index, sections


def clear_caches() -> None:
    """Clear the caches that hold pieces of wikitext; they change no result."""
    ours = (sections._self_contained, sections._block_spans, reference_index._scanned)  # noqa: SLF001  the parser's own
    kept = (*ours, sections.split_sections, analysis.analyse)
    for item in kept:
        item.cache_clear()
