"""Judge a comparison with everything that is known about the article: its edits, their editors and earlier findings.

`judge_comparison` calls the steps in order. This module finds what an edit reverts: accepted texts that it restores,
and open findings that no longer hold. Reverts of a whole text are recognized in `watcher.model.revisions`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from snapshots import FindingFilter, ReviewedFinding, ReviewState, SentFact
from snapshots.ledger import LedgerBatch
from snapshots.records import PATH_SEPARATOR
from watcher import model
from watcher.config import Watch
from watcher.errors import Corrupt, Missing
from watcher.judge.context import ESTABLISHED_EDITOR, HISTORY, NEWCOMERS
from watcher.judge.engine import SELDOM_MATTERS
from watcher.judge.thresholds import CODE
from watcher.model.changes import RECENT, RESTORATION, edits_from_dict
from watcher.report.page import finding_from_dict
from watcher.services.alerting.facts import FactIndex, is_same_thing, sent_facts_of
from watcher.services.alerting.resolutions import facts_undone_by, undone_by_finding, undone_by_text
from watcher.services.checks.attribution import judge_in_context, name_edits, with_other_names
from watcher.services.checks.contradictions import with_other_articles
from watcher.services.checks.outcome import Difference
from watcher.services.checks.source_checks import with_source_checks
from watcher.services.context import AppContext
from watcher.services.history.ledger import record_pending

MAX_OPEN_FINDINGS: Final = 500
"""Open findings of an article that are compared with an edit, the newest ones."""
RESTORED_REACH: Final = 20  # revisions; to readers, an older text that is restored is news
ACCEPTED_AFTER: Final = timedelta(days=1)
"""How long an addition must stand before an established account's return to the text without it is news."""
UNPROVEN_FOR: Final = timedelta(days=30)
"""How long an addition without a source by an unregistered or new account may be removed without news."""
SOURCE_GONE: Final = "source-gone"
"""The code of a reason whose finding results from other texts than the two that are compared."""
OWN_TEXT: Final = "own-text"
"""The code of a reason: an editor revises text that they added themselves less than a day before."""
RESTORES: Final = "restores what stood before a change that was not told"
_MERE_WORDING: Final = frozenset({SELDOM_MATTERS, ESTABLISHED_EDITOR})  # codes of reasons
_KNOWN: Final = ("registered", "bot")  # kinds of accounts
_UNDOING: Final = "it restores the earlier text"
_FACTS: Final = frozenset({model.Kind.STATISTIC_CHANGED.value, model.Kind.CLAIM_CHANGED.value})
_IN_PLACE: Final = _FACTS | {model.Kind.PROSE_CHANGED.value}  # undone only in their own sections
_UNRESOLVED: Final = tuple(state for state in ReviewState if state is not ReviewState.RESOLVED)
_MAX_EARLIER_TEXTS: Final = 5  # earlier texts; the newest are taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A comparison ready for alerts, the ledger entries of its edits, and notes for the audit trail.

    `undone` has a note for each open finding that is undone, by its id; `undoing` one for each finding of the
    comparison that undoes some, by its position.
    """

    comparison: model.Comparison
    ledger: LedgerBatch | None
    undone: Mapping[int, str]
    undoing: Mapping[int, str]


def judge_comparison(
    services: AppContext, watch: Watch, difference: Difference, *, is_stored: bool = False, is_past: bool = False
) -> Judgement:
    """Judge a comparison with what is stored about the article, and with what its wiki and sources say.

    Unless all findings are attributed already, first find titles of one page, earlier changes that have lost their
    source, and the edits behind each finding. Then find other articles that state the old value, the open findings that
    are undone, and what the sources say. `is_stored`: this comparison will be stored. `is_past`: it was stored before;
    which findings were open at the time is no longer known, nor what the sources said. Raises StoreError.
    """
    comparison, after, ledger = difference.comparison, difference.after, None
    are_attributed = bool(comparison.findings) and all(finding.edits for finding in comparison.findings)
    if not comparison.is_of_one_revision and not are_attributed:
        pending = record_pending(services, watch, difference.before, after, is_stored=is_stored)
        ledger = pending.batch
        comparison = with_other_names(services, watch, comparison)
        if not is_past:
            comparison = with_unsourced_changes(services, watch, comparison, after)
        comparison = name_edits(services, watch, comparison, pending)
    with services.archive.database.view():
        comparison = with_other_articles(services, judge_in_context(services, watch, comparison), difference.before)
        undone, undoing, restoring = ({}, {}, set()) if is_past else _find_resolutions(services, watch, comparison)
    # A finding that restores accepted text is filtered: no alert reported the change that it undoes.
    findings = (
        replace(finding, filtered=finding.filtered or RESTORES) if position in restoring else finding
        for position, finding in enumerate(comparison.findings)
    )
    comparison = with_own_text(services, watch, replace(comparison, findings=tuple(findings)), difference)
    if watch.source_check and not is_past:
        comparison = with_source_checks(services, watch, comparison)
    return Judgement(comparison=comparison, ledger=ledger, undone=undone, undoing=undoing)


def judge_past(services: AppContext, watch: Watch, before: model.Snapshot, after: model.Snapshot) -> model.Comparison:
    """Compare two revisions and judge them as a check would, but for what was open at that time. Raises StoreError."""
    comparison = services.compare_for(watch, before, after)
    if earlier := restored_revision(services, watch, after.revision):
        comparison = judge_restoration(services, watch, comparison, earlier)
    difference = Difference(comparison=comparison, before=before, after=after)
    return judge_comparison(services, watch, difference, is_past=True).comparison


def with_own_text(
    services: AppContext, watch: Watch, comparison: model.Comparison, difference: Difference
) -> model.Comparison:
    """Lower findings about passages that the same account added in its series of edits of the last day.

    Together these edits are one addition. Nothing is lowered for new or unregistered accounts, or if the passage took
    the place of another one, however little of that is left. Raises StoreError.
    """
    revisions, before, newest = services.archive.revisions, difference.before.revision, difference.after.revision
    if comparison.is_of_one_revision or not _is_of_one_day(before, newest):
        return comparison
    alerts = {
        id(finding)
        for finding in comparison.at_least(watch.threshold)
        if finding.edits and all(edit.editor == newest.editor and edit.account in _KNOWN for edit in finding.edits)
    }
    earlier = revisions.history(before, HISTORY)[::-1] if alerts else ()
    since = next((edit for edit in earlier if not _is_of_one_day(edit, newest)), None)
    if since is None:
        return comparison
    try:
        first = revisions.snapshot(watch.wiki, since.id)
    except (Missing, Corrupt):
        return comparison  # its text was deleted by retention, or is damaged, which `verify` reports
    written = [each.change.wikitext[0] for each in comparison.findings if id(each) in alerts]
    if first.wikitext is None or all(text and text in first.wikitext for text in written):
        return comparison  # nothing of what changed is new
    own = services.compare_for(watch, first, difference.before)
    added = {
        _passage(change, change.new_sentence, change.new)
        for finding in own.findings
        if finding.severity < watch.threshold
        for change in (finding.change, *finding.change.cells)
        if change.old is None and change.old_sentence is None
    }
    reason = model.Reason(code=OWN_TEXT, text="the same editor added it less than a day before")
    findings = (
        replace(finding, severity=model.Severity.LOW, reasons=(*finding.reasons, reason))
        if id(finding) in alerts
        and not finding.change.is_pinned
        and not any(each.code == CODE for each in finding.reasons)  # a limit that the user set
        and _passage(finding.change, finding.change.old_sentence, finding.change.old) in added
        else finding
        for finding in comparison.findings
    )
    return replace(comparison, findings=tuple(findings))


def _is_of_one_day(edit: model.Revision, later: model.Revision) -> bool:
    """Return whether one editor made both edits, less than a day apart."""
    return bool(edit.editor) and edit.editor == later.editor and timedelta(0) <= later.at - edit.at < ACCEPTED_AFTER


def _passage(change: model.Change, sentence: str | None, element: model.Element | None) -> tuple[object, ...]:
    """Return the key of the passage on one side of a change: a section, a source, or else a sentence or cell."""
    match element:
        case model.Section(path=path):
            return (path,)
        case model.Reference(key=key):
            return (key,)
        case _:
            return change.location.section, change.label, sentence


def restored_revision(services: AppContext, watch: Watch, revision: model.Revision) -> model.Revision | None:
    """Return the earlier revision whose text an edit restores if it was accepted, that is, judged without an alert.

    Otherwise return None: a text that caused alerts does so again if it returns after an inexact revert.
    """
    earlier = services.archive.revisions.restored(revision.article, revision, reach=RESTORED_REACH)
    if earlier and services.archive.comparisons.was_accepted(revision.article, earlier, watch.threshold):
        return earlier
    return None


class _StatedFinding(NamedTuple):
    """A fact, and the id of the stored finding that states it."""

    fact: SentFact
    finding_id: int


def facts_of(body: str | Mapping[str, Any]) -> tuple[SentFact, ...]:
    """Return the facts of a finding in JSON form, stored or new: both lack what JSON leaves out, so they compare."""
    try:
        return sent_facts_of(finding_from_dict(json.loads(body) if isinstance(body, str) else body))
    except (KeyError, TypeError, ValueError):  # written by another version: it stays open, and the check goes on
        return ()


# Each comparison reads hundreds of stored findings, most of which were read before.
_facts_of_json = lru_cache(maxsize=4 * MAX_OPEN_FINDINGS)(facts_of)


def _find_resolutions(
    services: AppContext, watch: Watch, comparison: model.Comparison
) -> tuple[dict[int, str], dict[int, str], set[int]]:
    """Find the open findings that a comparison undoes, by id, and its findings that do so, by position; with notes.

    Also return the positions of findings that restore what an unreported change had replaced, and need no alert: a
    change that was quiet for a source it lost, mere wording, or an addition of the last day. Raises StoreError.
    """
    undone, undoing, restoring = dict[int, str](), dict[int, str](), set[int]()
    article, after = comparison.article, comparison.after
    if article is None or after is None or not comparison.findings:
        return undone, undoing, restoring
    reviews = services.archive.reviews
    stating = [(finding, facts_of(finding.to_dict())) for finding in comparison.findings]
    # Only what may be about the same things is read: see `is_same_thing`.
    subjects = {"claim", "prose", *(fact.subject for _, facts in stating for fact in facts)}
    kinds = {kind.value for kind in model.Kind if kind.subject in subjects}
    sections = {PATH_SEPARATOR.join(finding.change.location.section) for finding, _ in stating}
    elsewhere, within = (kinds - _IN_PLACE, sections) if len(sections) <= MAX_OPEN_FINDINGS else (kinds, set[str]())
    open_findings = reviews.open_findings(
        article, MAX_OPEN_FINDINGS, kinds=elsewhere, sections=within, before_sha1=after.sha1
    )  # the oldest first
    restored = (item.id for item in open_findings if item.is_of_edit and after.sha1 and item.before_sha1 == after.sha1)
    if (first_id := next(restored, None)) is not None:  # the whole text was restored: every finding undoes something
        later = [item for item in reviews.open_findings(article, MAX_OPEN_FINDINGS) if item.id >= first_id]
        bodies = {item.id: item.body for item in later if item.is_of_edit}
        undone |= {number: _undone_note(services, number, body, article, (after,)) for number, body in bodies.items()}
        return undone, dict.fromkeys(range(len(comparison.findings)), _UNDOING), restoring
    near = [
        item
        for item in open_findings
        if item.kind in kinds and (item.kind not in _IN_PLACE or item.section in sections)
    ]
    stored, bodies = {item.id: item for item in near}, {item.id: item.body for item in near}
    # In an edit war each edit undoes the previous one: only one chain of facts is open at a time.
    remaining = {_StatedFinding(fact, number): None for number, body in bodies.items() for fact in _facts_of_json(body)}
    undone_facts = undone_by_finding(stating, FactIndex(remaining))
    for position, ((finding, _), by_fact) in enumerate(zip(stating, undone_facts, strict=True)):
        numbers = dict.fromkeys(item.finding_id for items in by_fact for item in items)
        if not numbers:
            continue
        for item in (item for items in by_fact for item in items):
            remaining.pop(item, None)
        # A finding about many cells is resolved when none of its facts is left.
        rest = [item for item in remaining if item.finding_id in numbers]
        still_stated = {item.finding_id for item in _still_stated(services, article, rest)} if rest else set[int]()
        undone |= {
            number: _undone_note(services, number, bodies[number], article, finding.edits)
            for number in numbers
            if number not in still_stated
        }
        if all(by_fact):
            undoing[position] = _UNDOING
        first, change = stored[next(iter(numbers))], finding.change
        if first.severity < watch.threshold:
            body, made = json.loads(bodies[first.id]), _edits_of(services, first.id, bodies[first.id], article)
            # The undone change came with a new source, which was gone before this change restored the old state.
            cited = body.get("references") or {}
            before, new_sources = set(cited.get("old") or ()), set(cited.get("new") or ())
            added = new_sources - before
            lost_source = added and added.isdisjoint(change.old_references) and set(change.new_references) == before
            # If nobody was notified of mere wording, its removal within a day needs no alert either.
            reworded = (
                finding.score is not None
                and not _MERE_WORDING.isdisjoint(body.get("reasons") or ())
                and bool(finding.edits)
                and finding.edits[-1].at - made[-1].at < ACCEPTED_AFTER
            )
            if lost_source or reworded or (first.kind.endswith(".added") and _undoes_addition(finding, made)):
                restoring.add(position)
    return undone, undoing, restoring


def _still_stated(
    services: AppContext, article: model.Article, rest: Sequence[_StatedFinding]
) -> Iterator[_StatedFinding]:
    """Yield the facts that no earlier edit has put right; findings of earlier edits that did so are stored resolved."""
    query = FindingFilter(
        states=(ReviewState.RESOLVED,),
        article=(article.wiki, article.page_id),
        newer_than=min(item.finding_id for item in rest),
    )
    over = {
        item
        for finding in services.archive.findings.search(query, limit=MAX_OPEN_FINDINGS)
        for fact in facts_of(finding.body)
        for item in facts_undone_by(fact, [item for item in rest if item.finding_id < finding.id])
    }
    return (item for item in rest if item not in over)


def _undone_note(
    services: AppContext, number: int, body: str, article: model.Article, edits: Sequence[model.Revision]
) -> str:
    return f"no longer in the article: {undone_by_text(edits, _edits_of(services, number, body, article)[-1].at)}"


def _edits_of(services: AppContext, number: int, body: str, article: model.Article) -> Sequence[model.Revision]:
    """Return the edits of a stored finding; without edits of its own, the revision that it was found in."""
    return edits_from_dict(json.loads(body), article) or services.archive.findings.load([number])[0].edits


def _undoes_addition(finding: model.Finding, made: Sequence[model.Revision]) -> bool:
    """Return whether an established account removes what these edits added a short time before.

    That is a day, or a month if an unregistered or new account added it without a source.
    """
    edits = finding.edits
    is_routine = edits and all(edit.is_by_established_account for edit in edits) and not finding.change.is_pinned
    if not is_routine:
        return False
    is_unproven = all(edit.account in NEWCOMERS for edit in made) and not finding.change.old_references
    return edits[-1].at - made[-1].at < (UNPROVEN_FOR if is_unproven else ACCEPTED_AFTER)


def judge_restoration(
    services: AppContext, watch: Watch, comparison: model.Comparison, earlier: model.Revision
) -> model.Comparison:
    """Lower findings of an edit that restores an earlier text, if they undo edits that caused alerts since then.

    Findings that undo accepted edits of other editors are judged as usual. If all these edits are less than a day old,
    or added text without a source, by unregistered or new accounts, less than a month ago, a reason says so, for which
    established accounts may undo them. Raises StoreError.
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
    accepted = [record.after for record in between if record not in alerted]
    # An editor's own edits of the last day do not count as accepted.
    if all(edit.editor == after.editor and after.at - edit.at < ACCEPTED_AFTER for edit in accepted):
        return as_restoration(comparison, earlier)
    stated = [
        _StatedFinding(fact, 0)
        for record in reversed(alerted)
        for body in archive.comparisons.findings(record.id)
        for fact in facts_of(body)
    ]

    def undoes(finding: model.Finding) -> bool:
        facts = sent_facts_of(finding)
        return bool(facts) and all(facts_undone_by(fact, stated) for fact in facts)

    restored = as_restoration(comparison, earlier, undoes)
    age = after.at - min(record.after.at for record in between)
    is_unproven = age < UNPROVEN_FOR and all(edit.account in NEWCOMERS for edit in accepted)
    if age >= ACCEPTED_AFTER and not is_unproven:
        return restored
    recent = model.Reason(
        code=RECENT, text=f"it undoes what was done less than a {'month' if is_unproven else 'day'} before"
    )

    def is_recent(change: model.Change) -> bool:
        # A value that came with another source was a correction, so its loss gets no such reason.
        if age < ACCEPTED_AFTER:
            return change.new is None or {*change.new_references} >= {*change.old_references}
        return change.new is None and not change.old_references

    findings = (
        replace(finding, reasons=(*finding.reasons, recent)) if is_recent(finding.change) else finding
        for finding in restored.findings
    )
    return replace(restored, findings=tuple(findings))


