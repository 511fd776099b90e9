"""Test which named references an article defines and uses, by a scan of its whole text."""

import pytest

from tests.cases import for_each, table
from watcher.parse.wikitext.reference_index import index_references

CASES = {
    "defined in place and used again": ('A<ref name="a">T</ref> B<ref name=a />', {"a": 2}, {"a"}),
    "quotes, single quotes and none are one name": ("<ref name='a b'>T</ref><ref name=\"a b\"/>", {"a b": 2}, {"a b"}),
    "a name may hold a slash": ("<ref name=UN/2012>T</ref><ref name=UN/2012/>", {"UN/2012": 2}, {"UN/2012"}),
    "a quoted name may hold a bracket": ('<ref name="a>b">T</ref>', {"a>b": 1}, {"a>b"}),
    "groups are apart": (
        '<ref name=a group=n>T</ref><ref name=a>U</ref><ref name=a group="n"/>',
        {"n/a": 2, "a": 1},
        {"n/a", "a"},
    ),
    "unnamed ones are not listed": ("<ref>T</ref><ref group=n>U</ref>", {}, set()),
    "an empty pair is a use": ("<ref name=a></ref>", {"a": 1}, set()),
    "case of tag and attribute does not count": ("<REF NAME=a>T</REF><Ref Name=a />", {"a": 2}, {"a"}),
    "list-defined in references": ("X<ref name=a/><references>\n<ref name=a>T</ref>\n</references>", {"a": 1}, {"a"}),
    "list-defined in reflist": (
        "X<ref name=a/>{{Reflist|30em|refs=\n<ref name=a>{{cite web|title=T}}</ref>}}",
        {"a": 1},
        {"a"},
    ),
    "after the list a definition is in place": (
        "{{reflist|refs=<ref name=a>T</ref>}}<ref name=b>U</ref>",
        {"b": 1},
        {"a", "b"},
    ),
    "unused definition": ("{{reflist|refs=<ref name=a>T</ref>}}", {}, {"a"}),
    "broken use": ("X<ref name=gone />", {"gone": 1}, set()),
    "used by r": ("{{r|a|b|group=n|p=3}}{{R|a}}", {"n/a": 1, "n/b": 1, "a": 1}, set()),
    "note with a name": (
        "{{efn|name=q|Some {{nowrap|text}} here}}{{efn|name=q}}",
        {"lower-alpha/q": 2},
        {"lower-alpha/q"},
    ),
    "note in a group": ("{{refn|group=note|name=q|Text}}", {"note/q": 1}, {"note/q"}),
    "in comments nothing counts": ("<!-- <ref name=a>T</ref> --><ref name=b>U</ref>", {"b": 1}, {"b"}),
    "in nowiki nothing counts": ("<nowiki><ref name=a>T</ref></nowiki>", {}, set()),
    "in source nothing counts": ('<syntaxhighlight lang="x"><ref name=a/></syntaxhighlight>', {}, set()),
    "an unclosed comment hides nothing": ("<!-- <ref name=a>T</ref>", {"a": 1}, {"a"}),
    "an unclosed ref defines nothing": ("<ref name=a>T <ref name=b>U</ref>", {"b": 1}, {"b"}),
    "in a caption": ("[[File:A.jpg|thumb|Cap<ref name=a>T</ref>]]", {"a": 1}, {"a"}),
    "references is no ref": ("<references group=n />", {}, set()),
}


@for_each("name", CASES)
def test_names_are_found(name: str):
    text, uses, definitions = CASES[name]
    scan = index_references(text)
    assert (dict(scan.uses), set(scan.definitions)) == (uses, definitions)


def test_a_definition_shows_where_it_stands():
    text = 'Before<ref name="a">{{cite web|title=T}}</ref > after'
    start, end = index_references(text).definitions["a"]
    assert text[start:end] == '<ref name="a">{{cite web|title=T}}</ref >'


def test_a_note_template_shows_where_it_stands():
    text = "Before{{efn|name=q|Some {{x}} text}} after"
    start, end = index_references(text).definitions["lower-alpha/q"]
    assert text[start:end] == "{{efn|name=q|Some {{x}} text}}"


def test_the_first_of_two_definitions_wins():
    text = "<ref name=a>First</ref><ref name=a>Second</ref>"
    start, end = index_references(text).definitions["a"]
    assert text[start:end] == "<ref name=a>First</ref>"


def test_a_scan_cannot_be_changed():
    with pytest.raises(TypeError):
        index_references("<ref name=a>T</ref>").definitions["b"] = (0, 0)


HOSTILE = table(__file__, "hostile")


@for_each("motif", HOSTILE)
def test_hostile_texts_end(motif: str):
    scan = index_references(motif * 4000)
    assert sum(count for _, count in scan.uses) <= 4000
