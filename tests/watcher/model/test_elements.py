"""Test the product's values: elements are frozen and equal wherever they stand, findings and kinds are in order."""

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.cases import for_each
from watcher import compare_wikitext
from watcher.model import (
    Article,
    Change,
    Claim,
    Comparison,
    Cue,
    CueMatch,
    Figure,
    Finding,
    Kind,
    Location,
    Measure,
    Quantity,
    Reference,
    Revision,
    Section,
    Sentence,
    Severity,
    Snapshot,
    Statistic,
    Tag,
    percent,
)
from watcher.model.revisions import MAX_TEXT_BYTES, TOO_LARGE, is_too_large
from watcher.model.vocabulary import OperatorEvent

TWELVE = Quantity(text="12", start=0, end=2, value=Decimal(12), measure=Measure.COUNT)
ELEMENTS: dict[str, Any] = {
    "section": Section(path=("A", "B"), level=3),
    "figure": Figure(file="Map.svg"),
    "reference": Reference(key="r"),
    "statistic": Statistic(quantity=TWELVE, sentence="12 came."),
    "claim": Claim(text="It was the first."),
    "tag": Tag(name="citation needed"),
    "sentence": Sentence(text="They came."),
}


@for_each("element", ELEMENTS.values(), ids=ELEMENTS)
def test_an_element_is_the_same_wherever_it_stands(element: Any):
    moved = dataclasses.replace(element, location=Location(section=("Elsewhere",), start=7, end=9))
    assert moved == element
    assert hash(moved) == hash(element)
    assert "Elsewhere" not in repr(moved)
    change = Change(kind=Kind.PROSE_ADDED, old=None, new=element)
    assert change == dataclasses.replace(change, location=Location(start=1))


@for_each(
    ("first", "other", "is_same"),
    [
        (Section(path=("A",), level=2, body="old"), Section(path=("A",), level=2, body="new"), True),
        (Figure(file="Map.svg", options=("thumb",)), Figure(file="Map.svg", options=("300px",)), True),
        (Figure(file="Map.svg", sha1="a"), Figure(file="Map.svg", sha1="b"), False),
        (Reference(key="r", uses=1, access_date="1 May"), Reference(key="r", uses=4, access_date="2 May"), True),
        (Reference(key="r", url="https://a.example/"), Reference(key="r", url="https://b.example/"), False),
    ],
)
def test_what_does_not_count_leaves_an_element_the_same(first: Any, other: Any, *, is_same: bool):
    assert (first == other) is is_same


def test_a_claims_cues_are_named_once_in_their_order():
    marks = [CueMatch(cue=cue, text="x", normalized="x") for cue in (Cue.RANK, Cue.NEGATION, Cue.RANK)]
    assert Claim(text="", marks=tuple(marks)).cues == ("rank", "negation")
    assert Claim(text="", marks=tuple(marks[:1]), pinned="It was.").cues == ("rank", "pinned")


@for_each(("label", "states"), [("", True), ("Population", True), ("category", False), ("hatnote", False)])
def test_furniture_of_the_page_states_nothing(label: str, *, states: bool):
    assert Sentence(text="x", label=label).is_content is states


@for_each(("share", "shown"))
def test_a_share_has_two_digits_and_a_half_is_rounded_up(share: str, shown: str):
    assert percent(Decimal(share)) == shown


def a_finding(severity: Severity, summary: str = "") -> Finding:
    change = Change(kind=Kind.PROSE_ADDED, old=None, new=Sentence(text="x"))
    return Finding(rule="prose_changed", severity=severity, change=change, reasons=(), summary=summary)


def test_what_reaches_the_threshold_comes_most_severe_first_else_in_the_order_of_the_text():
    whole = Comparison(
        findings=(
            a_finding(Severity.MEDIUM, "first"),
            a_finding(Severity.LOW, "quiet"),
            a_finding(Severity.CRITICAL, "worst"),
            a_finding(Severity.MEDIUM, "second"),
        )
    )
    assert [finding.summary for finding in whole.at_least(Severity.MEDIUM)] == ["worst", "first", "second"]
    assert len(whole.at_least(Severity.INFO)) == 4
    assert whole.worst is Severity.CRITICAL
    assert (Comparison().worst, Comparison().at_least(Severity.INFO)) == (None, ())


@for_each(
    ("start", "steps", "end"),
    [
        (Severity.INFO, 1, Severity.LOW),
        (Severity.LOW, 0, Severity.LOW),
        (Severity.MEDIUM, 2, Severity.CRITICAL),
        (Severity.HIGH, 5, Severity.CRITICAL),
    ],
)
def test_a_severity_is_raised_by_steps_and_ends_at_critical(start: Severity, steps: int, end: Severity):
    assert start.raised(steps) is end


def test_a_kind_is_its_subject_and_its_verb_and_never_what_happens_to_a_page():
    assert [f"{kind.subject}.{kind.verb}" for kind in Kind] == [kind.value for kind in Kind]
    # Both stand in the same field of a stored notice.
    assert {kind.value for kind in Kind}.isdisjoint(event.value for event in OperatorEvent)


@for_each(("character", "size"), [("a", 1), ("é", 2), ("ส", 3), ("\ud800", 3)])
def test_the_bound_is_one_of_bytes(character: str, size: int) -> None:
    most = MAX_TEXT_BYTES // size
    assert not is_too_large(character * most)
    assert is_too_large(character * (most + 1))


def test_text_that_is_too_large_is_named_and_not_compared() -> None:
    comparison = compare_wikitext("It stood.", "a" * (MAX_TEXT_BYTES + 1))
    assert comparison.findings == ()
    assert [unread.reason for unread in comparison.unread] == [TOO_LARGE]


def test_a_snapshot_shows_itself_without_its_text() -> None:
    article, at = Article(wiki="enwiki", page_id=7, title="Bread"), datetime(2026, 3, 1, tzinfo=UTC)
    revision = Revision(article=article, id=2, parent_id=1, at=at, editor="A", comment="")
    assert "flour" not in repr(Snapshot(revision=revision, wikitext="flour" * 1000))
