from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.diff.lexicon import _lines, are_synonyms, contradiction, forms, is_typo, is_word, same_country, stem


@for_each(
    ("first", "other"),
    [
        ("labourers", "laborer"),
        ("fell", "falling"),
        ("organise", "organized"),
        ("stopped", "stops"),
        ("countries", "country"),
        ("travelled", "traveling"),
        ("catalogue", "catalogs"),
        ("women", "woman"),
        ("defence", "defense"),
    ],
)
def test_forms_of_one_word_share_a_stem(first: str, other: str) -> None:
    assert stem(first) == stem(other)


@for_each(
    ("old", "new", "name"),
    [
        ("legal", "illegal", "antonym"),
        ("best", "worst", "antonym"),
        ("increased", "decrease", "antonym"),
        ("majority", "minority", "antonym"),
        ("world", "Europe", "scope"),
        ("all", "many", "scope"),
        ("drums", "flute", "predicate"),
        ("large", "big", None),
        ("rise", "increase", None),
        ("legal", "lawful", None),
        ("legal", "legal", None),
        ("table", "illegal", None),
    ],
)
def test_words_that_exclude_each_other_are_known_by_their_list(old: str, new: str, name: str | None) -> None:
    for item, other in ((old, new), (new, old)):
        result = contradiction(stem(item.casefold()), stem(other.casefold()))
        assert result == name or (name == "scope" and result == "antonym")


@pytest.mark.parametrize(("old", "new"), [("buy", "purchase"), ("begin", "commence"), ("people", "persons")])
def test_synonyms_are_alike(old: str, new: str) -> None:
    assert are_synonyms(stem(old), stem(new))


def test_a_word_of_no_list_is_unknown() -> None:
    assert not is_word("recieve")
    assert is_word(stem("receive"))


def test_every_short_form_leads_to_a_canonical_name() -> None:
    names = forms().names
    assert {names["U.S."], names["American"], names["United States"]} == {"US"}


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [("russian", "russia", True), ("austria", "australia", False), ("austria", "vienna", None)],
)
def test_names_of_one_country_are_one(old: str, new: str, same: bool | None) -> None:  # noqa: FBT001  a case
    assert same_country(stem(old), stem(new)) is same


def test_no_synonyms_exclude_each_other() -> None:
    rows = [sorted({stem(word) for word in line.split()}) for line in _lines("synonyms.txt")]
    assert [(old, new) for row in rows for old in row for new in row if contradiction(old, new)] == []


@for_each(
    ("old", "new", "same"),
    [
        ("without", "wihtout", True),
        ("not", "noot", True),
        ("women", "woomen", True),
        ("women", "woman", False),
        ("iran", "iraq", False),
        ("now", "not", False),
        ("hiv", "hid", False),
        ("legal", "illegal", False),
        ("same", "same", False),
    ],
)
def test_a_slip_of_the_pen_is_one_letter_off_a_word(old: str, new: str, same: bool) -> None:  # noqa: FBT001  a case
    assert is_typo(old, new) is same
    assert is_typo(new, old) is same


@pytest.mark.parametrize(
    ("word", "turned"), [("tangled", "untangled"), ("fiction", "nonfiction"), ("regular", "irregular")]
)
def test_a_prefix_turns_a_word_round_that_no_list_knows(word: str, turned: str) -> None:
    assert contradiction(stem(word), stem(turned)) == "antonym"


@pytest.mark.parametrize(("word", "other"), [("migrant", "immigrant"), ("press", "impress"), ("ion", "union")])
def test_what_only_begins_like_a_prefix_turns_nothing(word: str, other: str) -> None:
    assert contradiction(stem(word), stem(other)) is None
