from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.model import Document
from watcher.parse import parse, parse_pair

ARTICLE = (
    "The harbour opened in 1871.<ref name=a>{{cite web |title=Opening |url=https://a.example/opening}}</ref>\n\n"
    "== Trade ==\nShips carried 40 barrels.<ref name=a />\n\n* Herring\n* Wool\n\n== Crew ==\n"
    "[[File:Crew.jpg|thumb|The crew.]]\n\nFour keepers worked in shifts.\n"
)


def texts_of(document: Document) -> list[str]:
    return [sentence.text for sentence in document.sentences]


def test_what_both_say_alike_is_not_read() -> None:
    old, new = parse_pair(ARTICLE, ARTICLE.replace("40 barrels", "60 barrels"))
    assert (texts_of(old), texts_of(new)) == (["Ships carried 40 barrels."], ["Ships carried 60 barrels."])


def test_sections_are_listed_in_full() -> None:
    old, new = parse_pair(ARTICLE, ARTICLE.replace("40 barrels", "60 barrels"))
    assert (
        [section.path for section in old.sections]
        == [section.path for section in new.sections]
        == [("Trade",), ("Crew",)]
    )


def test_equal_texts_leave_nothing_to_compare() -> None:
    old, new = parse_pair(ARTICLE, ARTICLE)
    assert (texts_of(old), old.figures, texts_of(new), new.figures) == ([], (), [], ())


def test_block_that_only_moved_is_not_read_unless_it_shows_a_figure() -> None:
    moved = ARTICLE.replace("* Herring\n", "").replace("[[File:Crew.jpg|thumb|The crew.]]\n", "") + "* Herring\n"
    old, new = parse_pair(ARTICLE, moved.replace("* Wool", "* Wool\n\n[[File:Crew.jpg|thumb|The crew.]]"))
    assert texts_of(old) == texts_of(new) == ["The crew."]
    assert [figure.location.section for figure in (*old.figures, *new.figures)] == [("Crew",), ("Trade",)]


def test_definition_elsewhere_is_fetched_for_a_sentence_that_uses_it() -> None:
    _, new = parse_pair(ARTICLE, ARTICLE.replace("40 barrels", "60 barrels"))
    assert [(reference.key, reference.title, reference.uses) for reference in new.references] == [("a", "Opening", 2)]


def test_names_defined_and_used_are_those_of_the_whole_text() -> None:
    old, new = parse_pair(ARTICLE, ARTICLE.replace("<ref name=a />", "").replace("Wool", "Hides"))
    assert (old.defined, old.used, new.defined, new.used) == ({"a"}, {"a"}, {"a"}, {"a"})


def test_facts_are_read_from_sentences_that_the_other_side_lacks() -> None:
    kept = "It has 12 piers and rests on oak. "
    old, new = parse_pair(kept + "It stood 40 years.", kept + "It stood 60 years.")
    assert [statistic.quantity.text for statistic in (*old.statistics, *new.statistics)] == ["40", "60"]
    assert len(old.sentences) == len(new.sentences) == 2


def test_source_that_unchanged_text_cites_is_still_cited() -> None:
    source = "<ref>{{cite web |title=Tides |url=https://tides.example/long-table}}</ref>"
    text = f"Tides are high.{source}\n\nBoats wait.{source}\n"
    old, _ = parse_pair(text, text.replace(f"wait.{source}", "wait."))
    assert old.still_cited == {old.references[0].source}


def test_of_very_many_sources_those_that_unchanged_text_cites_are_still_cited() -> None:
    sources = [
        f"<ref>{{{{cite web |title=Tides of {n} |url=https://www.tides.example/log/{n}/}}}}</ref>" for n in range(300)
    ]
    notes = [f"<ref>Harbour master, ''Log of the long pier'', volume {n}</ref>" for n in range(300)]
    kept = "Boats wait." + "".join(sources[::2] + notes[::3])
    old, new = parse_pair(f"Tides are high.{''.join(sources + notes)}\n\n{kept}", f"Tides are high.\n\n{kept}")
    cited = [reference.text or reference.url for reference in old.references if reference.source in old.still_cited]
    assert len(cited) == 150 + 100
    assert new.still_cited == old.still_cited


