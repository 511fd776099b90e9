"""Format timelines as the lines, JSON or CSV of `watcher history` and `watcher blame`."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from watcher.model import Claim, Element, Figure, Measure, Reference, Revision, Statistic
from watcher.model.history import EditVerb, Episode, Timeline
from watcher.model.serialization import decimal_text, element_to_dict
from watcher.text import json_safe, single_line, truncate

_SENTENCE = 160
_SOURCE = 60
_MANY = 3  # elements that one edit took away, from which on it is told once
_COLUMNS = (
    "number", "subject", "verb", "revision", "at", "editor", "text", "value", "unit", "as_of", "sources", "section",
    "sentence", "first_said_in", "ended_by", "stood_seconds", "undone",
)  # fmt: skip


def history_text(timelines: Sequence[Timeline], *, all_lives: bool) -> Iterator[str]:
    """What befell many at once, then a paragraph a life; lives in which nothing else happened are only counted."""
    outages = {edits: count for edits, count in _away(timelines).items() if count >= _MANY}
    for (went, back), count in outages.items():
        edit = f"{went.at:%Y-%m-%d %H:%M}  {went.id}  {_who(went)}"
        yield f"{edit}  took away {count:,}, undone by {_who(back)} in {back.id} after {span(back.at - went.at)}"
    quiet = 0
    for timeline in timelines:
        lines = _episodes(timeline.episodes, outages)
        if not all_lives and len(lines) == 1:
            quiet += 1
            continue
        yield ""
        yield _title(timeline)
        if timeline.sentence:
            yield f"  “{single_line(timeline.sentence, _SENTENCE)}”"
        yield from (f"  {line}" for line in lines)
    if quiet:
        yield ""
        yield f"{quiet:,} more have not changed since they came."


def _away(timelines: Iterable[Timeline]) -> Counter[tuple[Revision, Revision]]:
    """Edits that took something away with those that brought it back, and how many elements."""
    return Counter(
        (episode.revision, episode.ended)
        for timeline in timelines
        for episode in timeline.episodes
        if episode.element is None and episode.undone and episode.ended
    )


def _title(timeline: Timeline) -> str:
    location = " › ".join(timeline.location.section) or "lead"
    gone = "" if timeline.is_current else ", gone"
    return (
        f"{single_line(_what(timeline.latest.element), 100)} ({timeline.subject} in {single_line(location, 100)}{gone})"
    )


def _episodes(episodes: Sequence[Episode], outages: Container[tuple[Revision, Revision]]) -> list[str]:
    """A line each; a return is told by the line of what it undid, and what befell many is told elsewhere."""
    lines = []
    for at, episode in enumerate(episodes):
        outage = episode.element is None and episode.ended is not None and (episode.revision, episode.ended) in outages
        back = episode.verb is EditVerb.RESTORED and at > 0 and episodes[at - 1].undone
        if not outage and not back:
            lines.append(_line(episode))
    return lines


def _line(episode: Episode) -> str:
    what = f"  {single_line(_what(episode.element), 100)}" if episode.element is not None else ""
    source = f"  [{single_line('; '.join(episode.sources), _SOURCE)}]" if episode.sources else ""
    end = ""
    if episode.ended is not None and episode.duration is not None:
        undone = f", undone by {_who(episode.ended)} in {episode.ended.id}" if episode.undone else ""
        end = f"  stood {span(episode.duration)}{undone}"
    edit = f"{episode.revision.at:%Y-%m-%d %H:%M}  {episode.revision.id}  {_who(episode.revision)}"
    return f"{edit}  {episode.verb.value}{what}{source}{end}"


def _who(revision: Revision) -> str:
    return "(hidden)" if revision.editor is None else single_line(revision.editor, 40)


def _what(element: Element | None) -> str:
    """An element in a few words."""
    match element:
        case Statistic(quantity=quantity):
            year = f"({quantity.as_of})" if quantity.as_of else ""
            reported = (
                quantity.unit is None
                or quantity.unit in quantity.text
                or quantity.unit == "%"
                or quantity.measure is Measure.CURRENCY
            )
            unit = "" if reported else quantity.unit
            return " ".join(word for word in (quantity.qualifier, quantity.text, unit, year) if word)
        case Claim():
            return f"claim: {element.text}"
        case Reference():
            return f"source: {element.title or element.url or element.text or element.key}"
        case Figure():
            return f"picture: {element.file}"
        case _:
            return "nothing"


def span(length: timedelta) -> str:
    """A length of time in its largest unit: "3 minutes", "2 days"."""
    seconds = int(length.total_seconds())
    for name, size in (("year", 31_557_600), ("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count:,} {name}{'s' * (count != 1)}"
    return f"{seconds} second{'s' * (seconds != 1)}"


def history_json(timelines: Iterable[Timeline]) -> str:
    """A list of lives, each with its episodes."""
    return _dumped([_timeline_lines(timeline) for timeline in timelines])


def _timeline_lines(timeline: Timeline) -> dict[str, Any]:
    return {
        "number": timeline.number,
        "subject": timeline.subject,
        "alive": timeline.is_current,
        "section": list(timeline.location.section),
        "sentence": timeline.sentence,
        "episodes": [_episode(episode) for episode in timeline.episodes],
    }


def _episode(episode: Episode) -> dict[str, Any]:
    return {
        "verb": episode.verb.value,
        "revision": _edit(episode.revision),
        "element": element_to_dict(episode.element),
        "fields": [{"name": field.name, "old": field.old, "new": field.new} for field in episode.fields],
        "sentence": episode.sentence,
        "section": list(episode.section),
        "sources": list(episode.sources),
        "first_said_in": episode.origin.id,
        "first_sourced_in": episode.source_origin.id,
        "ended_by": episode.ended and episode.ended.id,
        "stood_seconds": None if episode.duration is None else int(episode.duration.total_seconds()),
        "undone": episode.undone,
    }


def _edit(revision: Revision) -> dict[str, Any]:
    return {
        "id": revision.id,
        "at": revision.at.isoformat(),
        "editor": revision.editor,
        "comment": revision.comment,
    }


def _dumped(reported: object) -> str:
    return json_safe(json.dumps(reported, ensure_ascii=False, indent=2)) + "\n"


def history_csv(timelines: Iterable[Timeline]) -> str:
    """A row an episode; no cell begins as a formula, for spreadsheets run those."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for timeline in timelines:
        writer.writerows([_cell(value) for value in _cells(timeline, episode)] for episode in timeline.episodes)
    return sheet.getvalue()


