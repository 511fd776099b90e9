from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from snapshots import Dismissal, ReviewAction, ReviewEvent
from tests.cases import for_each
from watcher.web.rendering import audit_trail, decision_summary, kind_name

AT = datetime(2026, 11, 3, 4, 5, tzinfo=UTC)


def a_step(number: int, action: ReviewAction, *, undone: bool = False, **parts: Any) -> ReviewEvent:
    event = ReviewEvent(id=number, finding_id=number, batch=1, at=AT, by="ada", action=action, **parts)
    set_committed_value(event, "undone", undone)  # as it is read with the event
    return event


STEPS = {
    "decided: needs discussion": a_step(1, ReviewAction.ACKNOWLEDGE),
    "decided: vandalism, reverted": a_step(1, ReviewAction.DISMISS, reason=Dismissal.VANDALISM_REVERTED),
    "assigned it to eve": a_step(1, ReviewAction.ASSIGN, assignee="eve"),
    "removed the assignment": a_step(1, ReviewAction.ASSIGN, assignee=""),
    "noted": a_step(1, ReviewAction.NOTE, note="n"),
    "muted this statistic": a_step(1, ReviewAction.MUTE, mute_id=1),
    "undid a decision": a_step(1, ReviewAction.UNDO, undoes=9),
}


@for_each("expected", STEPS)
def test_every_step_is_reported_in_words(expected: str):
    assert audit_trail([STEPS[expected]])[0][1] == expected
    assert (kind_name("statistic.changed"), kind_name("weather.changed")) == ("Statistic changed", "weather.changed")


def test_the_newest_step_comes_first_and_what_it_took_back_is_named():
    lines = audit_trail([a_step(1, ReviewAction.NOTE, undone=True), a_step(2, ReviewAction.UNDO, undoes=1)])
    assert [(message, event.undone) for event, message, _ in lines] == [
        ("undid: ada noted", False),
        ("noted", True),
    ]


def test_answers_stand_below_the_note_in_the_order_of_a_talk():
    notes = [a_step(number, ReviewAction.NOTE, note="n", answers=root) for number, root in ((1, None), (2, 1), (3, 1))]
    lines = audit_trail([*notes, a_step(4, ReviewAction.NOTE, note="n"), a_step(5, ReviewAction.NOTE, answers=99)])
    assert [(event.id, [answer.id for answer in answers]) for event, _, answers in lines] == [
        (5, []),
        (4, []),
        (1, [2, 3]),
    ]


@for_each(("steps", "expected"))
def test_what_was_done_at_once_is_reported_in_a_sentence(steps: tuple[str, ...], expected: str):
    assert decision_summary([STEPS[step] for step in steps]) == expected
