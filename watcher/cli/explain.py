"""`watcher explain`: show what every rule said about every change between two revisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.options import DEFAULT_WATCHLIST, MAX_ID, WatchlistOption, print_line
from watcher.errors import Missing

if TYPE_CHECKING:
    from watcher.model import Change, Policy, Snapshot
    from watcher.services.context import AppContext


def explain(
    title: Annotated[str, typer.Argument(help="A watched article.")],
    old_rev: Annotated[int, typer.Argument(metavar="OLD_REV", min=1, max=MAX_ID, help="Revision id before.")],
    new_rev: Annotated[int, typer.Argument(metavar="NEW_REV", min=1, max=MAX_ID, help="Revision id after.")],
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Show every change between two revisions, and the result of every rule for it.

    Example: watcher explain "Human trafficking" 1290000001 1290000002
    """
    from watcher.cli.check import select_watches
    from watcher.config import policy_of
    from watcher.pipeline import changes_between
    from watcher.services.context import open_context

    with open_context(watchlist) as services:
        watch = select_watches(services, [title])[0]
        before, after = (_snapshot(services, watch.wiki, number) for number in (old_rev, new_rev))
        policy = policy_of(watch)
        changes, _ = changes_between(
            before.wikitext or "", after.wikitext or "", policy=policy, dialect=services.dialect(watch.wiki)
        )
    typer.echo(
        f"{title}: revision {old_rev} → {new_rev}, {len(changes)} changes, alerts from {policy.threshold.label} on"
    )
    for change in changes:
        for line in _explanation(change, policy):
            print_line(line)


def _snapshot(services: AppContext, wiki: str, revision_id: int) -> Snapshot:
    try:
        snapshot = services.archive.revisions.snapshot(wiki, revision_id)
    except Missing:
        snapshot = services.client(wiki).revision(revision_id)
    if snapshot.wikitext is None:
        raise Missing(f"revision {revision_id} of {wiki}: its text is hidden by the wiki; choose another")
    return snapshot


def _explanation(change: Change, policy: Policy) -> Iterator[str]:
    from watcher.judge import explain, judge

    location = " › ".join(change.location.section) or "lead"
    yield ""
    yield f"{change.kind.value} in {location}"
    for name, text in (("old", change.old_sentence), ("new", change.new_sentence)):
        if text:
            yield f"  {name}: {text[:300]}"
    for trace in explain(change, policy):
        severity = trace.severity.label.upper() if trace.severity is not None else ""
        yield f"    {trace.rule:24} {severity:8} {trace.note}"
    for finding in judge((change,), policy):
        verdict = "alerted" if finding.severity >= policy.threshold else f"not alerted: below {policy.threshold.label}"
        yield f"  → {finding.severity.label}, {verdict}"
