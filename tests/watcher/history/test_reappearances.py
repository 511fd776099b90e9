from __future__ import annotations

import pytest

from tests.cases import for_each
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


LONG = (
    "There is an old rope walk behind the mill, as Ann Gull wrote, which makes the strongest ropes of all harbours on"
    " the coast without any engine."
)
OTHER = (
    "The old walk behind the mill has the strongest ropes of that coast, which no sailor of any harbour does without."
)
SOON, MUCH_LATER = (
    (TEXT, LATER),
    (TEXT, *(LATER.replace("wide", f"{word} wide") for word in "aft bow cod dry ebb".split())),
)
SHORT = "It makes the strongest ropes of all harbours on the coast."


@for_each(
    ("texts", "verbs"),
    [
        ((LONG, TEXT, LATER, SHORT), ["added", "removed", "restored"]),
        ((LONG, TEXT, LATER, LONG.replace("There", "Here").replace("Ann ", "")), ["added", "removed", "restored"]),
        ((LONG, f"{TEXT}\n{SHORT}"), ["added", "changed"]),
        ((LONG, f"{TEXT}\n{OTHER}"), ["added", "changed"]),
        ((LONG, *SOON, OTHER), ["added", "removed", "restored"]),
        ((LONG, *MUCH_LATER, OTHER), ["added", "removed"]),
        ((LONG, TEXT, LATER, LONG.replace("mill", "Old Mill").replace("Ann Gull", "Tern")), ["added", "removed"]),
        ((LONG, *MUCH_LATER, "Ann Gull wrote of the strongest ropes without any engine."), ["added", "removed"]),
        ((LONG, TEXT, LATER, "The strongest ropes."), ["added", "removed"]),
    ],
    ids=[
        "a part",
        "other opening",
        "by one edit",
        "less by one edit",
        "less soon",
        "less later",
        "other names",
        "about it",
        "too short",
    ],
)
def test_a_claim_that_comes_back_in_other_words_is_the_same_one(texts: tuple[str, ...], verbs: list[str]):
    ropes = timelines_from(*texts, subject="claim")[0]
    assert [episode.verb.value for episode in ropes.episodes] == verbs


def test_a_claim_that_comes_back_as_it_was_before_it_was_cut_is_the_same_one():
    cut = LONG.replace("makes the strongest ropes of all harbours on the coast without any", "has an")
    texts = (LONG, cut, f"{TEXT}\n{LONG.replace('old ', '')}")
    ropes = timelines_from(*texts, subject="claim")[0]
    assert [episode.verb.value for episode in ropes.episodes] == ["added", "changed", "changed"]


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
