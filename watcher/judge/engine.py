"""Judge each change by the first rule that applies; RULES lists them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from watcher.judge.anomalies import ANOMALY_CHECKS, anomalies, qualifier
from watcher.judge.claims import claim_added, claim_changed, claim_removed, pinned_touched
from watcher.judge.references import reference_added_or_moved, reference_broken, reference_edited, reference_lost
from watcher.judge.rewritten import raise_in_rewritten
from watcher.judge.rule import Rule, Verdict
from watcher.judge.statistics import STATISTIC_RULES
from watcher.judge.structure import (
    figure_changed,
    image_replaced,
    page_replaced,
    prose_changed,
    section_changed,
    tag_changed,
)
from watcher.judge.thresholds import CODE, exceeded_limits
from watcher.model import Change, Finding, Policy, Reason, Severity
from watcher.model.elements import Guard

# The first that speaks judges: what is more telling stands above what is more general.
RULES: tuple[Rule, ...] = (
    page_replaced,
    pinned_touched,
    *STATISTIC_RULES,
    claim_changed,
    claim_removed,
    claim_added,
    reference_broken,
    reference_lost,
    reference_edited,
    reference_added_or_moved,
    image_replaced,
    figure_changed,
    section_changed,
    tag_changed,
    prose_changed,
)

_DEFAULT = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """What one rule said of one change: its severity, or why it does not count."""

    rule: str
    severity: Severity | None
    note: str


def judge(changes: Iterable[Change], policy: Policy = _DEFAULT, guard: Guard | None = None) -> tuple[Finding, ...]:
    """Return every change as a Finding with its severity and reasons, in the same order; muted rules give none.

    A change that no rule can judge is worth a look; `guard` notes it.
    """
    guard = guard or Guard()
    return raise_in_rewritten(finding for change in changes if (finding := _judged(change, policy, guard)))


def _judged(change: Change, policy: Policy, guard: Guard) -> Finding | None:
    judged = guard.run(partial(_finding, change, policy), otherwise=False, element="a change", location=change.location)
    return judged if judged is None or isinstance(judged, Finding) else _unjudged(change)


def _unjudged(change: Change) -> Finding:
    reason = Reason(code="unjudged", text="the rules failed on this change: report it with the two revisions")
    summary = f"{change.kind.value.replace('.', ' ')}, not judged"
    return Finding(rule="unjudged", severity=Severity.MEDIUM, change=change, reasons=(reason,), summary=summary)


def _finding(change: Change, policy: Policy) -> Finding | None:
    for rule in RULES:
        verdict = rule(change, policy)
        if verdict is not None:
            return None if rule.__name__ in policy.muted_rules else _raised(rule.__name__, change, verdict, policy)
    return None


def _raised(rule: str, change: Change, verdict: Verdict, policy: Policy) -> Finding:
    """Return the finding, one step higher for each suspicion, and at least as high as the limits that it exceeds."""
    limits = exceeded_limits(change, policy)
    result = anomalies(change)
    reason = qualifier(change) if change.kind.subject == "statistic" else None
    return Finding(
        rule=rule,
        severity=max((verdict.severity.raised(len(result)), *(limit.severity for limit in limits))),
        change=change,
        # What the user asked for comes first: a message has room for the first reasons only.
        reasons=(*(limit.reason for limit in limits), *verdict.reasons, *((reason,) if reason else ()), *result),
        summary=f"{limits[0].text}: {verdict.summary}" if limits else verdict.summary,
    )


def explain(change: Change, policy: Policy = _DEFAULT) -> tuple[RuleTrace, ...]:
    """Return what each rule and each suspicion says of a change; the first rule with a severity judged it."""
    opinions: list[RuleTrace] = []
    judged = False
    for rule in RULES:
        verdict = rule(change, policy)
        if verdict is None:
            opinions.append(RuleTrace(rule=rule.__name__, severity=None, note="–"))
        else:
            muted = "muted: " if rule.__name__ in policy.muted_rules else ""
            note = f"does not count, a rule above judged: {verdict.summary}" if judged else muted + verdict.summary
            opinions.append(RuleTrace(rule=rule.__name__, severity=verdict.severity, note=note))
            judged = True
    for suspicion in ANOMALY_CHECKS:
        reason = suspicion(change) if change.kind.subject == "statistic" else None
        note = f"raises by one: {reason.text}" if reason else "–"
        opinions.append(RuleTrace(rule=suspicion.__name__, severity=None, note=note))
    opinions += [
        RuleTrace(rule=CODE, severity=limit.severity, note=f"at least this: {limit.text}")
        for limit in exceeded_limits(change, policy)
    ]
    return tuple(opinions)
