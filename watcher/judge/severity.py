"""Rate how much each changed field of a claim or statistic matters to a reader."""

from __future__ import annotations

from watcher.model import FieldChange, Severity

# What a changed cue amounts to when a word took the place of another, when it went, when it came. Measured by
# tests/benchmarks/factual_change.py on 2,495 contradicting edits and 3,382 rephrasings: everything at MEDIUM or
# above fires far more often on the former; what is LOW here (a reservation, a source, a superlative that was
# added) fires on rephrasings at least as often, so it is told but wakes nobody.
FIELD_SEVERITIES: dict[str, tuple[Severity, Severity, Severity]] = {
    "negation": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "antonym": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "number": (Severity.HIGH, Severity.LOW, Severity.LOW),
    "rank": (Severity.HIGH, Severity.MEDIUM, Severity.MEDIUM),
    "direction": (Severity.HIGH, Severity.LOW, Severity.LOW),
    "entity": (Severity.HIGH, Severity.MEDIUM, Severity.LOW),
    "scope": (Severity.HIGH, Severity.MEDIUM, Severity.MEDIUM),
    "predicate": (Severity.HIGH, Severity.LOW, Severity.LOW),
    "date": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
    "attribution": (Severity.MEDIUM, Severity.MEDIUM, Severity.LOW),
    "hedge": (Severity.LOW, Severity.MEDIUM, Severity.LOW),
    "superlative": (Severity.MEDIUM, Severity.MEDIUM, Severity.LOW),
    "comparison": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
    "definition": (Severity.MEDIUM, Severity.MEDIUM, Severity.MEDIUM),
    "qualification": (Severity.MEDIUM, Severity.MEDIUM, Severity.MEDIUM),
    "shouting": (Severity.MEDIUM, Severity.LOW, Severity.MEDIUM),
    "deletion": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
    "insertion": (Severity.MEDIUM, Severity.LOW, Severity.MEDIUM),
    "cell": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
    "statement": (Severity.MEDIUM, Severity.MEDIUM, Severity.MEDIUM),
    "value": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "low": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "high": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "measure": (Severity.HIGH, Severity.HIGH, Severity.HIGH),
    "unit": (Severity.HIGH, Severity.LOW, Severity.LOW),
    "period": (Severity.HIGH, Severity.MEDIUM, Severity.LOW),
    "qualifier": (Severity.MEDIUM, Severity.MEDIUM, Severity.MEDIUM),
    "as_of": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
    "status": (Severity.MEDIUM, Severity.LOW, Severity.LOW),
}


def field_severity(field: FieldChange) -> Severity:
    """Return how serious one field of `compare_claims` or `statistic_fields` is; a name that is not known is LOW.

    >>> field_severity(FieldChange(name="hedge", old="estimated", new=None)).label
    'medium'
    """
    replaced, went, came = FIELD_SEVERITIES.get(field.name, (Severity.LOW,) * 3)
    if field.old is not None and field.new is not None:
        return replaced
    return came if field.old is None else went
