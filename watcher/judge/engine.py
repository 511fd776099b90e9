"""Judge each change by the first rule in RULES that applies, then lower findings by their score."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from rapidfuzz.distance import Indel

from watcher.judge.anomalies import ANOMALY_CHECKS, anomalies, qualifier
from watcher.judge.claims import claim_added, claim_changed, claim_removed, pinned_touched
from watcher.judge.references import (
    NOTE_WORDS,
    reference_added_or_moved,
    reference_broken,
    reference_edited,
    reference_lost,
)
from watcher.judge.rule import Rule
from watcher.judge.statistics import STATISTIC_RULES
from watcher.judge.structure import (
    collapsed,
    figure_changed,
    image_replaced,
    not_compared,
    page_replaced,
    prose_changed,
    section_changed,
    tag_changed,
)
from watcher.judge.tables import fold_table_edits
from watcher.judge.thresholds import CODE, exceeded_limits
from watcher.judge.worth import (
    ESTABLISHED_SCORE,
    SCORE_BESIDE_ALERT,
    SCORED,
    EditCounts,
    Features,
    contributions,
    features,
    only_rewords,
    required_score,
    score,
    weights,
)
from watcher.model import Change, Finding, Kind, Policy, Reason, Reference, Severity, Statistic, TextKind
from watcher.model.elements import Guard
from watcher.text.tokens import meanings
from watcher.text.word_diff import UNSPACED
from watcher.text.words import words

# The first rule that returns a verdict decides, so specific rules come before general ones.
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
    not_compared,
    collapsed,
    prose_changed,
)

_DEFAULT = Policy()
_MIN_LIKENESS = 0.7  # share of letters from which on two values are spellings of one
_NEARLY_SAME = 0.85  # the same if the first letter differs: Jekaterinburg, Yekaterinburg; not Falmouth, Plymouth
_UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")
_ALWAYS_ALERT = frozenset(
    {
        "negation", "antonym", "qualification", "rank", "superlative", "attribution", "cause", "link", "header",
        "formula", "owner", "roles", "member",
    }
)  # fmt: skip
SCORE = "worth_telling"  # the name of the score in explanations
SELDOM_MATTERS: Final = "seldom-matters"
"""The code of the reason for lowering a change because of its score."""
# Reasons that exempt a finding from the score: limits that the user set, and notes that state facts like a sentence.
_EXEMPT_REASONS = frozenset({CODE, NOTE_WORDS, "note-figures"})
_MAX_SENTENCE = 2_000  # characters of a sentence; from a longer one, a hostile edit may remove thousands of figures
_STATEMENT_REMOVED = frozenset({Kind.CLAIM_REMOVED, Kind.STATISTIC_REMOVED, Kind.PROSE_REMOVED})
_NOT_APPLICABLE = "–"  # the note for a rule that does not apply to a change


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """The result of one rule, suspicion or limit for one change: its severity, if it gives one, and a note."""

    rule: str
    severity: Severity | None
    note: str

    @property
    def fired(self) -> bool:
        """Return whether the rule applied to the change."""
        return self.note != _NOT_APPLICABLE


def judge(
    changes: Iterable[Change],
    policy: Policy = _DEFAULT,
    guard: Guard | None = None,
    table: Features | None = None,
) -> tuple[Finding, ...]:
    """Return a Finding with severity and reasons for every change, in order; those of one table edit are merged.

    If a rule fails on a change, its finding is of medium severity, and `guard` records the failure. `table` holds the
    weights of the score, by default those of weights.toml; if it is empty, only the rules judge.
    """
    guard = guard or Guard()
    changes = tuple(changes)
    counts = EditCounts(changes)
    given = weights() if table is None else table
    findings = []
    for change in changes:
        run = partial(guard.run, partial(_finding, change, policy), otherwise=None)
        finding = run(element="a change", location=change.location)
        if finding is None:
            reason = Reason(code="unjudged", text="the rules failed on this change: report it with the two revisions")
            summary = f"{change.kind.value.replace('.', ' ')}, not judged"
            finding = Finding(
                rule="unjudged", severity=Severity.MEDIUM, change=change, reasons=(reason,), summary=summary
            )
        findings.append(finding)
    return (*_without_repeated_sources(fold_table_edits([*_scored(findings, counts, given)] if given else findings)),)


def _without_repeated_sources(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the findings; a source that was removed with the statements citing it is low: their findings name it."""
    named = {
        key
        for finding in findings
        if finding.severity >= Severity.MEDIUM
        and (finding.change.kind in _STATEMENT_REMOVED or (finding.change.cells and not finding.change.new_sentence))
        for key in finding.change.old_references
    }
    for finding in findings:
        change, source = finding.change, finding.change.old
        is_named = change.kind is Kind.REFERENCE_REMOVED and isinstance(source, Reference) and source.key in named
        if is_named and not change.unsupported and finding.severity is Severity.MEDIUM:
            reason = Reason(code="told-with-statement", text="it was removed with the statement that it supported")
            yield replace(finding, severity=Severity.LOW, reasons=(*finding.reasons, reason))
        else:
            yield finding


