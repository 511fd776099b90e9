"""Render a comparison in the requested format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from watcher.errors import InputError
from watcher.model import Comparison
from watcher.report.as_json import as_json
from watcher.report.as_markdown import as_markdown
from watcher.report.as_text import as_text
from watcher.report.page import ReportOptions

Format = Literal["text", "json", "html", "markdown"]


def _as_html(comparison: Comparison, request: ReportOptions) -> str:
    from watcher.report.as_html import as_html  # noqa: PLC0415  templates are slow to import, and a terminal needs none

    return as_html(comparison, request)


WRITERS: Mapping[str, Callable[[Comparison, ReportOptions], str]] = {
    "text": as_text,
    "json": as_json,
    "html": _as_html,
    "markdown": as_markdown,
}


def report(comparison: Comparison, fmt: Format, options: ReportOptions | None = None) -> str:
    """Write a comparison as one self-contained HTML page below 300 KB, Markdown, text of 100 columns, or JSON.

    Raises InputError for another format.
    """
    writer = WRITERS.get(fmt)
    if writer is None:
        raise InputError(f"format {fmt!r}: unknown, choose one of {', '.join(WRITERS)}")
    return writer(comparison, options or ReportOptions())
