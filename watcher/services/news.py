"""Hold what has changed since a revision, and what of it is news to a destination."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from snapshots import SentFact, StatedFact
from watcher.model import Comparison, Finding
from watcher.services.alerts import endpoints
from watcher.services.resolutions import chain_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The findings since a revision that are not muted, each with the fact that it states.

    `held` are the facts that mutes hold back until they end, `muted` the ids of these mutes.
    """

    comparison: Comparison
    facts: tuple[tuple[Finding, SentFact | None], ...]
    held: tuple[SentFact, ...]
    muted: tuple[int, ...]


@dataclass(slots=True, kw_only=True)
class News:
    """What a comparison means to a destination that knows some facts: what is new, undone and outdated of them.

    `queued` are the facts of what is replaced, with the findings since it begins, the first of which are `since`.
    `changes` are all findings since it was told of each thing, `findings` those to tell, the first of them `begins`.
    `undoing` are those that undo facts, each with the time since when the article had stated what it reverts.
    """

    since: Since
    known: Sequence[StatedFact]
    queued: Sequence[tuple[StatedFact, Since]]
    changes: Sequence[tuple[Finding, SentFact | None]] = ()
    findings: list[Finding] = field(default_factory=list)
    facts: tuple[SentFact, ...] = ()
    undoing: list[tuple[Finding, datetime]] = field(default_factory=list)
    resolved: dict[int, StatedFact] = field(default_factory=dict)
    outdated: dict[int, StatedFact] = field(default_factory=dict)
    begins: Since = field(init=False)

    def believed(self, fact: SentFact) -> str | None:
        """Return the value that the destination takes a thing to have once told what is over; None for unknown."""
        chain = chain_of(fact, self.known)
        left = [stated.fact.new for stated in chain if stated.id not in self.resolved]
        return left[-1] if left else chain[0].fact.old if chain else None


def begins_at(since: Since) -> tuple[datetime, int]:
    """Return the order of the text that findings begin at."""
    _, before, _ = endpoints(since.comparison)
    return before.at, before.id


def also_back(
    findings: Iterable[tuple[Finding, Sequence[SentFact]]], news: News, ended: Iterable[Iterable[Iterable[StatedFact]]]
) -> Iterator[tuple[Finding, datetime]]:
    """Yield what undoes facts in the order of the findings, with those that turn a fact round under another label.

    Where the whole text is back, the row of a cell has its name again in the same edit.
    """
    by_fact = {stated.id for each in ended for of_fact in each for stated in of_fact}
    at = defaultdict[object, list[datetime]](list)
    for fact, stated in ((stated.fact, stated) for stated in news.resolved.values() if stated.id not in by_fact):
        at[fact.subject, fact.section, fact.old, fact.new].append(stated.at)
    since = {id(finding): time for finding, time in news.undoing}
    new = {id(finding) for finding in news.findings}
    for finding, facts in findings:
        times = [time for fact in facts for time in at.get((fact.subject, fact.section, fact.new, fact.old), ())]
        if id(finding) in since:
            yield finding, since[id(finding)]
        elif times and id(finding) not in new:
            yield finding, min(times)
