"""Fold what several alerts of one message say about the same thing into what holds now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from watcher.model import Alert, AlertTopic, Notice

_MOST_NAMED: Final = 3  # editors
_HIDDEN_EDITOR: Final = "a hidden editor"


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
    for alert in sorted(alerts, key=_order):
        own = [_Thing(notice, [*_earlier(alert, notice, things), (alert, notice)]) for notice in alert.notices]
        things.append((alert, own))
    titles = {_page(alert): alert.article for alert, _ in things}
    return [
        replace(_folded(alert, own), article=titles[_page(alert)]) for alert, own in things if own or not alert.notices
    ]


def _order(alert: Alert) -> tuple[datetime, int]:
    return alert.after.at, alert.after.id


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


def _folded(alert: Alert, things: Sequence[_Thing]) -> Alert:
    again = alert.topic is AlertTopic.CHANGE and any(
        turn.topic is AlertTopic.RESOLVED for thing in things for turn, _ in thing.story
    )
    notices = tuple(_described(thing) for thing in things)
    return replace(alert, topic=AlertTopic.UPDATE if again else alert.topic, notices=notices)


def _described(thing: _Thing) -> Notice:
    turns = {id(alert) for alert, _ in thing.story}
    if len(turns) == 1:
        return thing.notice
    edits = sorted(
        (edit for alert, notice in thing.story for edit in notice.edits or (alert.after,)), key=lambda edit: edit.at
    )
    names = list(dict.fromkeys(edit.editor or _HIDDEN_EDITOR for edit in edits))
    people = ", ".join(names[:_MOST_NAMED]) + (f" and {len(names) - _MOST_NAMED} more" * (len(names) > _MOST_NAMED))
    before, (last, _) = thing.story[0][1].old_sentence, thing.story[-1]
    is_same = last.topic is not AlertTopic.RESOLVED and before and before == thing.notice.new_sentence
    same = " and as it was then" if is_same else ""
    return replace(
        thing.notice,
        summary=f"{thing.notice.summary}, changed {len(turns)} times since the last message{same}, by {people}",
    )
