from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import pytest

from tests.cases import for_each
from tests.watcher.history_helpers import BOATS, CENSUS, CREWS, SURVEY, TEXT
from watcher.diff.element_mapping import map_elements
from watcher.model import Claim, Sentence, Statistic
from watcher.model.history import ElementMapping
from watcher.parse import parse, parse_pair
from watcher.parse.analysis import facts_of

NAMED = TEXT.replace(SURVEY, '<ref name="s" />') + "\n<references>{}</references>\n"


def between(old: str, new: str) -> ElementMapping:
    return map_elements(parse(old), parse(new), partial(facts_of, language="en"))


def pairs(mapping: ElementMapping) -> list[tuple[str, str, bool]]:
    """Each heir in words: what it was, what it is, whether it says something else."""

    def statistics(row: int, side: str) -> list[Statistic]:
        return [statistic for passage in getattr(mapping.rows[row], side) for statistic in passage.statistics]

    return [
        (
            statistics(match.old[0], "old")[match.old[1]].quantity.text,
            statistics(match.new[0], "new")[match.new[1]].quantity.text,
            bool(match.fields),
        )
        for match in mapping.matches
    ]


@for_each(
    ("new", "successors"),
    [
        (TEXT, []),
        (TEXT.replace("21 million", "22 million"), [("21 million", "22 million", True)]),
        (TEXT.replace("21 million", "21,000,000"), [("21 million", "21,000,000", False)]),
        (TEXT.replace("the survey counted", "the new survey counted"), [("21 million", "21 million", False)]),
        (TEXT.replace(BOATS, ""), []),
    ],
    ids=["same", "changed", "another scale", "reworded", "removed"],
)
def test_a_figure_is_inherited_by_what_it_became(new: str, successors: list[tuple[str, str, bool]]):
    assert pairs(between(TEXT, new)) == successors


def test_a_figure_that_left_its_sentence_is_inherited_by_the_sentence_that_got_it():
    old = f"The old fleet has 300 boats in the harbour of the town.\n\n{CREWS.replace('300', '900')}\n"
    new = f"The old fleet is in the harbour of the town.\n\n{CREWS.replace('300', '900')[:-1]}, on 300 boats.\n"
    assert ("300", "300", False) in pairs(between(old, new))


@pytest.mark.parametrize(
    ("new", "resourced"),
    [(TEXT.replace(SURVEY, CENSUS), True), (TEXT.replace("Tidal survey", "The tidal survey"), False)],
    ids=["another work", "title corrected"],
)
def test_rows_show_whether_they_rest_on_other_sources(new: str, resourced):
    assert any(row.sources_changed for row in between(TEXT, new).rows) is resourced


def test_a_name_that_cites_another_work_is_listed():
    old, new = (NAMED.format(item.replace("<ref>", '<ref name="s">')) for item in (SURVEY, CENSUS))
    assert between(old, new).sources_changed == {"s"}
    assert not between(old, old).sources_changed


def test_renamed_sections_are_listed_and_others_are_not():
    assert dict(between(TEXT, TEXT.replace("== Harbours ==", "== Ports ==")).paths) == {("Harbours",): ("Ports",)}


def test_a_reference_under_another_name_is_listed():
    old = TEXT.replace("<ref>", '<ref name="a">')
    assert dict(between(old, old.replace('name="a"', 'name="b"')).renamed) == {"a": "b"}


def test_a_sentence_with_nothing_but_names_makes_no_claim():
    rows = between("", "Dunmere lies in Corvane.\n\nDunmere is the largest port of all.\n").rows
    assert [bool(sentence_facts.claim) for row in rows for sentence_facts in row.new] == [False, True]


def test_a_row_tells_whether_its_claim_says_something_else():
    mapping = between("Dunmere is the largest port of all.", "Dunmere is the second-largest port of all.")
    assert [row.claim_changed for row in mapping.rows if row.claim_changed]


def test_what_blanked_sentences_stated_is_not_read_again():
    read: list[str] = []

    def read_facts(sentences: Iterable[Sentence]) -> tuple[Sequence[Statistic], Sequence[Claim]]:
        sentences = list(sentences)
        read.extend(sentence.text for sentence in sentences)
        return facts_of(sentences, "en")

    mapping = map_elements(parse(TEXT), parse("Nothing is left."), read_facts)
    assert read == ["Nothing is left."]
    assert len(mapping.rows) > 1
    moved = map_elements(parse(TEXT), parse("21 million boats."), read_facts)
    assert [match.fields for match in moved.matches] == [()]


def test_a_sentence_that_stayed_is_read_once():
    read: list[str] = []

    def read_facts(sentences: Iterable[Sentence]) -> tuple[Sequence[Statistic], Sequence[Claim]]:
        chosen = list(sentences)
        read.extend(sentence.text for sentence in chosen)
        return facts_of(chosen, "en")

    old, new = parse(TEXT), parse(f"Ahead.\n\n{TEXT}")
    rows = map_elements(old, new, read_facts).rows
    assert sorted(read) == sorted(sentence.text for sentence in new.sentences)
    assert all(row.old == row.new for row in rows if row.old)


def test_what_a_joint_note_cited_is_uncited_once_no_note_cites_it():
    survey, census = (note.removeprefix("<ref>").removesuffix("</ref>") for note in (SURVEY, CENSUS))
    joint = TEXT.replace(SURVEY, f"<ref>{survey}; {census}</ref>")
    assert between(joint, TEXT).uncited == {"url:census.example.org/boats/by-harbour"}
    assert not between(joint, TEXT.replace(SURVEY, SURVEY + CENSUS)).uncited


def test_a_source_that_moves_to_a_joint_note_is_not_removed():
    survey, census = (note.removeprefix("<ref>").removesuffix("</ref>") for note in (SURVEY, CENSUS))
    joint = TEXT.replace(SURVEY, f"<ref>{survey}; {census}</ref>")
    assert "reference.removed" not in {change.kind for change in between(TEXT + CENSUS, joint).references}


def test_a_name_that_another_note_keeps_is_not_renamed():
    old = TEXT.replace("<ref>", '<ref name="a">')
    old += "\n== Piers ==\nPiers are long." + CENSUS.replace("<ref>", '<ref name="a">') + "\n"
    new = old.replace('long.<ref name="a">', 'long.<ref name="b">')
    assert dict(map_elements(*parse_pair(old, new), partial(facts_of, language="en")).renamed) == {}
