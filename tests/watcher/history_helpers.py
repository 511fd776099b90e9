"""Build timelines from texts, one per day, and select what tests compare."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from watcher.ledger.recorder import Recorder, with_current
from watcher.model import Article, Dialect, Element, Figure, Reference, Revision, Snapshot, Statistic
from watcher.model.ledger import LedgerEdit, StoredEdit, Timeline
from watcher.model.ledger import build_timelines as build_all
from watcher.parse import parse

ENGLISH = Dialect()
PAGE = Article(wiki="w", page_id=1, title="Tide")
START = datetime(2026, 1, 1, tzinfo=UTC)
SURVEY = "<ref>{{cite web |title=Tidal survey of all ports |url=https://survey.example.org/reports/all-ports}}</ref>"
CENSUS = "<ref>{{cite web |title=Census of boats |url=https://census.example.org/boats/by-harbour}}</ref>"
BOATS = f"In 2012, the survey counted 21 million boats in the harbours of the coast.{SURVEY}"
CREWS = "Their crews numbered 300 sailors who slept ashore, most of them on Sundays."
TEXT = f"Tide is the rise and fall of the sea.\n\n== Harbours ==\n{BOATS}\n\n== Crews ==\n{CREWS}\n"


def revision(number: int, editor: str | None = None) -> Revision:
    """Return a revision with that id, saved on that day of 2026."""
    at = START + timedelta(days=number - 1)
    return Revision(article=PAGE, id=number, parent_id=number - 1, at=at, editor=editor or f"E{number}", comment=None)


def timelines_from(*texts: str | None, subject: str = "statistic") -> list[Timeline]:
    """The timelines of that subject after these texts."""
    snapshots = [Snapshot(revision=revision(number), wikitext=text) for number, text in enumerate(texts, 1)]
    return [timeline for timeline in build_timelines(snapshots) if timeline.subject == subject]


def element_text(element: Element | None) -> str | None:
    """An element in a word or two."""
    match element:
        case Statistic():
            return element.quantity.text
        case Reference():
            return element.title
        case Figure():
            return element.file
        case None:
            return None
        case _:
            return str(getattr(element, "text", element))


def events_of(timeline: Timeline) -> list[tuple[int, str, str | None]]:
    """Return revision, verb and value of each episode."""
    return [(episode.revision.id, episode.verb.value, element_text(episode.element)) for episode in timeline.episodes]


def stories(timelines: Sequence[Timeline]) -> list[list[tuple[int, str, str | None]]]:
    """The same of several."""
    return [events_of(timeline) for timeline in timelines]


def record(snapshots: Iterable[Snapshot], dialect: Dialect = ENGLISH) -> list[LedgerEdit]:
    """Return what each of an article's revisions, which come oldest first, did."""
    recorder = Recorder(dialect)
    return [edit for snapshot in snapshots if (edit := recorder.add(snapshot))]


def timelines_of(edits: Iterable[LedgerEdit]) -> tuple[Timeline, ...]:
    """Return the timelines as they are read from what is stored of edits, those of less than a day included."""
    return build_all((edit.revision, StoredEdit.of(edit)) for edit in edits)


def without_locations(timelines: Iterable[Timeline]) -> list[tuple[int, str, object]]:
    """Return the content of timelines, without the current locations of their elements."""
    return [(item.number, item.subject, item.episodes) for item in timelines]


def build_timelines(snapshots: Iterable[Snapshot], dialect: Dialect = ENGLISH) -> tuple[Timeline, ...]:
    """Return the timelines of all elements of an article's revisions, which come oldest first."""
    recorder, text = Recorder(dialect), ""
    edits = []
    for snapshot in snapshots:
        edits += [edit] if (edit := recorder.add(snapshot)) else []
        text = text if snapshot.wikitext is None else snapshot.wikitext
    timelines = [item for item in timelines_of(edits) if not item.is_transient]
    return with_current(timelines, recorder.head, parse(text, dialect), edits[0].revision) if edits else ()
