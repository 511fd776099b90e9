"""Find the stated facts of an article that a change reverts, and describe their resolution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from snapshots import SentFact, StatedFact
from watcher.judge.rule import words_around
from watcher.judge.worth import only_rewords
from watcher.model import (
    Change,
    Claim,
    Element,
    Finding,
    Kind,
    Measure,
    Revision,
    Section,
    Sentence,
    Statistic,
    TextKind,
)
from watcher.model.changes import editors_of
from watcher.model.vocabulary import TableAct
from watcher.report.labels import editor_name, headline
from watcher.services.alerting.alerts import PAGE_RULE
from watcher.services.alerting.facts import (
    FactIndex,
    Holder,
    is_number_back,
    is_rewritten,
    is_same_thing,
    is_value_back,
    restores,
)
from watcher.text import shorten
from watcher.text.tokens import differ_in_small_words, may_reword

_MAX_OLD_VALUE: Final = 40  # characters; a summary leaves out a longer old value
_NEWCOMERS: Final = frozenset({"unregistered", "temporary", "new", "hidden"})  # kinds of accounts
_MAX_ADDED_BESIDE: Final = 2  # facts added beside one, as when its sentence was split
_MIN_CELLS: Final = 4  # changed cells of a table, of which half must be restored for any to count


def chain_of(now: SentFact, stated: Iterable[Holder]) -> tuple[Holder, ...]:
    """Return the holders whose facts are about the same thing, in the given order."""
    return tuple(holder for holder in stated if is_same_thing(now, holder.fact))


def facts_undone_by(now: SentFact, stated: Iterable[Holder], *, rounds: bool = False) -> tuple[Holder, ...]:
    """Return the holders that a fact reverts: the one whose old value is back, and all later ones of its chain.

    If it `rounds`, a number may be back as a rounded one, or in another notation.
    """
    chain = chain_of(now, stated)
    values = {holder.fact.new for holder in chain}
    for index, item in enumerate(chain):
        # The removal of an element states no new value, so the value that it had must have been reported.
        before = item.fact.old
        is_restored = (
            before == now.new
            # A work is identified by its address or title, however fully it is cited now.
            or (now.subject == "reference" and now.old is item.fact.new is None)
            or (restores(now, item.fact) and (now.subject != "claim" or may_reword(before or "", now.new or "")))
            or (now.subject == "claim" and before and now.new and differ_in_small_words(before, now.new))
            or (rounds and is_value_back(now, item.fact))
        )
        if is_restored and (now.new is not None or now.old in values):
            return chain[index:]
    return ()


def undone_by_finding(
    findings: Sequence[tuple[Finding, Sequence[SentFact]]], stated: FactIndex[Holder]
) -> list[list[tuple[Holder, ...]]]:
    """Return for each finding and each of its facts the holders in `stated` that it reverts.

    Facts that are removed together with a whole page revert nothing. If most cells of a table have new values, a
    number that equals a former one is chance.
    """
    is_page_replaced = any(finding.rule == PAGE_RULE for finding, _ in findings)
    added = [fact for _, facts in findings for fact in facts if fact.old is None and not fact.label]
    undone = [
        [
            () if is_page_replaced and fact.new is None
            # Each once, by its identity: an alert with hundreds of findings takes long to hash.
            else tuple({id(holder): holder for holder in _undone_by(finding, fact, added, stated)}.values())
            for fact in facts
        ]
        for finding, facts in findings
    ]  # fmt: skip
    cells = [
        (fact.section, bool(items))
        for (finding, facts), by_fact in zip(findings, undone, strict=True)
        for fact, items in zip(facts, by_fact, strict=True)
        if fact.label and (fact.old is not None or not finding.change.cells)
    ]
    changed, restored = Counter(section for section, _ in cells), Counter(section for section, back in cells if back)
    updated = {section for section, count in changed.items() if count >= _MIN_CELLS and restored[section] * 2 < count}
    for (_, facts), by_fact in zip(findings, undone, strict=True):
        pairs = zip(facts, by_fact, strict=True)
        by_fact[:] = [() if fact.label and fact.section in updated else items for fact, items in pairs]
    return undone


def _undone_by(
    finding: Finding, now: SentFact, added: Sequence[SentFact], stated: FactIndex[Holder]
) -> Iterator[Holder]:
    names = [field.new for field in finding.change.fields if field.name == "entity" and field.new]
    is_known = not any(edit.account in _NEWCOMERS for edit in finding.edits)
    beside = [fact for fact in added if fact.subject == now.subject and (is_known or fact.section == now.section)]
    facts = [now, *_with_added(finding, now, beside)]
    if now.subject == "statistic" and now.new is not None and not now.label:
        # A claim that is restored together with its numbers is reported only as a change of these numbers.
        facts.append(replace(now, subject="claim", old=None, new=now.sentence.casefold(), unit=""))
    if is_known and now.subject == "statistic" and (now.new or "").startswith(Measure.COUNT) and "\n" in now.unit:
        old_noun, new_noun = now.unit.split("\n")
        # "1,870 residents" restores "1,870 people", unless an unregistered or new account wrote it.
        facts.append(replace(now, new=(now.new or "").replace(f" {new_noun}", f" {old_noun}", 1)))
    for each in facts:
        for holder in facts_undone_by(each, stated.candidates(each), rounds=is_known):
            before = (holder.fact.old or "") if each.subject == "claim" and each.new else ""
            # A newcomer may reword a falsification instead of undoing it, and a name that is new to a claim is news.
            may_differ = not before or (is_known and all(name.casefold() in before for name in names))
            if may_differ or before == each.new or differ_in_small_words(before, each.new or ""):
                yield holder
    if is_known and now.subject == "statistic":
        yield from (holder for holder in stated.candidates(now) if is_number_back(now, holder.fact))
    if finding.edits and all(edit.is_by_established_account for edit in finding.edits):
        exchanges = any(field.name == "roles" for field in finding.change.fields)
        if now.subject == "statistic" and now.new is None:  # "Two were fined" → "All were fined"
            now = replace(now, subject="claim", old=now.before.casefold(), new=now.sentence.casefold(), unit="")
        yield from (
            holder
            for holder in stated.candidates(now)
            if is_rewritten(now, holder.fact, exchanges=exchanges)
            and all(name.casefold() in (holder.fact.old or "") for name in names)
        )


def _with_added(finding: Finding, now: SentFact, added: Sequence[SentFact]) -> Iterator[SentFact]:
    """Yield a fact combined with the few that were added beside it: its sentence may have been split in two."""
    if not now.before or now.old is None or not 0 < len(added) <= _MAX_ADDED_BESIDE:
        return
    if now.subject == "statistic" and now.new is None:
        yield from (replace(now, new=fact.new) for fact in added if fact.unit == now.unit)
    elif now.subject == "claim" and now.new is not None and not any(field.new for field in finding.change.fields):
        text = " ".join((now.sentence, *(fact.sentence for fact in added)))
        yield replace(now, new=text.casefold(), sentence=text)


def with_restored_page(
    undoing: Sequence[tuple[Finding, datetime]], resolved: Iterable[StatedFact], others: Iterable[Finding]
) -> Sequence[tuple[Finding, datetime]]:
    """Return `undoing`, with one finding "the page is back" in place of all that was restored with a replaced page.

    If `undoing` is empty, that finding is made from the `others`, and only the edit right after the loss is credited.
    """
    loss = min((stated for stated in resolved if is_of_page(stated.fact)), key=lambda each: each.at, default=None)
    loss_id = loss and loss.alert.after.id
    since = [each for each, _ in undoing] or [
        replace(each, edits=tuple(edit for edit in each.edits if edit.parent_id == loss_id)) for each in others
    ]
    if loss is None or not since:
        return undoing
    page = Change(kind=Kind.SECTION_ADDED, old=None, new=Section(path=(), level=0))
    worst = replace(max(since, key=lambda each: each.severity), rule=PAGE_RULE, change=page)
    return [(worst, loss.at), *(each for each in undoing if each[1] < loss.at)]


def without_fixer_rewording(findings: Iterable[Finding], undoing: Sequence[tuple[Finding, datetime]]) -> list[Finding]:
    """Return the findings without rewordings by established accounts that undid reported facts in the same edits.

    Only findings with a score are left out: mere rewordings, and any change in a sentence that was put right.
    """
    fixers = {edit.id for finding, _ in undoing for edit in finding.edits if edit.is_by_established_account}
    sentences = {finding.change.new_sentence for finding, _ in undoing}
    return [
        finding
        for finding in findings
        if finding.score is None
        or not finding.edits
        or not fixers.issuperset(edit.id for edit in finding.edits)
        or not (finding.change.new_sentence in sentences or only_rewords(finding.change))
    ]


def is_of_page(fact: SentFact) -> bool:
    """Return whether a fact states that a whole page was replaced."""
    return fact.subject == "section" and fact.old == ""


# Words for the part of a table that is restored or removed again, by the act that did it.
_RESTORED_PARTS: Final = {
    TableAct.ROWS_ADDED.value: ("row", "back"),
    TableAct.COLUMNS_ADDED.value: ("column", "back"),
    TableAct.ROWS_REMOVED.value: ("row", "gone again"),
    TableAct.COLUMNS_REMOVED.value: ("column", "gone again"),
}


def resolution_summary(
    finding: Finding, edits: Sequence[Revision], since: datetime, before: Container[str | None]
) -> str:
    """Describe what a finding restores, and for how long the reported change stood, which was made at `since`.

    A sentence that is not among those `before`, in lower case, was restored in other words:
    `back to 608,000 children (was 680,000 children), undone by Ann after 8 minutes`.
    """
    change = finding.change
    # A section's heading alone would read as a value: "back to History".
    if finding.rule == PAGE_RULE:
        what = "the page is back"
    elif change.kind.subject == "section":
        restored = "the section is back" if change.new else "the section is gone again"
        what = f"{restored}: {headline(change.new or change.old)}"
    elif change.kind.subject == "reference" and change.old is None:
        what = f"cited again: {_named(change.new)}"
    elif change.cells:
        cells = f"{len(change.cells)} cells"
        noun, end = _RESTORED_PARTS.get(change.fields[0].name, ("", ""))
        part = (
            f"{noun} {shorten(change.label)} {end} ({cells})"
            if noun
            else f"{cells} as before ({shorten(change.label)})"
        )
        return f"{part}, {undone_by_text(edits, since)}"
    elif change.new is None:
        what = f"no longer in the article: {_named(change.old)}"
    else:
        now, old = _named(change.new), _named(change.old)
        if now == old and change.links:
            old, now = map(shorten, change.links)
        years = [each.quantity.as_of for each in (change.new, change.old) if isinstance(each, Statistic)]
        if now == old and any(years):
            now, old = (f"{year or 'no year'} for {now}" for year in years)
        was = f" (was {old})" if 0 < len(old) <= _MAX_OLD_VALUE and old != now else ""
        is_reworded = isinstance(change.new, Claim) and (change.new_sentence or "").casefold() not in before
        what = f"{'restored in other words:' if is_reworded and not change.links else 'back to'} {now}{was}"
        if isinstance(change.new, Statistic) and not change.new.quantity.unit and not change.where.is_cell:
            quantity = change.new.quantity  # "back to 2" alone would not say of what
            what += words_around(change.new.sentence, quantity.start, quantity.end)
    of = f"{shorten(change.label)}: " if change.label and change.where in (TextKind.INFOBOX, TextKind.TABLE) else ""
    return f"{of}{what}, {undone_by_text(edits, since)}"


def _named(element: Element | None) -> str:
    name = shorten(headline(element, qualified=True) or "")
    return f"“{name}”" if isinstance(element, Claim | Sentence) else name


def undone_by_text(edits: Sequence[Revision], since: datetime) -> str:
    """Return a text like `undone by Ann after 8 minutes`; both times are the wiki's, as our clock may differ."""
    if not edits:
        return "undone"
    minutes = max(0, round((edits[-1].at - since).total_seconds() / 60))
    units = ((1440, "day"), (60, "hour"))
    size, unit = next(((size, unit) for size, unit in units if minutes >= 2 * size), (1, "minute"))
    duration = f"{minutes // size} {unit}{'s' * (minutes // size != 1)}"
    return f"undone by {editor_name(editors_of(edits))} after {duration}"
