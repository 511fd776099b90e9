"""Test how findings are recognised by their facts: undone, repeated, or only similar."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots import SentFact, StatedFact
from snapshots.records import facts_since_text_of
from tests.cases import for_each
from watcher import compare_wikitext
from watcher.model import Alert, Article, Revision, Severity
from watcher.services.alerting.facts import (
    FactIndex,
    is_same_thing,
    sent_facts_of,
    similar_sentences,
    under_new_headings,
)
from watcher.services.alerting.resolutions import facts_undone_by, undone_by_finding

ARTICLE = Article(wiki="w", page_id=7, title="Tide")
SENTENCE = "In 2012, the survey counted {} million boats in all harbours."


def a_revision(sha1: str | None = None) -> Revision:
    at = datetime(2026, 3, 4, tzinfo=UTC)
    return Revision(article=ARTICLE, id=1, parent_id=0, at=at, editor="Marian", comment=None, sha1=sha1)


def an_alert(before: Revision) -> Alert:
    return Alert(key="", article=ARTICLE, before=before, after=a_revision(), notices=(), diff_url="")


def a_fact(
    old: str | None, new: str | None, sentence: str = SENTENCE.format(25), subject: str = "statistic"
) -> SentFact:
    return SentFact(subject=subject, old=old, new=new, sentence=sentence)


def unresolved_after(*reported: SentFact, sha1: str | None = None) -> list[StatedFact]:
    alert, at = an_alert(a_revision(sha1)), a_revision().at
    return [
        StatedFact(id=id_, destination="a", delivery_id=id_, fact=fact, alert=alert, thread="", stated_at=at)
        for id_, fact in enumerate(replace(each, before="") for each in reported)
    ]


def sent_between(old: str, new: str) -> list[SentFact]:
    return [entry for finding in compare_wikitext(old, new).findings for entry in sent_facts_of(finding)]


@for_each(("old", "new", "fixed", "is_back"))
def test_what_is_put_back_undoes_what_was_reported(old: str, new: str, fixed: str, *, is_back: bool):
    stated = compare_wikitext(old, new).at_least(Severity.MEDIUM) or compare_wikitext(old, new).findings
    entries = unresolved_after(*(fact for finding in stated for fact in sent_facts_of(finding)))
    findings = [(finding, sent_facts_of(finding)) for finding in compare_wikitext(new, fixed).findings]
    undone = {fact.id for facts in undone_by_finding(findings, FactIndex(entries)) for items in facts for fact in items}
    assert entries
    assert undone == {fact.id for fact in entries if is_back}


FIELDS = {"subject": ("statistic", "claim", "figure"), "old": (None, "21", "25"), "new": (None, "21", "25")}
FIELDS |= {
    "sentence": (SENTENCE, "Another."),
    "label": ("", "Boats"),
    "section": ("", "Harbours"),
    "is_located": (True, False),
}
FACTS = st.builds(SentFact, **{name: st.sampled_from(values) for name, values in FIELDS.items()})


@given(FACTS, st.lists(FACTS, max_size=9))
def test_the_candidates_are_in_order_and_lack_none_about_the_same_thing(fact: SentFact, facts: list[SentFact]):
    entries = unresolved_after(*facts)
    numbers = [each.id for each in FactIndex(entries).candidates(fact)]
    assert numbers == sorted({*numbers, *(each.id for each in entries if is_same_thing(fact, each.fact))})


def test_all_later_steps_of_a_chain_are_undone_with_the_first():
    entries = unresolved_after(a_fact("21", "25"), a_fact("25", "30"), a_fact("30", "40"))
    assert [fact.id for fact in facts_undone_by(a_fact("40", "25"), entries)] == [1, 2]
    assert [fact.id for fact in facts_undone_by(a_fact("40", "21"), entries)] == [0, 1, 2]


@pytest.mark.parametrize(
    "other", [("25", "22"), ("25", "21", "A wholly different matter."), ("25", "21", SENTENCE, "claim"), ("9", None)]
)
def test_what_merely_looks_like_it_undoes_nothing(other: tuple[str, str]):
    assert facts_undone_by(a_fact(*other), unresolved_after(a_fact("21", "25"), a_fact("3", None))) == ()


def test_a_text_that_is_what_it_was_before_an_alert_undoes_it_and_all_after_it():
    entries = [
        *unresolved_after(a_fact("1", "2"), sha1="a"),
        *unresolved_after(a_fact("2", "3"), a_fact("3", "4"), sha1="b"),
    ]
    assert [fact.fact.new for fact in facts_since_text_of(a_revision("b"), entries)] == ["3", "4"]
    assert len(facts_since_text_of(a_revision("a"), entries)) == 3
    assert facts_since_text_of(a_revision("c"), entries) == []


def test_texts_without_a_digest_are_not_taken_for_each_other():
    assert facts_since_text_of(a_revision(None), unresolved_after(a_fact("1", "2"))) == []


CELL = replace(a_fact("19.1", "21.1", "21.1"), label="2020 × Debt", section="Debt")


@for_each(("renamed", "section"))
def test_a_fact_follows_its_section_to_another_heading(renamed: tuple[tuple[str, str], ...], section: str):
    assert under_new_headings(CELL, renamed).section == section
    below = under_new_headings(replace(CELL, section="Debt › Of towns"), renamed)
    assert below.section == f"{section} › Of towns"


@for_each(("first", "other", "same"))
def test_sentences_are_alike_by_their_words(first: str, other: str, same: object):
    assert similar_sentences(first, other) is same


def test_what_only_moved_says_nothing_that_could_be_undone():
    old = "A.\n\n== One ==\nFirst.\n\n== Two ==\nSecond words here.\n"
    new = "A.\n\n== Two ==\nSecond words here.\n\n== One ==\nFirst.\n"
    assert sent_between(old, new) == []