def is_scored(finding: Finding) -> bool:
    """Return whether the score may lower a finding; it never lowers pinned sentences and exceeded limits."""
    return (
        finding.change.kind in SCORED
        and finding.severity is not Severity.CRITICAL
        and finding.severity >= Severity.MEDIUM
        and not finding.change.is_pinned
        and _EXEMPT_REASONS.isdisjoint(reason.code for reason in finding.reasons)
        # Words of a closed class that reverse or limit a statement, and added insults
        and not any(
            field.name in _ALWAYS_ALERT or (field.name == "shouting" and field.new is not None)
            for field in finding.change.fields
        )
        and not _renames_in_caption(finding.change)
        and not _replaces_value(finding.change)
        and not _removes_number(finding.change)
    )


def _renames_in_caption(change: Change) -> bool:
    """Return whether a caption has another name, one other predicate, or none of its words left."""
    replaced = [field.name for field in change.fields if field.old and field.new]
    words_left = change.rewording is None or change.rewording.removed < change.rewording.before
    is_named = "entity" in replaced or replaced == ["predicate"] or not words_left
    return change.where is TextKind.CAPTION and change.new is not None and is_named


def _replaces_value(change: Change) -> bool:
    """Return whether a value of an infobox, or a part of it, was replaced by a different one, not respelled.

    Scripts without blanks are excluded: a part may be a single character of a name, and its variants look unlike.
    """
    return change.where is TextKind.INFOBOX and any(
        not _UNSPACED_LETTER.search(old)
        and old not in new
        and new not in old
        and Indel.normalized_similarity(old, new, score_cutoff=_MIN_LIKENESS if old[0] == new[0] else _NEARLY_SAME) == 0
        for field in change.fields
        if (old := (field.old or "").casefold()) and (new := (field.new or "").casefold())
    )


def _removes_number(change: Change) -> bool:
    """Return whether a figure was removed from a sentence that kept its other words, or the noun that it counted."""
    if change.kind is not Kind.STATISTIC_REMOVED or not isinstance(change.old, Statistic) or not change.new_sentence:
        return False
    if len(change.old.sentence) > _MAX_SENTENCE:
        return False
    quantity = change.old.quantity
    if quantity.unit and set(words(change.new_sentence)).issuperset(words(quantity.unit)):
        return True
    rest = change.old.sentence[: quantity.start] + change.old.sentence[quantity.unit_end or quantity.end :]
    return meanings(rest.replace(quantity.unit or "", "")) <= meanings(change.new_sentence)


