"""Render a comparison as one self-contained HTML page: no script, no request, no markup from the wiki."""

from __future__ import annotations

import shlex
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from watcher.model import Comparison
from watcher.report import labels
from watcher.report.page import Bounds, ReportOptions, ReportPage
from watcher.text import directed_parts, escape_invisible, foreign_language, single_line
from watcher.urls import web_link
from watcher.wikitext_diff import diff_wikitext

LARGEST_PAGE = 300_000
"""Bytes of UTF-8 that a page never exceeds."""

# Tried in turn until the page fits; the last one fits whatever the texts are.
BOUNDS = (
    Bounds(),
    Bounds(cards=80, rows=60, sentence=900, value=400, full_text=60_000, briefs=250),
    Bounds(cards=40, rows=30, sentence=500, value=200, full_text=20_000, briefs=150),
    Bounds(cards=12, rows=8, sentence=200, value=100, full_text=2_000, briefs=50),
)


_RIGHT_TO_LEFT = frozenset("ar arc ary arz azb ckb dv fa glk he khw ks lrc mzn nqo pnb ps sd skr syr ug ur yi".split())


def as_html(comparison: Comparison, request: ReportOptions) -> str:
    """Get the page as a file of its own, which has everything that it needs."""
    template = environment().get_template("page.html")
    return fitted(comparison, request, lambda content: template.render(page=content, in_frame=False, **shared()))


def fitted(comparison: Comparison, request: ReportOptions, write: Callable[[ReportPage], str]) -> str:
    """Get the page, below LARGEST_PAGE bytes: a very large comparison shows its worst findings and counts the rest."""
    shown = ""
    before, after = request.before_text, request.after_text
    difference = None if before is None or after is None else diff_wikitext(before, after, BOUNDS[0].full_text)
    for bounds in BOUNDS:
        shown = write(ReportPage(comparison, replace(request, bounds=bounds), difference))
        if len(shown.encode()) <= LARGEST_PAGE:
            break
    return shown


@cache
def shared() -> dict[str, Any]:
    """Return what every page needs: the style sheet, the policy that admits it alone, the names of severities."""
    loader = PackageLoader("watcher.report")
    style = "".join(loader.get_source(environment(), name)[0] for name in ("style.css", "charts.css"))
    return {"style": Markup(style), "policy": policy(style), "severities": labels.SEVERITIES}  # noqa: S704  our own file


def policy(style: str) -> str:
    """Get a content security policy under which a page can do nothing but look like `style` and show its data: icon."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def environment() -> Environment:
    """Return the templates of reports."""
    return hardened(PackageLoader("watcher.report"))


def hardened(*loaders: BaseLoader) -> Environment:
    """Templates that escape everything, whatever their name, and fail on an unknown name; the first loader wins."""
    made = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        # Steering characters are spelled out in every string that reaches a page, even where a template forgets.
        finalize=lambda value: (
            escape_invisible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # After dashes where a command would read a title as an option.
    made.filters["shell"] = lambda title: f"{'-- ' if title.startswith('-') else ''}{shlex.quote(title)}"
    made.filters.update(
        web_link=web_link,
        bdi=isolated,
        headline=isolated_headline,
        lang=language_attributes,
        begun=lambda text: text[:1].upper() + text[1:],
        line=single_line,
        section=labels.section_label,
        counted=labels.counted,
        timestamp=labels.timestamp,
        iso=lambda at: at.astimezone(UTC).isoformat(),
        comment=labels.edit_summary,
        account=labels.account_words,
        extent=labels.extent,
        editor=labels.editor_name,
    )
    return made


def isolated(value: object) -> Markup:
    """Wiki text in an element of its own direction, so that it cannot reorder what stands beside it."""
    return Markup("<bdi>{}</bdi>").format(single_line(str(value), 10_000))


def isolated_headline(value: object) -> Markup:
    """Isolate the parts of a summary of ours that holds words of the wiki: each keeps its place."""
    parts = directed_parts(single_line(str(value), 10_000))
    if len(parts) == 1:
        return isolated(*parts)
    shown = (Markup("<bdi>{}</bdi>").format(part) if at % 2 == 0 else part for at, part in enumerate(parts))
    return Markup('<bdi dir="ltr">{}</bdi>').format(Markup("").join(shown))


def language_attributes(language: str) -> Markup:
    """Return the attributes of a quotation from a wiki in this language; none for English, which our pages are in."""
    if not foreign_language(language):
        return Markup()
    direction = "rtl" if language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"
    return Markup(' lang="{}" dir="{}"').format(language, direction)
