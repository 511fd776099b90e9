"""Test hostile wikitext: what is neutralised, what is kept, what is named as unread."""

import mwparserfromhell
import pytest

from tests.cases import for_each
from watcher.parse.wikitext.brackets import BracketScanner
from watcher.parse.wikitext.sanitizer import sanitize, unsanitize

CLEAN = {
    "plain words": "Some words, 5 < 6 and 7 > 3.",
    "template": "{{cite web|title=A {{nowrap|b}}|url=http://a.b}}",
    "argument": "{{{1|{{{2|}}}}}}",
    "braces in a row": "{{{{a}}}}",
    "parser function": "{{#if:{{{a|}}}|b\n|c}}",
    "link": "[[File:A.jpg|thumb|A [[b|c]] and<ref name=x>{{d}}</ref>]]",
    "external link": "[http://a.b c [d] e]",
    "external link written like a link": "[[http://a.b c]]",
    "link around an external link": "[[File:A.jpg|x [http://a.b]]]",
    "ref": '<ref name="a" group=b>c</ref><ref name="a" />',
    "html": '<div style="a"><b>c</b><br>d<br /></div>',
    "table": '{| class="a"\n|-\n! a !! b\n|-\n| c || d\n|}',
    "table in a template": "{{a|\n{|\n|b\n|}}}",
    "comment": "<!-- {{a| <ref> [[ -->",
    "nowiki": "<nowiki>{{a| [[ <ref></nowiki>",
    "math": "<math>a_{{b}} < {c_{{d</math>",
    "gallery": "<gallery>\nA.jpg|[[b\n</gallery>",
    "a sign before a number": "Fewer (p <0.05) than 5.",
    "one open div": "<div>words",
    "list items without end": "<li>a<li>b",
    "one open table": "{|\n| a",
    "one open external link": "[http://a.b c",
    "a heading": "== A <!-- b --> ==\n=== {{c}} ===\n",
}


@for_each("name", CLEAN)
def test_a_text_with_nothing_to_defuse_is_the_same_object(name: str):
    text = CLEAN[name]
    harmless, unread = sanitize(text)
    assert harmless is text
    assert unread == ()


OPEN = {
    "template": ("a {{b|c", "a ｛｛b|c", ["template never closed"]),
    "argument": ("{{{a|b", "｛｛｛a|b", ["template never closed"]),
    "outer braces of a run": ("{{{{a}} b", "｛｛{{a}} b", ["template never closed"]),
    "link": ("[[a|b c", "［［a|b c", ["link never closed"]),
    "ref": ("a<ref name=x>b", "a＜ref name＝x＞b", ["<ref> never closed"]),
    "comment": ("a <!-- b", "a ＜！-- b", ["comment never closed"]),
    "nowiki": ("<nowiki>[[a]]", "＜nowiki＞[[a]]", ["<nowiki> never closed"]),
    "link inside a closed template": ("{{a|[[b}} [[c]]", "{{a|［［b}} [[c]]", ["link never closed"]),
    "html inside a closed template": ("{{a|<div>}} b", "{{a|     }} b", ["<div> never closed"]),
    "html inside a closed link": ("[[a|<small>b]] c", "[[a|       b]] c", ["<small> never closed"]),
    "ref inside a closed template": ("{{a|<ref>b}} {{c}}", "{{a|＜ref＞b}} {{c}}", ["<ref> never closed"]),
    "the outer of two refs": ("<ref name=a>b <ref>c</ref>", "＜ref name＝a＞b <ref>c</ref>", ["<ref> never closed"]),
    "template inside a closed ref": ("<ref>{{a|b</ref> {{c}}", "<ref>｛｛a|b</ref> {{c}}", ["template never closed"]),
    "a link that ends in a template": ("[[a {{b]] }}", "［［a {{b]] }}", ["link never closed"]),
}


@for_each("name", OPEN)
def test_what_never_closes_becomes_text_and_is_named(name: str):
    text, expected, reasons = OPEN[name]
    harmless, unread = sanitize(text)
    assert harmless == expected
    assert [unread.reason for unread in unread] == reasons


@for_each("name", OPEN)
def test_a_harmless_text_stays_harmless(name: str):
    harmless, _ = sanitize(OPEN[name][0])
    assert sanitize(harmless)[0] is harmless


