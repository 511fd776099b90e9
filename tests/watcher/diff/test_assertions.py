from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.diff.assertions import assertion_changes
from watcher.parse.claims import read_marks


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
