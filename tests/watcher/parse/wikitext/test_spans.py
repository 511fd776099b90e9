from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.parse.wikitext.spans import enclosing_spans

MARKS = ["{{", "}}", "[[", "]]", "\n{|", "\n|}", "<!--", "-->", "<ref>", "</ref>", "<ref name=a/>", "<nowiki>",
         "</nowiki>", "<nowiki/>", "<pre>", "</pre>", "a", " ", "|", "<", ">"]  # fmt: skip


@for_each(
    ("text", "inside"),
    [
        ("a {{b}} c", ["{{b}}"]),
        ("{{a|{{b}}}}", ["{{a|{{b}}}}"]),
        ("{{a {{b}}", ["{{b}}"]),
        ("[[a|{{b}}]] {{c}}", ["[[a|{{b}}]]", "{{c}}"]),
        ("{{a|[[b}}", ["{{a|[[b}}"]),
        ("}}]]{{a}}", ["{{a}}"]),
        ("<!-- {{ --> {{a}}", ["<!-- {{ -->", "{{a}}"]),
        ("a <!-- b", ["<!-- b"]),
        ("<nowiki>{{</nowiki>}}", ["<nowiki>{{</nowiki>"]),
        ("<nowiki/>{{a}}", ["{{a}}"]),
        ("<nowiki>{{a}}", ["{{a}}"]),
        ("<NOWIKI>{{</nowiki >", ["<NOWIKI>{{</nowiki >"]),
        ("<ref>a</ref> <ref name=b /> <ref>c", ["<ref>a</ref>"]),
        ("{|\n| a\n|}", ["{|\n| a\n|}"]),
        ("a\n:{|\n|{{b|c\n|}}\n|}", [":{|\n|{{b|c\n|}}\n|}"]),
        ("{|\n{|\n|}", ["{|\n|}"]),
        ("<b>a</b> <i>b", []),
    ],
)
def test_outermost_closed_markup_is_found(text: str, inside: list[str]) -> None:
    assert [text[start:end] for start, end in enclosing_spans(text)] == inside


@given(st.lists(st.sampled_from(MARKS), max_size=60).map("".join))
def test_spans_are_in_order_apart_and_inside_the_text(text: str) -> None:
    spans = enclosing_spans(text)
    ends = [0, *(edge for span in spans for edge in span), len(text)]
    assert ends == sorted(ends)
    assert all(start < end for start, end in spans)
