"""Test that a comparison lists its findings by severity."""

from __future__ import annotations

from watcher.model import Change, Comparison, Finding, Kind, Location, Sentence, Severity


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


def test_a_change_is_the_same_wherever_it_happened():
    change, other = (
        Change(kind=Kind.PROSE_ADDED, old=None, new=Sentence(text="x"), location=Location(start=start))
        for start in (1, 2)
    )
    assert change == other
