"""Join what a reader takes for one: findings of one sentence, cells or words of one edit, turns of an edit war."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from watcher.model import Alert, AlertTopic, Kind, Notice
from watcher.text import collapse, shorten

_MIN_CELLS: Final = 3  # two cells are read faster one by one
_MOST_NAMED: Final = 6  # cells or findings of one entry
_LONGEST_VALUE: Final = 40
_CROSSING: Final = " × "  # between the headers of a cell
_Item = TypeVar("_Item")
_MOST_EDITORS: Final = 3
HIDDEN_EDITOR: Final = "a hidden editor"
_UNDONE: Final = ", undone"  # how the end of a resolution's summary begins
_QUOTED: Final = re.compile(r" \(“[^“”]*”\)")  # the words beside a change
_REPLACED: Final = " → "


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """What a message tells as one thing: the notice that it shows, and the notices that this one stands for."""

    notice: Notice
    notices: tuple[Notice, ...]


def entries(alert: Alert) -> list[MessageEntry]:
    """Return what a message about an alert lists, the most severe first; of equals, what stands for the most."""
    ranked = sorted(alert.notices, key=lambda notice: -notice.severity)
    resolved = alert.topic is AlertTopic.RESOLVED
    singles = [
        MessageEntry(_of_one_sentence(group, resolved=resolved), group) for group in _grouped(ranked, _sentences)
    ]
    joined = [_of_table(group, resolved=resolved) for group in _grouped(singles, _table)]
    flat = [
        _of_one_replacement(group) for group in _grouped([entry for group in joined for entry in group], _replacement)
    ]
    return sorted(flat, key=lambda entry: (-entry.notice.severity, -len(entry.notices)))


def listed(entries: Iterable[MessageEntry]) -> list[Notice]:
    """Return all notices that some entries stand for."""
    return [notice for entry in entries for notice in entry.notices]


def summary_in_words(notice: Notice) -> str:
    """Return the summary of a notice with the field that it names in words: `Population estimate: 12 → 13`."""
    for label in (shorten(notice.label, _LONGEST_VALUE), shorten(notice.label)):
        if label and notice.summary.startswith(f"{label}: "):
            words = collapse(label.replace("_", " "))
            named = words if _CROSSING in words else words[:1].upper() + words[1:]
            return named + notice.summary[len(label) :]
    return notice.summary


def _grouped(items: Sequence[_Item], key: Callable[[_Item], Hashable | None]) -> list[tuple[_Item, ...]]:
    """Group items by their keys in the order of the first of each; what has no key stays alone."""
    groups: dict[Hashable, list[_Item]] = {}
    for number, item in enumerate(items):
        group_key = key(item)
        groups.setdefault(number if group_key is None else (group_key,), []).append(item)
    return [tuple(group) for group in groups.values()]


def _sentences(notice: Notice) -> Hashable | None:
    sentences = notice.old_sentence, notice.new_sentence
    return (*sentences, notice.section, notice.label, notice.edits, notice.through) if any(sentences) else None


def _of_one_sentence(notices: Sequence[Notice], *, resolved: bool) -> Notice:
    first, *others = notices
    if not others:
        return first
    summaries = list(dict.fromkeys(map(summary_in_words, notices)))
    ends = {_end(notice) for notice in notices} if resolved else {""}
    end = ends.pop() if len(ends) == 1 else ""
    left = len(summaries) - _MOST_NAMED
    named = [summary.removesuffix(end) for summary in summaries[:_MOST_NAMED]]
    more = f" and {left} more changes of this sentence" if left > 0 else ""
    return replace(
        first,
        label="",
        summary="; ".join(named) + more + end,
        reasons=_of_all(notices, lambda notice: notice.reasons),
        explanations=tuple(dict.fromkeys(text for notice in notices for text in notice.explanations)),
        sources=tuple(dict.fromkeys(source for notice in notices for source in notice.sources)),
    )


def _table(entry: MessageEntry) -> Hashable | None:
    cell = entry.notices[0]
    is_cell = _CROSSING in cell.label and not cell.through and (cell.old_text or cell.new_text)
    return (cell.section, cell.edits, cell.diff_url) if is_cell else None


def _of_table(group: Sequence[MessageEntry], *, resolved: bool) -> Sequence[MessageEntry]:
    """Join the cells that one edit changed in one section, under the row or column that all of them are in."""
    if len(group) < _MIN_CELLS:
        return group
    cells = [entry.notices[0] for entry in group]
    first = cells[0]
    worst = [cell for cell in cells if cell.severity is first.severity]
    rows, _, columns = zip(*(cell.label.rpartition(_CROSSING) for cell in cells), strict=True)
    common, names = "", [cell.label for cell in cells]
    if len(set(columns)) == 1:
        common, names = columns[0], list(rows)
    elif len(set(rows)) == 1:
        common, names = rows[0], list(columns)
    count = f"{len(cells)} cells{f' of “{shorten(common, _LONGEST_VALUE)}”' if common else ''}"
    end = _end(first) if resolved else ""
    named = [
        f"{shorten(name, _LONGEST_VALUE)} {_values(cell, resolved=resolved)}"
        for name, cell in zip(names, cells, strict=True)
    ]
    left = len(named) - _MOST_NAMED
    more = f" and {left} more cell{'s' * (left > 1)}" if left > 0 else ""
    summary = f"{count} {'are back' if resolved else 'changed'}{end}: {', '.join(named[:_MOST_NAMED])}{more}"
    notice = replace(
        first,
        label="",
        summary=summary,
        old_sentence=None,
        new_sentence=None,
        reasons=_of_all(cells, lambda cell: cell.reasons),
        explanations=_of_all(worst, lambda cell: cell.explanations) or first.explanations,
        sources=tuple(dict.fromkeys(source for cell in cells for source in cell.sources)),
    )
    return (MessageEntry(notice, tuple(listed(group))),)


def _replacement(entry: MessageEntry) -> Hashable | None:
    """Return what is the same where one edit replaced the same words in several sentences."""
    notice, words = entry.notice, _QUOTED.sub("", entry.notice.summary)
    if notice.kind is not Kind.CLAIM_CHANGED or notice.label or _REPLACED not in words:
        return None
    return words, notice.edits, notice.diff_url


def _of_one_replacement(group: Sequence[MessageEntry]) -> MessageEntry:
    """Join the sentences of a replacement under what became of them, with the first as the example."""
    first, *others = group
    if not others:
        return first
    sections = len({entry.notice.section for entry in group})
    where = f" in {len(group)} sentences" + (f" of {sections} sections" if sections > 1 else "")
    summary = _QUOTED.sub("", first.notice.summary) + where
    return MessageEntry(replace(first.notice, summary=summary), tuple(listed(group)))


def _values(cell: Notice, *, resolved: bool) -> str:
    old, new = (shorten(text, _LONGEST_VALUE) if text else "" for text in (cell.old_text, cell.new_text))
    if not new:
        return f"{old} {'gone again' if resolved else 'removed'}"
    if not old:
        return new if resolved else f"{new} added"
    return f"{new} (was {old})" if resolved else f"{old} → {new}"


def _end(notice: Notice) -> str:
    """Return what the summary of a resolution says of who undid something and when; empty where it says nothing."""
    _, mark, end = notice.summary.rpartition(_UNDONE)
    return mark + end


def _of_all(notices: Sequence[Notice], texts: Callable[[Notice], Sequence[str]]) -> tuple[str, ...]:
    """Return the texts that all notices have, in the order of the first."""
    return tuple(text for text in texts(notices[0]) if all(text in texts(notice) for notice in notices))


@dataclass(slots=True)
class _Thing:
    """The newest notice about a thing, and all notices about it with their alerts, oldest first."""

    notice: Notice
    story: list[tuple[Alert, Notice]] = field(default_factory=list)


def fold_turns(alerts: Sequence[Alert]) -> list[Alert]:
    """Fold the notices that change the same thing back and forth into the last of them, with what came before.

    Of ten turns of an edit war the reader needs where it stands, how often it changed, and who takes part; of a change
    that was undone since, that it is. What an alert says besides stays in it. Alerts about a page that was moved
    meanwhile get its newest title.
    """
    things: list[tuple[Alert, list[_Thing]]] = []
    for alert in sorted(alerts, key=lambda alert: (alert.after.at, alert.after.id)):
        own = [_Thing(notice, [*_earlier(alert, notice, things), (alert, notice)]) for notice in alert.notices]
        things.append((alert, own))
    titles = {_page(alert): alert.article for alert, _ in things}
    return [
        replace(
            alert,
            article=titles[_page(alert)],
            topic=AlertTopic.UPDATE if alert.topic is AlertTopic.CHANGE and _comes_again(own) else alert.topic,
            notices=tuple(_described(thing) for thing in own),
        )
        for alert, own in things
        if own or not alert.notices
    ]


def _comes_again(things: Sequence[_Thing]) -> bool:
    return any(turn.topic is AlertTopic.RESOLVED for thing in things for turn, _ in thing.story)


def _page(alert: Alert) -> tuple[str, int | str]:
    """Return what tells pages apart: the title where an alert is about no page, or about several."""
    return alert.article.wiki, alert.article.page_id or alert.article.title


def _earlier(
    alert: Alert, notice: Notice, things: Sequence[tuple[Alert, list[_Thing]]]
) -> Iterator[tuple[Alert, Notice]]:
    """Take what earlier alerts say about the thing of a notice away from them, and yield it."""
    for earlier, known in things:
        if _page(earlier) == _page(alert) and alert.topic is not AlertTopic.OPERATOR:
            for thing in [thing for thing in known if _is_same_thing(thing.notice, notice)]:
                known.remove(thing)
                yield from thing.story


def _is_same_thing(earlier: Notice, notice: Notice) -> bool:
    if (earlier.kind.value.partition(".")[0], earlier.label) != (notice.kind.value.partition(".")[0], notice.label):
        return False
    # A cell may hold what many others hold, too: its headers and section tell them apart.
    if notice.label:
        return earlier.section == notice.section
    before, after = ({each.old_sentence, each.new_sentence} - {None, ""} for each in (earlier, notice))
    return bool(before & after)


def _described(thing: _Thing) -> Notice:
    turns = {id(alert) for alert, _ in thing.story}
    if len(turns) == 1:
        return thing.notice
    edits = sorted(
        (edit for alert, notice in thing.story for edit in notice.edits or (alert.after,)), key=lambda edit: edit.at
    )
    names = list(dict.fromkeys(edit.editor or HIDDEN_EDITOR for edit in edits))
    people = ", ".join(names[:_MOST_EDITORS]) + (
        f" and {len(names) - _MOST_EDITORS} more" * (len(names) > _MOST_EDITORS)
    )
    before, (last, _) = thing.story[0][1].old_sentence, thing.story[-1]
    is_same = last.topic is not AlertTopic.RESOLVED and before and before == thing.notice.new_sentence
    same = " and as it was then" if is_same else ""
    return replace(
        thing.notice,
        summary=f"{thing.notice.summary}, changed {len(turns)} times since the last message{same}, by {people}",
    )
