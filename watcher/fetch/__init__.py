"""Fetch pages and revisions through one polite client of the MediaWiki Action API."""

from watcher.fetch.client import WikiClient
from watcher.fetch.pages import FileVersion, Page, PageState
from watcher.fetch.recent_changes import ChangeEvent, EventStream, RecentChanges

__all__ = ["ChangeEvent", "EventStream", "FileVersion", "Page", "PageState", "RecentChanges", "WikiClient"]
