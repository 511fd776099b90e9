"""Render a Comparison as HTML, Markdown, text or JSON."""

from watcher.report.engine import report
from watcher.report.links import Links

__all__ = ["Links", "report"]
