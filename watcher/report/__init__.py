"""Render a Comparison as HTML, Markdown, text or JSON."""

from watcher.report.engine import report
from watcher.report.links import Links
from watcher.report.page import ReportOptions

__all__ = ["Links", "ReportOptions", "report"]
