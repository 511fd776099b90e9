from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tests.cases import for_each
from tests.watcher.history_helpers import revision
from watcher.model import Location, Reference
from watcher.model.history import (
    CurrentElement,
    EditVerb,
    ElementContext,
    Episode,
    HistoryEntry,
    TextGap,
    build_timeline,
)

CONTEXT = ElementContext(sentence="s", section=("Coast",), sources=("Census",))


def episodes(
    *steps: tuple[int, str | None] | TextGap, reverted_to: Mapping[int, int] = MappingProxyType({})
) -> tuple[Episode, ...]:
    """The episodes of a note a day: the number of the value, what was said (None: gone), the days reverted to."""
    notes: list[HistoryEntry | TextGap] = []
    for day, step in enumerate(steps, 1):
        if isinstance(step, TextGap):
            notes.append(step)
            continue
        value, text = step
        verb = EditVerb.REMOVED if text is None else EditVerb.CHANGED if day > 1 else EditVerb.ADDED
        element = None if text is None else Reference(key=text)
        notes.append(
            HistoryEntry(
                verb=verb, revision=revision(day), element=element, context=CONTEXT, value=value, source=1,
                reverted_to=reverted_to.get(day, 0),
            )
        )  # fmt: skip
    return build_timeline(0, "reference", notes, None).episodes


def ends(result: tuple[Episode, ...]) -> list[tuple[int | None, bool]]:
    return [(episode.ended and episode.ended.id, episode.undone) for episode in result]


@for_each(
    ("steps", "expected"),
    [
        ([(0, "a")], [(None, False)]),
        ([(0, "a"), (1, "b")], [(2, False), (None, False)]),
        ([(0, "a"), (0, "a"), (1, "b")], [(3, False), (3, False), (None, False)]),
        ([(0, "a"), (1, "b"), (0, "a")], [(2, False), (3, True), (None, False)]),
        ([(0, "a"), (0, None)], [(2, False), (None, False)]),
        ([(0, "a"), (0, None), (1, "b")], [(2, False), (3, False), (None, False)]),
    ],
    ids=["stands", "changed", "resourced", "put back", "gone", "back as another"],
)
def test_a_value_ends_where_the_next_one_begins(
    steps: list[tuple[int, str | None]], expected: list[tuple[int | None, bool]]
):
    assert ends(episodes(*steps)) == expected


def test_a_revert_of_the_whole_text_undoes_what_it_ends():
    assert ends(episodes((0, "a"), (1, "b"), (2, "c"), reverted_to={3: 1}))[1] == (3, True)


def test_a_gap_is_two_episodes_and_ends_no_value():
    result = episodes((0, "a"), TextGap(revision(5), revision(6)), (1, "b"))
    assert [(episode.verb, episode.revision.id) for episode in result] == [
        (EditVerb.ADDED, 1), (EditVerb.REMOVED, 5), (EditVerb.RESTORED, 6), (EditVerb.CHANGED, 3),
    ]  # fmt: skip
    assert ends(result) == [(3, False), (6, True), (3, False), (None, False)]


def test_what_a_life_is_now_comes_from_the_newest_text_where_it_is_there():
    note = HistoryEntry(
        verb=EditVerb.ADDED, revision=revision(1), element=Reference(key="a"), context=CONTEXT, value=0, source=0
    )
    now = CurrentElement(
        number=0, subject="reference", verb=EditVerb.ADDED, element=Reference(key="a"), sentence="reworded",
        location=Location(section=("Trade",), start=7), sources=(), revision=1, origin=1, source_origin=1,
    )  # fmt: skip
    timeline, gone = build_timeline(0, "reference", [note], now), build_timeline(0, "reference", [note], None)
    assert (timeline.location, timeline.sentence) == (now.location, "reworded")
    assert (gone.location, gone.sentence) == (Location(section=("Coast",)), "s")
