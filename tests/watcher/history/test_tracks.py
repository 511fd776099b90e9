from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.watcher.history_helpers import revision
from watcher.history.tracks import Track, TrackVersion, differences, label, labels
from watcher.model import Measure, Quantity, Reference, Statistic
from watcher.model.history import EditVerb, ElementContext, Episode, HistoryEntry, TextGap, build_timeline


def statistic(value: int, as_of: str | None = None) -> Statistic:
    quantity = Quantity(
        text=str(value), start=0, end=1, value=Decimal(value), measure=Measure.COUNT, unit="boats", as_of=as_of
    )
    return Statistic(quantity=quantity, sentence=f"{value} boats")


def track(*values: tuple[int, int | None]) -> Track:
    """A track with a note a day: the number of its value, and the figure (None: gone)."""
    made = Track(0, "statistic", TrackVersion(0))
    for day, (value, figure) in enumerate(values, 1):
        verb = EditVerb.REMOVED if figure is None else EditVerb.CHANGED if day > 1 else EditVerb.ADDED
        element = None if figure is None else statistic(figure)
        made.note(verb, revision(day), element, ElementContext(sentence="s"), TrackVersion(0, value))
    return made


def episodes(made: Track) -> tuple[Episode, ...]:
    return build_timeline(0, "statistic", made.entries, None).episodes


def test_a_value_stands_until_the_next_one():
    first, second = episodes(track((0, 5), (1, 6)))
    assert first.duration == timedelta(days=1)
    assert second.duration is None
    assert not first.undone


def test_a_value_that_was_there_before_undoes_the_one_between():
    _, wrong, right = episodes(track((0, 5), (1, 6), (0, 5)))
    assert wrong.undone
    assert (wrong.origin.id, right.origin.id) == (2, 1)


@pytest.mark.parametrize(("minutes", "undone"), [(71, False), (72, True)])
def test_a_mistake_that_came_back_for_a_moment_undoes_nothing(minutes: int, *, undone: bool):
    made = track((0, 5), (1, 6), (0, 5), (1, 6), (0, 5))
    last = made.entries[-1]
    assert isinstance(last, HistoryEntry)
    made.entries[-1] = replace(last, revision=replace(last.revision, at=revision(4).at + timedelta(minutes=minutes)))
    assert [episode.undone for episode in episodes(made)] == [False, True, undone, True, False]


def test_a_gap_is_an_end_and_a_return():
    made = track((0, 5), (0, None))
    assert made.removed_by(TrackVersion(0, 0)) == revision(2)
    made.merge_gap(TextGap(revision(2), revision(3)))
    first, gone, back = episodes(made)
    assert first.ended is None
    assert (gone.verb, gone.undone, gone.duration) == (EditVerb.REMOVED, True, timedelta(days=1))
    assert (back.verb, back.element, back.origin.id) == (EditVerb.RESTORED, statistic(5), 1)


@pytest.mark.parametrize("slot", [TrackVersion(0, 1), TrackVersion(0, 0, 1)], ids=["another value", "another source"])
def test_what_comes_back_otherwise_is_no_gap(slot: TrackVersion):
    assert track((0, 5), (0, None)).removed_by(slot) is None


def test_what_is_there_has_no_gap():
    assert track((0, 5)).removed_by(TrackVersion(0, 0)) is None


def test_slots_are_numbered_one_after_the_other():
    made = track((0, 5))
    assert made.next_version(statistic(6), made.slot, value=True) == TrackVersion(0, 1, 0)
    assert made.next_version(statistic(7), made.slot, value=True, sources=("Census",)) == TrackVersion(0, 2, 1)
    assert made.next_version(statistic(5), made.slot) == TrackVersion(0, 0, 0)


def test_a_value_that_comes_back_has_its_old_number_however_it_is_written():
    made = track((0, 5))
    six = made.next_version(statistic(6), made.slot, value=True)
    made.note(EditVerb.CHANGED, revision(2), statistic(6), ElementContext(sources=("Census",)), six)
    again = Quantity(text="5.0", start=9, end=12, value=Decimal("5.0"), measure=Measure.COUNT, unit="boats")
    assert made.next_version(replace(statistic(5), quantity=again), six, value=True) == TrackVersion(0, 0, 0)
    assert made.next_version(statistic(6), six, value=True) == TrackVersion(0, 2, 0), (
        "it differs in what no field tells"
    )


def test_sources_that_come_back_have_their_old_number():
    made = track((0, 5))
    census = made.next_version(statistic(5), made.slot, sources=("Census",))
    made.note(EditVerb.RESOURCED, revision(2), statistic(5), ElementContext(sources=("Census",)), census)
    assert census == TrackVersion(0, 0, 1)
    assert made.next_version(statistic(5), census, sources=()) == TrackVersion(0, 0, 0)


def test_differences_name_each_field_that_is_written_otherwise():
    result = differences(statistic(5, "2012"), statistic(6))
    assert [(field.name, field.old, field.new) for field in result] == [("value", "5", "6"), ("as_of", "2012", None)]
    assert differences(None, statistic(6)) == ()


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        (Reference(key="k", title="A census", url="https://a.example.org"), "A census"),
        (Reference(key="k", url="https://a.example.org"), "https://a.example.org"),
        (Reference(key="k", text="Smith 2012"), "Smith 2012"),
        (Reference(key="k"), "k"),
    ],
)
def test_a_source_is_called_by_the_best_that_is_known_of_it(reference: Reference, name: str):
    assert label(reference) == name


def test_two_keys_of_one_source_are_one():
    assert labels(("a", "b", "c"), {"a": "Census", "b": "Census"}) == ("Census", "c")
