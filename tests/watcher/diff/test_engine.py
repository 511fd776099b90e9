"""Test that a figure that moved between sentences is a wording change, in both directions."""

from __future__ import annotations

from dataclasses import replace

from watcher.diff.engine import drop_moved_statistics
from watcher.model import Change, Kind, Location
from watcher.parse import parse


def change_of(kind: Kind, sentence: str, start: int) -> Change:
    """A figure that came into a sentence or went from it."""
    (figure,) = parse(sentence).statistics
    location = Location(section=(), start=start)
    if kind is Kind.STATISTIC_ADDED:
        return Change(kind=kind, old=None, new=figure, new_sentence=sentence, location=location)
    return Change(kind=kind, old=figure, new=None, old_sentence=sentence, location=location)


def quiet(*changes: Change) -> set[str]:
    """The sentences whose figure is told as mere words."""
    hushed = [change for change in drop_moved_statistics(changes) if change.kind.subject == "prose"]
    return {change.new_sentence or change.old_sentence or "" for change in hushed}


LOST = change_of(Kind.STATISTIC_REMOVED, "There were 30 boats.", 5)
NEAR = change_of(Kind.STATISTIC_ADDED, "The harbour had 30 boats.", 10)
FAR = change_of(Kind.STATISTIC_ADDED, "Later the harbour had 30 boats.", 30)


def mirrored(change: Change) -> Change:
    verbs = {Kind.STATISTIC_ADDED: Kind.STATISTIC_REMOVED, Kind.STATISTIC_REMOVED: Kind.STATISTIC_ADDED}
    return replace(
        change,
        kind=verbs[change.kind],
        old=change.new,
        new=change.old,
        old_sentence=change.new_sentence,
        new_sentence=change.old_sentence,
    )


def test_a_figure_that_one_sentence_lost_and_another_gained_is_only_words():
    assert quiet(LOST, NEAR) == {"There were 30 boats.", "The harbour had 30 boats."}


def test_another_figure_is_reported():
    assert quiet(LOST, change_of(Kind.STATISTIC_ADDED, "The harbour had 31 boats.", 10)) == set()


def test_of_two_that_gained_it_the_first_of_the_text_is_meant_in_whatever_order_they_are_reported_and_read():
    expected = {"There were 30 boats.", "The harbour had 30 boats."}
    assert quiet(LOST, FAR, NEAR) == quiet(LOST, NEAR, FAR) == expected
    assert quiet(*map(mirrored, (FAR, NEAR, LOST))) == expected
