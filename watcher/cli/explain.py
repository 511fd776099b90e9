"""`watcher explain`: show what every rule said about every change between two revisions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watcher.cli.check import select_watches
from watcher.config import policy_of
from watcher.errors import Missing
from watcher.judge import explain, judge
from watcher.model import Change, Policy, Snapshot
from watcher.pipeline import changes_between
from watcher.services.context import AppContext, open_context
from watcher.text import escape_control_characters


def run_explain(path: Path, title: str, old_rev: int, new_rev: int) -> Iterator[str]:
    """The lines of the explanation; Missing for revisions that neither the archive nor the wiki has."""
    with open_context(path) as services:
        watch = select_watches(services, [title])[0]
        before, after = (_snapshot(services, watch.wiki, number) for number in (old_rev, new_rev))
        policy = policy_of(watch)
        changes, _ = changes_between(
            before.wikitext or "", after.wikitext or "", policy=policy, dialect=services.dialect(watch.wiki)
        )
    yield f"{title}: revision {old_rev} → {new_rev}, {len(changes)} changes, alerts from {policy.threshold.label} on"
    for change in changes:
        yield from _explanation(change, policy)


def _snapshot(services: AppContext, wiki: str, revision_id: int) -> Snapshot:
    try:
        snapshot = services.archive.snapshot(wiki, revision_id)
    except Missing:
        snapshot = services.client(wiki).revision(revision_id)
    if snapshot.wikitext is None:
        raise Missing(f"revision {revision_id} of {wiki}: its text is hidden by the wiki; choose another")
    return snapshot


def _explanation(change: Change, policy: Policy) -> Iterator[str]:
    location = " › ".join(change.location.section) or "lead"
    yield ""
    yield f"{change.kind.value} in {escape_control_characters(location)}"
    for name, text in (("old", change.old_sentence), ("new", change.new_sentence)):
        if text:
            yield f"  {name}: {escape_control_characters(text[:300])}"
    for opinion in explain(change, policy):
        severity = opinion.severity.label.upper() if opinion.severity is not None else ""
        yield f"    {opinion.rule:24} {severity:8} {escape_control_characters(opinion.note)}"
    for finding in judge((change,), policy):
        verdict = "told" if finding.severity >= policy.threshold else f"held back: below {policy.threshold.label}"
        yield f"  → {finding.severity.label}, {verdict}"
