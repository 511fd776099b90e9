"""Revision ids in, Snapshots out: one polite client of the MediaWiki Action API."""

from watcher.fetch.client import WikiClient
from watcher.fetch.files import FileVersion
from watcher.fetch.page import Page, PageState
from watcher.fetch.recent import RecentChanges
from watcher.fetch.sightings import Sighting
from watcher.fetch.stream import EventStream

__all__ = ["EventStream", "FileVersion", "Page", "PageState", "RecentChanges", "Sighting", "WikiClient"]
