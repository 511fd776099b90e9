from __future__ import annotations

import pytest

from tests.watcher.lives import revision
from watcher.model import Place, Reference
from watcher.model.notes import Context, Gap, Note, Present, timeline_of
from watcher.model.timelines import Episode, Verb

CONTEXT = Context(sentence="s", section=("Coast",), sources=("Census",))


def episodes(*steps: tuple[int, str | None] | Gap, reverting: frozenset[int] = frozenset()) -> tuple[Episode, ...]:
    """The episodes of a note a day: the number of the value, and what was said (None: gone)."""
    notes: list[Note | Gap] = []
    for day, step in enumerate(steps, 1):
        if isinstance(step, Gap):
            notes.append(step)
            continue
        value, said = step
        verb = Verb.REMOVED if said is None else Verb.CHANGED if day > 1 else Verb.ADDED
        element = None if said is None else Reference(key=said)
        notes.append(
            Note(
                verb=verb, revision=revision(day), element=element, context=CONTEXT, value=value, source=1,
                reverting=day in reverting,
            )
        )  # fmt: skip
    return timeline_of(0, "reference", notes, None).episodes


def ends(found: tuple[Episode, ...]) -> list[tuple[int | None, bool]]:
    return [(one.ended and one.ended.id, one.undone) for one in found]


@pytest.mark.parametrize(
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
    assert ends(episodes((0, "a"), (1, "b"), (2, "c"), reverting=frozenset({3})))[1] == (3, True)


def test_a_gap_is_two_episodes_and_ends_no_value():
    found = episodes((0, "a"), Gap(revision(5), revision(6)), (1, "b"))
    assert [(one.verb, one.revision.id) for one in found] == [
        (Verb.ADDED, 1), (Verb.REMOVED, 5), (Verb.RESTORED, 6), (Verb.CHANGED, 3),
    ]  # fmt: skip
    assert ends(found) == [(3, False), (6, True), (3, False), (None, False)]


def test_what_a_life_is_now_comes_from_the_newest_text_where_it_is_there():
    note = Note(verb=Verb.ADDED, revision=revision(1), element=Reference(key="a"), context=CONTEXT, value=0, source=0)
    now = Present(
        number=0, subject="reference", verb=Verb.ADDED, element=Reference(key="a"), sentence="reworded",
        place=Place(section=("Trade",), start=7), sources=(), revision=1, origin=1, source_origin=1,
    )  # fmt: skip
    told, gone = timeline_of(0, "reference", [note], now), timeline_of(0, "reference", [note], None)
    assert (told.place, told.sentence) == (now.place, "reworded")
    assert (gone.place, gone.sentence) == (Place(section=("Coast",)), "s")
