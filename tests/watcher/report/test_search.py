from __future__ import annotations

import pytest

from tests.cases import for_each
from tests.watcher.history_helpers import TEXT, timelines_from
from watcher.model.ledger import Timeline
from watcher.report.history import find_timelines, suggestions

WRONG = TEXT.replace("21 million", "99 million")
PICTURED = f"{TEXT}\n[[File:Tide.jpg|thumb|The sea at night]]\n\nThe port is the largest of all ports in the world.\n"


def everything(*texts: str) -> list[Timeline]:
    return [
        timeline
        for subject in ("statistic", "claim", "reference", "figure")
        for timeline in timelines_from(*texts, subject=subject)
    ]


@for_each(
    ("words", "count"),
    [("boats", 1), ("BOATS 21", 1), ("harbours", 1), ("sailors boats", 0), ("99", 1), ("", 2), ("largest", 0)],
)
def test_statistics_are_found_by_any_words_that_were_ever_said_of_them(words: str, count: int):
    assert len(find_timelines(timelines_from(TEXT, WRONG, TEXT), words)) == count


@for_each(
    ("subject", "words"),
    [
        ("claim", "largest world"),
        ("reference", "tidal SURVEY"),
        ("reference", "survey.example.org"),
        ("figure", "tide.jpg"),
        ("figure", "at night"),
    ],
)
def test_claims_sources_and_pictures_are_found_by_their_words(subject: str, words: str):
    (timeline,) = find_timelines(everything(PICTURED), words, subject)
    assert timeline.subject == subject
    assert not find_timelines(everything(PICTURED), f"{words} whales", subject)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("boast", ("boats",)),
        ("sailor boats", ("sailors",)),
        ("whales", ("boats", "sailors")),
        ("", ("boats", "sailors")),
    ],
)
def test_a_word_that_nothing_is_about_is_reported_with_what_is_close_or_else_with_what_there_is(
    words: str, names: tuple[str, ...]
):
    assert set(suggestions(everything(PICTURED), words, "statistic")) >= set(names)


@pytest.mark.parametrize(
    ("subject", "name"),
    [("reference", "Tidal survey of all ports"), ("figure", "Tide.jpg"), ("claim", "Crews")],
)
def test_other_subjects_are_named_too(subject: str, name: str):
    assert name in suggestions(everything(PICTURED), "qqqq", subject)


def test_a_text_without_any_has_no_names():
    assert suggestions(everything("Nothing."), "boats", "figure") == ()
