from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.cases import for_each
from tests.hostile import HOSTILE
from watcher.errors import InputError
from watcher.model import Comparison, Kind, Reference, Severity
from watcher.report import ReportOptions, report


def test_an_unknown_format_is_named_with_those_there_are():
    with pytest.raises(InputError, match=r"format 'pdf': unknown, choose one of text, json, html, markdown"):
        report(Comparison(), "pdf")  # type: ignore[arg-type]


def test_references_that_are_given_name_the_sources(all_kinds: Comparison):
    given = Reference(key="url:example.org/audit", title="Named by the caller")
    alone = Comparison(findings=all_kinds.findings[17:18])
    assert "Named by the caller" in report(alone, "text", ReportOptions(references=(given,), threshold=Severity.INFO))


def test_every_change_is_there_in_document_order(all_kinds: Comparison):
    reported = json.loads(report(all_kinds, "json"))
    assert [change["kind"] for change in reported["changes"]] == [kind.value for kind in Kind]
    assert reported["changes"] == json.loads(json.dumps([finding.to_dict() for finding in all_kinds.findings]))
    assert reported["article"] == {"wiki": "wiki.example.org", "page_id": 12, "title": "Bridge tolls"}
    assert (reported["before"]["id"], reported["after"]["editor"]) == (100, "203.0.113.9")
    assert reported["unread"] == [{"reason": "braces that never close", "section": []}]


def test_two_plain_texts_have_no_article():
    reported = json.loads(report(Comparison(), "json"))
    assert (reported["article"], reported["before"], reported["changes"]) == (None, None, [])


@for_each("hostile", HOSTILE)
def test_hostile_text_comes_back_as_it_was(soak: Callable[[str], Comparison], hostile: str):
    shown = report(soak(hostile), "json")
    assert json.loads(shown)["unread"][0]["reason"] == hostile
    shown.encode()
