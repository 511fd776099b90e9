"""The life of a statistic becomes points that can be drawn: when it said what, on which source, by which edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from watcher.model import Quantity, Reference, Revision, Statistic
from watcher.model.timelines import Episode, Timeline, Verb
from watcher.report.headlines import headline
from watcher.report.labels import LEAD
from watcher.report.links import revision_url
from watcher.report.safety import one_line, web_link

_LARGEST_EXPONENT = 24  # a vandal's 1e999999 is told and not drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a statistic said from `at` to `until`; `gone` where nothing. Texts are one line, links web addresses.

    `said` is the number as written in `sentence`, `text` the same with what it counts.
    `y` is where it is drawn: its value, the middle of its range, its only bound; None where nothing can be.
    """

    at: datetime
    until: datetime
    verb: str
    text: str
    said: str
    sentence: str
    gone: bool
    undone: bool
    standing: bool
    y: float | None = None
    low: float | None = None
    high: float | None = None
    ranged: bool = False
    as_of: str = ""
    source: str = ""
    source_url: str | None = None
    revision: int
    editor: str
    edit_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The points of one statistic from the oldest on, at least one; `unit` is what it counts."""

    number: int
    name: str
    unit: str
    percent: bool
    sentence: str
    section: tuple[str, ...]
    alive: bool
    points: tuple[Point, ...]

    @property
    def drawable(self) -> tuple[Point, ...]:
        """The points with a place on the axis."""
        return tuple(point for point in self.points if point.y is not None)


def courses(
    timelines: Iterable[Timeline],
    end: datetime,
    index_url: str | None = None,
    *,
    named_in: Iterable[Timeline] = (),
) -> tuple[Course, ...]:
    """The courses of all statistics among `timelines` up to `end`; links lead to the wiki of `index_url`.

    The addresses of sources are found in the lives of references among `named_in`, by default among `timelines`.
    """
    lives = tuple(timelines)
    urls = source_urls(tuple(named_in) or lives)
    return tuple(course(one, end, index_url, urls) for one in lives if one.subject == "statistic")


def source_urls(timelines: Iterable[Timeline]) -> dict[str, str]:
    """The addresses of sources by the names under which timelines list them, the latest address of each."""
    found: dict[str, str] = {}
    for timeline in timelines:
        for episode in timeline.episodes if timeline.subject == "reference" else ():
            if isinstance(episode.element, Reference):
                address = web_link(episode.element.url) or web_link(episode.element.archive_url)
                if address:
                    found[_name(episode.element)] = address
    return found


def _name(reference: Reference) -> str:
    return reference.title or reference.url or reference.text[:80] or reference.key


def course(timeline: Timeline, end: datetime, index_url: str | None, urls: Mapping[str, str]) -> Course:
    """The course of one statistic; an episode that a later one replaced within itself is a point of its own."""
    latest = timeline.latest.element
    assert isinstance(latest, Statistic)
    quantity = latest.quantity
    return Course(
        number=timeline.number,
        name=one_line(headline(latest) or "", 120),
        unit=one_line(quantity.unit or "", 40),
        percent=quantity.unit == "%",
        sentence=one_line(timeline.sentence, 400),
        section=tuple(one_line(heading, 120) for heading in timeline.place.section) or (LEAD,),
        alive=timeline.alive,
        points=tuple(_point(one, end, index_url, urls) for one in timeline.episodes),
    )


def _point(episode: Episode, end: datetime, index_url: str | None, urls: Mapping[str, str]) -> Point:
    quantity = episode.element.quantity if isinstance(episode.element, Statistic) else None
    source = episode.sources[0] if episode.sources else ""
    more = len(episode.sources) - 1
    y, low, high = _places(quantity) if quantity else (None, None, None)
    until = episode.ended.at if episode.ended else max(end, episode.revision.at)
    return Point(
        at=_utc(episode.revision.at),
        until=max(_utc(until), _utc(episode.revision.at)),
        verb=episode.verb.value if quantity or episode.verb is not Verb.CHANGED else Verb.REMOVED.value,
        text=one_line(_said(episode), 120) if quantity else "",
        said=one_line(quantity.text, 120) if quantity else "",
        sentence=one_line(episode.sentence, 400),
        gone=quantity is None,
        undone=episode.undone,
        standing=episode.ended is None,
        y=y,
        low=low,
        high=high,
        ranged=y is not None and quantity is not None and (quantity.low, quantity.high) != (None, None),
        as_of=one_line(quantity.as_of or "", 40) if quantity else "",
        source=one_line(source, 200) + (f" and {more} more" if more > 0 else ""),
        source_url=urls.get(source) or (web_link(source) if source.startswith("http") else None),
        revision=episode.revision.id,
        editor=_editor(episode.revision),
        edit_url=revision_url(index_url, episode.revision) if index_url else None,
    )


def _said(episode: Episode) -> str:
    assert isinstance(episode.element, Statistic)
    quantity = episode.element.quantity
    said = headline(episode.element) or ""
    qualifier = quantity.qualifier or ""
    return f"{qualifier} {said}".strip() if qualifier.casefold() not in said.casefold() else said


def _editor(revision: Revision) -> str:
    return "(hidden)" if revision.editor is None else one_line(revision.editor, 60)


def _places(quantity: Quantity) -> tuple[float | None, float | None, float | None]:
    """Where a quantity is drawn, and the bounds of its range; an open side is None."""
    value, low, high = (drawn_at(one) for one in (quantity.value, quantity.low, quantity.high))
    bounds = [one for one in (low, high) if one is not None]
    if value is None and bounds:
        value = sum(bounds) / len(bounds)
    return value, low, high


def drawn_at(value: Decimal | None) -> float | None:
    """A number as a position; None for one that no axis has room for."""
    if value is None or not value.is_finite() or value.adjusted() > _LARGEST_EXPONENT:
        return None
    return float(value)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
