from __future__ import annotations

from decimal import Decimal

from tests.cases import for_each, table
from watcher.parse.quantities import is_supported, read_quantities
from watcher.parse.quantities.token_stream import SHIPPED, language_of, months_in, spelled_numbers, tokens_of

FOUR_BOATS = table(__file__, "four_boats")


@for_each("code", sorted(SHIPPED))
def test_every_shipped_language_has_its_words(code: str) -> None:
    language = language_of(code)

    assert language.code == code
    assert [quantity.value for quantity in read_quantities(FOUR_BOATS[code], code)] == [4]
    assert {"%", "percentage points"} <= {
        meaning for result in language.after["percent"].values() for _, meaning in result
    }


@for_each(("code", "known"), [("en", True), ("DE-at", True), ("tl", False), ("", False)])
def test_the_languages_that_it_knows_are_listed(code: str, *, known: bool) -> None:
    assert is_supported(code) is known


def test_a_regional_code_reads_like_its_language() -> None:
    assert language_of("pt-br").code == "pt"
    assert language_of("tl-ph").code == ""
    assert read_quantities("Rund 3.400 Boote", "de-CH") == read_quantities("Rund 3.400 Boote", "de")


def test_a_scale_is_a_power_of_ten() -> None:
    assert language_of("en").number("scales", "lakh") == Decimal(100_000)
    assert language_of("en").number("nowhere", "lakh") is None


def test_only_a_text_with_digits_or_number_words_may_count() -> None:
    english = language_of("en")

    assert english.may_count("It sank 4 times.")
    assert english.may_count("Half sank.")
    assert not english.may_count("Boats sank off the coast.")


@for_each("code", ["xx", "en.os", "../en", ""])
def test_a_language_that_no_table_knows_has_no_months(code: str) -> None:
    assert months_in(code) == {}


def test_a_scale_behind_digits_belongs_to_them() -> None:
    assert spelled_numbers(tokens_of("21 Millionen", language_of("de")), "de") == {}


def test_english_and_unknown_languages_are_left_to_others() -> None:
    assert spelled_numbers(tokens_of("twenty-one boats", language_of("en")), "en") == {}
