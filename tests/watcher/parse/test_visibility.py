"""Test what of a wikitext readers see; `tests/mediawiki/test_real_evasions.py` asks a real MediaWiki the same."""

import random

from tests.cases import for_each, parametrize_each
from tests.hidden_texts import HIDDEN, SEEN
from watcher import parse
from watcher.parse.visibility import hides, visible, without_hidden


def words(wikitext: str) -> str:
    return " ".join(sentence.text for sentence in parse(wikitext).sentences)


@for_each("text", HIDDEN)
def test_hidden_text_states_nothing(text: str):
    assert "secret" in text
    assert "secret" not in words(text)
    assert "shown" in words(text)


@for_each("text", SEEN)
def test_text_beside_or_without_a_hiding_style_is_read(text: str):
    assert "shown" in words(text)


def test_no_position_moves():
    pieces = [*HIDDEN, *SEEN, "\n\n", "</div>", "</s>", "<!--", "-->", "| ", "\n* "]
    chance = random.Random(7)
    for _ in range(300):
        text = "".join(chance.choices(pieces, k=5))
        assert len(visible(text)) == len(text)
        assert visible(visible(text)) == visible(text)


def test_a_text_that_hides_nothing_is_the_same_object():
    text = "A '''plain''' text<ref name=a /> with <small>tags</small>."
    assert visible(text) is text
    assert without_hidden(text) is text


def test_white_text_is_hidden_unless_something_else_than_the_page_is_behind_it():
    assert words('A <span style="col/**/or:#FFF">hidden</span> b.') == "A b."
    assert words("A <font color=white>hidden</font> b.") == "A b."
    assert words('A <span style="color:white; background:red">seen</span> b.') == "A seen b."
    assert words('A <span style="border-color:white">seen</span> b.') == "A seen b."
    assert "seen" in words('{|\n! A\n|-\n| <span style="color:#fff">seen</span>\n|}')
    assert "seen" in words('<div style="background:navy">\n<span style="color:#fff">seen</span>\n</div>')


def test_a_digit_hidden_inside_a_number_leaves_the_number_whole():
    assert words('They were 2<span style="display:none">0</span>5 people.') == "They were 25 people."


@for_each("style")
def test_a_style_hides(style: str):
    assert hides(style)


@for_each("style")
def test_a_style_leaves_text_as_it_is(style: str):
    assert not hides(style)


@parametrize_each(("text", "seen"))
def test_a_comment_without_an_end_hides_the_rest_of_the_page_or_of_the_tag_that_it_is_in(
    text: str, seen: tuple[str, ...]
):
    assert [str(statistic.quantity.value) for statistic in parse(text).statistics] == [*seen]
    assert len(visible(text)) == len(text)
