"""Judge the edit that made the findings by its summary, its editor and the earlier edits of the page.

Severity alone predicts whether an edit will be reverted with an AUC of .58, together with the context with .76 (1,067
edits of a real article that changed a fact, later than those that the points were fixed on). The context adds reasons,
orders the review queue within one severity, and raises an alert by one step if several signals combine. For established
and trusted accounts it lowers routine edits: rounds of a table, values with a new source or a later date of the same
one, renamed files, undone recent additions. For them and for accounts that edited the page before, it lowers mere
wording. It turns other findings into alerts only for newcomers (`alerts_for_newcomer`). It describes what was done, not
why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from watcher.judge.structure import NAMESPACE
from watcher.judge.tables import ROUND
from watcher.judge.thresholds import CODE
from watcher.judge.worth import ESTABLISHED_SCORE, SCORE_BESIDE_ALERT, only_rewords
from watcher.model import Change, Figure, Finding, Kind, Reason, Revision, Severity, Statistic, TextKind
from watcher.model.changes import RECENT, RESTORATION, VALUE_FIELDS
from watcher.model.revisions import undone
from watcher.model.vocabulary import RANKS
from watcher.text.statement import is_chat

_FACTS: Final = (Kind.STATISTIC_CHANGED, Kind.CLAIM_CHANGED)
_MANY_ALERTS: Final = 8  # findings of one edit that alert
_HOUSEKEEPING: Final = re.compile(
    r"\b(typos?|ce|c/e|copy[- ]?edit(?:s|ed|ing)?|format(?:ting|ted)?|spelling|grammar|punctuation|wikif(?:y|ied))\b",
    re.IGNORECASE,
)
ESTABLISHED_EDITOR: Final = "established-editor"
"""The code of the reason for lowering a routine edit of an established account."""
NEWCOMERS: Final = {
    "unregistered": "without an account",
    "temporary": "by a temporary account",
    "new": "by a new account",
}
"""The words for the kinds of accounts that nobody knows yet."""
_CITATION: Final = re.compile(
    r"<ref\b(?:[^<>/]|/(?!>))*+(?:/>|>[^<]*+(?:<(?!/?ref\b)[^<]*+)*+(?:</ref\s*>)?)|\{\{[^{}]*+\}\}", re.IGNORECASE
)
_ADDRESSING: Final = (TextKind.PROSE, TextKind.LIST)
_LONE_NUMBER: Final = re.compile(r"\W*\d[\d.,:/–-]*\W*")
_RAISED_AT: Final = 6
"""The sum of points that raises an alert by one step; no single signal has as many."""

HISTORY: Final = 50
"""The number of revisions before an edit that are searched for undone edits."""
_CONTESTED, _VERY_CONTESTED = 3, 8  # undone edits among the last twenty

OWN_UNDONE: Final = "undone-before"
"""The code of the signal that an earlier edit of the same editor was undone."""

Flips = Mapping[tuple[str, str, str], Sequence[int]]
"""Maps label and old and new sentence of an earlier change to the revisions that made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditContext:
    """What was known about an edit when it was made.

    `earlier_edits` is the number of earlier edits of its editor to the article, None if the history is not stored from
    its start. `history` holds up to `HISTORY` stored revisions before it, oldest first. `is_trusted` is true if the
    watch trusts its editor like an established account.
    """

    edit: Revision
    earlier_edits: int | None = None
    flips: Flips = field(default_factory=dict)
    history: Sequence[Revision] = ()
    is_trusted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A property of an edit, with points derived from the reverted edits of a real history.

    `notable` signals are about what was done: each is a reason on its own, and no combination counts without one.
    """

    code: str
    text: str
    points: int = 0
    notable: bool = False


SignalCheck = Callable[[EditContext, Sequence[Finding]], Signal | None]


def values_flipped(context: EditContext, findings: Sequence[Finding]) -> Signal | None:
    """Note that the same sentences replaced each other before, in either direction, in another editor's edit.

    If an established account restores the former text for the first time, that is no dispute: readers knew that text.
    """
    own = {past.id for past in context.history if past.editor and past.editor == context.edit.editor}
    restores = context.is_trusted or context.edit.is_by_established_account
    changes = [change for finding in findings for change in (finding.change, *finding.change.cells)]
    sides = [(change.label, change.old_sentence, change.new_sentence) for change in changes]
    # Many cells of a table have the same number, so the label must be the same, too.
    both = [
        flip
        for label, old, new in sides
        if old and new and not (restores and (label, old, new) not in context.flips)
        for flip in ((label, old, new), (label, new, old))
    ]
    earlier = (revision for flip in both for revision in context.flips.get(flip, ()))
    before = [revision for revision in earlier if revision != context.edit.id and revision not in own]
    if not before:
        return None
    text = f"this was changed back and forth before, in revision {max(before)}"
    return Signal(code="flipped-before", text=text, points=3, notable=True)


def many_changes(_: EditContext, findings: Sequence[Finding]) -> Signal | None:
    """Note that one edit has eight or more alerts and adds no source."""
    count = sum(finding.severity >= Severity.MEDIUM for finding in findings)
    if count < _MANY_ALERTS or any(finding.change.kind is Kind.REFERENCE_ADDED for finding in findings):
        return None
    text = f"{count} such changes in one edit, and no new source"
    return Signal(code="many-changes", text=text, points=3, notable=True)


def much_removed(context: EditContext, _: Sequence[Finding]) -> Signal | None:
    """Note that the edit removes a tenth of the text or more."""
    before = context.history[-1] if context.history else None
    if before is None or before.id != context.edit.parent_id or not before.size or context.edit.size is None:
        return None
    removed = before.size - context.edit.size
    if removed < max(500, 0.1 * before.size):  # a single line may be a tenth of a stub
        return None
    text = f"the edit removes {removed / before.size:.0%} of the text"
    return Signal(code="much-removed", text=text, points=2, notable=True)


def own_edit_undone(context: EditContext, _: Sequence[Finding]) -> Signal | None:
    """Note that a recent edit of the same editor to the article was undone."""
    own = [edit for edit in undone(context.history) if edit.editor and edit.editor == context.edit.editor]
    if not own:
        return None
    text = f"an earlier edit by the same editor, revision {own[-1].id}, was undone"
    return Signal(code=OWN_UNDONE, text=text, points=2)


def contested_article(context: EditContext, _: Sequence[Finding]) -> Signal | None:
    """Note that three or more of the last twenty edits of the article were undone."""
    recent = context.history[-20:]
    count = len(undone(recent))
    if count < _CONTESTED:
        return None
    text = f"{count} of the last {len(recent)} edits of the article were undone"
    return Signal(code="contested", text=text, points=1 + (count >= _VERY_CONTESTED))


def unregistered_editor(context: EditContext, _: Sequence[Finding]) -> Signal | None:
    """Note an edit by an IP address, or by a temporary or new account."""
    words = NEWCOMERS.get(context.edit.account)
    return Signal(code="account", text=f"edited {words}", points=2) if words else None


def first_edit(context: EditContext, _: Sequence[Finding]) -> Signal | None:
    """Note the first edit of an account to the article, if its whole history is stored."""
    if context.earlier_edits != 0:
        return None
    return Signal(code="first-edit", text="the first edit of this account to the article", points=2)


def summary_differs(context: EditContext, findings: Sequence[Finding]) -> Signal | None:
    """Note a summary about typos or formatting although a statistic changed; it is a reason and has no points."""
    word = _HOUSEKEEPING.search(_summary(context.edit))
    if word is None or not any(finding.change.kind is Kind.STATISTIC_CHANGED for finding in findings):
        return None
    return Signal(code="summary-differs", text=f"the summary says “{word[0]}”; a figure changed", notable=True)


def no_summary(context: EditContext, _: Sequence[Finding]) -> Signal | None:
    """Note that there is no summary, except for what MediaWiki adds itself; it has no points."""
    if context.edit.comment is None or _summary(context.edit):
        return None
    return Signal(code="no-summary", text="no edit summary")


SIGNALS: Final[tuple[SignalCheck, ...]] = (
    values_flipped,
    many_changes,
    much_removed,
    summary_differs,
    own_edit_undone,
    contested_article,
    unregistered_editor,
    first_edit,
    no_summary,
)


def _summary(edit: Revision) -> str:
    """Return the summary without the heading that MediaWiki prepends if a section is edited: /* Heading */."""
    comment = edit.comment or ""
    before, _, rest = comment.partition("/*")
    _, end, after = rest.partition("*/")
    return f"{before}{after}".strip() if end else comment.strip()


def signals(context: EditContext, findings: Sequence[Finding]) -> tuple[Signal, ...]:
    """Return the signals of an edit with these findings, in the order of `SIGNALS`."""
    return tuple(signal for check in SIGNALS if (signal := check(context, findings)))


def total_points(remarkable: Sequence[Signal]) -> int:
    """Return the points that signals add in the order of the queue, at most the room within one severity."""
    return min(sum(signal.points for signal in remarkable), RANKS - 1)


def add_context(
    findings: Sequence[Finding],
    contexts: Mapping[int, EditContext],
    is_trusted: Callable[[Revision], bool] = lambda _: False,
) -> tuple[Finding, ...]:
    """Return the findings with the signals of their edits, and with the severities that follow from the context.

    `contexts` has the context of each edit by its id. Signals are added only if a finding belongs to a single edit.
    Editors for whom `is_trusted` is true count as established.
    """
    of_edit: dict[int, list[Finding]] = {}
    for finding in findings:
        for edit in finding.edits:
            of_edit.setdefault(edit.id, []).append(finding)
    known = {
        number: signals(replace(context, is_trusted=is_trusted(context.edit)), of_edit.get(number, ()))
        for number, context in contexts.items()
    }
    # Editors who were undone here, or whose edit is notable, are undone as often as others, so they are not trusted. If
    # an edit alerts anyway, its wording is not lowered (`without_alert`).
    unremarkable = {
        number
        for number, remarkable in known.items()
        if not any(signal.notable or signal.code == OWN_UNDONE for signal in remarkable)
    }
    cited = {
        (edit.id, finding.change.location.section)
        for finding in findings
        for edit in finding.edits
        if finding.change.kind is Kind.REFERENCE_ADDED and edit.id in unremarkable
    }
    rounds: dict[int, tuple[str, ...]] = {}  # the ends of the labels of cells in tables with a round, by edit
    for finding in findings:
        if finding.change.part_of and any(reason.code == ROUND for reason in finding.reasons):
            ends = tuple(f" × {name}" for name in finding.change.part_of.names)
            rounds |= {edit.id: (*rounds.get(edit.id, ()), *ends) for edit in finding.edits}
    no_alert = unremarkable - {
        edit.id
        for finding in findings
        if finding.severity >= Severity.MEDIUM and not _is_mere_wording(finding)
        for edit in finding.edits
    }
    returning = {
        number
        for number, context in contexts.items()
        if context.edit.is_by_old_account and any(past.editor == context.edit.editor for past in context.history)
    }
    result = []
    for finding in findings:
        judged = finding
        own = {edit.id for edit in finding.edits}
        if own and all(edit.is_by_established_account or is_trusted(edit) for edit in finding.edits):
            codes = {reason.code for reason in finding.reasons}
            if own <= rounds.keys() and all(_counts_with(finding.change, rounds[number]) for number in own):
                codes |= {ROUND}
            sections = {(), finding.change.location.section}  # a new source in the lead counts for all sections
            cites = all(any((number, section) in cited for section in sections) for number in own)
            known_source = bool(finding.change.looked_up or finding.change.known_source)
            known_source = known_source and own <= unremarkable and finding.severity < Severity.CRITICAL
            judged = _lower_routine(finding, codes, is_quiet=own <= no_alert, cites=cites, known_source=known_source)
        elif own and own <= returning & no_alert and finding.severity >= Severity.MEDIUM and _is_mere_wording(finding):
            judged = _lower_routine(finding, (), is_quiet=True, cites=False, known_source=False)
        elif (
            finding.edits and all(edit.account in NEWCOMERS for edit in finding.edits) and alerts_for_newcomer(finding)
        ):
            reason = Reason(code="account", text=f"edited {NEWCOMERS[finding.edits[-1].account]}")
            judged = replace(finding, severity=Severity.MEDIUM, reasons=(*finding.reasons, reason))
        remarkable = known.get(finding.edits[0].id, ()) if len(finding.edits) == 1 else ()
        result.append(_with_context(judged, remarkable) if remarkable else judged)
    return tuple(result)


def alerts_for_newcomer(finding: Finding) -> bool:
    """Return whether a finding that is no alert becomes one if its editor is new to the wiki.

    These are: a source removed from a sentence that now has none, or another one for the same words (2 of 13 such edits
    in the shared histories were undone); a removed section (3 of 3); a number, year, listed name or link added to an
    existing sentence without a source; a new sentence or list item with an external link that is no citation; one with
    a statistic but no source, right after a citation; words replaced in a sourced sentence with a score just below an
    alert (in the 1,233 labelled edits 3 such, by anyone, and none worth one; who falsifies often does it so); "some" or
    "most" put before a plural or taken from it (nobody did it alone in the labelled edits); a word put into what the
    subject is said to be ("a corrupt economist"; nobody did it in 1,850 edits of 52 histories); a sentence that
    addresses the reader (of 34 by IP addresses in the shared histories 29 were undone, of 1,387 others 977).
    """
    change = finding.change
    if any(reason.code == NAMESPACE for reason in finding.reasons):
        return False  # sentences on talk pages address readers anyway
    if finding.severity < Severity.MEDIUM and change.where in _ADDRESSING and change.old_sentence is None:
        is_chatting = change.where is TextKind.PROSE and is_chat(change.new_sentence or "")
        # Where sentences have sources, a number without one is noticed; in other articles most have none.
        is_unsourced = change.kind is Kind.STATISTIC_ADDED and change.follows_source and not change.new_references
        return is_chatting or is_unsourced or "://" in _CITATION.sub("", change.wikitext[1])
    if finding.severity is not Severity.LOW:
        return False
    if change.kind in (Kind.REFERENCE_MOVED, Kind.SECTION_REMOVED):
        return True
    if not change.keeps_sources or not change.old_sentence or not change.new_sentence:
        return False
    if (
        finding.score is not None
        and finding.score >= SCORE_BESIDE_ALERT
        and change.new_references
        and only_rewords(change)
    ):
        return True
    if any(field.name == "amount" for field in change.fields):
        return True
    before, now = change.wikitext
    # If other words were removed, the added ones replaced something, and the score decides.
    adds_fact = not any(field.old for field in change.fields) and any(
        field.name in ("entity", "definition") or _LONE_NUMBER.fullmatch(field.new or "") for field in change.fields
    )
    return change.kind is Kind.STATISTIC_ADDED or adds_fact or now.count("://") > before.count("://")


def _is_mere_wording(finding: Finding) -> bool:
    """Return whether a finding is mere wording with a score below the one required of established accounts."""
    return finding.score is not None and finding.score < ESTABLISHED_SCORE and only_rewords(finding.change)


def _lower_routine(
    finding: Finding, codes: Collection[str], *, is_quiet: bool, cites: bool, known_source: bool
) -> Finding:
    """Return a finding, lowered if it is a routine of established accounts; `codes` are those of its reasons.

    Routines are: a round; values of a table or infobox if the edit cites a new source; values whose source has a later
    date or is another source of the page; a renamed file; wording; undoing an addition within a day.
    """
    if (is_quiet or RESTORATION in codes) and finding.severity >= Severity.MEDIUM and _is_mere_wording(finding):
        text = f"an established account changed wording only: such changes alert from a score of {ESTABLISHED_SCORE:+}"
    elif RECENT in codes and not finding.change.is_pinned:
        text = "an established account undid what was done a short time before"
    elif ROUND in codes:
        text = "an established account keeps the table up to date"
    elif cites and _is_value(finding.change) and CODE not in codes:
        text = "an established account keeps the values up to date, and cites a new source"
    elif known_source and _is_value(finding.change, anywhere=True) and CODE not in codes:
        text = "an established account keeps the values up to date, by a source that the page cites"
    # Bots and MediaWiki's tools name both files.
    elif finding.change.kind is Kind.FIGURE_REPLACED and all(
        isinstance(side, Figure) and side.file in (edit.comment or "").replace("_", " ")
        for edit in finding.edits
        for side in (finding.change.old, finding.change.new)
    ):
        text = "the edit summary of an established account names both files, as after a renaming"
    else:
        return finding
    reason = Reason(code=ESTABLISHED_EDITOR, text=text)
    return replace(finding, severity=min(finding.severity, Severity.LOW), reasons=(*finding.reasons, reason))


def _is_value(change: Change, *, anywhere: bool = False) -> bool:
    """Return whether a value, of a table or infobox unless `anywhere`, replaced another; pinned ones do not count."""
    is_value = change.kind is Kind.STATISTIC_CHANGED or all(field.name in VALUE_FIELDS for field in change.fields)
    return is_value and change.kind in _FACTS and (anywhere or change.where.is_cell) and not change.is_pinned


def _counts_with(change: Change, columns: tuple[str, ...]) -> bool:
    """Return whether a value counts the matches of a round: in the infobox, or a little more in another table's cell.

    `columns` are the ends of the labels of the round's own cells; one of them that is not part of it stands out.
    """
    if change.where is TextKind.INFOBOX or not _is_value(change):
        return _is_value(change)
    if change.label.endswith(columns) or not (isinstance(change.old, Statistic) and isinstance(change.new, Statistic)):
        return False
    old, new = change.old.quantity.value, change.new.quantity.value
    # The step of a round, as in diff
    return old is not None and new is not None and 0 < new - old <= max(Decimal(10), old / 2)


def _with_context(finding: Finding, remarkable: Sequence[Signal]) -> Finding:
    texts = tuple(signal.text for signal in remarkable)
    ranked = replace(finding, context=texts, points=total_points(remarkable))
    if finding.severity < Severity.MEDIUM or finding.change.kind not in _FACTS:
        return ranked
    # Several signals together raise it; who made an edit counts only together with what was done.
    is_notable = any(signal.notable and signal.points for signal in remarkable)
    raised = is_notable and sum(signal.points for signal in remarkable) >= _RAISED_AT
    # The account or a missing summary alone is not mentioned: most good edits have such a signal.
    if not raised and not any(signal.notable for signal in remarkable):
        return ranked
    reasons = (*finding.reasons, *(Reason(code=signal.code, text=signal.text) for signal in remarkable))
    # Only rules and limits of the user make a finding critical.
    severity = max(finding.severity, min(finding.severity.raised(raised), Severity.HIGH))
    return replace(ranked, severity=severity, reasons=reasons)
