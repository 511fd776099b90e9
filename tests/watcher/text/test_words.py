import pytest

from tests.cases import for_each
from watcher.text.words import are_opposites, forms, have_same_opposites, is_slip, qualifier_groups, stem, words


@for_each(("text", "expected"))
def test_a_text_has_words_or_characters(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == [*expected]


@for_each(("first", "other"))
def test_forms_of_one_word_share_a_stem(first: str, other: str) -> None:
    assert stem(first) == stem(other)


@for_each(("old", "new", "opposite"))
def test_words_that_exclude_each_other_are_opposites(old: str, new: str, opposite: bool) -> None:  # noqa: FBT001  a case
    for first, other in ((old, new), (new, old)):
        assert (are_opposites(first, other) or are_opposites(stem(first), stem(other))) is opposite


@for_each(("old", "new", "same"))
def test_words_that_exclude_the_same_ones_say_the_same(old: str, new: str, same: bool) -> None:  # noqa: FBT001  a case
    assert have_same_opposites(old, new) is have_same_opposites(new, old) is same


def test_every_short_form_leads_to_a_canonical_name() -> None:
    names = forms().names
    assert {names["U.S."], names["American"], names["United States"]} == {"US"}


@pytest.mark.parametrize(("word", "other"), [("alleged", "purportedly"), ("Former", "formerly")])
def test_words_of_a_group_of_qualifiers_bound_a_claim_alike(word: str, other: str) -> None:
    assert qualifier_groups(word) & qualifier_groups(other)
    assert not qualifier_groups("mill")


@for_each(("old", "new", "same"))
def test_a_slip_of_the_pen_is_one_letter_off_or_mixed_up(old: str, new: str, same: bool) -> None:  # noqa: FBT001  a case
    assert is_slip(old, new) is same
    assert is_slip(new, old) is same


def test_a_short_name_that_differs_by_a_letter_is_another() -> None:
    assert not is_slip("iran", "iraq", named=True)
    assert is_slip("kathmandu", "kathmandhu", named=True)
