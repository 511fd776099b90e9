from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Orr wrote Tides.", "Orr wrote “Tides”."),
        ("Orr said that the pier was a disgrace.", "Orr said that the pier was “a disgrace”."),
        ("The “victims” left.", "The «victims» left."),
        ("The workers' and owners' unions met.", "The workers' and the owners' unions met."),
        ("Nobody came.", "Nobody “came here”."),
    ],
)
def test_a_title_a_name_a_quotation_and_other_marks_doubt_nothing(old: str, new: str):
    assert asserted(old, new) == []


def test_a_sentence_of_very_many_quotations_is_looked_at_in_part():
    old = " ".join(f"w{chr(97 + n % 26)}" for n in range(300))
    assert len(asserted(old, " ".join(f"“{word}”" for word in old.split()))) <= 50


@pytest.mark.parametrize(
    ("denied", "affirmed", "negation"),
    [
        ("Le navire n'a jamais été vu.", "Le navire a été vu.", "jamais"),
        ("El barco nunca fue visto.", "El barco fue visto.", "nunca"),
        ("O navio não foi visto.", "O navio foi visto.", "não"),
        ("La nave no fue vista por nessuno.", "La nave no fue vista por.", "nessuno"),
        ("Het schip is niet gezien.", "Het schip is gezien.", "niet"),
        ("Skibet blev ikke set.", "Skibet blev set.", "ikke"),
        ("Корабль не был найден.", "Корабль был найден.", "не"),
        ("这艘船没有被发现。", "这艘船被发现。", "没有"),
        ("船は発見されなかった。", "船は発見された。", "なかった"),
        ("船は港に入れません。", "船は港に入れます。", "ません"),
    ],
)
def test_a_negation_that_goes_or_comes_is_told_in_other_languages(denied: str, affirmed: str, negation: str):
    assert asserted(denied, affirmed) == [(negation, None)]
    assert asserted(affirmed, denied) == [(None, negation)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Le navire n'est pas vu.", "Le navire n'est jamais vu."),
        ("这是非常大的港口。", "这是很大的港口。"),
        ("Le port n'est pas grand, dit-on.", "On dit que le port de la ville est petit."),
        ("この港は無料である。", "この港は有料である。"),
    ],
)
def test_another_negation_and_another_sentence_deny_nothing(old: str, new: str):
    assert asserted(old, new) == []
