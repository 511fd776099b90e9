"""Fetch pages and revisions through one polite client of the MediaWiki Action API."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from watcher.fetch.client import WikiClient
    from watcher.fetch.pages import FileVersion, Page, PageState, Rendering
    from watcher.fetch.recent_changes import ChangeEvent, EventStream, RecentChanges

__all__ = ["ChangeEvent", "EventStream", "FileVersion", "Page", "PageState", "RecentChanges", "Rendering", "WikiClient"]

# httpx loads its command line, with Click, Pygments and much of Rich, wherever these are installed: 5 % of a check.
# With None here that import fails, for which httpx is prepared (Python's language reference, "The module cache").
_LOADED: Final[dict[str, Any]] = sys.modules
_LOADED.setdefault("httpx._main", None)

_MODULES: Final = {
    "client": ("WikiClient",),
    "pages": ("FileVersion", "Page", "PageState", "Rendering"),
    "recent_changes": ("ChangeEvent", "EventStream", "RecentChanges"),
}


def __getattr__(name: str) -> Any:
    """Import a name with its first use: the values of pages are needed everywhere, the HTTP client where it asks."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
