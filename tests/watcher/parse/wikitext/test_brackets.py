"""Test that brackets and tags are matched with MediaWiki's precedence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, table
from watcher.parse.wikitext.brackets import DEEPEST, MOST_TOKENS, BracketScanner, enclosing_spans

STRONG = table(__file__, "strong")


@for_each("name", STRONG)
def test_stronger_brackets_close_through_weaker_ones(name: str):
    text, lost, left = STRONG[name]
    brackets = BracketScanner(text).run()
    assert [opener.kind for opener in brackets.overridden] == lost
    assert [opener.kind for opener in brackets.stack] == left


def test_depth_is_counted_over_all_kinds():
    assert not BracketScanner("{{a|[[b|" * (DEEPEST // 2) + "]]}}" * (DEEPEST // 2)).run().deep
    # The innermost link is simple and needs no stack.
    assert len(BracketScanner("{{a|[[b|" * DEEPEST + "]]}}" * DEEPEST).run().deep) == DEEPEST - 1


@pytest.mark.slow
def test_reading_stops_after_as_much_as_a_parser_can_hold():
    text = "<b>" * (MOST_TOKENS + 10)
    assert BracketScanner(text).run().cut == 3 * (MOST_TOKENS + 1)


def test_an_open_brace_that_three_would_close_is_doubtful():
    assert [opener.kind for opener in BracketScanner("{{{a}}").run().ambiguous] == ["{"]


MARKS = ["{{", "}}", "[[", "]]", "\n{|", "\n|}", "<!--", "-->", "<ref>", "</ref>", "<ref name=a/>", "<nowiki>",
         "</nowiki>", "<nowiki/>", "<pre>", "</pre>", "a", " ", "|", "<", ">"]  # fmt: skip


@for_each(("text", "inside"))
def test_outermost_closed_markup_is_found(text: str, inside: tuple[str, ...]) -> None:
    assert [text[start:end] for start, end in enclosing_spans(text)] == [*inside]


@given(st.lists(st.sampled_from(MARKS), max_size=60).map("".join))
def test_spans_are_in_order_apart_and_inside_the_text(text: str) -> None:
    spans = enclosing_spans(text)
    ends = [0, *(edge for span in spans for edge in span), len(text)]
    assert ends == sorted(ends)
    assert all(start < end for start, end in spans)
