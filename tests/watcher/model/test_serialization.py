"""Test the JSON form that scripts rely on: exact numbers as text, and null for nothing."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.model import (
    Change,
    Claim,
    Cue,
    CueMatch,
    Figure,
    Finding,
    Kind,
    Location,
    Measure,
    Quantity,
    Reason,
    Reference,
    Section,
    Sentence,
    Severity,
    Statistic,
    Tag,
)
from watcher.model.elements import decimal_text, element_to_dict


def a_statistic(text: str, value: str) -> Statistic:
    quantity = Quantity(
        text=text, start=0, end=2, value=Decimal(value), measure=Measure.COUNT, unit="victims", as_of="2012"
    )
    return Statistic(quantity=quantity, sentence=f"Of {text} victims.")


@for_each(("number", "text"))
def test_a_decimal_is_written_in_full(number: str, text: str):
    assert (decimal_text(Decimal(number)), decimal_text(None)) == (text, None)


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
    "statistic": (
        a_statistic("21 million", "21000000"),
        {
            "text": "21 million", "value": "21000000", "low": None, "high": None, "measure": "count",
            "unit": "victims", "qualifier": None, "period": None, "as_of": "2012",
        },
    ),
    "reference": (
        Reference(key="r", title="Global estimates", url="https://a.example/", uses=2),
        dict.fromkeys(("name", "template", "archive_url", "date", "work", "publisher"))
        | {"key": "r", "title": "Global estimates", "url": "https://a.example/", "text": "", "uses": 2},
    ),
    "tag": (Tag(name="dubious", sentence="It is."), {"name": "dubious", "sentence": "It is."}),
    "prose": (Sentence(text="It is.", label="Cell"), {"text": "It is.", "label": "Cell"}),
}  # fmt: skip


@for_each(("element", "written"), ELEMENTS.values(), ids=ELEMENTS)
def test_an_element_is_written_with_what_its_kind_carries(element: Any, written: Any):
    assert element_to_dict(element) == written


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
    expected = {
        "kind": "statistic.changed",
        "section": ["General"],
        "where": "prose",
        "sentence": {"old": "Of 21 victims.", "new": "Of 25 victims."},
        "references": {"old": ["a"], "new": []},
        "reasons": ["x"],
        "explanations": ["y"],
    }
    assert written | expected == written
    assert (written["old"]["value"], written["new"]["value"]) == ("21", "25")
