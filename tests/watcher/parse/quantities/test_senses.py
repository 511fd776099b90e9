from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.model import Measure
from watcher.parse.quantities import read_quantities


@for_each(
    "text",
    [
        "A woman aged 34 sailed.",
        "At the age of 18 years she sailed.",
        "Under the age of 18 it is free.",
        "Ann Lee, 45, sailed.",
        "Boys aged 5 and 7 sailed.",
    ],
)
def test_an_age_without_its_unit(text: str) -> None:
    assert {(q.measure, q.unit) for q in read_quantities(text)} == {(Measure.AGE, "years")}


@pytest.mark.parametrize("text", ["A score of 14 is best.", "They scored 13 points.", "It scored 3."])
def test_a_score_by_its_verb(text: str) -> None:
    assert {q.measure for q in read_quantities(text)} == {Measure.SCORE}