def _scored(findings: Sequence[Finding], counts: EditCounts, table: Features) -> Iterator[Finding]:
    """Yield the findings, those with too low a score lowered; if another one alerts, a lower score is enough."""
    # Two values that were exchanged between two sentences or cells: rewording does not do that.
    replaced = {(field.old, field.new) for finding in findings for field in finding.change.fields if field.old}
    exchanged = {pair for pair in replaced if pair[0] != pair[1] and pair[::-1] in replaced}
    weighed = [
        (
            finding,
            features(finding.change, counts)
            if is_scored(finding) and exchanged.isdisjoint((field.old, field.new) for field in finding.change.fields)
            else None,
        )
        for finding in findings
    ]
    is_sent = any(
        score(values, table) >= required_score(finding.change) if values else finding.severity >= Severity.MEDIUM
        for finding, values in weighed
    )
    for finding, values in weighed:
        total = score(values, table) if values else None
        least = min(SCORE_BESIDE_ALERT if is_sent else 0, required_score(finding.change))
        if values is None or total is None or total >= least:
            yield replace(finding, score=total)
            continue
        reason = Reason(code=SELDOM_MATTERS, text=f"such changes seldom matter: {_score_text(values, table)}")
        yield replace(finding, severity=Severity.LOW, reasons=(*finding.reasons, reason), score=total)


def _score_text(values: Features, table: Features) -> str:
    """Return a score with its four largest contributions, as text: "+0.8 (entity replaced +1.2, …)"."""
    parts = (f"{name} {contribution:+.1f}" for name, contribution in contributions(values, table)[:4])
    return f"{score(values, table):+.1f} ({', '.join((*parts, '…'))})"


def _finding(change: Change, policy: Policy) -> Finding:
    """Return the finding of the first rule that applies, raised one step for each suspicion.

    Its severity is at least that of the limits that the change exceeds.
    """
    rule, verdict = next((rule.__name__, verdict) for rule in RULES if (verdict := rule(change, policy)))
    limits = exceeded_limits(change, policy)
    result = anomalies(change)
    reason = qualifier(change) if change.kind.subject == "statistic" else None
    return Finding(
        rule=rule,
        severity=max((verdict.severity.raised(len(result)), *(limit.severity for limit in limits))),
        change=change,
        # The user's limits come first, since a message has room for the first reasons only.
        reasons=(*(limit.reason for limit in limits), *verdict.reasons, *((reason,) if reason else ()), *result),
        summary=f"{limits[0].text}: {verdict.summary}" if limits else verdict.summary,
    )


def explain(change: Change, policy: Policy = _DEFAULT, counts: EditCounts | None = None) -> tuple[RuleTrace, ...]:
    """Return the results of all rules, suspicions and limits and the score for a change; the first severity decides.

    `counts` is built from all changes of the edit; without it, the change is scored alone.
    """
    traces: list[RuleTrace] = []
    judged = False
    for rule in RULES:
        verdict = rule(change, policy)
        if verdict is None:
            traces.append(RuleTrace(rule=rule.__name__, severity=None, note=_NOT_APPLICABLE))
        else:
            note = f"ignored, an earlier rule applied: {verdict.summary}" if judged else verdict.summary
            traces.append(RuleTrace(rule=rule.__name__, severity=verdict.severity, note=note))
            judged = True
    is_suspected = bool(anomalies(change))
    for suspicion in ANOMALY_CHECKS:
        reason = suspicion(change) if is_suspected else None
        note = f"raises by one: {reason.text}" if reason else _NOT_APPLICABLE
        traces.append(RuleTrace(rule=suspicion.__name__, severity=None, note=note))
    finding = _finding(change, policy)
    if is_scored(finding):
        values = features(change, counts or EditCounts((change,)))
        total = score(values, weights())
        otherwise = "worth a line in another message" if total >= SCORE_BESIDE_ALERT else "not worth a message"
        worth = "worth a message" if total >= required_score(change) else otherwise
        established = f"; from an established account at {ESTABLISHED_SCORE:+} or more" if only_rewords(change) else ""
        note = f"{worth}: {_score_text(values, weights())}{established}"
        traces.append(RuleTrace(rule=SCORE, severity=None, note=note))
    traces += [
        RuleTrace(rule=CODE, severity=limit.severity, note=f"at least this: {limit.text}")
        for limit in exceeded_limits(change, policy)
    ]
    return tuple(traces)
