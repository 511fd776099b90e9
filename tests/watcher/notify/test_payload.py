"""Test that a payload has exactly what the schema promises, whatever the alert is about."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cases import for_each
from tests.watcher.notify.test_messages import DIFF, NEW, NOTICE, REPORT, a_revision, an_alert
from watcher.model import Alert, AlertTopic, Kind, Notice, Severity
from watcher.model.changes import Cited
from watcher.model.vocabulary import OperatorEvent
from watcher.notify import MessageRenderer, Receiver
from watcher.notify.payload import SCHEMA_VERSION, compose_payload

FILE = Path(__file__).resolve().parents[3] / f"watcher/notify/schema/alert-{SCHEMA_VERSION}.json"
SCHEMA: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))


def closed(schema: Any) -> Any:
    """The schema without room for fields that it does not describe."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if "properties" in schema else {}
    return {name: item if name == "examples" else closed(item) for name, item in schema.items()} | more


CLOSED = closed(SCHEMA)
FINDING = replace(
    NOTICE,
    edits=(a_revision(1234567891),),
    diff_url=DIFF,
    old_text="21 million people",
    new_text="25 million people",
    old_value="21000000",
    new_value="25000000",
    explanations=("the cited source is the same",),
    sources=(Cited(label="Survey", url="https://survey.example.org/", status="kept"),),
    review_url=f"{REPORT}?finding=1",
)


def validate(content: Any) -> None:
    """Raise ValidationError for what is no payload, or has an undescribed field."""
    Draft202012Validator(CLOSED, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(content)


def content_of(*alerts: Alert, key: str = "k1-team") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(compose_payload(alerts, key))
    validate(content)
    return content


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION


@pytest.mark.parametrize("example", SCHEMA["examples"], ids=lambda example: example["topic"])
def test_an_example_of_the_schema_is_a_payload(example: dict[str, Any]):
    validate(example)


@for_each(
    "damage",
    [
        {"schema_version": 2},
        {"topic": "news"},
        {"severity": "urgent"},
        {"alerts": []},
        {"key": ""},
        {"more": 1},
    ],
)
def test_what_is_no_payload_does_not_pass(damage: dict[str, Any]):
    assert not Draft202012Validator(CLOSED).is_valid(SCHEMA["examples"][0] | damage)


def test_the_schema_names_all_topics():
    topics = [topic.value for topic in AlertTopic]
    assert SCHEMA["$defs"]["alert"]["properties"]["topic"]["enum"] == topics
    assert SCHEMA["properties"]["topic"]["enum"] == [*topics, "digest"]
    assert SCHEMA["$defs"]["severity"]["enum"] == [severity.label for severity in Severity]


@for_each("topic", list(AlertTopic))
def test_an_alert_of_every_topic_makes_a_payload(topic: AlertTopic):
    content = content_of(replace(an_alert(FINDING), topic=topic))
    assert (content["topic"], content["alerts"][0]["topic"]) == (topic.value, topic.value)


@for_each("kind", [*Kind, *OperatorEvent])
def test_a_finding_of_every_kind_makes_a_payload(kind: Kind | OperatorEvent):
    (finding,) = content_of(an_alert(Notice(kind=kind, severity=Severity.LOW, section=(), summary="s")))["alerts"][0][
        "findings"
    ]
    assert (finding["kind"], finding["old"], finding["edits"]) == (kind.value, None, [])


def test_a_finding_has_its_values_sentences_edit_and_links():
    alert = replace(an_alert(FINDING), thread="k0-team")
    (result,) = content_of(alert)["alerts"]
    edit = {
        "id": 1234567891, "parent_id": 1234567890, "at": "2026-03-04T06:06:00+01:00", "editor": "Marian",
        "account": "registered", "comment": "new number", "tags": [], "minor": False, "bot": None,
    }  # fmt: skip
    assert result["findings"] == [
        {
            "kind": "statistic.changed",
            "severity": "high",
            "reasons": ["source-unchanged", "as-of-unchanged"],
            "section": [],
            "summary": "21 million → 25 million people (+19 %), same source, same year",
            "old": {"text": "21 million people", "value": "21000000", "sentence": NOTICE.old_sentence},
            "new": {"text": "25 million people", "value": "25000000", "sentence": NEW},
            "edits": [edit],
            "explanations": ["the cited source is the same"],
            "sources": [
                {"label": "Survey", "url": "https://survey.example.org/", "archive_url": None, "status": "kept"}
            ],
            "diff_url": DIFF,
            "finding_url": f"{REPORT}?finding=1",
        }
    ]
    assert (result["after"], result["diff_url"], result["report_url"]) == (edit, DIFF, REPORT)
    assert (result["key"], result["follows"]) == (alert.key, "k0-team")


def test_several_alerts_are_a_digest_with_the_most_severe_first():
    low = an_alert(replace(FINDING, severity=Severity.LOW), title="Ebb")
    content = content_of(low, an_alert(FINDING))
    assert (content["topic"], content["severity"]) == ("digest", "high")
    assert [alert["article"]["title"] for alert in content["alerts"]] == ["Human trafficking", "Ebb"]


def test_text_of_the_wiki_is_exact_and_cannot_steer_a_terminal_or_break_the_line():
    evil = "@everyone \x1b[2J <script>\n\u2028\u202e\ud800 12 \x85 漢"
    body = compose_payload([an_alert(replace(FINDING, summary=evil, new_sentence=evil), title=evil)], "k1")
    assert body.isascii()
    assert body.isprintable()
    content = json.loads(body)
    validate(content)
    assert content["alerts"][0]["findings"][0]["new"]["sentence"] == evil
    assert content["alerts"][0]["article"]["title"] == evil


def test_an_enormous_alert_is_cut_and_says_by_how_much():
    huge = replace(FINDING, new_sentence="word " * 100_000)
    body = compose_payload([replace(an_alert(*[huge] * 600), not_listed=7)], "k1")
    (alert,) = json.loads(body)["alerts"]
    assert (len(alert["findings"]), alert["not_listed"]) == (500, 107)
    assert len(body) < 5_000_000


def test_a_digest_of_many_alerts_is_divided_so_that_no_payload_is_over_a_megabyte():
    left, parts = [an_alert(*[FINDING] * 20, title=f"Article {n}") for n in range(150)], []
    while left:
        part = MessageRenderer(None).alerts_that_fit(left, Receiver("jsons://example.org/", json=True))
        parts.append(len(compose_payload(part, "k1-team")))
        left = left[len(part) :]
    assert len(parts) > 1
    assert max(parts) <= 1_000_100
