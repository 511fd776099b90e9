"""Render a Comparison as HTML, Markdown, text or JSON."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from watcher.report.links import Links

if TYPE_CHECKING:
    from watcher.report.engine import report
    from watcher.report.page import ReportOptions

__all__ = ["Links", "ReportOptions", "report"]

_MODULES: Final = {"report": "engine", "ReportOptions": "page"}


def __getattr__(name: str) -> Any:
    """Import a name with its first use: links are needed everywhere, the templates where a report is written."""
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
