from __future__ import annotations

from decimal import Decimal

import pytest

from tests.cases import for_each
from watcher.parse.quantities.token_stream import digits_value, language_of, tokens_of

ENGLISH = language_of("en")


@for_each(("text", "value"))
def test_a_number_token_has_its_value(text: str, value: str) -> None:
    (token,) = tokens_of(text, ENGLISH)

    assert digits_value(token.text, ENGLISH) == Decimal(value)


@pytest.mark.parametrize("code", ["192.168.1.2", "1" * 41])
def test_a_code_has_no_value(code: str) -> None:
    assert digits_value(code, ENGLISH) is None


@for_each(("text", "texts"))
def test_cuts_a_text_into_tokens(text: str, texts: tuple[str, ...]) -> None:
    assert [token.text for token in tokens_of(text, ENGLISH)] == [*texts]


def test_french_elision_is_cut_off_the_noun() -> None:
    assert [token.text for token in tokens_of("5 d'euros", language_of("fr"))] == ["5", "euros"]


def test_german_numbers_use_the_other_separators() -> None:
    german = language_of("de")

    assert digits_value("1.234,5", german) == Decimal("1234.5")
    assert digits_value("3.400", german) == Decimal(3400)
