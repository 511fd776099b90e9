"""A Comparison in; a page in HTML, Markdown, text or JSON out."""

from watcher.report.links import Links
from watcher.report.stage import report

__all__ = ["Links", "report"]
