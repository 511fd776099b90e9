"""A changed, added or removed claim → how much its meaning moved."""

from __future__ import annotations

from watcher.judge.strength import strength
from watcher.judge.verdict import Verdict, short
from watcher.model import Change, Claim, Cue, FieldChange, Kind, Policy, Reason, Severity, Source

_TELLING = frozenset({Cue.RANK, Cue.SUPERLATIVE, Cue.NEGATION, Cue.COMPARISON, Cue.DIRECTION})
_SAID = {
    "negation": "a negation",
    "antonym": "the opposite word",
    "rank": "the rank",
    "superlative": "the superlative",
    "hedge": "a reservation",
    "attribution": "who says so",
    "direction": "the direction",
    "comparison": "the comparison",
    "entity": "a name",
    "scope": "how far it holds",
    "predicate": "what is said",
    "tense": "the tense",
    "date": "a date",
    "number": "a number",
}


def pinned_touched(change: Change, policy: Policy) -> Verdict | None:  # noqa: ARG001  every rule takes both
    """Judge a sentence that the user pinned: always told, critical when its meaning changed."""
    quoted = _pinned(change)
    if quoted is None:
        return None
    if change.kind is Kind.CLAIM_REMOVED:
        return Verdict(severity=Severity.CRITICAL, summary=f"the pinned claim is gone: “{short(quoted)}”")
    meant = any(strength(field) >= Severity.MEDIUM for field in change.fields)
    summary = f"pinned claim: {_story(change.fields)}" if change.fields else "the pinned claim was reworded"
    return Verdict(
        severity=Severity.CRITICAL if meant else Severity.MEDIUM, summary=summary, reasons=_reasons(change.fields)
    )


def _pinned(change: Change) -> str | None:
    for one in (change.new, change.old):
        if isinstance(one, Claim) and one.pinned:
            return one.pinned
    return None


def claim_changed(change: Change, policy: Policy) -> Verdict | None:  # noqa: ARG001  every rule takes both
    """Judge a claim whose cue changed by the strongest change; a new source makes it an update, one step lower."""
    if change.kind is not Kind.CLAIM_CHANGED:
        return None
    severity = max(map(strength, change.fields), default=Severity.LOW)
    reasons = _reasons(change.fields)
    if change.source in (Source.CHANGED, Source.ADDED):
        severity = Severity(max(severity - 1, Severity.LOW))
        reasons = (*reasons, Reason(code="source-changed", text="another source is cited"))
    elif change.source is Source.REMOVED:
        reasons = (*reasons, Reason(code="source-removed", text="its source was removed"))
    return Verdict(severity=severity, summary=_story(change.fields), reasons=reasons)


def _reasons(fields: tuple[FieldChange, ...]) -> tuple[Reason, ...]:
    return tuple(
        Reason(code=f"{field.name}-changed", text=f"{_SAID.get(field.name, field.name)}: {_moved(field)}")
        for field in fields
    )


def _moved(field: FieldChange) -> str:
    return f"{short(field.old, 60) or '–'} → {short(field.new, 60) or '–'}"


def _story(fields: tuple[FieldChange, ...]) -> str:
    strongest = sorted(fields, key=strength, reverse=True)
    return "; ".join(_moved(field) for field in strongest[:3]) or "reworded"


def claim_removed(change: Change, policy: Policy) -> Verdict | None:  # noqa: ARG001  every rule takes both
    """Judge a claim that is gone: one that ranked, denied or compared is missed, another only noted."""
    if change.kind is Kind.CLAIM_REMOVED and isinstance(change.old, Claim):
        telling = any(mark.cue in _TELLING for mark in change.old.marks)
        severity = Severity.MEDIUM if telling else Severity.LOW
        return Verdict(severity=severity, summary=f"no longer said: “{short(change.old.text)}”")
    return None


def claim_added(change: Change, policy: Policy) -> Verdict | None:  # noqa: ARG001  every rule takes both
    """Judge a new claim: noted."""
    if change.kind is Kind.CLAIM_ADDED and isinstance(change.new, Claim):
        reasons = () if change.new_references else (Reason(code="unsourced", text="no source supports it"),)
        return Verdict(severity=Severity.LOW, summary=f"new claim: “{short(change.new.text)}”", reasons=reasons)
    return None
