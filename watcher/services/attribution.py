"""Attribute each finding of a comparison over several edits to the edit that made it.

Two edits between checks are one comparison. The editor of the newest revision is then the editor of some of its
findings only: whoever corrects a comma after a vandal would be named for the vandal's figure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from snapshots import SentFact
from watcher.config import Destination, Watch, finding_reason, policy_of
from watcher.errors import Corrupt, Missing, StoreError, WatcherError
from watcher.fetch.decode import Account
from watcher.model import Change, Comparison, Finding, Revision, Severity
from watcher.services.alerts import sent_fact_of, similar_sentences
from watcher.services.context import AppContext

CompareEdits = Callable[[Revision, Revision], Comparison | None]
"""The comparison of two revisions; None where a text is hidden, too large or not stored."""

ACCOUNT_AGE: Final = timedelta(hours=1)
"""How long an account is not asked about again: a bot edits many pages in one pass."""
FAILURE_AGE: Final = timedelta(minutes=5)
"""The same after the wiki did not answer."""
MAX_ACCOUNTS: Final = 500
"""Accounts that one comparison asks about: ten requests."""
MAX_CONTEXTS: Final = 32
"""Edits of one comparison that are judged with their context, which takes two statements each."""
MAX_LINEAR_STEPS: Final = 32
"""Edits that are compared one by one: at 5 ms each an ordinary backlog costs less than one request to the wiki."""
MAX_SECONDS: Final = 10.0
"""Time for one attribution: a hostile text can take seconds to compare, and its editor can save it fifty times."""
MAX_STEPS: Final = 96
"""Comparisons for one attribution: three bisections of an outage of a million edits, and the linear part."""


def attribute_findings(services: AppContext, watch: Watch, comparison: Comparison) -> Comparison:
    """Name for each finding the edit that made it, and judge it with what is known of that edit. Raises StoreError."""
    return judge_in_context(services, watch, name_edits(services, watch, comparison))


def name_edits(services: AppContext, watch: Watch, comparison: Comparison) -> Comparison:
    """Name for each finding the edit that made it, from the stored revisions between the two sides.

    Also look up the accounts of their editors, for which the wiki may be asked. Raises StoreError.
    """
    before, after = comparison.before, comparison.after
    if before is None or after is None or not comparison.findings or comparison.is_of_one_revision:
        return comparison
    archive = services.archive.revisions
    # The wiki's own word that no edit lies between saves a statement with most edits.
    later = () if after.parent_id == before.id else archive.of_article(after.article, after=before)
    # Where a part of the history was restored, what readers see lies before other stored revisions.
    pending = tuple(edit for edit in later if (edit.at, edit.id) < (after.at, after.id))
    policy, dialect = policy_of(watch), services.dialect(watch.wiki)

    def compare(earlier: Revision, edit: Revision) -> Comparison | None:
        try:
            old, new = archive.pair(watch.wiki, earlier.id, edit.id)
        except (Missing, Corrupt):
            return None
        if old.wikitext is None or new.wikitext is None:
            return None
        try:
            return services.compare(old, new, policy=policy, dialect=dialect)
        except Exception:  # noqa: BLE001  a text between two checks must not cost the alert about what readers see
            return None

    edits = attribute(comparison, (before, *pending, after), compare)
    findings = [replace(finding, edits=made) for finding, made in zip(comparison.findings, edits, strict=True)]
    described = describe_accounts(services, watch, findings)
    for index, finding in enumerate(findings):
        findings[index] = replace(finding, edits=tuple(described.get(edit.id, edit) for edit in finding.edits))
    return replace(comparison, findings=tuple(findings), after=described.get(after.id, after))


def judge_in_context(services: AppContext, watch: Watch, comparison: Comparison) -> Comparison:
    """Judge findings with the context of their edits, and mark those that the watch's filters leave out.

    Asks the database only. Raises StoreError.
    """
    if comparison.before is None or comparison.after is None or comparison.is_of_one_revision:
        return comparison
    findings = _in_context(services, comparison.findings)
    judged = (replace(finding, filtered=finding_reason(watch, finding, finding.edits)) for finding in findings)
    return replace(comparison, findings=tuple(judged))


def _in_context(services: AppContext, findings: Sequence[Finding]) -> Sequence[Finding]:
    """Judge the findings with what is known of their edits, the most severe findings first. Raises StoreError."""
    from watcher.judge.context import HISTORY, EditContext, add_context

    attributed = sorted((item for item in findings if len(item.edits) == 1), key=lambda item: -item.severity)
    edits = [*{finding.edits[0].id: finding.edits[0] for finding in attributed}.values()][:MAX_CONTEXTS]
    if not edits:
        return findings
    archive, newest = services.archive, max(edits, key=_time_order)
    alerts = attributed[0].severity >= Severity.MEDIUM
    with archive.database.view():
        flips = archive.comparisons.changed_sentences(newest) if alerts else {}
        history = archive.revisions.history(newest, HISTORY + len(edits))
        contexts = {
            edit.id: EditContext(
                edit=edit,
                earlier_edits=archive.revisions.earlier_edits(edit),
                flips=flips,
                history=[past for past in history if _time_order(past) < _time_order(edit)][-HISTORY:],
            )
            for edit in edits
        }
    return add_context(findings, contexts)


def _time_order(edit: Revision) -> tuple[datetime, int]:
    return edit.at, edit.id


def describe_accounts(services: AppContext, watch: Watch, findings: Sequence[Finding]) -> dict[int, Revision]:
    """Return the edits of findings whose editors' accounts were looked up now, by id; a commit stores what was learnt.

    Only of findings that are alerted as a rule, unless a filter asks for all: many editors in one request, and each at
    most once an hour. Without an answer the alert goes out without that knowledge. Raises StoreError.
    """
    tables: tuple[Watch | Destination, ...] = (watch, *services.watchlist.destinations)
    filters = [edits for table in tables for edits in (table.ignore, table.only) if edits]
    usual = min(watch.threshold, Severity.MEDIUM)
    least = Severity.INFO if any(edits.asks_account for edits in filters) else usual
    edits = {
        edit.id: edit
        for finding in findings
        if finding.severity >= least
        for edit in finding.edits
        if edit.is_account_unknown
    }
    # prop=revisions knows flags and tags of an edit, but nothing of the account: that is list=users (API:Users).
    accounts = _accounts(services, watch.wiki, {edit.editor for edit in edits.values() if edit.editor})
    return {
        number: replace(edit, bot=account.bot, new_account=account.is_new(edit.at), groups=account.groups)
        for number, edit in edits.items()
        if (account := accounts.get(edit.editor or ""))
    }


def _accounts(services: AppContext, wiki: str, names: Collection[str]) -> Mapping[str, Account | None]:
    """Look up accounts of a wiki, those that were looked up within the last hour from the cache."""
    now, known = services.now(), services.accounts.setdefault(wiki, {})
    asked = [name for name in names if name not in known or abs(now - known[name][0]) > ACCOUNT_AGE][:MAX_ACCOUNTS]
    if asked:
        answered = {name: known[name][1] for name in asked if name in known}
        try:
            answered |= services.client(wiki).accounts(sorted(asked))
        except StoreError:
            raise
        except WatcherError:  # not asked again at once: a hundred alerts would each wait for all attempts
            now -= ACCOUNT_AGE - FAILURE_AGE
        # The schedule runs for months in one process, and a wiki has millions of accounts.
        if len(known) > 10 * MAX_ACCOUNTS:
            known.clear()
        known |= {name: (now, answered.get(name)) for name in asked}
    return {name: known[name][1] for name in names if name in known}


@dataclass(slots=True)
class _Search:
    """The findings that no edit has been found for, and what may still be spent on finding them."""

    compare: CompareEdits
    open: dict[int, Finding]
    edits: dict[int, tuple[Revision, ...]] = field(default_factory=dict)
    budget: int = MAX_STEPS
    clock: Callable[[], float] = time.monotonic
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.deadline = self.clock() + MAX_SECONDS

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be spent."""
        return self.budget <= 0 or self.clock() >= self.deadline

    def step(self, before: Revision, after: Revision) -> Comparison | None:
        self.budget -= 1
        return self.compare(before, after)

    def assign(self, index: int, edits: Sequence[Revision]) -> None:
        self.edits[index] = tuple(edits)
        del self.open[index]

    def assign_touching(self, edits: dict[int, list[Revision]]) -> None:
        """Settle for the edits that changed a finding's sentence, where none of them alone made the finding."""
        for index in [*self.open]:
            if edits[index]:
                self.assign(index, edits[index])


