"""Test that the first matching rule judges, and that the result of every rule can be shown."""

from watcher.judge import RULES, explain, judge
from watcher.model import Kind, Policy, Severity
from watcher.pipeline import changes_between

OLD, NEW = "Some 4,500 ships sank.", "Some 5,500 ships sank."


def test_every_kind_of_change_has_a_rule():
    changes, _ = changes_between(OLD, NEW)
    for kind in Kind:
        change = changes[0].__class__(kind=kind, old=changes[0].old, new=changes[0].new)
        assert all(rule(change, Policy()) is None or rule(change, Policy()).summary for rule in RULES), kind


def test_explanation_lists_every_rule_and_who_judged():
    changes, _ = changes_between(OLD, NEW)
    opinions = explain(changes[0])
    assert {rule.__name__ for rule in RULES} <= {rule_trace.rule for rule_trace in opinions}
    audible = [rule_trace for rule_trace in opinions if rule_trace.severity is not None]
    assert (audible[0].rule, audible[0].severity) == ("statistic_value_changed", Severity.HIGH)
    assert all(rule_trace.note.startswith("ignored, an earlier rule") for rule_trace in audible[1:])


def test_equal_texts_have_no_finding():
    assert judge(changes_between(OLD, OLD)[0]) == ()
