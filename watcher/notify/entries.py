"""Join notices that a reader sees as one: of one sentence, cells or words of one edit, reverts of an edit war."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from watcher.model import Alert, AlertTopic, Kind, Notice
from watcher.model.changes import editor_names
from watcher.text import collapse, shorten
from watcher.text.words import without_compound

_MOST_NAMED: Final = 6  # cells or findings of one entry
_LONGEST_VALUE: Final = 40
_CROSSING: Final = " × "  # between the headers of a cell
_MOST_EDITORS: Final = 3
_UNDONE: Final = ", undone"  # how the end of a resolution's summary begins
_QUOTED: Final = re.compile(r" \(“[^“”]*”\)")  # the words beside a change
_REPLACED: Final = " → "
_NoticeGroup: TypeAlias = list[tuple[Alert, Notice]]


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """An entry of a message: the notice that is shown, and all notices that it represents."""

    notice: Notice
    notices: tuple[Notice, ...]


def entries(alert: Alert) -> list[MessageEntry]:
    """Return the entries of a message about an alert, sorted by severity, then by the number of notices joined."""
    ranked, resolved = sorted(alert.notices, key=lambda notice: -notice.severity), alert.is_resolved
    rows = [MessageEntry(notice, (notice,)) for notice in ranked]
    for least, key_of, join in _JOINS:
        groups: dict[Hashable, list[MessageEntry]] = {}
        for number, entry in enumerate(rows):
            key = key_of(entry)
            groups.setdefault(number if key is None else (key,), []).append(entry)
        rows = [
            each
            for group in groups.values()
            for each in (group if len(group) < least else [MessageEntry(join(group, resolved), tuple(listed(group)))])
        ]
    return sorted(rows, key=lambda entry: (-entry.notice.severity, -len(entry.notices)))


def ranked(alerts: Sequence[Alert]) -> list[Alert]:
    """Return alerts sorted by severity, resolved ones last; the sort is stable."""
    return sorted(alerts, key=lambda alert: (alert.is_resolved, -alert.worst))


def listed(entries: Iterable[MessageEntry]) -> list[Notice]:
    """Return all notices that the entries represent."""
    return [notice for entry in entries for notice in entry.notices]


def summary_in_words(notice: Notice) -> str:
    """Return the summary of a notice with its field name spelled out: `Population estimate: 12 → 13`."""
    for label in (shorten(notice.label, _LONGEST_VALUE), shorten(notice.label)):
        if label and notice.summary.startswith(f"{label}: "):
            words = collapse(label.replace("_", " "))
            named = words if _CROSSING in words else words[:1].upper() + words[1:]
            return named + notice.summary[len(label) :]
    return notice.summary


def _sentence(entry: MessageEntry) -> Hashable | None:
    notice = entry.notice
    sentences = notice.old_sentence, notice.new_sentence
    return (*sentences, notice.section, notice.label, notice.edits, notice.through) if any(sentences) else None


def _join_sentence(group: Sequence[MessageEntry], resolved: bool) -> Notice:  # noqa: FBT001  one of `_JOINS`
    notices = [entry.notice for entry in group]
    summaries = list(dict.fromkeys(map(summary_in_words, notices)))
    ends = {_undone_by(notice) for notice in notices} if resolved else {""}
    end = ends.pop() if len(ends) == 1 else ""
    left_out = len(summaries) - _MOST_NAMED
    named = [summary.removesuffix(end) for summary in summaries[:_MOST_NAMED]]
    more = f" and {left_out} more changes of this sentence" if left_out > 0 else ""
    explanations = tuple(dict.fromkeys(text for notice in notices for text in notice.explanations))
    return _merged(notices, "; ".join(named) + more + end, explanations=explanations)


def _cell(entry: MessageEntry) -> Hashable | None:
    cell = entry.notices[0]
    is_cell = _CROSSING in cell.label and not cell.through and (cell.old_text or cell.new_text)
    return (cell.section, cell.edits, cell.diff_url) if is_cell else None


def _join_cells(group: Sequence[MessageEntry], resolved: bool) -> Notice:  # noqa: FBT001  one of `_JOINS`
    """Join the cells that one edit changed in one section; name the row or column that they share, if any."""
    cells = [entry.notices[0] for entry in group]
    first = cells[0]
    rows, _, columns = zip(*(cell.label.rpartition(_CROSSING) for cell in cells), strict=True)
    common, names = "", tuple(cell.label for cell in cells)
    if len(set(columns)) == 1:
        common, names = columns[0], rows
    elif len(set(rows)) == 1:
        common, names = rows[0], columns
    count = f"{len(cells)} cells{f' of “{shorten(common, _LONGEST_VALUE)}”' if common else ''}"
    named = []
    for name, cell in zip(names[:_MOST_NAMED], cells, strict=False):
        old, new = (shorten(text, _LONGEST_VALUE) if text else "" for text in (cell.old_text, cell.new_text))
        value = f"{new} (was {old})" if resolved else f"{old} → {new}"
        if not new:
            value = f"{old} {'gone again' if resolved else 'removed'}"
        elif not old:
            value = new if resolved else f"{new} added"
        named.append(f"{shorten(name, _LONGEST_VALUE)} {value}")
    left_out = len(cells) - _MOST_NAMED
    more = f" and {left_out} more cell{'s' * (left_out > 1)}" if left_out > 0 else ""
    summary = f"{count} {'are back' + _undone_by(first) if resolved else 'changed'}: {', '.join(named)}{more}"
    worst = [cell for cell in cells if cell.severity is first.severity]
    explanations = _common_texts(worst, lambda cell: cell.explanations) or first.explanations
    return _merged(cells, summary, old_sentence=None, new_sentence=None, explanations=explanations)


def _merged(notices: Sequence[Notice], summary: str, **changes: Any) -> Notice:
    """Return the first notice with the summary of the group, the reasons common to all, and the sources of all."""
    sources = tuple(dict.fromkeys(source for notice in notices for source in notice.sources))
    reasons = _common_texts(notices, lambda notice: notice.reasons)
    return replace(notices[0], label="", summary=summary, reasons=reasons, sources=sources, **changes)


def _common_texts(notices: Sequence[Notice], texts: Callable[[Notice], Sequence[str]]) -> tuple[str, ...]:
    """Return the texts that all notices share, in the order of the first notice."""
    return tuple(text for text in texts(notices[0]) if all(text in texts(notice) for notice in notices))


def _undone_by(notice: Notice) -> str:
    """Return the end of a resolution's summary that says who undid the change and when; "" if there is none."""
    _, mark, end = notice.summary.rpartition(_UNDONE)
    return mark + end


