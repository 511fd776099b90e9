"""Fetch pages and revisions through one polite client of the MediaWiki Action API."""

import sys
from typing import TYPE_CHECKING, Any, Final

from watcher.first_use import first_use

if TYPE_CHECKING:
    from watcher.fetch.client import WikiClient
    from watcher.fetch.pages import FileVersion, Page, PageState, Rendering
    from watcher.fetch.recent_changes import ChangeEvent, EventStream, RecentChanges

# httpx loads its command line, with Click, Pygments and much of Rich, wherever these are installed: 5 % of a check.
# With None here that import fails, for which httpx is prepared (Python's language reference, "The module cache").
_LOADED: Final[dict[str, Any]] = sys.modules
_LOADED.setdefault("httpx._main", None)

# The values of pages are needed everywhere, the HTTP client where it asks.
__getattr__ = first_use(__name__, ("pages", "recent_changes", "client"))
