from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.cases import for_each
from watcher.model import TextKind
from watcher.parse.render.passages import boundaries, has_content


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
