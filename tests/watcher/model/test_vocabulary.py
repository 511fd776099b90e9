"""Test the limits of severities, and the names of kinds."""

from __future__ import annotations

from tests.cases import for_each
from watcher.model import Kind, Severity
from watcher.model.vocabulary import OperatorEvent


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