def test_note_that_unchanged_text_cites_is_still_cited() -> None:
    note = "<ref>Harbour master of the old town, ''Log of the long pier'', p. 12</ref>"
    text = f"Tides are high.{note}\n\nBoats wait.{note}\n"
    old, _ = parse_pair(text, text.replace(f"wait.{note}", "wait."))
    assert old.still_cited == {old.references[0].source}


def test_address_that_merely_occurs_as_a_word_is_not_still_cited() -> None:
    text = "The own is a word of its own.\n\nBoats wait.\n"
    source = "<ref>{{cite web |title=Tides |url=https://www.example.org/own}}</ref>"
    _, new = parse_pair(text, text.replace("wait.", f"wait.{source}"))
    assert new.still_cited == frozenset()


def test_block_that_holds_a_pinned_sentence_is_read_although_it_is_unchanged() -> None:
    old, new = parse_pair(ARTICLE, ARTICLE.replace("Wool", "Hides"), pinned=["Ships carried 40 barrels"])
    assert "Ships carried 40 barrels." in texts_of(old)
    assert "Ships carried 40 barrels." in texts_of(new)


def test_reference_put_into_a_heading_is_read() -> None:
    _, new = parse_pair(ARTICLE, ARTICLE.replace("== Crew ==", "== Crew<ref>Log book</ref> =="))
    assert [reference.text for reference in new.references] == ["Log book"]


LINES = st.lists(
    st.sampled_from(
        ["== A ==", "== B ==", "Boats wait.", "It has 12 piers.", "* Wool", "", "It has 14 piers.<ref name=a />",
         "[[File:A.jpg|thumb|A view]]", "<ref name=a>Log</ref>", "{{Box|name=Ravn}}", "{|\n! Year\n|-\n| 1901\n|}"]
    ),
    max_size=12,
).map("\n".join)  # fmt: skip


@pytest.mark.slow
@given(LINES, LINES)
@pytest.mark.parametrize("side", [0, 1])
def test_what_is_read_is_part_of_what_the_whole_text_says(side: int, old: str, new: str) -> None:
    whole = parse((old, new)[side])
    read = parse_pair(old, new)[side]
    assert read.sections == whole.sections
    locations = {
        (sentence.text, sentence.location.section, sentence.location.start, sentence.location.end)
        for sentence in whole.sentences
    }
    assert {
        (sentence.text, sentence.location.section, sentence.location.start, sentence.location.end)
        for sentence in read.sentences
    } <= locations
    assert set(read.figures) <= set(whole.figures)
    assert (read.defined, read.used) == (whole.defined, whole.used)


@pytest.mark.slow
def test_line_of_a_megabyte_is_given_up_and_the_rest_is_reported():
    flood = "word 12 " * 130_000
    old, new = parse_pair("Some 4,500 ships.", f"Some 5,500 ships.\n\n{flood}")
    assert [statistic.quantity.text for statistic in new.statistics] == ["5,500"]
    assert [unread.reason for unread in new.unread] == ["more than 1,500 changed sentences"]
    assert old.unread == ()


def test_a_section_that_stands_twice_is_read_where_it_was_added() -> None:
    wages = "== Wages ==\nKeepers of the northern lights earned 40 shillings.\n\n"
    once = f"The harbour opened in 1871.\n\n{wages}== Food ==\nHerring.\n\n"
    twice = once + wages
    assert [len(texts_of(document)) for document in parse_pair(once, twice)] == [0, 1]
    assert [len(texts_of(document)) for document in parse_pair(twice, once)] == [1, 0]
