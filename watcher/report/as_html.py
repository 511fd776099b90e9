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
"""Maximum size of a page in bytes of UTF-8."""

# Tried in turn until the page fits; the last one fits for any texts.
BOUNDS = (
    Bounds(),
    Bounds(cards=80, rows=60, sentence=900, value=400, full_text=60_000, briefs=250),
    Bounds(cards=40, rows=30, sentence=500, value=200, full_text=20_000, briefs=150),
    Bounds(cards=12, rows=8, sentence=200, value=100, full_text=2_000, briefs=50),
)


_RIGHT_TO_LEFT = frozenset("ar arc ary arz azb ckb dv fa glk he khw ks lrc mzn nqo pnb ps sd skr syr ug ur yi".split())


def as_html(comparison: Comparison, request: ReportOptions) -> str:
    """Return the report as a self-contained HTML file."""
    template = environment().get_template("page.html")
    return fit_size(comparison, request, lambda content: template.render(page=content, in_frame=False, **page_values()))


def fit_size(comparison: Comparison, request: ReportOptions, write: Callable[[ReportPage], str]) -> str:
    """Return the page within LARGEST_PAGE bytes: of a large comparison, the worst findings and a count of the rest."""
    shown = ""
    before, after = request.before_text, request.after_text
    difference = None if before is None or after is None else diff_wikitext(before, after, BOUNDS[0].full_text)
    for bounds in BOUNDS:
        shown = write(ReportPage(comparison, replace(request, bounds=bounds), difference))
        if len(shown.encode()) <= LARGEST_PAGE:
            break
    return shown


@cache
def page_values() -> dict[str, Any]:
    """Return the template variables of every page: style sheet, content security policy, names of severities."""
    loader = PackageLoader("watcher.report")
    style = "".join(loader.get_source(environment(), name)[0] for name in ("style.css", "charts.css"))
    return {"style": Markup(style), "policy": policy(style), "severities": labels.SEVERITIES}  # noqa: S704  our own file


def policy(style: str) -> str:
    """Return a content security policy that allows only this style sheet and images in data: URLs."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def environment() -> Environment:
    """Return the template environment of reports."""
    return hardened_environment(PackageLoader("watcher.report"))


def visible(value: object) -> object:
    """Return a printed value with invisible and control characters replaced, even if a template forgets to."""
    return escape_invisible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def hardened_environment(*loaders: BaseLoader, finalize: Callable[[Any], object] = visible) -> Environment:
    """Return an environment that escapes everything and fails on unknown variables; the first loader wins.

    `finalize` is applied to each value that a template prints.
    """
    made = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # "--" keeps a command from reading such a title as an option.
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
    """Return wiki text in a `<bdi>` element, so that its direction cannot reorder the text around it."""
    return Markup("<bdi>{}</bdi>").format(single_line(str(value), 10_000))


def isolated_headline(value: object) -> Markup:
    """Return one of our summaries with its quotations from the wiki isolated, so that all parts keep their order."""
    parts = directed_parts(single_line(str(value), 10_000))
    if len(parts) == 1:
        return isolated(*parts)
    shown = (Markup("<bdi>{}</bdi>").format(part) if at % 2 == 0 else part for at, part in enumerate(parts))
    return Markup('<bdi dir="ltr">{}</bdi>').format(Markup("").join(shown))


def language_attributes(language: str) -> Markup:
    """Return `lang` and `dir` attributes for a quotation in this language; none for English, as our pages are."""
    if not foreign_language(language):
        return Markup()
    direction = "rtl" if language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"
    return Markup(' lang="{}" dir="{}"').format(language, direction)