def _replacement(entry: MessageEntry) -> Hashable | None:
    """Return the key that is equal for sentences in which one edit replaced the same words; None for others."""
    notice, words = entry.notice, _QUOTED.sub("", entry.notice.summary)
    if notice.kind is not Kind.CLAIM_CHANGED or notice.label or _REPLACED not in words:
        return None
    sides = (part.partition(_REPLACED)[::2] for part in words.split("; "))
    return tuple(without_compound(*side) for side in sides), notice.edits, notice.diff_url


def _join_replacements(group: Sequence[MessageEntry], _resolved: bool) -> Notice:  # noqa: FBT001  one of `_JOINS`
    """Join the sentences of one replacement; show the most severe one, or the shortest summary among equals."""
    notices = (entry.notice for entry in group)
    first = min(notices, key=lambda notice: (-notice.severity, len(_QUOTED.sub("", notice.summary))))
    sections = len({entry.notice.section for entry in group})
    where = f" in {len(group)} sentences" + (f" of {sections} sections" if sections > 1 else "")
    return replace(first, summary=_QUOTED.sub("", first.summary) + where)


# The minimum number of entries to join, their key, and the join; two cells are easier to read one by one.
_JOINS: Final = (
    (2, _sentence, _join_sentence),
    (3, _cell, _join_cells),
    (2, _replacement, _join_replacements),
)


def fold_reversals(alerts: Sequence[Alert]) -> list[Alert]:
    """Merge notices that change the same thing back and forth into the latest of them.

    For an edit war, readers need the current text, the number of changes and the editors; for a change that was undone
    since, that it was undone. Other notices of an alert stay in it. If a page was moved in between, all its alerts get
    its newest title.
    """
    # Each alert with a story per notice: all notices about the same thing with their alerts, oldest first.
    folded: list[tuple[Alert, list[_NoticeGroup]]] = []
    for alert in sorted(alerts, key=lambda alert: alert.after.order):
        groups = []
        for notice in alert.notices:
            group: _NoticeGroup = []
            for earlier, known in folded:
                if earlier.page == alert.page and alert.topic is not AlertTopic.OPERATOR:
                    for match in [each for each in known if _is_same_thing(each[-1][1], notice)]:
                        known.remove(match)
                        group += match
            groups.append([*group, (alert, notice)])
        folded.append((alert, groups))
    titles = {alert.page: alert.article for alert, _ in folded}
    result = []
    for alert, groups in folded:
        if groups or not alert.notices:
            was_resolved = any(turn.is_resolved for group in groups for turn, _ in group)
            topic = AlertTopic.UPDATE if alert.topic is AlertTopic.CHANGE and was_resolved else alert.topic
            article, notices = titles[alert.page], tuple(map(_with_history, groups))
            # It continues the thread of the first alert: those in between were not sent.
            thread = groups[0][0][0].thread if groups else alert.thread
            result.append(replace(alert, article=article, topic=topic, notices=notices, thread=thread))
    return result


def _is_same_thing(earlier: Notice, notice: Notice) -> bool:
    if (earlier.kind.value.partition(".")[0], earlier.label) != (notice.kind.value.partition(".")[0], notice.label):
        return False
    # Many cells may have the same value: their headers and section distinguish them.
    if notice.label:
        return earlier.section == notice.section
    before, after = ({each.old_sentence, each.new_sentence} - {None, ""} for each in (earlier, notice))
    # A sentence may state several values: a later change must share one with the change before it.
    values, others = ({each.old_text, each.new_text} - {None} for each in (earlier, notice))
    return bool(before & after) and (bool(values & others) or not (values and others))


def _with_history(group: _NoticeGroup) -> Notice:
    """Return the newest notice of a story; if it has several alerts, add the number of changes and the editors."""
    last, notice = group[-1]
    alert_count = len({id(alert) for alert, _ in group})
    if alert_count == 1:
        return notice
    edits = sorted((edit for alert, each in group for edit in each.edits or (alert.after,)), key=lambda edit: edit.at)
    names = editor_names(edits)
    more = f" and {len(names) - _MOST_EDITORS} more" if len(names) > _MOST_EDITORS else ""
    before = group[0][1].old_sentence
    is_same = not last.is_resolved and before and before == notice.new_sentence
    times = f"changed {alert_count} times since the last message{' and as it was then' if is_same else ''}"
    return replace(notice, summary=f"{notice.summary}, {times}, by {', '.join(names[:_MOST_EDITORS])}{more}")
