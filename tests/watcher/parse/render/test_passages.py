from collections.abc import Sequence

import pytest

from tests.cases import for_each
from watcher.model import Location, TextKind
from watcher.parse.render.passages import (
    APOSTROPHE,
    MARK,
    NO_MARKUP,
    Footnote,
    Passage,
    boundaries,
    drop_quote_markup,
    has_content,
    render_text,
    strip_private_use,
    to_superscript,
    visible_offsets,
)


def split(text: str, language: str = "en", where: TextKind = TextKind.PROSE, marks: Sequence[int] = ()):
    return [text[start:end] for start, end in boundaries(text, language, where, marks)]


@for_each(("text", "answer"))
def test_dashes_and_stops_say_nothing(text: str, answer: object):
    assert has_content(text) is answer


@for_each(("language", "sentences"))
def test_text_splits_at_the_ends_of_sentences_only(language: str, sentences: tuple[str, ...]):
    joint = "" if language == "zh" else " "
    assert split(joint.join(sentences), language) == [*sentences]


@pytest.mark.parametrize("where", [TextKind.TABLE, TextKind.INFOBOX])
def test_a_short_cell_is_one_sentence_and_a_long_one_is_prose(where: TextKind):
    assert split("Est. 1900. Closed.", where=where) == ["Est. 1900. Closed."]
    long = "The first mill burned down in a storm. " * 8
    assert len(split(long.strip(), where=where)) == 8


@for_each(("language", "sentences"))
def test_a_footnote_ends_a_sentence_before_a_capital(language: str, sentences: tuple[str, ...]):
    text = " ".join(sentences)
    marks = [len(sentences[0])] if len(sentences) > 1 else [at for at, letter in enumerate(text) if letter == " "]
    assert split(text, language, marks=marks) == [*sentences]


@for_each(("raw", "words"))
def test_markup_of_text_is_dropped_and_spaces_are_single(raw: str, words: str):
    assert render_text(raw.replace("◇", NO_MARKUP).replace("´", APOSTROPHE))[0] == words


@for_each(("raw", "words", "marks"))
def test_a_footnote_leaves_no_trace_but_its_position(raw: str, words: str, marks: tuple[int, ...]):
    assert render_text(raw.replace("¶", MARK)) == (words, [*marks])


@for_each("raw", ["'''a''' b ''c''", "''''''''x''", "l'''a'' b", "plain", "a ''b\n'''c''' d''"])
def test_settling_keeps_every_character_in_its_place(raw: str):
    assert len(drop_quote_markup(raw)) == len(raw)


def test_neutral_text_has_no_character_with_a_meaning_here():
    text = f"a{MARK}b{NO_MARKUP}c"
    assert strip_private_use(text) == "a\ufffdb\ufffdc"
    assert strip_private_use("plain é") == "plain é"


@for_each(
    ("written", "shown"), [("2", "²"), ("-6", "⁻⁶"), ("−1", "⁻¹"), ("n", "ⁿ"), ("th", "th"), ("a1", "a1"), ("", "")]
)
def test_numbers_are_raised_and_words_are_not(written: str, shown: str):
    assert to_superscript(written) == shown


def test_locating_counts_visible_characters_only():
    raw = drop_quote_markup(f"''ab''  c{MARK}d\n'''e'''")
    assert [raw[at] for at in visible_offsets(raw, [0, 1, 2, 3, 4])] == list("abcde")
    assert visible_offsets(raw, [5]) == [len(raw)]


def test_footnotes_stand_where_they_were_set():
    passage = Passage(TextKind.PROSE)
    passage.parts.append("Ships left.")
    passage.note(Footnote(keys=("log",)))
    passage.parts.append(" Trade grew.")
    assert passage.rendered() == ("Ships left. Trade grew.", [11])
    assert not passage.is_empty


def test_spans_of_words_lead_back_to_the_source():
    source = "'''Ships'''  left.{{x}} Trade grew."
    passage = Passage(TextKind.PROSE, start=0, end=len(source))
    for part, at, exact in (("'''Ships'''  left.", 0, True), (" Also: ", 18, False), (" Trade grew.", 23, True)):
        passage.anchor(at, exact=exact)
        passage.parts.append(part)
    assert passage.words() == "Ships left. Also: Trade grew."
    locations = passage.locate([(0, 11), (12, 29)])
    assert [source[location.start : location.end] for location in locations] == [
        "'''Ships'''  left.",
        "{{x}} Trade grew.",
    ]


def test_a_passage_without_a_way_back_has_the_place_of_the_whole():
    passage = Passage(TextKind.TABLE, start=3, end=9, parts=["One. Two."])
    assert passage.locate([(0, 4), (5, 9)]) == [Location(start=3, end=9)] * 2