def with_unsourced_changes(
    services: AppContext, watch: Watch, comparison: model.Comparison, after: model.Snapshot
) -> model.Comparison:
    """Add earlier changes that were below the threshold only because of a source which this edit removes.

    Otherwise two edits could put any value into an article: one adds it with a source, one removes the source. Each
    change is judged again, from the text before it to the newest text. Raises StoreError.
    """
    touched, changed = set[str](), set[str]()
    for finding in comparison.findings:
        if isinstance(finding.change.old, model.Reference):
            touched.add(finding.change.old.key)
            # A source that only left one sentence still supports the others that cite it.
            changed |= {finding.change.old.key} if finding.change.kind is not model.Kind.REFERENCE_MOVED else set()
    if not touched or comparison.is_of_one_revision:
        return comparison
    page, archive = after.revision.article, services.archive
    waiting = archive.reviews.open_findings(page, MAX_OPEN_FINDINGS, _UNRESOLVED, kinds=_FACTS)
    bodies = {item.id: item.body for item in waiting}
    low = [
        item.id
        for item in waiting
        if item.severity < watch.threshold and not touched.isdisjoint(_sources_of_json(item.body))
    ]
    if not low:
        return comparison
    reported = [fact for finding in comparison.findings for fact in sent_facts_of(finding)]
    # To judge it again takes a comparison of the whole text, which an edit war would repeat with each edit.
    stated = [_StatedFinding(fact, number) for number, body in bodies.items() for fact in _facts_of_json(body)]
    quiet = [
        number
        for number in low
        if any(
            _is_current(fact, (*(other.fact for other in stated if other.finding_id > number), *reported))
            for fact in _facts_of_json(bodies[number])
        )
    ]
    earlier = archive.findings.load(quiet) if quiet else ()
    rejudged = [
        finding
        for finding in _rejudged(services, watch, earlier, after, touched, changed)
        if not any(is_same_thing(fact, other) for other in reported for fact in sent_facts_of(finding))
    ]
    return replace(comparison, findings=(*comparison.findings, *rejudged)) if rejudged else comparison


