"""Assemble the page of a comparison: cards, tables and notes, in reading order."""

from __future__ import annotations

from dataclasses import dataclass, field

from watcher.model import Comparison, Finding, Revision, Severity
from watcher.report.cards import Bounds, Card, Context, PlacedText, card, path
from watcher.report.labels import edited_keys, known_references, summarize
from watcher.report.links import Links
from watcher.text import single_line
from watcher.wikitext_diff import WikitextDiff, diff_wikitext

_MOST_UNREAD = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """The content of a report, independent of its format; `sides` are what was compared, each with its role."""

    title: str
    wiki: str
    verdict: str
    worst: Severity | None
    sides: tuple[tuple[str, Revision], ...]
    links: Links
    cards: tuple[Card, ...]
    cards_left_out: int
    muted: tuple[Card, ...]
    muted_left_out: int
    sections: tuple[Card, ...]
    references: tuple[Card, ...]
    figures: tuple[Card, ...]
    briefs: tuple[tuple[str, Finding], ...]
    unread: tuple[PlacedText, ...]
    unread_left_out: int
    full_text: WikitextDiff | None
    threshold: Severity
    counts: tuple[tuple[Severity, int], ...]
    shows_edits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What a report shows, beside the comparison itself.

    With both wikitexts, HTML also has the full text difference. Findings below `threshold` are listed in a line each.
    `focus` is the number of a finding, counted from 1 in document order, that has a card whatever else fits.
    """

    before_text: str | None = None
    after_text: str | None = None
    links: Links = field(default_factory=Links)
    threshold: Severity = Severity.MEDIUM
    focus: int | None = None
    bounds: Bounds = field(default_factory=Bounds)


def page(comparison: Comparison, request: ReportOptions, full_text: WikitextDiff | None = None) -> ReportPage:
    """Return the page of `comparison` within the bounds of `request`.

    Cards are picked by where they are shown, those that reach the threshold worst first; only what is shown is made.
    What would have a card if there were room for all is listed in brief, in document order.
    """
    bounds, threshold, after = request.bounds, request.threshold, comparison.after
    numbered = list(enumerate(comparison.findings, start=1))
    reached = [entry for entry in numbered if entry[1].severity >= threshold]
    tracked = [entry for entry in numbered if entry[1].severity < threshold]
    worst_first = sorted(reached, key=lambda entry: -entry[1].severity)
    chosen = {"cards": _first(worst_first, bounds.cards, request.focus)}
    chosen["muted"] = _first(tracked, bounds.rows, request.focus)
    for subject in ("section", "reference", "figure"):
        chosen[subject] = [e for e in numbered if e[1].change.kind.subject == subject][: bounds.rows]
    context = Context(known=known_references(comparison), edited=edited_keys(comparison), bounds=bounds)
    shown = {number: finding for entries in chosen.values() for number, finding in entries}
    made = {number: card(finding, number, context) for number, finding in shown.items()}
    picked = {name: tuple(made[number] for number, _ in entries) for name, entries in chosen.items()}
    with_card = {number for number, _ in chosen["cards"]}
    briefs = [(f"finding-{number}", finding) for number, finding in reached if number not in with_card]
    # What is rendered is one revision; whose edits changed what readers see of it, the cards say.
    sides = {"Before": comparison.before, "After": after}
    if comparison.is_rendered:
        sides = {"Rendered": comparison.before}
    counts = ((level, sum(f.severity is level for f in comparison.findings)) for level in reversed(Severity))
    return ReportPage(
        title=single_line(comparison.article.title, 300) if comparison.article else "Two texts compared",
        wiki=single_line(comparison.article.wiki, 100) if comparison.article else "",
        verdict=summarize(comparison, threshold),
        worst=comparison.worst,
        sides=tuple((role, revision) for role, revision in sides.items() if revision),
        links=request.links,
        cards=picked["cards"],
        cards_left_out=len(reached) - len(picked["cards"]),
        muted=picked["muted"],
        muted_left_out=len(tracked) - len(picked["muted"]),
        sections=picked["section"],
        references=picked["reference"],
        figures=picked["figure"],
        briefs=tuple(briefs[: bounds.briefs]),
        unread=tuple(
            PlacedText(path=path(u.location.section), text=single_line(u.reason, 300))
            for u in comparison.unread[:_MOST_UNREAD]
        ),
        unread_left_out=max(0, len(comparison.unread) - _MOST_UNREAD),
        full_text=full_text and full_text.within(bounds.full_text),
        threshold=threshold,
        counts=tuple((level, number) for level, number in counts if number),
        # Where the heading of the report does not name the edit that made a finding.
        shows_edits=any(
            [edit.id for edit in finding.edits] != [after and after.id]
            for finding in comparison.findings
            if finding.edits
        ),
    )


def _first(entries: list[tuple[int, Finding]], most: int, focus: int | None) -> list[tuple[int, Finding]]:
    """Return the first so many; the one in focus replaces the last where it would not be among them."""
    late = [entry for entry in entries[most:] if entry[0] == focus]
    return [*entries[: most - len(late)], *late]


def full_text(request: ReportOptions) -> WikitextDiff | None:
    """Return the difference of the wikitexts; None where `request` has none."""
    before, after = request.before_text, request.after_text
    if before is None or after is None:
        return None
    return diff_wikitext(before, after, request.bounds.full_text)
