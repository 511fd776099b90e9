"""Tell a change again that was quiet for its source, when a later edit takes that source away.

Otherwise two edits bring any value into an article: one with a source, one that removes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from snapshots import ReviewedFinding, ReviewState
from watcher.config import Watch, policy_of
from watcher.errors import Corrupt, Missing
from watcher.model import Comparison, Finding, Kind, Reason, Reference, Snapshot
from watcher.services.alerts import is_same_thing, sent_facts_of
from watcher.services.context import AppContext
from watcher.services.resolutions import MAX_OPEN_FINDINGS, facts_of

CODE: Final = "source-gone"
"""The code of the reason: comparing the two texts again does not find this, as it compares others."""

_FACTS: Final = frozenset({Kind.STATISTIC_CHANGED.value, Kind.CLAIM_CHANGED.value})
_UNRESOLVED: Final = tuple(state for state in ReviewState if state is not ReviewState.RESOLVED)
_MOST_COMPARED: Final = 5  # earlier texts, the newest ones


def with_excused(services: AppContext, watch: Watch, comparison: Comparison, after: Snapshot) -> Comparison:
    """Add the changes that were below the threshold and are above it without a source that this edit took away.

    Each is judged from the text before it to the newest one. Raises StoreError.
    """
    touched, changed = set[str](), set[str]()
    for finding in comparison.findings:
        if isinstance(finding.change.old, Reference):
            touched.add(finding.change.old.key)
            # One that only left a sentence still supports the others that cite it.
            changed |= {finding.change.old.key} if finding.change.kind is not Kind.REFERENCE_MOVED else set()
    if not touched or comparison.is_of_one_revision:
        return comparison
    waiting = services.archive.reviews.open_findings(after.revision.article, MAX_OPEN_FINDINGS, _UNRESOLVED)
    low = [item.id for item in waiting if item.severity < watch.threshold and item.kind in _FACTS]
    quiet = [
        finding
        for finding in (services.archive.findings.load(low) if low else ())
        # What was quiet because it restored an earlier text was not quiet for its source.
        if "restores" not in (finding.body.get("reasons") or ()) and not touched.isdisjoint(_cited(finding))
    ]
    reported = [fact for finding in comparison.findings for fact in sent_facts_of(finding)]
    again = [
        finding
        for finding in _judged_again(services, watch, quiet, after, touched, changed)
        if not any(is_same_thing(fact, other) for other in reported for fact in sent_facts_of(finding))
    ]
    return replace(comparison, findings=(*comparison.findings, *again)) if again else comparison


def _cited(finding: ReviewedFinding) -> set[str]:
    """Return the keys of what the sentence of a stored finding cited."""
    return {*((finding.body.get("references") or {}).get("new") or ())}


def _judged_again(
    services: AppContext,
    watch: Watch,
    quiet: Sequence[ReviewedFinding],
    after: Snapshot,
    touched: AbstractSet[str],
    changed: AbstractSet[str],
) -> Iterator[Finding]:
    befores = dict.fromkeys(finding.before.id for finding in reversed(quiet))
    for before_id in [*befores][:_MOST_COMPARED]:
        facts = [
            (fact, finding) for finding in quiet if finding.before.id == before_id for fact in facts_of(finding.body)
        ]
        try:
            before = services.archive.revisions.snapshot(watch.wiki, before_id)
        except (Missing, Corrupt):
            continue  # its text was tidied away, or is damaged: `verify` tells of that
        compared = services.compare(before, after, policy=policy_of(watch), dialect=services.dialect(watch.wiki))
        for finding in compared.at_least(watch.threshold):
            now = sent_facts_of(finding)
            made = next(
                (
                    quiet
                    for fact, quiet in facts
                    if any(fact.new == each.new and is_same_thing(fact, each) for each in now)
                ),
                None,
            )
            if made and _cited(made) & touched - ({*finding.change.new_references} - changed):
                reason = Reason(code=CODE, text="it came with a source that is no longer cited there")
                # Who put the value in is named beside who took the source away.
                yield replace(finding, edits=made.edits, reasons=(*finding.reasons, reason))
