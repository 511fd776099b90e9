"""Search timelines, and format them as the lines, JSON or CSV of `watcher history` and `watcher blame`."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final

from watcher.common_ends import common_ends
from watcher.model import Claim, Element, Figure, Reference, Revision, Statistic
from watcher.model.elements import decimal_text, element_to_dict, has_words, searchable_text
from watcher.model.ledger import EditVerb, Episode, Timeline
from watcher.report.labels import editor_name, headline, section_label, span
from watcher.text import shorten, single_line, spreadsheet_cell, truncate

_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_CUTOFF: Final = 0.7
_MAX_SUGGESTIONS: Final = 5
_MOST: Final = 20_000  # words that are compared for suggestions


def find_timelines(timelines: Iterable[Timeline], words: str, subject: str = "statistic") -> tuple[Timeline, ...]:
    """Return the timelines of a subject in which an episode's element, sentence or section has all these words."""
    return tuple(
        timeline
        for timeline in timelines
        if timeline.subject == subject and any(has_words(words, text) for text in _timeline_text(timeline))
    )


def suggestions(timelines: Iterable[Timeline], words: str, subject: str) -> tuple[str, ...]:
    """Return up to five names that are similar to the unknown words, else the most common names of the subject."""
    known, common = Counter[str](), Counter[str]()
    for timeline in timelines:
        if timeline.subject == subject:
            known.update(_WORD.findall(next(_timeline_text(timeline))))
            match timeline.latest.element:
                case Statistic(quantity=quantity):
                    name = quantity.unit
                case Reference(title=name) | Figure(file=name):
                    pass
                case _:
                    name = " › ".join(timeline.location.section)
            common.update([name] if name else [])
    unknown = [word for word in words.casefold().split() if word not in known]
    close = [name for word in unknown for name in get_close_matches(word, list(known)[:_MOST], n=3, cutoff=_CUTOFF)]
    names = close or [name for name, _ in common.most_common()]
    return tuple(dict.fromkeys(names))[:_MAX_SUGGESTIONS]


def _timeline_text(timeline: Timeline) -> Iterator[str]:
    for episode in timeline.episodes:
        yield searchable_text(episode.element, episode.sentence, *episode.section)


_SENTENCE = 160
_DIFFERENCE = 80
_TOKENS: Final = re.compile(r"(\W+)")
_SEPARATORS: Final = " .,;:"
_SOURCE = 60
_MIN_REMOVED_TOGETHER = 3  # elements or more that one edit removed are reported together
_COLUMNS = (
    "number", "subject", "verb", "revision", "at", "editor", "text", "value", "unit", "as_of", "sources", "section",
    "sentence", "first_stated_in", "ended_by", "duration_seconds", "undone",
)  # fmt: skip


def history_text(timelines: Sequence[Timeline], *, include_unchanged: bool) -> Iterator[str]:
    """Yield edits that removed many elements, then a paragraph per element; unchanged ones are counted by default."""
    removals = Counter(
        (episode.revision, episode.ended_by)
        for timeline in timelines
        for episode in timeline.episodes
        if episode.element is None and episode.undone and episode.ended_by
    )
    outages = {edits: count for edits, count in removals.items() if count >= _MIN_REMOVED_TOGETHER}
    for (removal, restored), count in outages.items():
        undone = f"undone by {editor_name(restored.editor)} in {restored.id} after {span(restored.at - removal.at)}"
        yield f"{_edit_line(removal)}  removed {count:,} elements, {undone}"
    unchanged = 0
    for timeline in timelines:
        lines = [*_episodes(timeline.episodes, outages)]
        if not include_unchanged and len(lines) == 1:
            unchanged += 1
            continue
        removed = "" if timeline.is_current else ", removed"
        where = f"({timeline.subject} in {section_label(timeline.location.section)}{removed})"
        yield ""
        yield f"{single_line(_describe(timeline.latest.element), 100)} {where}"
        if timeline.sentence:
            yield f"  “{single_line(timeline.sentence, _SENTENCE)}”"
        yield from (f"  {line}" for line in lines)
    if unchanged:
        yield ""
        more = " more" if unchanged < len(timelines) else ""
        verb, were = ("has", "it was") if unchanged == 1 else ("have", "they were")
        yield f"{unchanged:,}{more} {verb} not changed since {were} added."


def _episodes(episodes: Sequence[Episode], outages: Container[tuple[Revision, Revision]]) -> Iterator[str]:
    """Yield a line per episode, except restorations, which the removal's line names, and removals in `outages`."""
    before: Element | None = None
    for at, episode in enumerate(episodes):
        element, ended = episode.element, episode.ended_by
        outage = element is None and ended is not None and (episode.revision, ended) in outages
        if not outage and not (episode.verb is EditVerb.RESTORED and at > 0 and episodes[at - 1].undone):
            what = f"  {single_line(_describe(element), 100)}" if element is not None else ""
            if episode.verb is EditVerb.CHANGED and what == f"  {single_line(_describe(before), 100)}":
                what += single_line(_difference(before, element), 200)
            source = f"  [{single_line('; '.join(episode.sources), _SOURCE)}]" if episode.sources else ""
            end = ""
            if ended is not None and episode.duration is not None:
                undone = f", undone by {editor_name(ended.editor)} in {ended.id}" if episode.undone else ""
                end = f"  lasted {span(episode.duration)}{undone}"
            yield f"{_edit_line(episode.revision)}  {episode.verb.value}{what}{source}{end}"
        before = element or before


def _edit_line(revision: Revision) -> str:
    return f"{revision.at:%Y-%m-%d %H:%M}  {revision.id}  {editor_name(revision.editor)}"


