"""List what an article states now: each statistic and claim with source, last change and timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from markupsafe import Markup

from watcher.model import Claim, Document, Element, Reference, Statistic
from watcher.model.ledger import Timeline
from watcher.report.labels import headline, section_label
from watcher.report.links import revision_url
from watcher.report.sources import reference_label
from watcher.text import single_line
from watcher.web.timelines import ArticleTimelines

MOST: Final = 300
"""Statistics, and claims, that a page lists; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """A current statistic or claim; `timeline`, with its last edit at `edit_url`, is None where it is not known."""

    text: str
    sentence: str
    section: str
    sources: tuple[str, ...]
    pinned: bool
    timeline: Timeline | None = None
    edit_url: str | None = None
    spark: Markup | None = None

    @property
    def anchor(self) -> str:
        """The place of the row on the page, to which its form leads back."""
        return f"fact-{sha256(f'{self.section}|{self.text}|{self.sentence}'.encode()).hexdigest()[:12]}"


CurrentFacts = Mapping[str, Sequence[FactRow]]
"""The `statistics` and the `claims` of an article, in document order."""


def facts_from_history(reading: ArticleTimelines, pinned: Iterable[str], index_url: str | None) -> CurrentFacts:
    """Return the current elements of a history that was read to its end."""
    kept = frozenset(pinned)
    courses = {course.timeline.number: course for course in reading.courses}
    rows: dict[str, list[FactRow]] = {"statistics": [], "claims": []}
    for timeline in sorted(reading.timelines, key=lambda timeline: (timeline.location.start, timeline.number)):
        latest = timeline.latest
        if not timeline.is_current or f"{timeline.subject}s" not in rows:
            continue
        row = FactRow(
            text=_describe(latest.element),
            sentence=single_line(timeline.sentence, 600),
            section=section_label(timeline.location.section),
            sources=tuple(single_line(source, 160) for source in latest.sources[:4]),
            pinned=timeline.sentence in kept,
            timeline=timeline,
            edit_url=revision_url(index_url, latest.revision) if index_url else None,
            spark=reading.sparkline(courses[timeline.number]) if timeline.number in courses else None,
        )
        rows[f"{timeline.subject}s"].append(row)
    return rows


def facts_from_text(document: Document, pinned: Iterable[str]) -> CurrentFacts:
    """Return the statistics and claims of a text whose history is not known."""
    kept, known = frozenset(pinned), {reference.key: reference for reference in document.references}
    return {
        "statistics": [_fact_of(statistic, statistic.sentence, known, kept) for statistic in document.statistics],
        "claims": [_fact_of(claim, claim.text, known, kept) for claim in document.claims],
    }


def _fact_of(
    item: Statistic | Claim, sentence: str, known: Mapping[str, Reference], pinned: frozenset[str]
) -> FactRow:  # fmt: skip
    return FactRow(
        text=_describe(item),
        sentence=single_line(sentence, 600),
        section=section_label(item.location.section),
        sources=tuple(reference_label(key, known.get(key)) for key in item.references[:4]),
        pinned=sentence in pinned,
    )


def _describe(element: Element | None) -> str:
    return ", ".join(element.cues) if isinstance(element, Claim) else single_line(headline(element) or "", 160)


def sentences(document: Document, words: str, most: int) -> tuple[tuple[str, str], ...]:
    """Return the sentences of a text that hold all these words, each with its section; to choose one from."""
    requested = words.casefold().split()
    result = {
        sentence.text: section_label(sentence.location.section)
        for sentence in document.sentences
        if sentence.is_content and all(word in sentence.text.casefold() for word in requested)
    }
    return tuple(list(result.items())[:most]) if requested else ()
