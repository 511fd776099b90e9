"""Test that the card of a stored finding equals that of the compared texts, but for what only the texts know."""

from __future__ import annotations

import json

import pytest

from watcher.model import Comparison
from watcher.report.cards import stored_card

SAME = (
    "anchor", "subject", "verb", "kind", "kind_label", "severity", "severity_label", "section", "where", "summary",
    "reasons", "old_file", "new_file", "headline",
)  # fmt: skip


def test_every_kind_of_finding_comes_back_from_its_json(all_kinds: Comparison):
    for number, finding in enumerate(all_kinds.findings, start=1):
        stored = stored_card(json.loads(json.dumps(finding.to_dict())), number)
        made = stored_card(finding.to_dict(), number, all_kinds)
        assert {name: getattr(stored, name) for name in SAME} == {name: getattr(made, name) for name in SAME}


def test_the_words_that_changed_are_marked_as_in_the_report(all_kinds: Comparison):
    for number, finding in enumerate(all_kinds.findings, start=1):
        if finding.change.old_sentence and finding.change.new_sentence and finding.change.kind.subject != "tag":
            assert (
                stored_card(finding.to_dict(), number).words == stored_card(finding.to_dict(), number, all_kinds).words
            )


BODY = {"kind": "weather.changed", "severity": "low", "summary": "it rains"}


def test_the_finding_of_another_version_is_still_shown():
    made = stored_card(BODY, 3)
    assert (made.summary, made.severity_label, made.section, made.words) == ("it rains", "Low", ("Lead",), None)


@pytest.mark.parametrize(
    ("old", "new", "fates"),
    [(["a"], ["a"], ["kept"]), (["a"], [], ["removed"]), ([], ["a"], ["added"]), (["a"], ["b"], ["removed", "added"])],
)
def test_sources_are_reported_by_their_keys(old: list[str], new: list[str], fates: list[str]):
    made = stored_card({**BODY, "references": {"old": old, "new": new}}, 1)
    assert [source.status for source in made.sources] == fates
    assert (made.source_verdict == "same source") == (old == new)
