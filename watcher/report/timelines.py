"""Timelines → the lines, the JSON or the CSV of `watcher history` and `watcher blame`."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from watcher.model import Claim, Element, Figure, Measure, Reference, Revision, Statistic
from watcher.model.timelines import Episode, Timeline, Verb
from watcher.model.wire import decimal_text, element_to_dict
from watcher.report.safety import clip, json_safe, one_line

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
    for one in timelines:
        lines = _episodes(one.episodes, outages)
        if not all_lives and len(lines) == 1:
            quiet += 1
            continue
        yield ""
        yield _title(one)
        if one.sentence:
            yield f"  “{one_line(one.sentence, _SENTENCE)}”"
        yield from (f"  {line}" for line in lines)
    if quiet:
        yield ""
        yield f"{quiet:,} more have not changed since they came."


def _away(timelines: Iterable[Timeline]) -> Counter[tuple[Revision, Revision]]:
    """Edits that took something away with those that brought it back, and how many elements."""
    return Counter(
        (one.revision, one.ended)
        for life in timelines
        for one in life.episodes
        if one.element is None and one.undone and one.ended
    )


def _title(one: Timeline) -> str:
    place = " › ".join(one.place.section) or "lead"
    gone = "" if one.alive else ", gone"
    return f"{one_line(_what(one.latest.element), 100)} ({one.subject} in {one_line(place, 100)}{gone})"


def _episodes(episodes: Sequence[Episode], outages: Container[tuple[Revision, Revision]]) -> list[str]:
    """A line each; a return is told by the line of what it undid, and what befell many is told elsewhere."""
    lines = []
    for at, one in enumerate(episodes):
        outage = one.element is None and one.ended is not None and (one.revision, one.ended) in outages
        back = one.verb is Verb.RESTORED and at > 0 and episodes[at - 1].undone
        if not outage and not back:
            lines.append(_line(one))
    return lines


def _line(one: Episode) -> str:
    what = f"  {one_line(_what(one.element), 100)}" if one.element is not None else ""
    source = f"  [{one_line('; '.join(one.sources), _SOURCE)}]" if one.sources else ""
    end = ""
    if one.ended is not None and one.stood is not None:
        undone = f", undone by {_who(one.ended)} in {one.ended.id}" if one.undone else ""
        end = f"  stood {span(one.stood)}{undone}"
    edit = f"{one.revision.at:%Y-%m-%d %H:%M}  {one.revision.id}  {_who(one.revision)}"
    return f"{edit}  {one.verb.value}{what}{source}{end}"


def _who(revision: Revision) -> str:
    return "(hidden)" if revision.editor is None else one_line(revision.editor, 40)


def _what(element: Element | None) -> str:
    """An element in a few words."""
    match element:
        case Statistic(quantity=one):
            year = f"({one.as_of})" if one.as_of else ""
            told = one.unit is None or one.unit in one.text or one.unit == "%" or one.measure is Measure.CURRENCY
            unit = "" if told else one.unit
            return " ".join(word for word in (one.qualifier, one.text, unit, year) if word)
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
    return _dumped([_life(one) for one in timelines])


def _life(one: Timeline) -> dict[str, Any]:
    return {
        "number": one.number,
        "subject": one.subject,
        "alive": one.alive,
        "section": list(one.place.section),
        "sentence": one.sentence,
        "episodes": [_episode(episode) for episode in one.episodes],
    }


def _episode(one: Episode) -> dict[str, Any]:
    return {
        "verb": one.verb.value,
        "revision": _edit(one.revision),
        "element": element_to_dict(one.element),
        "fields": [{"name": field.name, "old": field.old, "new": field.new} for field in one.fields],
        "sentence": one.sentence,
        "section": list(one.section),
        "sources": list(one.sources),
        "first_said_in": one.origin.id,
        "first_sourced_in": one.source_origin.id,
        "ended_by": one.ended and one.ended.id,
        "stood_seconds": None if one.stood is None else int(one.stood.total_seconds()),
        "undone": one.undone,
    }


def _edit(revision: Revision) -> dict[str, Any]:
    return {
        "id": revision.id,
        "at": revision.at.isoformat(),
        "editor": revision.editor,
        "comment": revision.comment,
    }


def _dumped(told: object) -> str:
    return json_safe(json.dumps(told, ensure_ascii=False, indent=2)) + "\n"


def history_csv(timelines: Iterable[Timeline]) -> str:
    """A row an episode; no cell begins as a formula, for spreadsheets run those."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in timelines:
        writer.writerows([_cell(value) for value in _cells(one, episode)] for episode in one.episodes)
    return sheet.getvalue()


def _cells(one: Timeline, episode: Episode) -> tuple[object, ...]:
    quantity = episode.element.quantity if isinstance(episode.element, Statistic) else None
    value = quantity and (quantity.value if quantity.value is not None else quantity.low)
    return (
        one.number, one.subject, episode.verb.value, episode.revision.id, episode.revision.at.isoformat(),
        episode.revision.editor, quantity.text if quantity else _what(episode.element), decimal_text(value or None),
        quantity and quantity.unit, quantity and quantity.as_of, "; ".join(episode.sources),
        " › ".join(episode.section), episode.sentence, episode.origin.id, episode.ended and episode.ended.id,
        None if episode.stood is None else int(episode.stood.total_seconds()), int(episode.undone),
    )  # fmt: skip


def _cell(value: object) -> str:
    text = "" if value is None else one_line(str(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) and not isinstance(value, int) else text


# Blame


def standing(timelines: Iterable[Timeline]) -> tuple[Timeline, ...]:
    """The statistics that the newest text states, in its order."""
    here = [one for one in timelines if one.subject == "statistic" and one.alive]
    return tuple(sorted(here, key=lambda one: (one.place.start, one.number)))


def blame_text(timelines: Iterable[Timeline], now: datetime) -> Iterator[str]:
    """Two lines a statistic: who gave it its value, who its source, how long ago, in which sentence."""
    section: tuple[str, ...] | None = None
    for one in timelines:
        latest = one.latest
        if one.place.section != section:
            section = one.place.section
            yield ""
            yield one_line(" › ".join(section) or "lead", 100)
        yield f"  {one_line(_what(latest.element), 60):40} value {_when(latest.origin, now)}"
        source = f"source {_when(latest.source_origin, now)}  [{one_line('; '.join(latest.sources), _SOURCE)}]"
        yield f"  {'':40} {source if latest.sources else 'no source'}"
        yield f"    “{clip(one_line(one.sentence, _SENTENCE), _SENTENCE)}”"


def _when(revision: Revision, now: datetime) -> str:
    return f"{revision.at:%Y-%m-%d}  {revision.id}  {_who(revision)}, {span(max(now - revision.at, timedelta()))} ago"


def blame_json(timelines: Iterable[Timeline], now: datetime) -> str:
    """A list of statistics, each with the edits that gave it its value and its source, and their age."""
    return _dumped(
        [
            {
                "element": element_to_dict(one.latest.element),
                "section": list(one.place.section),
                "sentence": one.sentence,
                "value_by": _aged(one.latest.origin, now),
                "source_by": _aged(one.latest.source_origin, now) if one.latest.sources else None,
                "sources": list(one.latest.sources),
            }
            for one in timelines
        ]
    )


def _aged(revision: Revision, now: datetime) -> dict[str, Any]:
    return {**_edit(revision), "age_seconds": int((now - revision.at).total_seconds())}
