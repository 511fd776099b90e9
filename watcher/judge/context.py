"""Judge the edit that made the findings: what its summary says, who made it, what happened to the values before.

Severity alone separates edits that were later reverted from those that stayed with an AUC of .57 (2,438 edits of a real
article that changed a fact); with what was known of each edit when it was made it is .75. The context gives reasons,
and a combination raises an alert by one step; it never lowers or silences one, never makes one of a change that is
none, and says what was done, not why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from watcher.model import Finding, Kind, Reason, Revision, Severity

_FACTS: Final = (Kind.STATISTIC_CHANGED, Kind.CLAIM_CHANGED)
_MANY: Final = 8  # findings that alert, of one edit
_HOUSEKEEPING: Final = re.compile(
    r"\b(typos?|ce|c/e|copy[- ]?edit(?:s|ed|ing)?|format(?:ting|ted)?|spelling|grammar|punctuation|wikif(?:y|ied))\b",
    re.IGNORECASE,
)
_RAISED_AT: Final = 1.0
"""The weight of several signals together that raises an alert by one step; no single one does."""

Flips = Mapping[tuple[str, str], int]
"""Sentences before and after an earlier change of the article, with the revision that made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditContext:
    """What was known of an edit when it was made.

    `earlier_edits` counts those of its editor on this article, None where the history is not stored from its start.
    """

    edit: Revision
    earlier_edits: int | None = None
    flips: Flips = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something about an edit, with the weight that reverted edits of a real history give it (0: none)."""

    code: str
    text: str
    weight: float = 0.0


SignalCheck = Callable[[EditContext, Sequence[Finding]], Signal | None]


def values_flipped(context: EditContext, findings: Sequence[Finding]) -> Signal | None:
    """Note that the same sentences took each other's place before, in either direction."""
    pairs = [(finding.change.old_sentence, finding.change.new_sentence) for finding in findings]
    both = [pair for old, new in pairs if old and new for pair in ((old, new), (new, old))]
    before = [context.flips[pair] for pair in both if context.flips.get(pair, context.edit.id) != context.edit.id]
    if not before:
        return None
    text = f"this was changed to and fro before, in revision {max(before)}"
    return Signal(code="flipped-before", text=text, weight=1.0)


def many_changes(_: EditContext, findings: Sequence[Finding]) -> Signal | None:
    """Note that one edit has eight alerts or more and adds no source."""
    count = sum(finding.severity >= Severity.MEDIUM for finding in findings)
    if count < _MANY or any(finding.change.kind is Kind.REFERENCE_ADDED for finding in findings):
        return None
    return Signal(code="many-changes", text=f"{count} such changes in one edit, and no new source", weight=0.7)


def unregistered_editor(context: EditContext, _: Sequence[Finding]) -> Signal | None:
    """Note an edit by an address, or by a temporary or new account."""
    names = {"unregistered": "without an account", "temporary": "by a temporary account", "new": "by a new account"}
    kind = context.edit.account
    return Signal(code="account", text=f"edited {names[kind]}", weight=0.5) if kind in names else None


def first_edit(context: EditContext, _: Sequence[Finding]) -> Signal | None:
    """Note the first edit of an account to the article, where its whole history is stored."""
    if context.earlier_edits != 0:
        return None
    return Signal(code="first-edit", text="the first edit of this account to the article", weight=0.4)


def summary_differs(context: EditContext, findings: Sequence[Finding]) -> Signal | None:
    """Note a summary that speaks of typos or form while a figure changed; it is a reason and has no weight."""
    word = _HOUSEKEEPING.search(_summary(context.edit))
    if word is None or not any(finding.change.kind is Kind.STATISTIC_CHANGED for finding in findings):
        return None
    return Signal(code="summary-differs", text=f"the summary says “{word[0]}”; a figure changed")


def no_summary(context: EditContext, _: Sequence[Finding]) -> Signal | None:
    """Note that there is no summary, beside what MediaWiki writes itself."""
    if context.edit.comment is None or _summary(context.edit):
        return None
    return Signal(code="no-summary", text="no edit summary", weight=0.1)


SIGNALS: Final[tuple[SignalCheck, ...]] = (
    values_flipped,
    many_changes,
    summary_differs,
    unregistered_editor,
    first_edit,
    no_summary,
)


def _summary(edit: Revision) -> str:
    """Return the summary without the heading that MediaWiki puts before it when a section is edited: /* Heading */."""
    comment = edit.comment or ""
    before, _, rest = comment.partition("/*")
    _, end, after = rest.partition("*/")
    return f"{before}{after}".strip() if end else comment.strip()


def signals(context: EditContext, findings: Sequence[Finding]) -> tuple[Signal, ...]:
    """Return what is remarkable about an edit with these findings, in the order of `SIGNALS`."""
    return tuple(signal for check in SIGNALS if (signal := check(context, findings)))


def add_context(findings: Sequence[Finding], contexts: Mapping[int, EditContext]) -> tuple[Finding, ...]:
    """Add to each alert about a changed fact what is known of its edit (by id), and raise it where much comes together.

    Nothing is added for an edit that restores an earlier text, or where it cannot be told which edit it was.
    """
    of_edit: dict[int, list[Finding]] = {}
    for finding in findings:
        for edit in finding.edits:
            of_edit.setdefault(edit.id, []).append(finding)
    known = {number: signals(context, of_edit.get(number, ())) for number, context in contexts.items()}
    return tuple(_with_context(finding, known) for finding in findings)


def _with_context(finding: Finding, known: Mapping[int, tuple[Signal, ...]]) -> Finding:
    if finding.severity < Severity.MEDIUM or finding.change.kind not in _FACTS or len(finding.edits) != 1:
        return finding
    remarkable = known.get(finding.edits[0].id, ())
    # Alone, an account or a missing summary is nothing to mention: most good edits have one of them.
    if not any(signal.weight >= _RAISED_AT or signal.code in _ALWAYS_REPORTED for signal in remarkable):
        return finding
    reasons = (*finding.reasons, *(Reason(code=signal.code, text=signal.text) for signal in remarkable))
    return replace(finding, severity=_raised(finding.severity, remarkable), reasons=reasons)


_ALWAYS_REPORTED: Final = ("many-changes", "summary-differs")


def _raised(severity: Severity, remarkable: Sequence[Signal]) -> Severity:
    """Return the severity, one step higher for a combination; only a rule or the user calls something critical."""
    weighing = [signal.weight for signal in remarkable if signal.weight]
    if len(weighing) < 2 or sum(weighing) <= _RAISED_AT:  # noqa: PLR2004  one signal is no combination
        return severity
    return max(severity, min(severity.raised(), Severity.HIGH))
