"""Test that a comparison lists its findings by severity."""

from __future__ import annotations

from watcher.model import Change, Comparison, Finding, Kind, Location, Policy, Sentence, Severity


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


def test_a_comparison_without_findings_has_no_worst():
    assert Comparison().worst is None
    assert Comparison().at_least(Severity.INFO) == ()


def test_a_change_is_the_same_wherever_it_happened():
    change, other = (
        Change(kind=Kind.PROSE_ADDED, old=None, new=Sentence(text="x"), location=Location(start=start))
        for start in (1, 2)
    )
    assert change == other


def test_the_default_policy_alerts_from_medium_on_and_mutes_nothing():
    assert Policy().threshold is Severity.MEDIUM
    assert Policy().muted_rules == Policy().pinned == ()


def test_a_finding_is_written_by_the_wire_form():
    written = a_finding(Severity.HIGH, "more").to_dict()
    assert (written["kind"], written["severity"], written["summary"]) == ("prose.added", "high", "more")
