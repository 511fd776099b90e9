"""Test that the body of an extension tag is opaque: it opens, closes and hides nothing outside."""

import pytest

from tests.cases import for_each
from watcher import compare_wikitext, parse
from watcher.parse.template_names import LITERAL, VERBATIM
from watcher.parse.wikitext.sanitizer import PARSED_INSIDE, bodies

BODIES = ("{{ a", "[[ b", "}} c", "{| d\n|-", "<ref> e", "<!-- f", "== G ==", '{"a": {"b": [[1, 2]]}}', "</div>")


@for_each("name", sorted(LITERAL | {name.upper() for name in ("math", "inputbox")}))
def test_no_body_takes_the_next_heading_or_sentence_with_it(name: str):
    for body in BODIES:
        text = f"Of 5 boats.\n\n<{name} a=b>\n{body}\n</{name}>\n\n== Next ==\nOf 21 oars.\n\n== Last ==\nOf 7 nets.\n"
        document = parse(text)
        assert [section.path for section in document.sections] == [("Next",), ("Last",)], body
        numbers = {str(statistic.quantity.value) for statistic in document.statistics}
        assert {"5", "21", "7"} <= numbers, body
        if name.lower() in VERBATIM:
            assert document.unread == (), body


@for_each("name", sorted(PARSED_INSIDE))
def test_a_changed_figure_behind_a_map_is_reported(name: str):
    old = f"<{name}>{{{{ [[ x</{name}> There were 21 boats in the harbour."
    (finding,) = compare_wikitext(old, old.replace("21", "25")).findings
    assert finding.summary.startswith("21 → 25")


@for_each("heading")
def test_a_comment_at_a_heading_leaves_it_a_heading(heading: str):
    document = parse(f"Of 5 boats.\n\n{heading}\nOf 21 oars.\n\n== Last ==\nOf 7 nets.\n")
    assert [section.path for section in document.sections] == [("Next",), ("Last",)]
    assert {statistic.location.section for statistic in document.statistics} == {(), ("Next",), ("Last",)}


@pytest.mark.parametrize("text", ["<!-- a --> == Next ==", "<!--\n== Next ==\n-->", "a <!-- b -->== Next =="])
def test_what_the_wiki_takes_for_no_heading_is_none(text: str):
    assert [section.path for section in parse(f"{text}\n\n== Last ==\n").sections] == [("Last",)]


def test_bodies_keep_their_places():
    text = "<!-- <math>a</math> --><math>{{b</math><pre><!-- c</pre><map>d</map><math/><math>e"
    assert [text[start:end] for start, end in bodies(text, VERBATIM)] == ["{{b", "<!-- c"]
