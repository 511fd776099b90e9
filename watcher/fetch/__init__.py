"""Fetch pages and revisions through one polite client of the MediaWiki Action API."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from watcher.fetch.client import WikiClient
    from watcher.fetch.pages import FileVersion, Page, PageState
    from watcher.fetch.recent_changes import ChangeEvent, EventStream, RecentChanges
    from watcher.fetch.renderings import Rendering

__all__ = ["ChangeEvent", "EventStream", "FileVersion", "Page", "PageState", "RecentChanges", "Rendering", "WikiClient"]

_MODULES: Final = {
    "client": ("WikiClient",),
    "pages": ("FileVersion", "Page", "PageState"),
    "renderings": ("Rendering",),
    "recent_changes": ("ChangeEvent", "EventStream", "RecentChanges"),
}


def __getattr__(name: str) -> Any:
    """Import a name with its first use: the values of pages are needed everywhere, the HTTP client where it asks."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
