"""Merge the findings of a table's cells into one for each edit of the table, so that a round is reported only once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from watcher.judge.statistics import sources_of
from watcher.judge.thresholds import CODE
from watcher.model import Change, FieldChange, Finding, Reason, Severity, SourceChange, TextKind
from watcher.model.changes import TableEdit
from watcher.model.vocabulary import TableAct
from watcher.text import shorten
from watcher.text.tokens import TokenKind, tokens

ROUND: Final = "table-round"
"""The code of the reason for an update in which each column changed in one direction."""
# Reasons of ordinary updates of cells; a finding with another reason is suspicious and is not merged.
_SHARED: Final = frozenset({"source-unchanged", "source-changed", "source-removed", "unsourced"})
_ORDINARY: Final = _SHARED | {"as-of-unchanged", "as-of-advanced", "date-changed", "header-changed", "seldom-matters"}
_ADDED: Final = frozenset({TableAct.ROWS_ADDED, TableAct.COLUMNS_ADDED})
_MIN_COUNT: Final = 3  # rows, or cells of a column with its header, whose removal is medium at least
_MOST_NAMED: Final = 6  # rows or columns in a summary
_MOST_SHOWN: Final = 60  # cells in the old and the new text of a merged finding
_MAX_SEVERITY: Final = {TableAct.REORDERED: Severity.LOW}
_DATING: Final = (TokenKind.DATE, TokenKind.NUMBER)
_NOUNS: Final = {
    TableAct.ROWS_ADDED: "row",
    TableAct.ROWS_REMOVED: "row",
    TableAct.COLUMNS_ADDED: "column",
    TableAct.COLUMNS_REMOVED: "column",
}


def fold_table_edits(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings, those of one table edit merged into one; suspicious findings remain separate."""
    groups: dict[TableEdit, list[int]] = defaultdict(list)
    for at, finding in enumerate(findings):
        edit = finding.change.part_of
        if edit is not None and not _is_suspicious(finding, edit.act):
            groups[edit].append(at)
    folded: dict[int, Finding | None] = {}
    added = " ".join(filter(None, (each.change.new_sentence for each in findings if each.change.old_sentence is None)))
    for edit, positions in groups.items():
        if len(positions) > 1:
            folded |= dict.fromkeys(positions)
            folded[positions[0]] = _merged(edit, [findings[at] for at in positions], added)
    captions = {edit.caption for edit in groups if edit.act in (TableAct.UPDATED, *_ADDED)}
    result = (folded.get(at, _as_of_later(finding, captions)) for at, finding in enumerate(findings))
    return tuple(finding for finding in result if finding is not None)


def _as_of_later(finding: Finding, captions: Collection[str]) -> Finding:
    """Return a finding, lowered if it is only another date in the caption of a table that was updated or continued."""
    sides = finding.change.old_sentence or "", finding.change.new_sentence or ""
    if sides[1] not in captions or finding.change.is_pinned:
        return finding
    old, new = ([token.key for token in tokens(side) if token.kind not in _DATING] for side in sides)
    return replace(finding, severity=min(finding.severity, Severity.LOW)) if old == new else finding


def _is_suspicious(finding: Finding, act: TableAct) -> bool:
    reasons = {reason.code for reason in finding.reasons}
    if finding.change.is_pinned or CODE in reasons or finding.severity is Severity.CRITICAL:
        return True
    if act is TableAct.UPDATED and not reasons <= _ORDINARY:
        return True
    return act in _ADDED and finding.severity >= Severity.MEDIUM


def _merged(edit: TableEdit, parts: Sequence[Finding], added: str) -> Finding:
    worst = max(parts, key=lambda part: part.severity)
    # The kind is that of a statistic if there is one, so that filters for statistics match.
    lead = max(parts, key=lambda part: (part.change.kind.subject == "statistic", part.severity)).change
    cells = tuple(part.change for part in parts)
    named = _named(edit.names)
    removed = edit.act in (TableAct.ROWS_REMOVED, TableAct.COLUMNS_REMOVED)
    sources = {cell.source for cell in cells}
    change = replace(
        lead,
        fields=(FieldChange(name=edit.act.value, old=named if removed else None, new=None if removed else named),),
        label=", ".join(edit.names),
        old_sentence=_text(cells, new=False),
        new_sentence=_text(cells, new=True),
        old_references=tuple(dict.fromkeys(key for cell in cells for key in cell.old_references)),
        new_references=tuple(dict.fromkeys(key for cell in cells for key in cell.new_references)),
        source=sources.pop() if len(sources) == 1 else SourceChange.UNCHANGED,
        siblings=(),
        elsewhere=(),
        rewording=None,
        cells=cells,
    )
    reasons = {reason.code: reason for part in parts for reason in part.reasons if reason.code in _SHARED}
    severity = min(worst.severity, _MAX_SEVERITY.get(edit.act, Severity.MEDIUM if edit.is_round else Severity.CRITICAL))
    if edit.act is TableAct.COLUMNS_REMOVED:
        texts = [text for cell in cells if (text := cell.old_sentence)]
        numbers = [text.rstrip(".") for text in texts if text.rstrip(".").isdecimal()]
        # A column of consecutive numbers only repeated the order of the rows.
        is_order = numbers == [str(at) for at in range(1, max(len(cells), 2))]
        severity = Severity.LOW if is_order else max(severity, Severity.MEDIUM) if len(texts) > _MIN_COUNT else severity
    # Removed rows may have moved to a list elsewhere.
    removed_cells = sum((cell.old_sentence or "") not in added for cell in cells)
    if edit.act is TableAct.ROWS_REMOVED and len(edit.names) >= _MIN_COUNT and 2 * removed_cells > len(cells):
        severity = max(severity, Severity.MEDIUM)
    if edit.is_round:
        reasons[ROUND] = Reason(code=ROUND, text="each column changed in one way and by small steps, as after a round")
    return Finding(
        rule=worst.rule,
        severity=severity,
        change=change,
        reasons=(*reasons.values(),),
        summary=_summary(change, edit),
    )


def _text(cells: Sequence[Change], *, new: bool) -> str | None:
    """Return the values of the cells on one side, each with its row and column; None if there are none."""
    texts = [(cell.label, cell.new_sentence if new else cell.old_sentence) for cell in cells]
    shown = [f"{label}: {text}" if label else text for label, text in texts if text is not None]
    more = len(shown) - _MOST_SHOWN
    return "; ".join((*shown[:_MOST_SHOWN], *([f"{more} more"] if more > 0 else []))) or None


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join((*(shorten(name, 40) for name in names[:_MOST_NAMED]), *([f"{more} more"] if more > 0 else [])))


def _summary(change: Change, edit: TableEdit) -> str:
    count = sum(cell.where is TextKind.TABLE for cell in change.cells)
    if edit.act is TableAct.UPDATED:
        columns = f"{len(edit.names)} column{'s' * (len(edit.names) > 1)}"
        text = f"table updated: {count} cells in {columns} ({_named(edit.names)}), {sources_of(change)}"
    elif edit.act is TableAct.REORDERED:
        text = f"{count} rows changed places: {_named(edit.names)}"
    else:
        noun, verb = _NOUNS[edit.act], "added" if edit.act in _ADDED else "removed"
        many = f"{len(edit.names)} {noun}s" if len(edit.names) > 1 else noun
        text = f"{many} {verb}: {_named(edit.names)} ({count} cells)"
    return f"{shorten(edit.caption, 60)}: {text}" if edit.caption else text
