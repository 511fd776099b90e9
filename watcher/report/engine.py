"""Render a comparison in the requested format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from watcher.errors import InputError
from watcher.model import Comparison, Reference, Severity
from watcher.report.as_json import as_json
from watcher.report.as_markdown import as_markdown
from watcher.report.as_text import as_text
from watcher.report.links import Links
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


def report(
    comparison: Comparison,
    fmt: Format,
    *,
    before_text: str | None = None,
    after_text: str | None = None,
    links: Links | None = None,
    references: tuple[Reference, ...] = (),
    threshold: Severity = Severity.MEDIUM,
    focus: int | None = None,
) -> str:
    """The report of `comparison`: one self-contained HTML page, Markdown, text of 100 columns, or JSON.

    With both wikitexts, HTML also has the full text difference. `references` (of either text) give names to the
    keys that findings cite. Findings below `threshold` are listed as held back. The HTML stays below 300 KB:
    where not all findings fit, `focus` (a number from 1, in document order) is among those that do.
    Raises InputError for another format.
    """
    writer = WRITERS.get(fmt)
    if writer is None:
        raise InputError(f"format {fmt!r}: unknown, choose one of {', '.join(WRITERS)}")
    request = ReportOptions(
        before_text=before_text,
        after_text=after_text,
        links=links or Links(),
        references=references,
        threshold=threshold,
        focus=focus,
    )
    return writer(comparison, request)
