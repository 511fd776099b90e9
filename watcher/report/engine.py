"""Render a comparison in the requested format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from watcher.errors import InputError
from watcher.model import Comparison, Revision
from watcher.report.as_markdown import as_markdown
from watcher.report.as_text import as_text
from watcher.report.page import ReportOptions
from watcher.report.sources import summarize
from watcher.text import json_safe


def as_json(comparison: Comparison, request: ReportOptions) -> str:
    """Return an object with every change in document order, what was not read, and what was compared."""
    article = comparison.article
    reported: dict[str, Any] = {
        "article": article and {"wiki": article.wiki, "page_id": article.page_id, "title": article.title},
        "before": _revision(comparison.before),
        "after": _revision(comparison.after),
        "verdict": summarize(comparison, request.threshold),
        "changes": [finding.to_dict() for finding in comparison.findings],
        "unread": [{"reason": gap.reason, "section": list(gap.location.section)} for gap in comparison.unread],
        "not_listed": comparison.not_listed,
    }
    return json_safe(json.dumps(reported, ensure_ascii=False, indent=2)) + "\n"


def _revision(revision: Revision | None) -> dict[str, Any] | None:
    return None if revision is None else revision.to_dict()


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
