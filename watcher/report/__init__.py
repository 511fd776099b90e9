"""Render a Comparison as HTML, Markdown, text or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watcher.first_use import first_use
from watcher.report.labels import Links

if TYPE_CHECKING:
    from watcher.report.engine import report
    from watcher.report.page import ReportOptions

# Links are needed everywhere, but the templates, which are slow to import, only for writing a report.
__getattr__ = first_use(__name__, ("page", "engine"))
