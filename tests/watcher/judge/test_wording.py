"""Test that words which state nothing raise no alert, and that an insult in a new sentence does."""

from __future__ import annotations

import pytest

from tests.cases import parametrize_each

RIVER = "The river marks the boundary between the two northern duchies from the dam to the gulf"
QUIET = ("info", "low")


def alerting(rows):
    """The findings that alert."""
    return [row for row in rows if row.severity.label not in QUIET]


@parametrize_each(("old", "new"))
def test_words_that_state_nothing_else_raise_no_alert(findings, old, new):
    assert not alerting(findings(old, new))


def test_what_a_list_of_links_says_of_them_may_be_reworded(findings):
    old = "== External links ==\n* [http://e.example/ Harbour guide], written from the view of the communist dockers."
    new = old.replace("communist", "socialist")
    assert not alerting(findings(old, new))


SCRAWLS = ["the teachers of Arlen suck", "SHE IS THE HOTTEST PERSON ON EARTH!", "woooooodle", "Bold text"]


@pytest.mark.parametrize("scrawl", SCRAWLS)
def test_an_insult_that_somebody_adds_is_reported_and_may_go_again(findings, scrawl):
    clean, spoilt = f"{RIVER}.", f"{RIVER}.\n\n{scrawl}"
    (row,) = alerting(findings(clean, spoilt))
    assert (row.change.kind.value, row.change.fields[0].name) == ("claim.added", "shouting")
    assert not alerting(findings(spoilt, clean))


def test_keys_held_down_or_struck_at_random_are_reported(findings):
    for word in ("boooooooundary wooooooo", "HAHAHAHA boundary", "boundary fsdsfdfdsfd"):
        (row,) = alerting(findings(f"{RIVER}.", f"{RIVER.replace('boundary', word)}."))
        assert "shouting" in [field.name for field in row.change.fields]
    assert not alerting(findings(f"{RIVER}.", f"{RIVER.replace('boundary', 'Durchschnittsrechtsschutz boundary')}."))


def test_what_the_buttons_of_the_editor_put_in_may_go(findings):
    trial = "== Headline text ==\nItalic text\n\n[[File:Example.jpg]]\n\n"
    assert not alerting(findings(f"{trial}{RIVER}.", f"{RIVER}."))
    assert alerting(findings(f"{RIVER}.", f"{trial}{RIVER}."))


def test_a_doubt_of_another_editor_is_noted(findings):
    assert not alerting(findings(f"{RIVER}.", f"{RIVER}.{{{{dubious}}}}"))
    assert not alerting(findings(f"{RIVER}.", f"{{{{disputed}}}}\n{RIVER}."))


def test_a_number_of_thousands_of_digits_is_a_code(findings):
    text = "The harbour mark is {} since the survey of the coast. " + "Herring is caught there in every season. " * 900
    assert not alerting(findings(text.format("7" * 20_000), text.format("8" * 20_000)))
