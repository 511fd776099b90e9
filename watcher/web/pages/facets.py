"""Build the facets of the queue: each value with its count and the address that toggles it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from snapshots import FacetCounts, ReviewState
from watcher.model import Severity
from watcher.report.labels import LEAD, SEVERITIES
from watcher.text import single_line
from watcher.web.auth.authentication import CurrentUser
from watcher.web.pages.filters import ALL, NOBODY, Filters
from watcher.web.view_models import STATES, article_key, kind_name

_MOST_ARTICLES: Final = 30


@dataclass(frozen=True, slots=True)
class FacetOption:
    """A value of a facet: how many findings it has, where it leads, and whether it is chosen."""

    label: str
    count: int
    href: str
    chosen: bool
    mark: str = ""


def states(filters: Filters, counts: FacetCounts) -> tuple[FacetOption, ...]:
    """Open, acknowledged, dismissed, muted, all."""
    options = [(state.value, STATES[state], counts.states.get(state, 0)) for state in ReviewState]
    options.append((ALL, "All", sum(count for _, _, count in options)))
    return tuple(
        FacetOption(label, count, filters.url(state=value), filters.state == value) for value, label, count in options
    )


def severities(filters: Filters, counts: FacetCounts) -> tuple[FacetOption, ...]:
    """Return the severities from critical to info."""
    return tuple(
        FacetOption(
            SEVERITIES[level],
            counts.severities.get(level, 0),
            filters.toggle_url("severity", level.label),
            level.label in filters.severity,
            level.label,
        )
        for level in sorted(Severity, reverse=True)
    )


def facets(filters: Filters, counts: FacetCounts, user: CurrentUser) -> tuple[tuple[str, tuple[FacetOption, ...]], ...]:
    """Every other facet that offers a choice, by its heading."""
    named = {
        "Article": _articles(filters, counts),
        "Kind": [
            FacetOption(
                kind_name(kind), counts.kinds.get(kind, 0), filters.toggle_url("kind", kind), kind in filters.kind
            )
            for kind in dict.fromkeys((*filters.kind, *counts.kinds))
        ],
        "Section": [
            _option(filters, "section", value, single_line(value, 120) or LEAD, count, None)
            for value, count in counts.sections.items()
        ],
        "Editor": [
            _option(filters, "editor", value, single_line(value, 120), count) for value, count in counts.editors.items()
        ],
        "Assigned": _assignees(filters, counts, user),
    }
    return tuple((heading, options) for heading, choices in named.items() if (options := tuple(choices)))


def _option(
    filters: Filters, name: str, value: str, label: str, count: int, nothing: str | None = ""
) -> FacetOption:  # fmt: skip
    """Return a value that can be chosen, or taken back where it is chosen already."""
    chosen = getattr(filters, name) == value
    return FacetOption(label, count, filters.url(**{name: nothing if chosen else value}), chosen)


def _articles(filters: Filters, counts: FacetCounts) -> Iterable[FacetOption]:
    for number, (article, count) in enumerate(counts.articles):
        key = article_key(article)
        chosen = key == filters.article
        if number < _MOST_ARTICLES or chosen:
            href = filters.url(article="" if chosen else key, section=None)
            yield FacetOption(single_line(article.title, 120), count, href, chosen)


def _assignees(filters: Filters, counts: FacetCounts, user: CurrentUser) -> Iterable[FacetOption]:
    if user.signed_in:
        yield _option(filters, "assignee", "me", "To me", counts.assignees.get(user.name, 0))
    for name, count in counts.assignees.items():
        if name != user.name:
            yield _option(filters, "assignee", name, single_line(name, 64), count)
    if counts.assignees or filters.assignee:
        count = max(0, counts.total - sum(counts.assignees.values())) if not filters.assignee else 0
        yield _option(filters, "assignee", NOBODY, "To nobody", count)


def active_filters(filters: Filters, counts: FacetCounts) -> tuple[tuple[str, str], ...]:
    """Return the active filters, each in words with the address without it."""
    titles = {article_key(article): article.title for article, _ in counts.articles}
    chosen = [(SEVERITIES[Severity[name.upper()]], filters.toggle_url("severity", name)) for name in filters.severity]
    chosen += [(kind_name(kind), filters.toggle_url("kind", kind)) for kind in filters.kind]
    parts = (
        (filters.article, titles.get(filters.article, filters.article), {"article": "", "section": None}),
        (filters.section is not None, f"in {filters.section or LEAD}", {"section": None}),
        (filters.editor, f"by {filters.editor}", {"editor": ""}),
        (filters.assignee, f"assigned to {filters.assignee}", {"assignee": ""}),
        (filters.new, "new to you", {"new": False}),
        (filters.q, f"“{filters.q}”", {"q": ""}),
    )
    chosen += [(words, filters.url(**without)) for active, words, without in parts if active]
    return tuple((single_line(words, 120), href) for words, href in chosen)
