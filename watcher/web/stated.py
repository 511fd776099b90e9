"""What an article says now becomes lines to read: each figure and claim with its source, last change and timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from watcher.model import Article, Claim, Document, Reference, Revision, Statistic
from watcher.model.timelines import Timeline, Verb
from watcher.report.headlines import headline
from watcher.report.safety import one_line
from watcher.report.sources import reference_label
from watcher.web.lines import editor_name, moment, place
from watcher.web.past import Reading

MOST = 300
_VERBS = {
    Verb.ADDED: "added",
    Verb.CHANGED: "changed",
    Verb.RESOURCED: "given another source",
    Verb.RESTORED: "brought back",
    Verb.REMOVED: "removed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The last edit that touched something; `href` leads to what it did on the wiki."""

    says: str
    at: str
    at_iso: str
    by: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A figure or a claim as it stands now; `change` is None where its past is not known, `life` where it has none."""

    said: str
    sentence: str
    section: str
    sources: tuple[str, ...]
    change: Change | None
    life: int | None
    spark: Markup | None
    pinned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """Statistics and claims in document order, and how many more of each there are than are shown."""

    statistics: tuple[Stated, ...]
    claims: tuple[Stated, ...]
    statistics_left_out: int
    claims_left_out: int


def of_lives(reading: Reading, pinned: Iterable[str], index_url: str | None) -> Now:
    """What stands at the end of a past that was read to its end."""
    kept = frozenset(pinned)
    standing = sorted((one for one in reading.lives if one.alive), key=lambda one: (one.place.start, one.number))
    first = next((one.latest.revision.article for one in standing), None)
    told: dict[str, list[Stated]] = {"statistic": [], "claim": []}
    courses = {course.number: course for course in reading.courses}
    for one in standing:
        if one.subject in told and first is not None:
            spark = reading.spark(courses[one.number]) if one.number in courses else None
            told[one.subject].append(_of_life(one, kept, index_url, spark))
    return _bounded(told["statistic"], told["claim"])


def _of_life(one: Timeline, pinned: frozenset[str], index_url: str | None, spark: Markup | None) -> Stated:
    now = one.latest
    by = now.revision
    diff = f"{index_url}?diff={by.id}&oldid={by.parent_id}" if index_url and by.parent_id else None
    change = Change(says=_VERBS[now.verb], at=moment(by.at), at_iso=by.at.isoformat(), by=_by(by), href=diff)
    return Stated(
        said=one_line(headline(now.element) or "", 160) if one.subject == "statistic" else _cues(now.element),
        sentence=one_line(one.sentence, 600),
        section=place(one.place.section),
        sources=tuple(one_line(source, 160) for source in now.sources[:4]),
        change=change,
        life=one.number,
        spark=spark,
        pinned=one.sentence in pinned,
    )


def _by(revision: Revision) -> str:
    return editor_name(revision.editor)


def _cues(element: object) -> str:
    return ", ".join(element.cues) if isinstance(element, Claim) else ""


def of_text(document: Document, pinned: Iterable[str]) -> Now:
    """What a text states by itself, while its past is not known."""
    kept, known = frozenset(pinned), {one.key: one for one in document.references}
    return _bounded(
        [_of_element(one, headline(one) or "", known, kept) for one in document.statistics],
        [_of_element(one, _cues(one), known, kept) for one in document.claims],
    )


def _of_element(
    one: Statistic | Claim, said: str, known: Mapping[str, Reference], pinned: frozenset[str]
) -> Stated:  # fmt: skip
    sentence = one.sentence if isinstance(one, Statistic) else one.text
    return Stated(
        said=one_line(said, 160),
        sentence=one_line(sentence, 600),
        section=place(one.place.section),
        sources=tuple(reference_label(key, known.get(key)) for key in one.references[:4]),
        change=None,
        life=None,
        spark=None,
        pinned=sentence in pinned,
    )


def _bounded(statistics: Sequence[Stated], claims: Sequence[Stated]) -> Now:
    return Now(
        statistics=tuple(statistics[:MOST]),
        claims=tuple(claims[:MOST]),
        statistics_left_out=max(0, len(statistics) - MOST),
        claims_left_out=max(0, len(claims) - MOST),
    )


def sentences(document: Document, words: str, most: int) -> tuple[tuple[str, str], ...]:
    """The sentences of a text in which all these words stand, each with its place; to choose one from."""
    wanted = words.casefold().split()
    found = {
        one.text: place(one.place.section)
        for one in document.sentences
        if one.states_facts and all(word in one.text.casefold() for word in wanted)
    }
    return tuple(list(found.items())[:most]) if wanted else ()


def key(article: Article) -> str:
    """`wiki/page id`, as addresses and filters name an article."""
    return f"{article.wiki}/{article.page_id}"