def _cells(timeline: Timeline, episode: Episode) -> tuple[object, ...]:
    quantity = episode.element.quantity if isinstance(episode.element, Statistic) else None
    value = quantity and (quantity.value if quantity.value is not None else quantity.low)
    return (
        timeline.number, timeline.subject, episode.verb.value, episode.revision.id, episode.revision.at.isoformat(),
        episode.revision.editor, quantity.text if quantity else _what(episode.element), decimal_text(value or None),
        quantity and quantity.unit, quantity and quantity.as_of, "; ".join(episode.sources),
        " › ".join(episode.section), episode.sentence, episode.origin.id, episode.ended and episode.ended.id,
        None if episode.duration is None else int(episode.duration.total_seconds()), int(episode.undone),
    )  # fmt: skip


def _cell(value: object) -> str:
    text = "" if value is None else single_line(str(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) and not isinstance(value, int) else text


# Blame


def current_statistics(timelines: Iterable[Timeline]) -> tuple[Timeline, ...]:
    """The statistics that the newest text states, in its order."""
    current = [timeline for timeline in timelines if timeline.subject == "statistic" and timeline.is_current]
    return tuple(sorted(current, key=lambda timeline: (timeline.location.start, timeline.number)))


def blame_text(timelines: Iterable[Timeline], now: datetime) -> Iterator[str]:
    """Two lines a statistic: who gave it its value, who its source, how long ago, in which sentence."""
    section: tuple[str, ...] | None = None
    for timeline in timelines:
        latest = timeline.latest
        if timeline.location.section != section:
            section = timeline.location.section
            yield ""
            yield single_line(" › ".join(section) or "lead", 100)
        yield f"  {single_line(_what(latest.element), 60):40} value {_when(latest.origin, now)}"
        source = f"source {_when(latest.source_origin, now)}  [{single_line('; '.join(latest.sources), _SOURCE)}]"
        yield f"  {'':40} {source if latest.sources else 'no source'}"
        yield f"    “{truncate(single_line(timeline.sentence, _SENTENCE), _SENTENCE)}”"


def _when(revision: Revision, now: datetime) -> str:
    return f"{revision.at:%Y-%m-%d}  {revision.id}  {_who(revision)}, {span(max(now - revision.at, timedelta()))} ago"


def blame_json(timelines: Iterable[Timeline], now: datetime) -> str:
    """A list of statistics, each with the edits that gave it its value and its source, and their age."""
    return _dumped(
        [
            {
                "element": element_to_dict(timeline.latest.element),
                "section": list(timeline.location.section),
                "sentence": timeline.sentence,
                "value_by": _aged(timeline.latest.origin, now),
                "source_by": _aged(timeline.latest.source_origin, now) if timeline.latest.sources else None,
                "sources": list(timeline.latest.sources),
            }
            for timeline in timelines
        ]
    )


def _aged(revision: Revision, now: datetime) -> dict[str, Any]:
    return {**_edit(revision), "age_seconds": int((now - revision.at).total_seconds())}
