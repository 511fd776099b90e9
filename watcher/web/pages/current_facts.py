"""List what an article states now: each statistic and claim with source, last change and timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from watcher.model import Article, Claim, Document, Reference, Revision, Statistic
from watcher.model.history import EditVerb, Timeline
from watcher.report.labels import headline
from watcher.report.sources import reference_label
from watcher.text import single_line
from watcher.web.history_cache import ArticleHistory
from watcher.web.view_models import editor_name, format_timestamp, section_label

MOST = 300
_VERBS = {
    EditVerb.ADDED: "added",
    EditVerb.CHANGED: "changed",
    EditVerb.RESOURCED: "given another source",
    EditVerb.RESTORED: "brought back",
    EditVerb.REMOVED: "removed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LastChange:
    """The last edit that touched something; `href` leads to what it did on the wiki."""

    message: str
    at: str
    at_iso: str
    by: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """A current statistic or claim; `change` and `timeline` are None where its history is not known."""

    text: str
    sentence: str
    section: str
    sources: tuple[str, ...]
    change: LastChange | None
    timeline: int | None
    spark: Markup | None
    pinned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentFacts:
    """Statistics and claims in document order, and how many more of each there are than are shown."""

    statistics: tuple[FactRow, ...]
    claims: tuple[FactRow, ...]
    statistics_left_out: int
    claims_left_out: int


def facts_from_history(reading: ArticleHistory, pinned: Iterable[str], index_url: str | None) -> CurrentFacts:
    """What stands at the end of a past that was read to its end."""
    kept = frozenset(pinned)
    active = sorted(
        (timeline for timeline in reading.timelines if timeline.is_current),
        key=lambda timeline: (timeline.location.start, timeline.number),
    )
    first = next((timeline.latest.revision.article for timeline in active), None)
    reported: dict[str, list[FactRow]] = {"statistic": [], "claim": []}
    courses = {course.number: course for course in reading.courses}
    for item in active:
        if item.subject in reported and first is not None:
            spark = reading.sparkline(courses[item.number]) if item.number in courses else None
            reported[item.subject].append(_fact_of_timeline(item, kept, index_url, spark))
    return _bounded(reported["statistic"], reported["claim"])


def _fact_of_timeline(
    timeline: Timeline, pinned: frozenset[str], index_url: str | None, spark: Markup | None
) -> FactRow:
    now = timeline.latest
    by = now.revision
    diff = f"{index_url}?diff={by.id}&oldid={by.parent_id}" if index_url and by.parent_id else None
    change = LastChange(
        message=_VERBS[now.verb], at=format_timestamp(by.at), at_iso=by.at.isoformat(), by=_by(by), href=diff
    )
    return FactRow(
        text=single_line(headline(now.element) or "", 160) if timeline.subject == "statistic" else _cues(now.element),
        sentence=single_line(timeline.sentence, 600),
        section=section_label(timeline.location.section),
        sources=tuple(single_line(source, 160) for source in now.sources[:4]),
        change=change,
        timeline=timeline.number,
        spark=spark,
        pinned=timeline.sentence in pinned,
    )


def _by(revision: Revision) -> str:
    return editor_name(revision.editor)


def _cues(element: object) -> str:
    return ", ".join(element.cues) if isinstance(element, Claim) else ""


def facts_from_text(document: Document, pinned: Iterable[str]) -> CurrentFacts:
    """What a text states by itself, while its past is not known."""
    kept, known = frozenset(pinned), {reference.key: reference for reference in document.references}
    return _bounded(
        [_of_element(statistic, headline(statistic) or "", known, kept) for statistic in document.statistics],
        [_of_element(claim, _cues(claim), known, kept) for claim in document.claims],
    )


def _of_element(
    item: Statistic | Claim, text: str, known: Mapping[str, Reference], pinned: frozenset[str]
) -> FactRow:  # fmt: skip
    sentence = item.sentence if isinstance(item, Statistic) else item.text
    return FactRow(
        text=single_line(text, 160),
        sentence=single_line(sentence, 600),
        section=section_label(item.location.section),
        sources=tuple(reference_label(key, known.get(key)) for key in item.references[:4]),
        change=None,
        timeline=None,
        spark=None,
        pinned=sentence in pinned,
    )


def _bounded(statistics: Sequence[FactRow], claims: Sequence[FactRow]) -> CurrentFacts:
    return CurrentFacts(
        statistics=tuple(statistics[:MOST]),
        claims=tuple(claims[:MOST]),
        statistics_left_out=max(0, len(statistics) - MOST),
        claims_left_out=max(0, len(claims) - MOST),
    )


def sentences(document: Document, words: str, most: int) -> tuple[tuple[str, str], ...]:
    """The sentences of a text in which all these words stand, each with its place; to choose one from."""
    requested = words.casefold().split()
    result = {
        sentence.text: section_label(sentence.location.section)
        for sentence in document.sentences
        if sentence.is_content and all(word in sentence.text.casefold() for word in requested)
    }
    return tuple(list(result.items())[:most]) if requested else ()


def article_key(article: Article) -> str:
    """`wiki/page id`, as addresses and filters name an article."""
    return f"{article.wiki}/{article.page_id}"