def test_written_characters_come_back_in_rendered_text():
    assert unsanitize(sanitize("a {{b| [[c <ref> <!--")[0]) == "a {{b| [[c <ref> <!--"


def test_the_place_of_what_was_given_up_is_reported():
    (unread,) = sanitize("words {{a|b [[c]]")[1]
    assert (unread.location.start, unread.location.end) == (6, 8)


def test_thousands_of_one_kind_are_named_once():
    assert [unread.reason for unread in sanitize("{{a|" * 1000)[1]] == ["template never closed (1,000 times)"]


def test_what_surrounds_an_open_bracket_is_still_parsed():
    harmless, _ = sanitize("{{a|" * 50 + "[[b]] {{c}} <ref>d</ref>")
    nodes = mwparserfromhell.parse(harmless, skip_style_tags=True)
    assert [str(link) for link in nodes.filter_wikilinks()] == ["[[b]]"]
    assert [str(template) for template in nodes.filter_templates()] == ["{{c}}"]
    assert [str(tag) for tag in nodes.filter_tags()] == ["<ref>d</ref>"]


def test_deep_nesting_ends_at_a_depth_that_no_page_needs():
    harmless, unread = sanitize("{{a|" * 500 + "x" + "}}" * 500)
    assert [unread.reason for unread in unread] == ["template nested too deep (470 times)"]
    assert len(mwparserfromhell.parse(harmless, skip_style_tags=True).filter_templates()) == 30


def test_a_tower_of_braces_does_not_exhaust_the_parser():
    harmless, unread = sanitize("{" * 9000 + "x" + "}" * 9000)
    assert unread
    assert str(mwparserfromhell.parse(harmless, skip_style_tags=True)) == harmless


def test_more_markup_than_a_parser_can_hold_is_read_as_text_after_a_while():
    text = "{{a}}" * 60_000
    harmless, unread = sanitize(text)
    assert [unread.reason for unread in unread] == ["more than 25,000 pieces of markup in one place"]
    assert harmless[: 5 * 24_999] == text[: 5 * 24_999]
    assert "{" not in harmless[unread[0].location.start :]
    assert len(harmless) == len(text)


def test_a_heading_full_of_signs_does_not_exhaust_the_parser():
    harmless, _ = sanitize("== a " + "= b " * 100_000)
    assert str(mwparserfromhell.parse(harmless, skip_style_tags=True)) == harmless


MOTIFS = [
    "{{a|",
    "{{a|b=",
    "{{{a|",
    "[[",
    "[[File:x|",
    "[http://a b ",
    "<ref>",
    '<ref name="a">',
    "<div>",
    "<div ",
    '<div a="',
    "<!--",
    "<nowiki>",
    "{|\n",
    "{|\n|-\n",
    "''''",
    "{{a|[[b",
    "<ref>{{cite",
    "{{a|<div>}}",
    "[[a|{{b|]]",
    "{|\n<div>\n",
    "<!--{{a|",
    "<a <a ",
    "<b><i></b></i>",
    "<a b={{",
    "[http://a{{b|",
    "{{{|}}",
    "[http://a :a",
    "<0.5<ref name=\n! [[<",
    "{{a|\n==b",
    "<b>\n==</b>[[",
    "{{a|{ {",
    "[[http://a ",
    "}}{{a|",
    "]][[a|",
    "<li>\n{|[http://a \n",
]


@pytest.mark.slow
@pytest.mark.parametrize("motif", MOTIFS)
def test_the_parser_follows_openers_in_vain_over_no_more_than_twice_the_text(motif: str):
    harmless, unread = sanitize(motif * (24_000 // len(motif)))
    left = BracketScanner(harmless).run()
    vain = sum(len(harmless) - opener.start for opener in left.stack + left.unterminated + left.ambiguous)
    assert vain <= 2 * len(harmless)
    assert unread or motif == "''''"


@for_each("motif", MOTIFS)
def test_every_text_keeps_its_length_and_its_words(motif: str):
    text = "before " + motif * 300 + " after"
    harmless, _ = sanitize(text)
    assert len(harmless) == len(text)
    changed = [(new, old) for new, old in zip(unsanitize(harmless), text, strict=True) if new not in (old, " ")]
    assert changed == []