def _is_current(fact: SentFact, later: Iterable[SentFact]) -> bool:
    """Return whether none of the later facts about the same statement replaced its value, or the last one restored it.

    The same sentence may be in another section since.
    """
    values = [
        other.new
        for other in later
        if fact.new in (other.old, other.new) and (other.before == fact.sentence or is_same_thing(fact, other))
    ]
    return not values or values[-1] == fact.new


@lru_cache(maxsize=4 * MAX_OPEN_FINDINGS)
def _sources_of_json(body: str) -> AbstractSet[str]:
    """Return the keys of the sources for which a stored finding was quiet."""
    finding = json.loads(body)
    # A change that was quiet because it restored an earlier text was not quiet because of its source.
    return set() if RESTORATION in (finding.get("reasons") or ()) else _added_sources(finding)


def _added_sources(body: Mapping[str, Any]) -> set[str]:
    """Return the keys of the sources that a stored finding added or, under an old name, replaced by other sources."""
    cited = body.get("references") or {}
    kept = () if "source-changed" in (body.get("reasons") or ()) else cited.get("old") or ()
    return {*(cited.get("new") or ())} - {*kept}


def _rejudged(
    services: AppContext,
    watch: Watch,
    quiet: Sequence[ReviewedFinding],
    after: model.Snapshot,
    touched: AbstractSet[str],
    changed: AbstractSet[str],
) -> Iterator[model.Finding]:
    befores = dict.fromkeys(finding.before.id for finding in reversed(quiet))
    for before_id in [*befores][:_MAX_EARLIER_TEXTS]:
        facts = [
            (fact, finding) for finding in quiet if finding.before.id == before_id for fact in facts_of(finding.body)
        ]
        try:
            before = services.archive.revisions.snapshot(watch.wiki, before_id)
        except (Missing, Corrupt):
            continue  # its text was deleted by retention, or is damaged, which `verify` reports
        compared = services.compare_for(watch, before, after)
        for finding in compared.at_least(watch.threshold):
            now = sent_facts_of(finding)
            same = (old for fact, old in facts if any(fact.new == new.new and is_same_thing(fact, new) for new in now))
            stored = next(same, None)
            if stored and _added_sources(stored.body) & touched - ({*finding.change.new_references} - changed):
                reason = model.Reason(code=SOURCE_GONE, text="it came with a source that is no longer cited there")
                # The editor who added the value is named, not only the one who removed the source.
                yield replace(finding, edits=stored.edits, reasons=(*finding.reasons, reason))
