"""Revision ids in, Snapshots out: one polite client of the MediaWiki Action API."""

from watcher.fetch.client import WikiClient
from watcher.fetch.files import FileVersion
from watcher.fetch.page import Page, PageState

__all__ = ["FileVersion", "Page", "PageState", "WikiClient"]
