"""The counts of the queue become choices: each with its number, and the address that adds it or takes it away."""

from __future__ import annotations

from collections.abc import Iterable

from snapshots import Counts, ReviewState
from watcher.model import Severity
from watcher.report.labels import LEAD, SEVERITIES
from watcher.report.safety import one_line
from watcher.web.filters import ALL, NOBODY, Filters
from watcher.web.lines import STATES, Choice, kind_name
from watcher.web.readers import Reader

_MOST_ARTICLES = 30


def states(filters: Filters, counts: Counts) -> tuple[Choice, ...]:
    """Open, acknowledged, dismissed, muted, all."""
    numbers = {state.value: counts.states.get(state, 0) for state in ReviewState}
    names = {**{state.value: label for state, label in STATES.items()}, ALL: "All"}
    numbers[ALL] = sum(numbers.values())
    return tuple(
        Choice(label=label, count=numbers[name], href=filters.address(state=name), chosen=filters.state == name)
        for name, label in names.items()
    )


def severities(filters: Filters, counts: Counts) -> tuple[Choice, ...]:
    """The levels from critical to info, whether or not there is anything of them."""
    return tuple(
        Choice(
            label=SEVERITIES[level],
            count=counts.severities.get(level, 0),
            href=filters.toggled("severity", level.label),
            chosen=level.label in filters.severity,
            mark=level.label,
        )
        for level in sorted(Severity, reverse=True)
    )


def facets(filters: Filters, counts: Counts, reader: Reader) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """Every other facet that offers a choice, by its heading."""
    named = {
        "Article": _articles(filters, counts),
        "Kind": tuple(_kinds(filters, counts)),
        "Section": _values(filters, "section", counts.sections, filters.section, {"": LEAD}),
        "Editor": _values(filters, "editor", counts.editors, filters.editor, {}),
        "Assigned": tuple(_assignees(filters, counts, reader)) if reader.signed_in or counts.assignees else (),
    }
    return tuple((heading, choices) for heading, choices in named.items() if choices)


def _articles(filters: Filters, counts: Counts) -> tuple[Choice, ...]:
    keys = [(article, f"{article.wiki}/{article.page_id}", count) for article, count in counts.articles]
    return tuple(
        Choice(
            label=one_line(article.title, 120),
            count=count,
            href=filters.address(article="" if key == filters.article else key, section=None),
            chosen=key == filters.article,
        )
        for key_at, (article, key, count) in enumerate(keys)
        if key_at < _MOST_ARTICLES or key == filters.article
    )


def _kinds(filters: Filters, counts: Counts) -> Iterable[Choice]:
    for kind in dict.fromkeys((*filters.kind, *counts.kinds)):
        href = filters.toggled("kind", kind)
        yield Choice(label=kind_name(kind), count=counts.kinds.get(kind, 0), href=href, chosen=kind in filters.kind)


def _values(
    filters: Filters, name: str, counted: dict[str, int], chosen: str | None, names: dict[str, str]
) -> tuple[Choice, ...]:
    nothing = None if name == "section" else ""
    return tuple(
        Choice(
            label=names.get(value) or one_line(value, 120),
            count=count,
            href=filters.address(**{name: nothing if value == chosen else value}),
            chosen=value == chosen,
        )
        for value, count in counted.items()
    )


def _assignees(filters: Filters, counts: Counts, reader: Reader) -> Iterable[Choice]:
    mine = counts.assignees.get(reader.name, 0)
    if reader.signed_in:
        yield Choice(label="To me", count=mine, href=_assigned(filters, "me"), chosen=filters.assignee == "me")
    for name, count in counts.assignees.items():
        if name != reader.name:
            chosen = filters.assignee == name
            yield Choice(label=one_line(name, 64), count=count, href=_assigned(filters, name), chosen=chosen)
    if counts.assignees or filters.assignee:
        nobody = filters.assignee == NOBODY
        count = max(0, counts.total - sum(counts.assignees.values())) if not filters.assignee else 0
        yield Choice(label="To nobody", count=count, href=_assigned(filters, NOBODY), chosen=nobody)


def _assigned(filters: Filters, name: str) -> str:
    return filters.address(assignee="" if filters.assignee == name else name)


def removable(filters: Filters, counts: Counts) -> tuple[tuple[str, str], ...]:
    """What narrows the queue now, each in words with the address without it."""
    titles = {f"{article.wiki}/{article.page_id}": article.title for article, _ in counts.articles}
    chosen = [(SEVERITIES[Severity[name.upper()]], filters.toggled("severity", name)) for name in filters.severity]
    chosen += [(kind_name(kind), filters.toggled("kind", kind)) for kind in filters.kind]
    parts = (
        (filters.article, titles.get(filters.article, filters.article), {"article": "", "section": None}),
        (filters.section is not None, f"in {filters.section or LEAD}", {"section": None}),
        (filters.editor, f"by {filters.editor}", {"editor": ""}),
        (filters.assignee, f"assigned to {filters.assignee}", {"assignee": ""}),
        (filters.new, "new to you", {"new": False}),
        (filters.q, f"“{filters.q}”", {"q": ""}),
    )
    chosen += [(words, filters.address(**without)) for there, words, without in parts if there]
    return tuple((one_line(words, 120), href) for words, href in chosen)
