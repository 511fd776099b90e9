"""Build the facets of the queue: each value with its count and the address that toggles it."""

from __future__ import annotations

from collections.abc import Iterable

from snapshots import FacetCounts, ReviewState
from watcher.model import Severity
from watcher.report.labels import LEAD, SEVERITIES
from watcher.text import single_line
from watcher.web.auth.authentication import CurrentUser
from watcher.web.pages.filters import ALL, NOBODY, Filters
from watcher.web.view_models import STATES, FacetOption, kind_name

_MOST_ARTICLES = 30


def states(filters: Filters, counts: FacetCounts) -> tuple[FacetOption, ...]:
    """Open, acknowledged, dismissed, muted, all."""
    numbers = {state.value: counts.states.get(state, 0) for state in ReviewState}
    names = {**{state.value: label for state, label in STATES.items()}, ALL: "All"}
    numbers[ALL] = sum(numbers.values())
    return tuple(
        FacetOption(label=label, count=numbers[name], href=filters.url(state=name), chosen=filters.state == name)
        for name, label in names.items()
    )


def severities(filters: Filters, counts: FacetCounts) -> tuple[FacetOption, ...]:
    """The severities from critical to info."""
    return tuple(
        FacetOption(
            label=SEVERITIES[level],
            count=counts.severities.get(level, 0),
            href=filters.toggle_url("severity", level.label),
            chosen=level.label in filters.severity,
            mark=level.label,
        )
        for level in sorted(Severity, reverse=True)
    )


def facets(
    filters: Filters, counts: FacetCounts, reader: CurrentUser
) -> tuple[tuple[str, tuple[FacetOption, ...]], ...]:
    """Every other facet that offers a choice, by its heading."""
    named = {
        "Article": _articles(filters, counts),
        "Kind": tuple(_kinds(filters, counts)),
        "Section": _values(filters, "section", counts.sections, filters.section, {"": LEAD}),
        "Editor": _values(filters, "editor", counts.editors, filters.editor, {}),
        "Assigned": tuple(_assignees(filters, counts, reader)) if reader.signed_in or counts.assignees else (),
    }
    return tuple((heading, choices) for heading, choices in named.items() if choices)


def _articles(filters: Filters, counts: FacetCounts) -> tuple[FacetOption, ...]:
    keys = [(article, f"{article.wiki}/{article.page_id}", count) for article, count in counts.articles]
    return tuple(
        FacetOption(
            label=single_line(article.title, 120),
            count=count,
            href=filters.url(article="" if key == filters.article else key, section=None),
            chosen=key == filters.article,
        )
        for key_at, (article, key, count) in enumerate(keys)
        if key_at < _MOST_ARTICLES or key == filters.article
    )


def _kinds(filters: Filters, counts: FacetCounts) -> Iterable[FacetOption]:
    for kind in dict.fromkeys((*filters.kind, *counts.kinds)):
        href = filters.toggle_url("kind", kind)
        yield FacetOption(
            label=kind_name(kind), count=counts.kinds.get(kind, 0), href=href, chosen=kind in filters.kind
        )


def _values(
    filters: Filters, name: str, counted: dict[str, int], chosen: str | None, names: dict[str, str]
) -> tuple[FacetOption, ...]:
    nothing = None if name == "section" else ""
    return tuple(
        FacetOption(
            label=names.get(value) or single_line(value, 120),
            count=count,
            href=filters.url(**{name: nothing if value == chosen else value}),
            chosen=value == chosen,
        )
        for value, count in counted.items()
    )


def _assignees(filters: Filters, counts: FacetCounts, reader: CurrentUser) -> Iterable[FacetOption]:
    own = counts.assignees.get(reader.name, 0)
    if reader.signed_in:
        yield FacetOption(label="To me", count=own, href=_assigned(filters, "me"), chosen=filters.assignee == "me")
    for name, count in counts.assignees.items():
        if name != reader.name:
            chosen = filters.assignee == name
            yield FacetOption(label=single_line(name, 64), count=count, href=_assigned(filters, name), chosen=chosen)
    if counts.assignees or filters.assignee:
        nobody = filters.assignee == NOBODY
        count = max(0, counts.total - sum(counts.assignees.values())) if not filters.assignee else 0
        yield FacetOption(label="To nobody", count=count, href=_assigned(filters, NOBODY), chosen=nobody)


def _assigned(filters: Filters, name: str) -> str:
    return filters.url(assignee="" if filters.assignee == name else name)


def active_filters(filters: Filters, counts: FacetCounts) -> tuple[tuple[str, str], ...]:
    """The active filters, each in words with the address without it."""
    titles = {f"{article.wiki}/{article.page_id}": article.title for article, _ in counts.articles}
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
    chosen += [(words, filters.url(**without)) for other, words, without in parts if other]
    return tuple((single_line(words, 120), href) for words, href in chosen)
