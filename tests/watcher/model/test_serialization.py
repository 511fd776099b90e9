"""The JSON form is what scripts rely on: exact numbers as text, null for nothing, and alerts that come back equal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.errors import Corrupt
from watcher.model import (
    Alert,
    Article,
    Change,
    Claim,
    Cue,
    CueMatch,
    Figure,
    Finding,
    Kind,
    Location,
    Measure,
    Notice,
    Quantity,
    Reason,
    Reference,
    Revision,
    Section,
    Sentence,
    Severity,
    Statistic,
    Tag,
)
from watcher.model.alerts import alert_from_dict, alert_to_dict
from watcher.model.serialization import decimal_text, element_to_dict
from watcher.model.vocabulary import AlertTopic, OperatorEvent

PAGE = Article(wiki="enwiki", page_id=7, title="Bread")
BEFORE = Revision(
    article=PAGE,
    id=1,
    parent_id=0,
    at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    editor=None,
    comment=None,
    tags=("mobile edit",),
)
AFTER = replace(BEFORE, id=2, parent_id=1, editor="Ann", comment="wording", size=40, sha1="ab", minor=True)
NOTICE = Notice(
    kind=Kind.STATISTIC_CHANGED,
    severity=Severity.HIGH,
    section=("General", "Flour"),
    summary="21 → 25",
    old_sentence="Of 21 sacks.",
    new_sentence="Of 25 sacks.",
    reasons=("source-unchanged",),
)
ALERT = Alert(
    key="k", article=PAGE, before=BEFORE, after=AFTER, notices=(NOTICE,), diff_url="https://w.example/", report_url=None
)


def a_statistic(text: str, value: str) -> Statistic:
    quantity = Quantity(
        text=text, start=0, end=2, value=Decimal(value), measure=Measure.COUNT, unit="victims", as_of="2012"
    )
    return Statistic(quantity=quantity, sentence=f"Of {text} victims.")


@for_each(
    ("number", "text"),
    [
        (None, None),
        (Decimal(21_000_000), "21000000"),
        (Decimal("2.1E+7"), "21000000"),
        (Decimal("0.50"), "0.5"),
        (Decimal("68.0"), "68"),
        (Decimal(100), "100"),
        (Decimal("0.0"), "0"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-3.10"), "-3.1"),
    ],
)
def test_a_decimal_is_written_in_full(number: Decimal | None, text: str | None):
    assert decimal_text(number) == text


@pytest.mark.slow
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_a_decimal_is_written_exactly(number: Decimal):
    written = decimal_text(number)
    assert written is not None
    assert Decimal(written) == number
    assert "e" not in written.lower()


ELEMENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "nothing": (None, None),  # type: ignore[dict-item]
    "section": (Section(path=("A", "B"), level=3, body="text"), {"path": ["A", "B"], "level": 3, "heading": "===B==="}),
    "figure": (
        Figure(file="M.svg", options=("thumb",)),
        {"file": "M.svg", "caption": "", "alt": "", "options": ["thumb"]},
    ),
    "claim": (
        Claim(text="The first.", marks=(CueMatch(cue=Cue.RANK, text="first", normalized="1"),)),
        {"text": "The first.", "cues": ["rank"]},
    ),
    "tag": (Tag(name="dubious", sentence="It is."), {"name": "dubious", "sentence": "It is."}),
    "prose": (Sentence(text="It is.", label="Cell"), {"text": "It is.", "label": "Cell"}),
}


@for_each(("element", "written"), ELEMENTS.values(), ids=ELEMENTS)
def test_an_element_is_written_with_what_its_kind_carries(element: Any, written: Any):
    assert element_to_dict(element) == written


def test_a_statistic_is_written_with_its_numbers_as_text():
    assert element_to_dict(a_statistic("21 million", "21000000")) == {
        "text": "21 million", "value": "21000000", "low": None, "high": None, "measure": "count", "unit": "victims",
        "qualifier": None, "period": None, "as_of": "2012",
    }  # fmt: skip


def test_a_reference_is_written_with_what_it_cites():
    written = element_to_dict(Reference(key="r", title="Global estimates", url="https://a.example/", uses=2))
    assert written is not None
    assert {
        "key",
        "name",
        "template",
        "title",
        "url",
        "archive_url",
        "date",
        "work",
        "publisher",
        "text",
        "uses",
    } == set(written)
    assert (written["title"], written["uses"], written["name"]) == ("Global estimates", 2, None)


def test_a_finding_is_plain_json_with_all_that_scripts_rely_on():
    change = Change(
        kind=Kind.STATISTIC_CHANGED,
        old=a_statistic("21", "21"),
        new=a_statistic("25", "25"),
        old_sentence="Of 21 victims.",
        new_sentence="Of 25 victims.",
        old_references=("a",),
        location=Location(section=("General",)),
    )
    finding = Finding(
        rule="statistic_value_changed",
        severity=Severity.HIGH,
        change=change,
        reasons=(Reason(code="x", text="y"),),
        summary="s",
    )
    written = json.loads(json.dumps(finding.to_dict()))
    assert written["kind"] == "statistic.changed"
    assert written["section"] == ["General"]
    assert written["where"] == "prose"
    assert written["sentence"] == {"old": "Of 21 victims.", "new": "Of 25 victims."}
    assert written["references"] == {"old": ["a"], "new": []}
    assert (written["reasons"], written["explanations"]) == (["x"], ["y"])
    assert (written["old"]["value"], written["new"]["value"]) == ("21", "25")


@for_each(
    "alert",
    [
        ALERT,
        replace(ALERT, report_url="https://r.example/", topic=AlertTopic.RESOLVED),
        replace(ALERT, notices=(replace(NOTICE, kind=OperatorEvent.PAGE_DELETED, old_sentence=None, section=()),)),
        replace(ALERT, notices=()),
    ],
    ids=["changed", "resolved", "happening", "no notices"],
)
def test_an_alert_survives_being_stored(alert: Alert):
    assert alert_from_dict(json.loads(json.dumps(alert_to_dict(alert)))) == alert


def test_an_alert_of_the_first_release_is_about_a_change():
    stored = alert_to_dict(ALERT)
    del stored["topic"]
    assert alert_from_dict(stored) == ALERT


@for_each(
    "damage",
    [
        {"key": ...},
        {"article": {"wiki": "enwiki"}},
        {"notices": [{"kind": "nothing.known"}]},
        {"before": {}},
        {"topic": "gossip"},
        {"article": None},
    ],
    ids=["no key", "half an article", "unknown kind", "no revision", "unknown topic", "no article"],
)
def test_an_alert_that_another_version_wrote_is_named_as_such(damage: dict[str, Any]):
    stored = {**alert_to_dict(ALERT), **damage}
    stored = {name: value for name, value in stored.items() if value is not ...}
    with pytest.raises(Corrupt, match="stored alert"):
        alert_from_dict(stored)
