"""Mark the removal of a source as part of an update where the value that it supported was replaced.

An editor who brings a figure up to date replaces its source: the loss of the former one is part of the update and no
loss of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from watcher.diff.align import Aligned
from watcher.model import Change, FieldChange, Kind, Mention, Reference, SourceChange

REPLACED = "replaced_by"  # field of a removed reference: the key of the one that supports the new value

_UPDATED = frozenset({Kind.STATISTIC_CHANGED, Kind.CLAIM_CHANGED})


def mark_replaced_sources(references: Iterable[Change], words: Sequence[Change]) -> Iterator[Change]:
    """Add to each removed reference the one that took its place beside a changed value."""
    matches: dict[str, str] = {}
    for change in words:
        rewritten = any(field.name == "statement" for field in change.fields)
        if change.kind in _UPDATED and change.source is SourceChange.CHANGED and not rewritten:
            come = [key for key in change.new_references if key not in change.old_references]
            if come:
                matches |= {key: come[0] for key in change.old_references if key not in change.new_references}
    for change in references:
        old = change.old
        lost = change.kind is Kind.REFERENCE_REMOVED or any(field.name == "replaced" for field in change.fields)
        match = matches.get(old.key) if isinstance(old, Reference) and lost else None
        if match is None or not isinstance(old, Reference):
            yield change
        else:
            yield replace(change, fields=(*change.fields, FieldChange(name=REPLACED, old=old.key, new=match)))


def mark_unsupported(references: Iterable[Change], rows: Sequence[Aligned]) -> Iterator[Change]:
    """Add to each source that is gone the sentences that it supported, and whether another source supports them now."""
    for change in references:
        old = change.old if change.kind in (Kind.REFERENCE_REMOVED, Kind.REFERENCE_UNUSED) else None
        if isinstance(old, Reference):
            yield replace(change, unsupported=tuple(_unsupported(old.key, rows)))
        else:
            yield change


def _unsupported(key: str, rows: Iterable[Aligned]) -> Iterator[Mention]:
    for row in rows:
        # A sentence that is gone itself has a change of its own.
        if row.new and any(key in sentence.references for sentence in row.old):
            unsourced = not any(sentence.references for sentence in row.new)
            for sentence in row.new:
                yield Mention(sentence=sentence.text, location=sentence.location, unsourced=unsourced)
