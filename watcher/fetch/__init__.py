"""Fetch pages and revisions through one polite client of the MediaWiki Action API."""

from watcher.fetch.client import WikiClient
from watcher.fetch.event_stream import EventStream
from watcher.fetch.images import FileVersion
from watcher.fetch.pages import Page, PageState
from watcher.fetch.recent_changes import ChangeEvent, RecentChanges

__all__ = ["ChangeEvent", "EventStream", "FileVersion", "Page", "PageState", "RecentChanges", "WikiClient"]
