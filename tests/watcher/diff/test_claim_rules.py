from __future__ import annotations

from tests.cases import for_each
from watcher.diff.claim_rules import replacement
from watcher.diff.sentence_pair import SentencePair
from watcher.diff.token_diff import token_changes
from watcher.diff.tokens import tokens


def names(old: str, new: str, reported: frozenset[str] = frozenset()) -> list[str | None]:
    rows = tokens(old), tokens(new)
    pair = SentencePair(
        old_marks=(),
        new_marks=(),
        changes=token_changes(old, new, *rows),
        old=rows[0],
        new=rows[1],
        texts=(old, new),
        reported=reported,
    )
    result = [replacement(pair, slot) for slot in pair.changes]
    return [field.name if field else None for field in result]


@for_each(
    ("old", "new", "name"),
    [
        ("They did not leave Peru.", "They leave Peru.", "negation"),
        ("They won in Peru.", "They did not lose in Peru.", None),
        ("The worst year ended.", "The best year ended.", "antonym"),
        ("The third year ended.", "The fifth year ended.", "rank"),
        ("It ended in 1990 there.", "It ended in 1991 there.", "date"),
        ("Group 7 left Peru.", "Group 9 left Peru.", "number"),
        ("They left Peru early on.", "They left Laos early on.", "entity"),
        ("Group A won.", "Group B won.", "entity"),
        ("Most victims are women there.", "Most victims are women and men there.", "scope"),
        ("It got mixed reviews.", "It got mixed to positive reviews.", "scope"),
        ("It was her debut album.", "It was her second album.", "antonym"),
        (
            "They met Ada Hill, Tom Reed and Ann Cole.",
            "They met Joe King, Eve Moss, Al Dow and Bo Lee.",
            "entity",
        ),
        ("It ran in the 18th and 19th century.", "It ran in the 18th century.", "date"),
        ("It was shut in 1990 and in 1994.", "It was shut in 1994.", "date"),
        ("It was shut in May 1990.", "It was shut in 1990.", None),
        ("It was shut in 1990, after 1989.", "It was shut in 1990.", None),
        ("They sell 4GSs, 5GSs and tea.", "They sell Tern 4GS, 5GS and tea.", None),
        ("They left a quay there.", "They left a jetty there.", None),
        ("They left Peru early on.", "They left early on.", None),
    ],
)
def test_the_first_rule_that_knows_names_the_slot(old: str, new: str, name: str | None) -> None:
    assert [result for result in names(old, new) if result] == ([name] if name else [])


def test_a_number_in_a_rewritten_clause_is_no_changed_number() -> None:
    old = "Ships of line 7 carry steel and coal beyond harbour walls."
    new = "Trains named after queens cross 9 tunnels below alpine lakes."
    assert [result for result in names(old, new) if result] == []


def test_a_noun_that_the_statistics_show_is_passed_over() -> None:
    assert names("The worst year ended.", "The best year ended.", frozenset({"worst", "best"})) == [None]
