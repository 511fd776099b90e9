from __future__ import annotations

import pytest

from tests.watcher.history_helpers import events_of, timelines_from

NOTE = "Harris, History of ports, 1990."
GULLPORT = "Gullport has never closed its gates to any foreign ship of the northern towns."


def page(note: str, sentence: str = "", lead: str = "Boats lie there.") -> str:
    """A text with a sentence before its footnote."""
    return f"{lead} {sentence}<ref>{note}</ref>\n"


def verbs_of(*texts: str) -> list[list[tuple[int, str]]]:
    """What happened to the claims of these texts, and when."""
    return [[event[:2] for event in events_of(timeline)] for timeline in timelines_from(*texts, subject="claim")]


@pytest.mark.parametrize("moved", [f"{NOTE} {GULLPORT}", GULLPORT, f"Note: {GULLPORT[9:]}"])
def test_a_claim_goes_on_in_the_footnote_that_it_was_moved_to(moved: str):
    assert verbs_of(page(NOTE, GULLPORT), page(moved), page(moved, lead="Boats lay there.")) == [[(1, "added")]]


def test_a_claim_ends_with_the_footnote_that_it_was_moved_to():
    texts = page(NOTE, GULLPORT), page(f"{NOTE} {GULLPORT}"), page(NOTE)
    assert verbs_of(*texts) == [[(1, "added"), (3, "removed")]]
    assert verbs_of(*texts[:2], "Boats lie there.\n") == [[(1, "added"), (3, "removed")]]


def test_a_claim_in_a_footnote_goes_on_where_that_is_corrected_and_back_in_the_text():
    moved = f"{NOTE} {GULLPORT}"
    corrected = moved.replace("1990", "1991")
    assert verbs_of(page(NOTE, GULLPORT), page(moved), page(corrected), page(NOTE, GULLPORT)) == [[(1, "added")]]


def test_a_claim_is_removed_where_a_footnote_has_few_of_its_words():
    other = "The gates of Gullport were never closed in war, says the Harris of 1990."
    assert verbs_of(page(NOTE, GULLPORT), page(other))[0][-1] == (2, "removed")


def test_a_sentence_that_repeats_a_footnote_stands_when_that_is_gone():
    text = f"Boats lie there.<ref>{GULLPORT}</ref>\n\n{GULLPORT}\n"
    assert verbs_of(text, text.replace(f"<ref>{GULLPORT}</ref>", "")) == [[(1, "added")]]
