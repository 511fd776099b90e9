"""Render a comparison as the JSON of the contract."""

from __future__ import annotations

import json
from typing import Any

from watcher.model import Comparison, Revision
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
