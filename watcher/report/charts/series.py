"""Build the data series of a statistic: its values over time, with source and edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from watcher.model import Quantity, Reference, Statistic
from watcher.model.history import EditVerb, Episode, Timeline
from watcher.report.labels import LEAD, editor_name, headline, utc
from watcher.report.links import revision_url
from watcher.text import single_line
from watcher.urls import web_link

_LARGEST_EXPONENT = 24  # a vandal's 1e999999 is listed and not drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The value of a statistic from `at` to `until`, or its removal. Texts are one line, links web addresses.

    `value_text` is the number as written in `sentence`, `text` the same with what it counts.
    `y` is its position: its value, the middle of its range, its only bound; None where it cannot be drawn.
    """

    at: datetime
    until: datetime
    verb: str
    text: str
    value_text: str
    sentence: str
    is_removal: bool
    undone: bool
    is_current: bool
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
class StatisticSeries:
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


def build_series(
    timelines: Iterable[Timeline],
    end: datetime,
    index_url: str | None = None,
    *,
    named_in: Iterable[Timeline] = (),
) -> tuple[StatisticSeries, ...]:
    """Return the series of all statistics among `timelines` up to `end`; links lead to the wiki of `index_url`.

    The addresses of sources are those of the references among `named_in`, by default among `timelines`.
    """
    known = tuple(timelines)
    urls = source_urls(tuple(named_in) or known)
    return tuple(course(timeline, end, index_url, urls) for timeline in known if timeline.subject == "statistic")


def source_urls(timelines: Iterable[Timeline]) -> dict[str, str]:
    """Return the addresses of sources by the names under which timelines list them, the latest address of each."""
    result: dict[str, str] = {}
    for timeline in timelines:
        for episode in timeline.episodes if timeline.subject == "reference" else ():
            if isinstance(episode.element, Reference):
                address = web_link(episode.element.url) or web_link(episode.element.archive_url)
                if address:
                    result[_name(episode.element)] = address
    return result


def _name(reference: Reference) -> str:
    return reference.title or reference.url or reference.text[:80] or reference.key


def course(timeline: Timeline, end: datetime, index_url: str | None, urls: Mapping[str, str]) -> StatisticSeries:
    """Return the series of one statistic; every episode is a point."""
    latest = timeline.latest.element
    assert isinstance(latest, Statistic)
    quantity = latest.quantity
    return StatisticSeries(
        number=timeline.number,
        name=single_line(headline(latest) or "", 120),
        unit=single_line(quantity.unit or "", 40),
        percent=quantity.unit == "%",
        sentence=single_line(timeline.sentence, 400),
        section=tuple(single_line(heading, 120) for heading in timeline.location.section) or (LEAD,),
        alive=timeline.is_current,
        points=tuple(_point(episode, end, index_url, urls) for episode in timeline.episodes),
    )


def _point(episode: Episode, end: datetime, index_url: str | None, urls: Mapping[str, str]) -> Point:
    quantity = episode.element.quantity if isinstance(episode.element, Statistic) else None
    source = episode.sources[0] if episode.sources else ""
    more = len(episode.sources) - 1
    y, low, high = _positions(quantity) if quantity else (None, None, None)
    until = episode.ended.at if episode.ended else max(end, episode.revision.at)
    return Point(
        at=utc(episode.revision.at),
        until=max(utc(until), utc(episode.revision.at)),
        verb=episode.verb.value if quantity or episode.verb is not EditVerb.CHANGED else EditVerb.REMOVED.value,
        text=single_line(headline(episode.element, qualified=True) or "", 120),
        value_text=single_line(quantity.text, 120) if quantity else "",
        sentence=single_line(episode.sentence, 400),
        is_removal=quantity is None,
        undone=episode.undone,
        is_current=episode.ended is None,
        y=y,
        low=low,
        high=high,
        ranged=y is not None and quantity is not None and (quantity.low, quantity.high) != (None, None),
        as_of=single_line(quantity.as_of or "", 40) if quantity else "",
        source=single_line(source, 200) + (f" and {more} more" if more > 0 else ""),
        source_url=urls.get(source) or (web_link(source) if source.startswith("http") else None),
        revision=episode.revision.id,
        editor=editor_name(episode.revision.editor, 60),
        edit_url=revision_url(index_url, episode.revision) if index_url else None,
    )


def _positions(quantity: Quantity) -> tuple[float | None, float | None, float | None]:
    """Return the position of a quantity, and the bounds of its range; an open side is None."""
    value, low, high = (drawn_at(number) for number in (quantity.value, quantity.low, quantity.high))
    bounds = [item for item in (low, high) if item is not None]
    if value is None and bounds:
        value = sum(bounds) / len(bounds)
    return value, low, high


def drawn_at(value: Decimal | None) -> float | None:
    """Return a number as a position; None for one that is too large for any axis."""
    if value is None or not value.is_finite() or value.adjusted() > _LARGEST_EXPONENT:
        return None
    return float(value)
