from __future__ import annotations

import pytest

from tests.watcher.history_helpers import BOATS, CREWS, SURVEY, TEXT, events_of, timelines_from

WITHOUT = TEXT.replace(f"{BOATS}\n", "")
LATER = WITHOUT.replace("of the sea.", "of the wide sea.")


def after_a_while(sentence: str) -> list[list[tuple[int, str, str | None]]]:
    """The statistics of a text that lost its figure, was edited, and then got this sentence."""
    return [events_of(timeline) for timeline in timelines_from(TEXT, WITHOUT, LATER, f"{LATER}\n{sentence}{SURVEY}\n")]


@pytest.mark.parametrize(
    ("sentence", "back"),
    [
        ("In 2012, the survey counted 25 million boats in the harbours of the coast.", "25 million"),
        ("In 2016, the survey counted 21 million boats in the harbours of the coast.", "21 million"),
        ("The survey counted 21,000,000 boats in the harbours of the coast in 2012.", "21,000,000"),
    ],
    ids=["another value", "another year", "other words"],
)
def test_a_figure_that_comes_back_rewritten_goes_on_with_its_life(sentence: str, back: str):
    boats = after_a_while(sentence)[0]
    assert boats == [(1, "added", "21 million"), (2, "removed", None), (4, "restored", back)]


@pytest.mark.parametrize(
    "sentence",
    [
        "In 2012, Norway counted 21 million whales along its northern fjords.",
        "On Sundays the survey is closed, and 21 million gulls rest there.",
    ],
)
def test_a_sentence_about_something_else_begins_a_life(sentence: str):
    result = after_a_while(sentence)
    assert result[0][-1] == (2, "removed", None)
    assert result[-1][0][:2] == (4, "added")


def test_what_is_said_of_another_place_is_no_return():
    aldermouth = "In 2012, the harbour office of Aldermouth counted 300 ferries along its quays."
    first, second = f"{TEXT}\n{aldermouth}\n", f"{TEXT}\n{aldermouth.replace('Aldermouth', 'Corvane')}\n"
    ferries = [events_of(timeline) for timeline in timelines_from(first, TEXT, TEXT.replace("sea", "seas"), second)[2:]]
    assert ferries == [[(1, "added", "300"), (2, "removed", None)], [(4, "added", "300")]]


def test_a_figure_whose_words_stand_elsewhere_meanwhile_lives_there_alone():
    moved = TEXT.replace(f"{BOATS}\n\n", "").replace(CREWS, f"{CREWS}\n\n{BOATS}")
    again = moved.replace("rise and fall", f"rise and fall, {BOATS[:-1].replace('21', '22')}".rstrip("."))
    boats = timelines_from(TEXT, moved, again)
    assert events_of(boats[0]) == [(1, "added", "21 million")]


def test_a_page_that_is_restored_with_a_change_keeps_all_its_lives():
    boats, crews = timelines_from(TEXT, "nothing", TEXT.replace("21 million", "25 million"))
    assert events_of(boats)[-1] == (3, "restored", "25 million")
    assert events_of(crews)[-1] == (3, "restored", "300")
