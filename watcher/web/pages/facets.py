"""Build the facets of the queue: each value with its count and the address that toggles it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from snapshots import FacetCounts, ReviewState
from watcher.model import Article, Severity
from watcher.report.labels import LEAD, SEVERITIES
from watcher.text import single_line
from watcher.web.auth.authentication import CurrentUser
from watcher.web.pages.filters import ALL, NOBODY, Filters
from watcher.web.view_models import STATES, article_key, kind_name

_MOST_SHOWN: Final = 8
"""Values of a facet beside the list; all others are a link and a search away."""


@dataclass(frozen=True, slots=True)
class FacetOption:
    """A value of a facet: how many findings it has, where it leads, and whether it is chosen."""

    label: str
    count: int
    href: str
    chosen: bool
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """A part of the filters: its values, and where more of them can be searched; None where these are all."""

    name: str
    heading: str
    options: tuple[FacetOption, ...]
    more_url: str | None


def states(filters: Filters, counts: FacetCounts) -> tuple[FacetOption, ...]:
    """Open, in discussion, decided, muted, resolved, all."""
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


def facets(filters: Filters, counts: FacetCounts, user: CurrentUser) -> tuple[Facet, ...]:
    """Every other facet that offers a choice: its most frequent values, what is chosen, and where the others are."""
    whole = (facet(filters, counts, user, name) for name in HEADINGS)
    return tuple(
        Facet(
            each.name,
            each.heading,
            tuple(option for number, option in enumerate(each.options) if number < _MOST_SHOWN or option.chosen),
            f"/filter/{each.name}?{filters.query}" if len(each.options) > _MOST_SHOWN else None,
        )
        for each in whole
        if each.options
    )


def facet(filters: Filters, counts: FacetCounts, user: CurrentUser, name: str) -> Facet:
    """Return all counted values of one facet."""
    return Facet(name, HEADINGS[name], tuple(_options(filters, counts, user, name)), None)


def _option(
    filters: Filters, name: str, value: str, label: str, count: int, nothing: str | None = "", **more: object
) -> FacetOption:
    """Return a value that can be chosen, or taken back where it is chosen already."""
    chosen = getattr(filters, name) == value
    return FacetOption(label, count, filters.url(**{name: nothing if chosen else value}, **more), chosen)


def _options(filters: Filters, counts: FacetCounts, user: CurrentUser, name: str) -> Iterator[FacetOption]:
    """Yield the counted values of a facet."""
    match name:
        case "article":
            for article, count in counts.articles:
                title = single_line(article.title, 120)
                yield _option(filters, name, article_key(article), title, count, section=None)
        case "kind":
            for kind in dict.fromkeys((*filters.kind, *counts.kinds)):
                href = filters.toggle_url("kind", kind)
                yield FacetOption(kind_name(kind), counts.kinds.get(kind, 0), href, kind in filters.kind)
        case "section":
            for value, count in counts.sections.items():
                yield _option(filters, name, value, single_line(value, 120) or LEAD, count, None)
        case "editor":
            for value, count in counts.editors.items():
                yield _option(filters, name, value, single_line(value, 120), count)
        case _:
            named = {value: (single_line(value, 64), count) for value, count in counts.assignees.items()}
            mine = named.pop(user.name, ("", 0))
            if user.signed_in:
                named = {"me": ("To me", mine[1]), **named}
            if counts.assignees or filters.assignee:
                others = max(0, counts.total - sum(counts.assignees.values())) if not filters.assignee else 0
                named[NOBODY] = ("To nobody", others)
            yield from (_option(filters, name, value, label, count) for value, (label, count) in named.items())


HEADINGS: Final = {
    "article": "Article",
    "kind": "Kind",
    "section": "Section",
    "editor": "Editor",
    "assignee": "Assigned",
}
COLUMNS: Final = {"article": "article_id"}
"""The columns of facets that are not named as they are in the address."""


def active_filters(filters: Filters, counts: FacetCounts, article: Article | None) -> tuple[tuple[str, str], ...]:
    """Return the active filters, each in words with the address without it; `article` is that of the filters."""
    known = [*(each for each, _ in counts.articles), *([article] if article else [])]
    titles = {article_key(each): each.title for each in known}
    chosen = [(SEVERITIES[Severity[name.upper()]], filters.toggle_url("severity", name)) for name in filters.severity]
    chosen += [(kind_name(kind), filters.toggle_url("kind", kind)) for kind in filters.kind]
    parts = (
        (filters.article, titles.get(filters.article, filters.article), {"article": "", "section": None}),
        (filters.section is not None, f"in {filters.section or LEAD}", {"section": None}),
        (filters.editor, f"by {filters.editor}", {"editor": ""}),
        (filters.not_editor, f"not by {filters.not_editor}", {"not_editor": ""}),
        (filters.assignee, f"assigned to {filters.assignee}", {"assignee": ""}),
        (filters.new, "new to you", {"new": False}),
        (filters.first_day, f"from {filters.first_day}", {"first_day": ""}),
        (filters.last_day, f"until {filters.last_day}", {"last_day": ""}),
        (filters.q, f"“{filters.q}”", {"q": ""}),
    )
    chosen += [(words, filters.url(**without)) for active, words, without in parts if active]
    return tuple((single_line(words, 120), href) for words, href in chosen)
