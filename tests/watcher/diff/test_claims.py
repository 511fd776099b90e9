"""Test which fields a comparison of two sentences gives, a table of cases for each kind of field."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher import compare_wikitext
from watcher.diff.assertions import assertion_changes
from watcher.diff.claims import compare_claims
from watcher.diff.names import Names
from watcher.model import Cue, CueMatch, Measure, Quantity, Rewording, Sentence, Severity
from watcher.parse.claims import read_marks
from watcher.text.statement import insult

Field = tuple[str, str | None, str | None]


def compared(old: str, new: str) -> list[Field]:
    """The fields of two sentences, with the cues that the parser finds in them."""
    marks = [read_marks(text) for text in (old, new)]
    fields, _ = compare_claims(Sentence(text=old), Sentence(text=new), *marks)
    return [(field.name, field.old, field.new) for field in fields]


def rewording(old: str, new: str) -> Rewording:
    result = compare_claims(Sentence(text=old), Sentence(text=new), (), ())[1]
    assert result is not None
    return result


def a_mark(text: str, cue: Cue, words: str) -> CueMatch:
    start = text.index(words)
    return CueMatch(cue=cue, text=words, normalized=words, start=start, end=start + len(words))


def a_count(text: str, digits: str, **fields: object) -> Quantity:
    start = text.index(digits)
    given: dict[str, object] = {"value": Decimal(digits), "measure": Measure.COUNT}
    return Quantity(text=digits, start=start, end=start + len(digits), **(given | fields))  # type: ignore[arg-type]


@for_each(("old", "new", "expected"))
def test_what_differs_is_named_with_its_words(old: str, new: str, expected: tuple[str, str, str]) -> None:
    name, was, now = expected
    assert compared(old, new) == [(name, was or None, now or None)]


@for_each(("denied", "affirmed", "negation"))
def test_a_negation_that_goes_or_comes_is_told_in_other_languages(denied: str, affirmed: str, negation: str) -> None:
    for old, new, side in ((denied, affirmed, 1), (affirmed, denied, 2)):
        (field,) = compared(old, new)
        assert field[0] == "negation"
        assert negation in (field[side] or "")


@for_each(("old", "new"))
def test_another_negation_a_name_and_another_sentence_deny_nothing(old: str, new: str) -> None:
    assert "negation" not in {name for name, *_ in compared(old, new)}


@for_each(("old", "new"))
def test_another_writing_of_a_closed_class_turns_nothing(old: str, new: str) -> None:
    assert not {"antonym", "negation", "qualification"} & {name for name, *_ in compared(old, new)}


def test_a_clause_in_the_place_of_a_clause_is_wording() -> None:
    old = "The captain left the island and stayed with family near the harbour in the end."
    new = "The captain left the island and stayed with smugglers who betrayed his whole crew to guards in the end."
    assert [name for name, _, _ in compared(old, new)] == ["wording"]


def test_a_sentence_of_which_little_is_left_states_something_else() -> None:
    old = "The bishop ordered builders to raise the wooden bridge near the market."
    new = "Merchants from distant coasts settled here and sold salted fish to monks."
    assert compared(old, new) == [("statement", old, new)]


def test_an_everyday_word_in_capitals_is_shouting_and_its_removal_restores() -> None:
    old = "The bridge was built in the north."
    spoilt = old.replace("was built", "was built BECAUSE and")
    assert ("shouting", None, "BECAUSE") in compared(old, spoilt)
    assert compared(spoilt, old) == [("shouting", "BECAUSE", None)]
    assert compared(old.upper(), old.upper().replace("NORTH", "BECAUSE NORTH")) != [("shouting", None, "BECAUSE")]


@for_each(("text", "word"), [("the teachers of Arlen suck", "suck"), ("The mill burned down.", None)])
def test_an_insult_in_a_new_sentence_is_told(text: str, word: str | None) -> None:
    assert insult(text) == word


@for_each("old, new")
def test_a_sentence_that_is_only_reworded_has_no_field(old: str, new: str) -> None:
    assert compared(old, new) == []
    assert compared(new, old) == []


@for_each(("old", "new"))
def test_two_that_a_direction_stands_between_do_not_change_places(old: str, new: str) -> None:
    assert compared(old, new) == [("roles", old, new)]


@for_each(("old", "new", "name"))
def test_a_link_in_the_place_of_one_to_another_article_is_another_thing(old: str, new: str, name: str) -> None:
    findings = compare_wikitext(old, new).findings
    names = {field.name for finding in findings for field in finding.change.fields}
    assert (name in names) if name else not names & {"entity", "predicate"}


def test_what_says_when_and_why_may_change_places() -> None:
    old, new = "In 2009 it left because of a dispute.", "Because of a dispute it left in 2009."
    assert compared(old, new) == []


def test_the_subject_by_another_of_its_names_is_no_change() -> None:
    names = Names(title="Ada Corvik", texts=("'''Ada Corvik''' is a painter.",) * 2)
    old, new = (Sentence(text=f"In that winter {name} taught drawing.") for name in ("Ada", "Corvik"))
    assert compare_claims(old, new, (), (), names=names)[0] == ()


def test_what_the_statistics_report_is_not_reported_again() -> None:
    old, new = "In 2012 they freed 21 victims.", "In 2016 they freed 25 children."
    before = [a_count(old, "21", unit="victims", as_of="2012")]
    after = [a_count(new, "25", unit="children", as_of="2016")]
    sentences = Sentence(text=old), Sentence(text=new)
    assert compare_claims(*sentences, (), (), old_quantities=before, new_quantities=after)[0] == ()
    many = Sentence(text="In 2012 they freed many victims.")
    assert compare_claims(sentences[0], many, (), (), old_quantities=before)[0] == ()


def test_a_cue_that_moved_within_its_sentence_is_kept() -> None:
    old, new = "In its first year it sold tin.", "It sold tin in its first year."
    marks = [a_mark(text, Cue.SUPERLATIVE, "first") for text in (old, new)]
    assert compare_claims(Sentence(text=old), Sentence(text=new), marks[:1], marks[1:])[0] == ()


def test_a_capital_that_makes_a_name_of_a_negation_changes_nothing() -> None:
    assert compare_claims(Sentence(text="Ki no taigen is old."), Sentence(text="Ki no Taigen is old."), (), ())[0] == ()


def test_a_rewording_counts_words_of_meaning() -> None:
    old = "The old mill stands by the wide river and turns slowly."
    new = "The tall mill stands by the wide river and turns quickly today."
    result = rewording(old, new)
    assert (result.before, result.removed, result.added, result.length) == (7, 2, 3, 7)
    assert not result.splits
    assert rewording("The mill burned, and the town left.", "The mill burned. The whole town left.").splits


def test_equal_sentences_have_no_rewording() -> None:
    assert compare_claims(Sentence(text="It left."), Sentence(text="It left."), (), ()) == ((), None)


_WORDS = st.lists(
    st.sampled_from(
        ["Peru", "the", "not", "legal", "illegal", "1999", "3rd", "may", "U.S.", "re-", "A", ",", ".", "and", "東"]
    ),
    max_size=12,
).map(" ".join)


@given(_WORDS, _WORDS)
def test_no_two_texts_are_too_odd_to_compare(old: str, new: str) -> None:
    other, back = compared(old, new), compared(new, old)
    assert compared(old, old) == []
    assert bool(other) <= (old != new)
    assert all(before or after for _, before, after in other + back)


def asserted(old: str, new: str) -> list[tuple[str | None, str | None]]:
    changes = assertion_changes((old, new), (read_marks(old), read_marks(new)))
    return [(field.old, field.new) for field in changes]


@pytest.mark.parametrize(
    "asked", ["The quay is old?", "The quay is old (?)", "The quay is old(?) it seems.", "Is it old？"]
)
def test_a_statement_that_became_a_question_is_told_and_so_is_the_reverse(asked: str):
    assert len(asserted("The quay is old.", asked)) == 1
    assert len(asserted(asked, "The quay is old.")) == 1


def test_a_question_mark_that_is_quoted_or_stands_alone_asks_nothing():
    assert asserted("The play ran.", "The play “Why?” ran.") == []
    assert asserted("", "?") == []


@pytest.mark.parametrize("quoted", ['"victims"', "“victims”", "‘victims’", "'victims'", "«victims»", "„victims“"])
def test_quotation_marks_around_common_words_doubt_them(quoted: str):
    assert asserted("The victims of the fire left.", f"The {quoted} of the fire left.") == [("victims", quoted)]
    assert asserted(f"The {quoted} of the fire left.", "The victims of the fire left.") == []


@for_each(("old", "new"))
def test_a_title_a_name_a_quotation_and_other_marks_doubt_nothing(old: str, new: str):
    assert asserted(old, new) == []


def test_a_sentence_of_very_many_quotations_is_looked_at_in_part():
    old = " ".join(f"w{chr(97 + n % 26)}" for n in range(300))
    assert len(asserted(old, " ".join(f"“{word}”" for word in old.split()))) <= 50


@for_each(("old", "new", "alarm"))
def test_sentences_are_split_and_joined_and_what_changes_meanwhile_is_told(old: str, new: str, alarm: str):
    sides = (f"The quay is long. {side} The gate is kept by friends." for side in (old, new))
    assert bool(compare_wikitext(*sides).at_least(Severity.MEDIUM)) == bool(alarm)
