"""Test that a long text is cut around a span, and that all positions in it are shifted."""

from decimal import Decimal

import pytest

from watcher.model import Claim, Cue, CueMatch, Measure, Quantity, Statistic
from watcher.model.excerpts import EXCERPT, MAX_LENGTH, excerpt, short_claim, short_statistic

LONG = " ".join(f"word{number}" for number in range(2_000))


def test_sentence_of_usual_length_stays_whole() -> None:
    text = "a " * (MAX_LENGTH // 2)
    assert excerpt(text, 5, 9).text == text


@pytest.mark.parametrize("word", ["word0 ", "word1000 ", "word1999"])
def test_excerpt_has_the_span_and_whole_words_around_it(word: str) -> None:
    start = LONG.index(word)
    cut = excerpt(LONG, start, start + len(word))
    assert len(cut.text) <= EXCERPT
    assert word in cut.text
    assert cut.text[start + cut.shift :].startswith(word)
    inner = cut.text.strip("…")
    assert f" {inner} " in f" {LONG} "


def test_excerpt_of_a_span_longer_than_itself_begins_with_it() -> None:
    cut = excerpt("a" * 100 + "b" * 9_000, 100, 9_100)
    assert len(cut.text) <= EXCERPT
    assert "b" * 900 in cut.text


def test_number_of_a_long_sentence_stands_where_the_excerpt_says() -> None:
    text = f"{LONG} 4,120 sacks {LONG}"
    start = text.index("4,120")
    quantity = Quantity(
        text="4,120", start=start, end=start + 5, value=Decimal(4120), measure=Measure.COUNT, unit="sacks"
    )
    short = short_statistic(Statistic(quantity=quantity, sentence=text))
    assert short.sentence[short.quantity.start : short.quantity.end] == "4,120"
    assert len(short.sentence) <= EXCERPT


def test_claim_keeps_the_cues_that_its_excerpt_shows() -> None:
    text = f"{LONG} the largest mill {LONG} never"
    marks = tuple(
        CueMatch(cue=cue, text=word, normalized=word, start=text.index(word), end=text.index(word) + len(word))
        for cue, word in ((Cue.SUPERLATIVE, "largest"), (Cue.NEGATION, "never"))
    )
    short = short_claim(Claim(text=text, marks=marks))
    (mark,) = short.marks
    assert short.text[mark.start : mark.end] == "largest"
