"""Fetch pages and revisions with one polite client of the MediaWiki Action API."""

import sys
from typing import TYPE_CHECKING, Any, Final

from watcher.first_use import first_use

if TYPE_CHECKING:
    from watcher.fetch.client import WikiClient
    from watcher.fetch.pages import FileVersion, Page, PageState, Rendering
    from watcher.fetch.recent_changes import ChangeEvent, EventStream, RecentChanges

# If they are installed, httpx imports its command line, Click, Pygments and much of Rich: 5 % of a check's time. None
# makes that import fail (Python's language reference, "The module cache"), which httpx handles.
_LOADED: Final[dict[str, Any]] = sys.modules
_LOADED.setdefault("httpx._main", None)

# Loaded on first use: the values of pages are needed everywhere, the HTTP client only for requests.
__getattr__ = first_use(__name__, ("pages", "recent_changes", "client"))
