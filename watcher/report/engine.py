"""Render a comparison in the requested format."""

from __future__ import annotations

import json
from typing import Any, Literal, get_args

from watcher.errors import InputError
from watcher.model import Comparison
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
        "before": comparison.before and comparison.before.to_dict(),
        "after": comparison.after and comparison.after.to_dict(),
        "verdict": summarize(comparison, request.threshold),
        "changes": [finding.to_dict() for finding in comparison.findings],
        "unread": [{"reason": gap.reason, "section": list(gap.location.section)} for gap in comparison.unread],
        "not_listed": comparison.not_listed,
    }
    return json_safe(json.dumps(reported, ensure_ascii=False, indent=2)) + "\n"


Format = Literal["text", "json", "html", "markdown"]


def report(comparison: Comparison, fmt: Format, options: ReportOptions | None = None) -> str:
    """Write a comparison as one self-contained HTML page below 300 KB, Markdown, text of 100 columns, or JSON.

    Raises InputError for another format.
    """
    request = options or ReportOptions()
    match fmt:
        case "text":
            return as_text(comparison, request)
        case "json":
            return as_json(comparison, request)
        case "html":
            from watcher.report.as_html import as_html  # noqa: PLC0415  slow to import, and a terminal needs none

            return as_html(comparison, request)
        case "markdown":
            return as_markdown(comparison, request)
        case _:
            raise InputError(f"format {fmt!r}: unknown, choose one of {', '.join(get_args(Format))}")