def _describe(element: Element | None) -> str:
    prefixes = {Claim: "claim: ", Reference: "source: ", Figure: "image: "}
    year = f" ({element.quantity.as_of})" if isinstance(element, Statistic) and element.quantity.as_of else ""
    return f"{prefixes.get(type(element), '')}{headline(element, qualified=True) or 'nothing'}{year}"


def _difference(old: Element | None, new: Element | None) -> str:
    """Return the words by which two claims, sources or captions differ, or both URLs; "" for other elements."""
    match old, new:
        case Reference(url=before), Reference(url=now) if before and now and before != now:
            pieces = before, now
        case (
            (Claim(text=before), Claim(text=now))
            | (Reference(text=before), Reference(text=now))
            | (Figure(caption=before), Figure(caption=now))
        ):
            own, other = (_TOKENS.split(text) for text in (before, now))
            first, last = common_ends(own, other)
            removed, added = ("".join(tokens[first : len(tokens) - last]) for tokens in (own, other))
            pieces = removed.strip(_SEPARATORS), added.strip(_SEPARATORS)
        case _:
            return ""
    changes = zip(("without", "with"), pieces, strict=True)
    return "".join(f", {verb} “{shorten(words, _DIFFERENCE)}”" for verb, words in changes if words)


def history_data(timelines: Iterable[Timeline]) -> list[dict[str, Any]]:
    """Return a list of elements with their episodes, ready for JSON."""
    return [
        {
            "number": timeline.number,
            "subject": timeline.subject,
            "current": timeline.is_current,
            "section": list(timeline.location.section),
            "sentence": timeline.sentence,
            "episodes": [
                {
                    "verb": episode.verb.value,
                    "revision": _edit(episode.revision),
                    "element": element_to_dict(episode.element),
                    "fields": [asdict(field) for field in episode.fields],
                    "sentence": episode.sentence,
                    "section": list(episode.section),
                    "sources": list(episode.sources),
                    "first_stated_in": episode.origin and episode.origin.id,
                    "first_sourced_in": episode.source_origin and episode.source_origin.id,
                    "ended_by": episode.ended_by and episode.ended_by.id,
                    "duration_seconds": _seconds(episode.duration),
                    "undone": episode.undone,
                }
                for episode in timeline.episodes
            ],
        }
        for timeline in timelines
    ]


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


def _edit(made: Revision) -> dict[str, Any]:
    return {"id": made.id, "at": made.at.isoformat(), "editor": made.editor, "comment": made.comment}


def history_csv(timelines: Iterable[Timeline]) -> str:
    """Return CSV with a row for each episode; no cell begins like a formula, which spreadsheets would run."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for timeline in timelines:
        for episode in timeline.episodes:
            made, element = episode.revision, episode.element
            quantity = element.quantity if isinstance(element, Statistic) else None
            value = (quantity.value if quantity.value is not None else quantity.low) if quantity else None
            cells = (
                timeline.number, timeline.subject, episode.verb.value, made.id, made.at.isoformat(), made.editor,
                quantity.text if quantity else _describe(element), decimal_text(value),
                quantity and quantity.unit, quantity and quantity.as_of, "; ".join(episode.sources),
                " › ".join(episode.section), episode.sentence, episode.origin and episode.origin.id,
                episode.ended_by and episode.ended_by.id, _seconds(episode.duration), int(episode.undone),
            )  # fmt: skip
            writer.writerow(map(spreadsheet_cell, cells))
    return sheet.getvalue()


# Blame


def current_statistics(timelines: Iterable[Timeline]) -> tuple[Timeline, ...]:
    """Return the timelines of statistics in the newest text, in text order."""
    current = [timeline for timeline in timelines if timeline.subject == "statistic" and timeline.is_current]
    return tuple(sorted(current, key=lambda timeline: (timeline.location.start, timeline.number)))


def blame_text(timelines: Iterable[Timeline], now: datetime) -> Iterator[str]:
    """Yield, per statistic, lines with the edits that set its value and its source, and with its sentence."""
    section: tuple[str, ...] | None = None
    for timeline in timelines:
        latest = timeline.latest
        if timeline.location.section != section:
            section = timeline.location.section
            yield ""
            yield section_label(section)
        yield f"  {single_line(_describe(latest.element), 60):40} value {_when(latest.origin, now)}"
        source = f"source {_when(latest.source_origin, now)}  [{single_line('; '.join(latest.sources), _SENTENCE)}]"
        yield f"  {'':40} {source if latest.sources else 'no source'}"
        label = f"{single_line(timeline.label, _SENTENCE)}: " if timeline.label else ""
        yield f"    {label}“{truncate(single_line(timeline.sentence, _SENTENCE), _SENTENCE)}”"


def _when(revision: Revision | None, now: datetime) -> str:
    if revision is None:
        return "from before the first stored revision"
    age = span(max(now - revision.at, timedelta()))
    return f"{revision.at:%Y-%m-%d}  {revision.id}  {editor_name(revision.editor)}, {age} ago"


def blame_data(timelines: Iterable[Timeline], now: datetime) -> list[dict[str, Any]]:
    """Return a list of statistics with the edits that set their value and source, and the age of these."""
    return [
        {
            "element": element_to_dict(timeline.latest.element),
            "section": list(timeline.location.section),
            "sentence": timeline.sentence,
            "label": timeline.label,
            "value_by": _aged(timeline.latest.origin, now),
            "source_by": _aged(timeline.latest.source_origin, now) if timeline.latest.sources else None,
            "sources": list(timeline.latest.sources),
        }
        for timeline in timelines
    ]


def _aged(revision: Revision | None, now: datetime) -> dict[str, Any] | None:
    if revision is None:
        return None
    return {**_edit(revision), "age_seconds": int((now - revision.at).total_seconds())}