def attribute(
    comparison: Comparison,
    revisions: Sequence[Revision],
    compare: CompareEdits,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[tuple[Revision, ...], ...]:
    """Find the edits that made each finding, in the order of `comparison.findings`.

    `revisions` are the stored ones from `comparison.before` to `comparison.after`, oldest first, both included.
    One edit is the answer where it can be told; several are the edits among which the one is. Where a value was
    taken out and put back, the edit that last put it back is meant: it made what readers see.
    """
    start, *edits = _relevant(revisions)
    search = _Search(compare, dict(enumerate(comparison.findings)), clock=clock)
    if len(edits) > 1:
        _search(search, [start, *edits])
    return tuple(search.edits.get(index, tuple(edits)) for index in range(len(comparison.findings)))


def _relevant(revisions: Sequence[Revision]) -> Sequence[Revision]:
    """Return the revisions from the last one whose text is again that of the first: what came before it is undone."""
    first = revisions[0]
    same = [index for index, revision in enumerate(revisions) if first.sha1 and revision.sha1 == first.sha1]
    return revisions[same[-1] :] if same else revisions


def _search(search: _Search, revisions: Sequence[Revision]) -> None:
    """Look through a range of revisions, the newest edits first; long ranges are halved."""
    if not search.open:
        return
    if len(revisions) - 1 <= MAX_LINEAR_STEPS:
        _walk(search, revisions)
        return
    # As git bisect does; a value that left and came back within the newer half is attributed to its return there.
    middle = len(revisions) // 2
    later = search.step(revisions[middle], revisions[-1])
    if later is None or search.exhausted:
        return
    inside = {index for index, finding in search.open.items() if _made_by(finding, later.findings)}
    outside = {index: search.open.pop(index) for index in [*search.open] if index not in inside}
    _search(search, revisions[middle:])
    for index in [*search.open]:
        search.assign(index, revisions[middle + 1 :])
    search.open |= outside
    _search(search, revisions[: middle + 1])


def _walk(search: _Search, revisions: Sequence[Revision]) -> None:
    """Compare edit by edit, the newest first, until every finding has its edit."""
    touching: dict[int, list[Revision]] = {index: [] for index in search.open}
    gap: list[Revision] = []
    after = revisions[-1]
    for before, edit in reversed(list(pairwise(revisions))):
        if not search.open or search.exhausted:
            return
        step = search.step(before, after)
        gap.insert(0, edit)
        if step is None:  # hidden: the edits on both sides of it are compared as one
            continue
        for index, finding in [*search.open.items()]:
            if _made_by(finding, step.findings):
                search.assign(index, gap)
            elif _touched(finding, step.findings):
                touching[index] = [*gap, *touching[index]]
        after, gap = before, []
    search.assign_touching(touching)


def _touched(finding: Finding, made: Sequence[Finding]) -> bool:
    """Whether an edit with these findings changed the sentence that `finding` is about."""
    return any(_same_sentence(finding.change, other.change) for other in made)


def _made_by(finding: Finding, made: Sequence[Finding]) -> bool:
    """Whether an edit with these findings made the state that `finding` reports."""
    expected = sent_fact_of(finding)
    return any(
        finding.rule == other.rule and finding.change.location == other.change.location
        if expected is None
        else _same_state(expected, sent_fact_of(other))
        for other in made
    )


def _same_state(expected: SentFact, made: SentFact | None) -> bool:
    """Whether both say that the same thing now has the same value; where it is gone, that the same value went."""
    if made is None or made.subject != expected.subject or made.new != expected.new:
        return False
    if expected.new is None and made.old == expected.old:
        return True
    return similar_sentences(expected.sentence, made.sentence)


def _same_sentence(change: Change, other: Change) -> bool:
    first, second = change.new_sentence or change.old_sentence, other.new_sentence or other.old_sentence
    return bool(first and second) and similar_sentences(first or "", second or "")
