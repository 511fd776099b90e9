"""Test that alerts stored as JSON are read back equal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from snapshots.deliveries import alert_from_dict, alert_to_dict
from tests.cases import for_each
from watcher.errors import Corrupt
from watcher.model import Alert, AlertTopic, Article, Cited, Kind, Notice, OperatorEvent, Revision, Severity

PAGE = Article(wiki="enwiki", page_id=7, title="Bread")
BEFORE = Revision(
    article=PAGE,
    id=1,
    parent_id=0,
    at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    editor=None,
    comment=None,
    tags=("mobile edit",),
    groups=("sysop",),
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
    edits=(AFTER,),
    new_value="25",
    sources=(Cited(label="Census", url=None, status="kept"),),
    through=("Template:Data",),
)
ALERT = Alert(
    key="k", article=PAGE, before=BEFORE, after=AFTER, notices=(NOTICE,), diff_url="https://w.example/", report_url=None
)


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
