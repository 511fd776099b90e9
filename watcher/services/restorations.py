"""Judge an edit that brings back an earlier text: quiet for what it undoes of edits that were not accepted."""

from __future__ import annotations

from watcher.config import Watch
from watcher.model import Comparison, Finding, Revision
from watcher.services.alerts import sent_facts_of
from watcher.services.context import AppContext
from watcher.services.resolutions import StatedFinding, facts_of
from watcher.services.reverts import RESTORED_REACH, facts_undone_by


def judge_restoration(services: AppContext, watch: Watch, comparison: Comparison, earlier: Revision) -> Comparison:
    """Lower what an edit undoes of edits that alerted since the earlier revision whose text it brings back.

    What it takes of accepted ones is judged as by any edit. Raises StoreError.
    """
    from watcher.pipeline import as_restoration

    archive, after = services.archive, comparison.after
    assert after is not None
    between = [
        record
        for record in archive.comparisons.of_article(after.article, limit=RESTORED_REACH, until=after)
        if (earlier.at, earlier.id) < (record.after.at, record.after.id) < (after.at, after.id) and record.findings
    ]
    alerted = [record for record in between if record.worst is not None and record.worst >= watch.threshold]
    if len(alerted) == len(between):
        return as_restoration(comparison, earlier)
    stated = [
        StatedFinding(fact=fact)
        for record in reversed(alerted)
        for body in archive.comparisons.findings(record.id)
        for fact in facts_of(body)
    ]

    def undoes(finding: Finding) -> bool:
        facts = sent_facts_of(finding)
        return bool(facts) and all(facts_undone_by(fact, stated) for fact in facts)

    return as_restoration(comparison, earlier, undoes)
