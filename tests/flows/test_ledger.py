"""Findings are known again by what they say: what undoes them, what repeats them, what merely looks like them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.ledger import alike, repeated, reverted, told_of, undone
from snapshots import Standing, Told
from watcher import compare_wikitext
from watcher.model import Article, Revision

ARTICLE = Article(wiki="w", page_id=7, title="Tide")
SENTENCE = "In 2012, the survey counted {} million boats in all harbours."


def a_revision(sha1: str | None = None) -> Revision:
    at = datetime(2026, 3, 4, tzinfo=UTC)
    return Revision(article=ARTICLE, id=1, parent_id=0, at=at, editor="Marian", comment=None, sha1=sha1)


def said(old: str | None, new: str | None, sentence: str = SENTENCE.format(25), subject: str = "statistic") -> Told:
    return Told(subject=subject, old=old, new=new, sentence=sentence)


def standing(*told: Told, sha1: str | None = None) -> list[Standing]:
    return [
        Standing(id=number, told=one, before=a_revision(sha1), destinations=("a",)) for number, one in enumerate(told)
    ]


def told_between(old: str, new: str) -> list[Told]:
    return [entry for finding in compare_wikitext(old, new).findings if (entry := told_of(finding))]


PAIRS = {
    "a figure": (SENTENCE.format(21), SENTENCE.format(25)),
    "a range": ("Between 5 and 9 million boats sailed.", "Between 5 and 12 million boats sailed."),
    "a section": ("Text.\n\n== A ==\nOne.\n", "Text.\n"),
    "a picture": ("[[File:A.jpg|thumb|A boat]]\nText.", "[[File:B.jpg|thumb|A boat]]\nText."),
    "a new figure": ("Boats sail.", "Boats sail. Some 25 million boats were counted in 2012."),
    "a claim": ("Boats are the largest ships.", "Boats are among the largest ships."),
    "a tag": ("Boats sail.{{citation needed|date=May 2020}}", "Boats sail."),
}


@pytest.mark.parametrize(("old", "new"), PAIRS.values(), ids=PAIRS)
def test_what_is_put_back_undoes_what_was_told(old: str, new: str):
    told = told_between(old, new)
    back = told_between(new, old)
    assert told
    entries = standing(*told)
    assert {one.id for entry in back for one in undone(entry, entries)} == {one.id for one in entries}


def test_all_later_steps_of_a_chain_are_undone_with_the_first():
    entries = standing(said("21", "25"), said("25", "30"), said("30", "40"))
    assert [one.id for one in undone(said("40", "25"), entries)] == [1, 2]
    assert [one.id for one in undone(said("40", "21"), entries)] == [0, 1, 2]


@pytest.mark.parametrize(
    "other",
    [
        said("25", "22"),
        said("25", "21", "A wholly different matter."),
        said("25", "21", subject="claim"),
        said("9", None),
    ],
)
def test_what_merely_looks_like_it_undoes_nothing(other: Told):
    assert undone(other, standing(said("21", "25"), said("3", None))) == ()


def test_what_was_added_is_undone_only_by_its_own_removal():
    entries = standing(said(None, "25"))
    assert len(undone(said("25", None), entries)) == 1
    assert undone(said("7", None), entries) == ()


def test_a_text_that_is_what_it_was_before_an_alert_undoes_it_and_all_after_it():
    entries = [*standing(said("1", "2"), sha1="a"), *standing(said("2", "3"), said("3", "4"), sha1="b")]
    assert [one.told.new for one in reverted(a_revision("b"), entries)] == ["3", "4"]
    assert len(reverted(a_revision("a"), entries)) == 3
    assert reverted(a_revision("c"), entries) == ()


def test_texts_without_a_digest_are_not_taken_for_each_other():
    assert reverted(a_revision(None), standing(said("1", "2"))) == ()


def test_only_the_very_same_words_are_a_repetition():
    entries = standing(said("21", "25"))
    assert repeated(said("21", "25"), entries)
    assert not repeated(said("21", "25", SENTENCE.format(25) + " More."), entries)
    assert not repeated(said("21", "26"), entries)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (SENTENCE.format(21), SENTENCE.format(25), True),
        (SENTENCE.format(21), "In 2012 it counted 25 million boats in harbours.", True),
        (SENTENCE.format(21), "Every harbour keeps a table.", False),
        ("21", "25", False),
        ("", "", True),
    ],
)
def test_sentences_are_alike_by_their_words(one: str, other: str, same: object):
    assert alike(one, other) is same


def test_what_only_moved_says_nothing_that_could_be_undone():
    old = "A.\n\n== One ==\nFirst.\n\n== Two ==\nSecond words here.\n"
    new = "A.\n\n== Two ==\nSecond words here.\n\n== One ==\nFirst.\n"
    assert told_between(old, new) == []
