"""Test that reworded sentences of a section whose facts changed are changed claims, and others are not."""

from __future__ import annotations

import pytest

from tests.cases import for_each
from watcher.diff import diff
from watcher.diff.names import NO_NAMES, Names
from watcher.model import Change, Kind
from watcher.parse import parse

COUNTED = "The harbour took 410 ships in the spring of that year."
RECOUNTED = "The harbour took 520 ships in the spring of that year."
STATED = "The guild paid its pilots from the harbour dues until the war closed the lower quay."
RESTATED = "The guild paid its pilots from a loan of foreign merchants until the war closed the lower quay."


GUILD = Names(title="Pilots' Guild", texts=("", ""))


def reworded(old: str, new: str, names: Names = NO_NAMES) -> list[Change]:
    return [change for change in diff(parse(old), parse(new), names=names) if change.kind is Kind.CLAIM_CHANGED]


def test_other_words_beside_a_changed_number_are_a_changed_claim() -> None:
    (change,) = reworded(f"{COUNTED} {STATED}\n", f"{RECOUNTED} {RESTATED}\n")
    assert [(field.name, field.old, field.new) for field in change.fields] == [
        ("wording", "harbour dues", "loan of foreign merchants")
    ]
    assert (change.old_sentence, change.new_sentence) == (STATED, RESTATED)


def test_other_words_alone_are_wording() -> None:
    (change,) = diff(parse(STATED), parse(RESTATED))
    assert change.kind is Kind.PROSE_CHANGED


def test_another_section_tells_nothing_of_the_words() -> None:
    old, new = (f"== Ships ==\n{a}\n\n== Pilots ==\n{b}\n" for a, b in ((COUNTED, STATED), (RECOUNTED, RESTATED)))
    assert reworded(old, new) == []


def test_a_dropped_phrase_is_reported() -> None:
    (change,) = reworded(f"{COUNTED} {STATED}\n", f"{RECOUNTED} The guild paid its pilots from the harbour dues.\n")
    assert [(field.name, field.old, field.new) for field in change.fields] == [
        ("wording", "until the war closed the lower quay", None)
    ]


def test_words_that_became_a_sentence_of_their_own_were_not_dropped() -> None:
    parted = "The guild paid its pilots from the harbour dues. The war closed the lower quay in the end."
    assert reworded(f"{COUNTED} {STATED}\n", f"{RECOUNTED} {parted}\n") == []


@for_each(
    ("old", "new"),
    [
        ("The guild paid the old pilots a wage.", "The guild paid the aged pilots a wage."),
        ("The guild paid pilots (or harbour guides) a wage.", "The guild paid pilots a wage."),
        ("The guild paid men, such as pilots and clerks, a wage.", "The guild paid men a wage."),
        ("The guild of pilots paid wages, and the guild paid its pilots.", "The guild of pilots paid wages."),
        ("The guild paid a particularly large wage to pilots.", "The guild paid a wage to pilots."),
        ("For the pilots of other harbours, see Pilot (disambiguation).", "For a list, see Pilot (disambiguation)."),
    ],
)
def test_mended_and_tidied_sentences_stay_wording(old: str, new: str) -> None:
    assert reworded(f"{COUNTED} {old}\n", f"{RECOUNTED} {new}\n") == []


def test_other_words_about_the_subject_of_the_article_are_a_changed_claim_in_the_lead() -> None:
    (change,) = reworded(STATED, RESTATED, GUILD)
    assert [(field.name, field.old, field.new) for field in change.fields] == [
        ("wording", "harbour dues", "loan of foreign merchants")
    ]


@for_each(
    ("old", "new"),
    [
        (f"== Wages ==\n{STATED}", f"== Wages ==\n{RESTATED}"),
        (STATED.replace("guild paid its pilots", "city fed"), RESTATED.replace("guild paid its pilots", "city fed")),
        ("This article is about the guild of harbour pilots.", "This article is about the guild of all boatmen there."),
        ("The guild paid 1.2 million crowns in wages.", "The guild paid 1,200,000 crowns in wages."),
    ],
)
def test_other_words_elsewhere_or_about_something_else_are_wording(old: str, new: str) -> None:
    assert reworded(old, new, GUILD) == []


@pytest.mark.parametrize("count", [120])
def test_a_rewritten_article_is_compared_so_far_and_no_further(count: int) -> None:
    old, new = (
        f"{number} " + " ".join(text.replace("guild", f"guild of house {at}") for at in range(count))
        for number, text in ((COUNTED, STATED), (RECOUNTED, RESTATED))
    )
    assert len(reworded(old, new)) == 100
