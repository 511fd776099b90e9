import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, table
from watcher.model import Dialect
from watcher.parse.document import Analysis, analyse

ENGLISH = Dialect()
WORD = re.compile(r"\w+")
IMAGE_OPTIONS = frozenset({"none", "middle"})  # as a part of a file link they are no caption (Help:Images)
LETTERS = st.text("abcdefghijklmnop", min_size=2, max_size=7).filter(lambda word: word not in IMAGE_OPTIONS)

# Each wrapping shows the words given to it, whatever else it does. No footnote is put into another one.
WRAPPINGS = table(__file__, "wrappings")
INLINE = (
    "'''%s'''", "''%s''", "[[Xport|%s]]", "[[%s]]", "[https://a.example/x %s]", "<!-- hidden -->%s",
    "%s<!-- hidden -->", "<b>%s</b>", "<span class=x>%s</span>", "<small>%s</small>", "{{nowrap|%s}}",
    "{{lang|fr|%s}}", "%s<ref name=xr/>", "%s<ref>Xlog.</ref>", "%s{{cn}}", "<u>%s</u>", "%s{{sfn|Xode|1900}}",
)  # fmt: skip
PIECES = ("Ships left.", "''Trade'' grew.", "[[Salt|Salt]] fell.<ref name=a/>", "{{nowrap|Wool rose.}}")


def words_of(analysis: Analysis) -> Counter[str]:
    texts = [sentence.text for sentence in analysis.sentences]
    texts += [text for figure in analysis.figures for text in (figure.file, figure.caption, figure.alt)]
    texts += [reference.text for reference in analysis.references]
    return Counter(WORD.findall(" ".join(texts)))


@st.composite
def wrapped(draw: Any, depth: int = 2):
    """Wikitext with the words that a reader sees in it."""
    text, words = "", Counter()
    for _ in range(draw(st.integers(1, 4))):
        if depth and draw(st.booleans()):
            inner, seen = draw(wrapped(depth=depth - 1))
        else:
            inner = draw(LETTERS)
            seen = Counter([inner])
        wrapping = draw(st.sampled_from(WRAPPINGS if depth == 2 else INLINE))
        if "\n" in inner or not wrapping.count("%s") or ("<ref>%s" in wrapping and "<ref" in inner):
            wrapping = "%s"
        text += f"{wrapping.replace('%s', inner)} "
        words += Counter({word: count * wrapping.count("%s") for word, count in seen.items()})
    return text, words


@pytest.mark.slow
@given(wrapped())
def test_every_word_that_a_reader_sees_is_somewhere(case: tuple[str, Counter[str]]):
    text, words = case
    missing = words - words_of(analyse(text, ENGLISH))
    assert not missing, text


@given(st.lists(st.tuples(LETTERS, st.sampled_from(INLINE)), min_size=1, max_size=12))
def test_texts_that_read_alike_have_equal_sentences(dressed: list[tuple[str, str]]):
    bare = " ".join(word for word, _ in dressed) + "."
    clad = " ".join(wrapping.replace("%s", word) for word, wrapping in dressed) + "."
    assert analyse(clad, ENGLISH).sentences == analyse(bare, ENGLISH).sentences


@given(st.text(st.sampled_from(list("[]{}|<>='*#:;!-+\n &x1/\ue000r")) | st.characters(), max_size=60))
def test_any_text_can_be_read(text: str):
    analysis = analyse(text, ENGLISH)
    for sentence in analysis.sentences:
        assert sentence.text == sentence.text.strip()
        assert 0 <= sentence.location.start <= sentence.location.end <= len(text)


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
def test_the_source_of_a_sentence_reads_as_the_sentence(pieces: list[str]):
    text = " ".join(pieces)
    for sentence in analyse(text, ENGLISH).sentences:
        source = text[sentence.location.start : sentence.location.end]
        assert sentence.text in " ".join(again.text for again in analyse(source, ENGLISH).sentences)


def test_an_equal_block_is_read_once():
    first = analyse("Ships left port twice.", ENGLISH)
    assert analyse("Ships left port twice.", ENGLISH) is first


@for_each("text", ["", "\n\n", "<!-- nothing -->", "{{clear}}", "== Ships ==", "----", "''''''"])
def test_a_block_without_words_has_no_sentences(text: str):
    assert analyse(text, ENGLISH).sentences == ()


def test_a_heading_counts_its_references_but_leaves_its_words_to_the_section():
    analysis = analyse("== Ships<ref name=log>Log.</ref> ==\n", ENGLISH)
    assert (analysis.sentences, analysis.uses) == ((), ("log",))


def test_figures_references_uses_and_tags_come_in_order():
    text = (
        "[[File:A.jpg|thumb|First]]\nShips.<ref name=b>Log b.</ref><ref name=a>Log a.</ref>{{cn}}\n"
        "{{dubious}} [[File:B.jpg]]"
    )
    analysis = analyse(text, ENGLISH)
    assert [figure.file for figure in analysis.figures] == ["A.jpg", "B.jpg"]
    assert [reference.key for reference in analysis.references] == ["b", "a"]
    assert analysis.uses == ("b", "a")
    assert [tag.name for tag in analysis.tags] == ["citation needed", "dubious"]


def test_what_the_parser_gave_up_on_is_named():
    analysis = analyse("Ships left. " + "{{a|" * 3000, ENGLISH)
    assert analysis.unread
    assert analysis.sentences[0].text.startswith("Ships left.")
