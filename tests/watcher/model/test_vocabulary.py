"""Test the order and limits of severities, and the names of kinds."""

from __future__ import annotations

from tests.cases import for_each
from watcher.model import Kind, Measure, Severity
from watcher.model.vocabulary import OperatorEvent


def test_severities_compare_with_a_threshold():
    assert max(Severity) is Severity.CRITICAL
    assert Severity.HIGH >= Severity.MEDIUM > Severity.LOW


@for_each("severity", Severity)
def test_a_severity_is_found_again_by_its_label(severity: Severity):
    assert Severity[severity.label.upper()] is severity


@for_each(
    ("start", "steps", "end"),
    [
        (Severity.INFO, 1, Severity.LOW),
        (Severity.LOW, 0, Severity.LOW),
        (Severity.MEDIUM, 2, Severity.CRITICAL),
        (Severity.HIGH, 5, Severity.CRITICAL),
        (Severity.CRITICAL, 1, Severity.CRITICAL),
    ],
)
def test_a_severity_is_raised_by_steps_and_ends_at_critical(start: Severity, steps: int, end: Severity):
    assert start.raised(steps) is end


@for_each("kind", Kind)
def test_a_kind_is_its_subject_and_its_verb(kind: Kind):
    assert f"{kind.subject}.{kind.verb}" == kind.value


def test_a_kind_is_never_a_happening():
    # Both stand in the same field of a stored notice.
    assert {kind.value for kind in Kind}.isdisjoint(happening.value for happening in OperatorEvent)


def test_years_dates_and_ranks_are_no_statistics_of_their_own():
    assert {measure for measure in Measure if measure.is_context} == {Measure.YEAR, Measure.DATE, Measure.RANK}
