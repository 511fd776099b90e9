"""Test words that restrict of whom or what a sentence speaks."""

from __future__ import annotations

from tests.cases import for_each
from watcher import compare_wikitext
from watcher.model import Severity


def fields(old: str, new: str) -> list[tuple[str, str | None, str | None]]:
    """Return the fields of what alerts between two sentences."""
    return [
        (field.name, field.old, field.new)
        for finding in compare_wikitext(old, new).at_least(Severity.MEDIUM)
        for field in finding.change.fields
    ]


@for_each(
    ("old", "new", "word"),
    [
        ("The town rejects rule by bishops.", "The town rejects foreign rule by bishops.", "foreign"),
        ("It forbids any form of rule over towns.", "It forbids any form of foreign rule over towns.", "foreign"),
        ("Ships left without permission that day.", "Ships left without written permission that day.", "written"),
        ("The ban on films was lifted in May.", "The ban on foreign films was lifted in May.", "foreign"),
        ("It has no permission to trade.", "It has no written permission to trade.", "written"),
        ("It serves companies in the town.", "It serves non-profit companies in the town.", "non-profit"),
    ],
)
def test_an_adjective_that_restricts_what_is_denied_is_a_qualification(old: str, new: str, word: str):
    assert fields(old, new) == [("qualification", None, word)]
    assert fields(new, old) == [("qualification", word, None)]


@for_each(
    ("old", "new", "word"),
    [
        ("Merchants oppose the toll on salt.", "Many merchants oppose the toll on salt.", "many"),
        ("Rich merchants oppose the toll on salt.", "Some rich merchants oppose the toll on salt.", "some"),
        ("For that reason, people left the old town.", "For that reason, most people left the old town.", "most"),
    ],
)
def test_how_many_of_the_subjects_are_meant_is_a_scope(old: str, new: str, word: str):
    assert fields(old, new) == [("scope", None, word)]
    assert fields(new, old) == [("scope", word, None)]


@for_each(
    ("old", "new"),
    [
        ("The town was banned from trade.", "The town was banned briefly from trade."),
        ("They met without leaving the town.", "They met without ever leaving the town."),
        ("He rejects the plan for the mill.", "He rejects the Miller plan for the mill."),
        ("Its residents vote in May there.", "Its residents (non-citizens) vote in May there."),
        ("Opposed to the state, they left the town.", "They are anti-statist, and left the town."),
        ("As it rained, ships left.", "As it rained for years, some ships left."),
        ("For that reason, weeks passed in the town.", "For that reason, some weeks passed in the town."),
        ("It bought ships in the north.", "It bought some ships in the north."),
        ("Some of the ships left, merchants say.", "Merchants say some of the ships left."),
    ],
)
def test_other_words_beside_a_noun_restrict_nothing(old: str, new: str):
    for row in ((old, new), (new, old)):
        assert not {"qualification", "scope"} & {name for name, _, _ in fields(*row)}
