"""Test hostile wikitext: what is neutralised, what is kept, what is named as unread."""

import mwparserfromhell
import pytest

from tests.cases import for_each, table
from watcher.parse.wikitext.brackets import BracketScanner
from watcher.parse.wikitext.sanitizer import sanitize, unsanitize

CLEAN = table(__file__, "clean")


@for_each("name", CLEAN)
def test_a_text_with_nothing_to_defuse_is_the_same_object(name: str):
    text = CLEAN[name]
    harmless, unread = sanitize(text)
    assert harmless is text
    assert unread == ()


OPEN = table(__file__, "open")


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


MOTIFS = table(__file__, "motifs")


@pytest.mark.slow
@pytest.mark.parametrize("motif", MOTIFS)
def test_the_parser_follows_openers_in_vain_over_no_more_than_twice_the_text(motif: str):
    harmless, unread = sanitize(motif * (8_000 // len(motif)))
    left = BracketScanner(harmless).run()
    vain = sum(len(harmless) - opener.start for opener in left.stack + left.unterminated + left.ambiguous)
    assert vain <= 2 * len(harmless)
    assert unread or motif == "''''"


@for_each("motif", MOTIFS)
def test_every_text_keeps_its_length_and_its_words(motif: str):
    text = "before " + motif * 300 + " after"
    harmless, _ = sanitize(text)
    assert len(harmless) == len(text)
    changed = [(new, old) for new, old in zip(unsanitize(harmless), text, strict=True) if new not in old + " \u2060"]
    assert changed == []
