"""Plan what each destination is sent about a comparison: new changes, updates of earlier alerts, and resolutions.

Destinations know different things: one gets a digest every morning, another accepts only critical findings. What is
news to a destination depends only on the facts that it was sent, or will be sent from its queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Final, NamedTuple

from snapshots import Mute, NewDelivery, QueuedAlert, SentFact, StatedFact
from snapshots.records import facts_since_text_of
from watcher.config import Destination, Watch, accepts_finding, filter_alert
from watcher.model import Alert, AlertTopic, Comparison, Finding, Severity, Snapshot
from watcher.model.changes import SourceChange
from watcher.services.alerting import alerts, resolutions
from watcher.services.alerting.facts import (
    FactIndex,
    facts_by_finding,
    has_value,
    is_among,
    is_same_thing,
    renamed_sections,
    sent_facts_of,
    under_new_headings,
)
from watcher.services.checks.judgement import judge_comparison, with_unsourced_changes
from watcher.services.checks.outcome import DestinationNews, Difference, FindingsSince
from watcher.services.context import AppContext

_MAX_REMEMBERED: Final = 500  # facts of one alert; each later edit is compared with all of them
_MIN_RESTORED_LINES: Final = 0.75  # share of a replaced page's lines with which it counts as restored
_ANOTHER_SOURCE: Final = (SourceChange.CHANGED, SourceChange.ADDED)


class _Added(NamedTuple):
    """A finding about something that an edit adds, and its fact."""

    finding: Finding
    fact: SentFact


class AlertPlan:
    """The alerts to queue for each destination after a comparison, and what they replace, resolve and leave out.

    If a mute is `ending`, the alerts are its summary. Deliveries that are queued for a destination and were not tried
    yet are replaced by one alert about all edits, if that alert says at least as much. Raises StoreError.
    """

    def __init__(
        self,
        services: AppContext,
        watch: Watch,
        comparison: Comparison,
        after: Snapshot,
        *,
        ending: Mute | None = None,
    ) -> None:
        self._services, self._watch, self._after, self._ending = services, watch, after, ending
        self._revision = comparison.after or after.revision
        self._now, archive, article = services.now(), services.archive, after.revision.article
        with archive.database.view():
            active = alerts.active_for(services, watch, self._now)
            self.mutes = [mute for mute in active if not ending or mute.id != ending.id]
            facts, self._queued = archive.sent_facts.stated(article, self._now)
            suppressed = archive.mutes.suppressed_since(article, [mute.id for mute in self.mutes])
        self._compared: dict[int, FindingsSince | None] = {}
        self._pairs: dict[int, Difference | None] = {}
        self._restored: list[FindingsSince] = []
        self._changed: dict[int, Mapping[str, Sequence[SentFact]]] = {}
        self.renamed = () if ending else tuple(renamed_sections(comparison))
        self._facts = self._by_destination(facts)
        self._is_of_edits = not comparison.is_of_one_revision
        self._main = self._unmuted(comparison, may_resolve=self._may_resolve)
        # Facts suppressed by mutes, including those of earlier edits: nobody is notified before the mutes end.
        since = [self._main, *(self._findings_since(revision.id) for revision in suppressed)]
        self._suppressed = tuple(fact for each in since if each for fact in each.suppressed)
        self._alerts: dict[Alert, list[NewDelivery]] = {}
        self._prefix = f"catch-up:{ending.id}:" if ending else ""
        self.superseded, self.outdated, destinations = list[int](), list[int](), services.watchlist.destinations
        for destination in destinations:
            news, replaced = self._news_for(destination)
            self._add_change(destination, news, replaced)
            self._add_resolution(destination, news)
            self.superseded += [row.id for row in replaced]
            self.outdated += news.outdated
        self.alerts = tuple(
            alerts.after_group_interval(services, each, self._now) for each in alerts.with_keys(self._alerts)
        )
        self.suppressing_mutes = self._main.mute_ids
        alert = alerts.build_alert(services.watchlist, watch, self._main.comparison)
        self.has_recipients = alert is None or any(alerts.is_accepted(each, watch, alert) for each in destinations)

    @property
    def summary(self) -> str:
        """Describe the plan for the check's log line."""
        parts = (
            ("no destination accepts it", not self.has_recipients),
            ("partly muted", bool(self.suppressing_mutes)),
            ("an earlier alert is resolved", any(each.resolves for item in self.alerts for each in item.deliveries)),
            ("replaces an alert that was not sent yet", bool(self.superseded)),
        )
        return "".join(f"; {words}" for words, holds in parts if holds)

    def _unmuted(self, comparison: Comparison, **asked: Callable[[Finding], bool]) -> FindingsSince:
        unmuted, mute_ids = alerts.without_muted(comparison, self._watch, self.mutes, **asked)
        kept = {id(finding) for finding in unmuted.findings}
        begin = comparison.before.id if comparison.before else 0
        facts = [
            (finding, fact and replace(fact, since=begin))
            for finding in comparison.findings
            for fact in sent_facts_of(finding) or (None,)
        ]
        return FindingsSince(
            comparison=unmuted,
            facts=tuple(pair for pair in facts if id(pair[0]) in kept),
            suppressed=tuple(fact for finding, fact in facts if fact and id(finding) not in kept),
            mute_ids=mute_ids,
        )

    def _by_destination(self, facts: Iterable[StatedFact]) -> dict[str, list[StatedFact]]:
        """Group facts by destination, each under the current heading of its section."""
        result = dict[str, list[StatedFact]]()
        for each in facts:
            moved = each._replace(fact=under_new_headings(each.fact, self.renamed)) if self.renamed else each
            result.setdefault(each.destination, []).append(moved)
        return result

    @cached_property
    def _resolved_facts(self) -> Mapping[str, Sequence[StatedFact]]:
        facts = self._services.archive.sent_facts.resolved(self._after.revision.article, self._queued)
        return self._by_destination(facts)  # read on demand: there are many, and few plans need them

    def _may_resolve(self, finding: Finding) -> bool:
        """Return whether a finding may resolve a fact that some destination was sent."""
        facts, after = sent_facts_of(finding), self._revision
        return any(
            facts_since_text_of(after, self._of_edits(stated))
            or any(resolutions.chain_of(fact, stated) for fact in facts)
            for stated in (*self._facts.values(), *self._resolved_facts.values())
        )

    def _is_queued(self, finding: Finding) -> bool:
        """Return whether a queued alert reports a finding or resolves it; a later mute does not withdraw that alert."""
        queued = {row.id for row in self._queued}
        stated = [each for facts in self._facts.values() for each in facts]
        current = [each.fact for each in stated if each.delivery_id in queued]
        resolved = [each for each in stated if each.resolved_by in queued]
        return any(
            has_value(fact, current) or resolutions.facts_undone_by(fact, resolved) for fact in sent_facts_of(finding)
        )

    def _pair_since(self, before: int) -> Difference | None:
        """Compare the page with its text at an earlier revision (an id); None if that text cannot be read in full."""
        if before not in self._pairs:
            services, watch = self._services, self._watch
            old = services.archive.revisions.snapshot(watch.wiki, before)
            self._pairs[before] = None
            if old.wikitext is not None:
                compared = services.compare_for(watch, old, self._after)
                if not compared.unread:
                    self._pairs[before] = Difference(comparison=compared, before=old, after=self._after)
        return self._pairs[before]

    def _findings_since(self, before: int) -> FindingsSince | None:
        """Return the findings since an earlier revision, judged and attributed; None if its text cannot be read."""
        if before not in self._compared:
            since = None
            if pair := self._pair_since(before):
                judged = judge_comparison(self._services, self._watch, pair).comparison
                since = self._unmuted(judged, is_queued=self._is_queued)
            self._compared[before] = since
        return self._compared[before]

    def _restored_changes(self, stated: StatedFact, added: Sequence[tuple[Finding, SentFact]]) -> FindingsSince | None:
        """Return how an element that was reported removed and is back has changed; None if unchanged or unreadable.

        The change is attributed to the edits that added it again. The edits in between, perhaps hundreds, are not read.
        """
        pair = self._pair_since(stated.alert.before.id)
        edits = tuple(dict.fromkeys(edit for each, _ in added for edit in each.edits))
        changed = [
            replace(finding, edits=edits)
            for finding in (pair.comparison.findings if pair else ())
            if any(fact.new and is_same_thing(fact, stated.fact) for fact in sent_facts_of(finding))
        ]
        if not pair or not changed:
            return None
        difference = replace(pair, comparison=replace(pair.comparison, findings=tuple(changed)))
        judged = judge_comparison(self._services, self._watch, difference).comparison
        since = self._unmuted(judged, is_queued=self._is_queued)
        self._restored.append(since)
        return since

    def _news_for(self, destination: Destination) -> tuple[DestinationNews, Sequence[QueuedAlert]]:
        """Return what is news to a destination, and the queued alerts that an alert about it replaces."""
        queued = [row for row in self._queued if row.destination == destination.name]
        changed = self._main.comparison.findings or self._main.suppressed
        for first in range(len(queued) if changed and self._is_of_edits else 0):
            news = self._news_replacing(destination, queued[first:])
            if news is not None and self._is_reported(news):
                return news, queued[first:]
        news = self._news_replacing(destination, ())
        assert news is not None  # it is None only if the text of a replaced alert is hidden
        return news, ()

    def _is_reported(self, news: DestinationNews) -> bool:
        """Return whether the news say at least as much as the queued alerts that they would replace.

        Changes that were undone since may be left out. All others must be reported again, and so must resolutions.
        """
        for stated, since in news.queued:
            now = [fact for _, fact in news.changes if fact and is_same_thing(fact, stated.fact)]
            # A muted thing that is again as it was before the queued alert needs no message: nobody was notified.
            is_muted = is_among(stated.fact, since.suppressed) or (now and is_among(stated.fact, self._suppressed))
            if is_muted or (since.comparison.not_listed and not now):
                return False
            remaining = [fact for fact in now if stated.resolved_by or fact.new == stated.fact.new]
            for fact in (fact for fact in remaining if not has_value(fact, news.facts)):
                chain = resolutions.chain_of(fact, news.known)
                left_values = [each.fact.new for each in chain if each.id not in news.resolved]
                # The value that the destination knows after this plan's resolutions; None if unknown.
                if fact.new != (left_values[-1] if left_values else chain[0].fact.old if chain else None):
                    return False
        return True

    def _news_replacing(self, destination: Destination, replaced: Sequence[QueuedAlert]) -> DestinationNews | None:
        """Return what is news to a destination without the alerts `replaced`; None if their texts cannot be read."""
        dropped, stated_facts = {row.id for row in replaced}, self._facts.get(destination.name, ())
        own = [stated for stated in stated_facts if stated.delivery_id not in dropped]
        queued = [
            (stated, self._findings_since(stated.since_id if stated.delivery_id in dropped else stated.alert.after.id))
            for stated in stated_facts
            if stated.delivery_id in dropped or stated.resolved_by in dropped
        ]
        since_replaced = [self._findings_since(row.before.id) for row in replaced]
        readable = [(stated, since) for stated, since in queued if since]
        if len(readable) < len(queued) or not all(since_replaced):
            return None
        news = DestinationNews(
            since=min((self._main, *(since for _, since in readable)), key=attrgetter("start")),
            known=[stated for stated in own if stated.resolved_by is None or stated.resolved_by in dropped],
            queued=readable,
        )
        unsent = self._unsent(destination, self._ending.at) if self._ending else ()
        news.changes = [*self._changes(news, unsent, next((since for since in since_replaced if since), None))]
        reverted = facts_since_text_of(self._revision, self._of_edits(news.known))
        resolved, ended_mutes = list[SentFact](), list[Mute]()
        if reverted:
            reported = (*stated_facts, *self._resolved_facts.get(destination.name, ()))
            resolved = [each.fact for each in reported if each.is_reported_resolved and each.delivery_id not in dropped]
            # Alerts that were replaced before they were sent count, too: their facts may hold again.
            since = min(stated.alert.before.at for stated in reverted)
            resolved += self._unsent(destination, since)
            mutes = self._services.archive.mutes.ended_since(since)
            ended_mutes = [alerts.for_watch(self._services, self._watch, mute) for mute in mutes]
        values = defaultdict[object, list[SentFact]](list)
        for fact in resolved:
            values[fact.subject, fact.new].append(fact)
        news.resolved = {
            stated.id: stated
            for stated in reverted
            if not is_among(stated.fact, self._suppressed)
            # The restored text, too, may have a value that was reported, resolved and reported again.
            and not (
                has_value(stated.fact, values[stated.fact.subject, stated.fact.new])
                and self._is_unchanged_since(stated)
            )
        }
        facts, known = dict[int, list[SentFact]](), FactIndex(news.known)
        by_finding = [*facts_by_finding(news.changes)]
        undone_facts = resolutions.undone_by_finding(by_finding, known)
        for (finding, stating), by_fact in zip(by_finding, undone_facts, strict=True):
            chains = [(fact, resolutions.chain_of(fact, known.candidates(fact))) for fact in stating]
            undone = [stated for each in by_fact for stated in each]
            news.resolved |= {stated.id: stated for stated in undone}
            remaining = [pair for pair, each in zip(chains, by_fact, strict=True) if not each]
            is_repeated = any(self._ending or has_value(fact, values[fact.subject, fact.new]) for fact, _ in remaining)
            is_repeated = is_repeated or any(alerts.matches(mute, self._watch, finding) for mute in ended_mutes)
            if undone and not remaining:
                news.undoing.append((finding, min(stated.at for stated in undone)))
            elif reverted and not is_repeated:
                continue  # after a revert, only what was resolved or muted in between is news
            elif not remaining or not all(self._is_known(destination, fact, chain) for fact, chain in remaining):
                news.findings.append(finding)
                facts[id(finding)] = [fact for fact, _ in remaining]
                if finding.severity < self._watch.threshold and finding.change.source in _ANOTHER_SOURCE:
                    news.outdated |= {stated.id: stated for _, chain in remaining for stated in chain}
        news.findings = resolutions.without_fixer_rewording(news.findings, news.undoing)
        news.resolved |= {each.id: each for each in self._of_edits(news.known) if self._is_page_back(each)}
        alerted = replace(self._main.comparison, findings=tuple(news.findings)).at_least(self._watch.threshold)
        # Filtered findings are sent to nobody, so an edit that undoes one resolves nothing.
        sent = [each for each in alerted if not each.filtered and accepts_finding(destination, self._watch, each)]
        news.facts = tuple(islice((fact for each in sent for fact in facts[id(each)]), _MAX_REMEMBERED))
        # The alert begins at the earliest text that its own findings are compared with, not at that of replaced alerts.
        compared = (*self._restored, *self._compared.values())
        origin = {id(finding): since for since in compared if since for finding, _ in since.facts}
        news.findings_since = min(
            (origin.get(id(each), self._main) for each in news.findings), key=attrgetter("start"), default=self._main
        )
        return news

    def _changes(
        self, news: DestinationNews, unsent: Sequence[SentFact], whole: FindingsSince | None
    ) -> Iterator[tuple[Finding, SentFact | None]]:
        """Yield the findings, each with its fact, since the destination was last notified of the same thing.

        Usually these are the findings of the last edits. A thing that was reported after these edits began, or that a
        replaced alert resolves, is compared with the text of its last alert. Other things in replaced alerts are
        compared with the text before these alerts; removed elements that are back, and elements of a replaced page that
        is back, with the text before the removal. Findings without a fact are taken from `whole`, the findings since
        the first replaced alert, if it is given. The summary of a mute adds only what that mute suppressed.
        """
        main_start, seen, starts = self._main.start, list[SentFact](), list[tuple[SentFact, FindingsSince]]()
        added = (_Added(each, fact) for each, fact in self._main.facts if fact and fact.old is None)
        added_elements = FactIndex(each for each in added if each.fact.subject != "section")
        for stated in reversed(self._of_edits(news.known)):
            likely = added_elements.candidates(stated.fact) if stated.fact.new is None else ()
            restored = [each for each in likely if is_same_thing(each.fact, stated.fact)]
            # If not, it came back with another value, or with words of another meaning.
            is_undone = any(resolutions.facts_undone_by(fact, (stated,)) for _, fact in restored)
            if restored and not is_undone and not is_among(stated.fact, seen):
                since = self._restored_changes(stated, restored)
                if since and self._may_summarize(stated.fact, since):
                    starts.append((stated.fact, since))
            latest = stated.alert.after
            is_later = self._ending or stated.resolved_by or main_start < (latest.at, latest.id)
            since = self._findings_since(latest.id) if is_later and not is_among(stated.fact, seen) else None
            if since and (stated.resolved_by or self._may_summarize(stated.fact, since)):
                starts.append((stated.fact, since))
            seen.append(stated.fact)
        starts += (each for each in self._before(unsent, news.known) if self._may_summarize(*each))
        replaced = sorted(news.queued, key=lambda each: each[1].start)
        starts += [(stated.fact, since) for stated, since in replaced if not stated.resolved_by]
        covered = list[SentFact]()
        for start, since in starts:
            if not is_among(start, covered):
                yield from ((finding, fact) for finding, fact in since.facts if fact and is_same_thing(fact, start))
                covered.append(start)
        sent = () if self._ending else (*self._of_edits(news.known), *(stated for stated, _ in news.queued))
        for page in filter(self._is_page_back, sent):
            since = self._findings_since(page.alert.before.id)
            changed = [pair for pair in since.facts if pair[1] and not is_among(pair[1], covered)] if since else []
            yield from changed
            covered += (fact for _, fact in changed if fact)
        for finding, fact in self._main.facts:
            if fact is None and whole is None:
                yield finding, None
            elif fact and not is_among(fact, covered):
                yield finding, fact
        yield from ((finding, None) for finding, fact in (whole.facts if whole else ()) if fact is None)

    def _before(
        self, unsent: Sequence[SentFact], known: Sequence[StatedFact]
    ) -> Iterator[tuple[SentFact, FindingsSince]]:
        """Yield each thing in `unsent` once, with the findings since its old value; skip those that are in `known`."""
        seen = [stated.fact for stated in known]
        for fact in unsent:
            if not is_among(fact, seen) and (since := self._findings_since(fact.since)):
                yield fact, since
            seen.append(fact)

    def _may_summarize(self, start: SentFact, since: FindingsSince) -> bool:
        """Return whether the ending mute suppressed every change of a thing; True if no mute is ending."""
        ending, same_thing = self._ending, (each for each, fact in since.facts if fact and is_same_thing(fact, start))
        return ending is None or all(alerts.matches(ending, self._watch, finding) for finding in same_thing)

    def _unsent(self, destination: Destination, since: datetime) -> list[SentFact]:
        """Return the facts of a destination's alerts that were replaced unsent since a time, the newest first."""
        replaced = self._services.archive.sent_facts.replaced(self._after.revision.article, since)
        return [under_new_headings(fact, self.renamed) for name, fact in replaced if name == destination.name]

    def _of_edits(self, stated: Sequence[StatedFact]) -> list[StatedFact]:
        """Return the facts about edits, not uploads or templates; [] if this comparison is not of edits itself."""
        return [each for each in stated if each.alert.before.id != each.alert.after.id] if self._is_of_edits else []

    def _is_page_back(self, stated: StatedFact) -> bool:
        """Return whether a replaced page has most of its lines again; a notice that was put there is not enough."""
        pair = self._pair_since(stated.alert.before.id) if resolutions.is_of_page(stated.fact) else None
        if pair is None or any(finding.rule == alerts.PAGE_RULE for finding in pair.comparison.findings):
            return False
        before, after = (
            {line for line in (side.wikitext or "").splitlines() if line.strip()} for side in (pair.before, pair.after)
        )
        return len(before & after) >= _MIN_RESTORED_LINES * len(before)

    def _is_unchanged_since(self, stated: StatedFact) -> bool:
        """Return whether a thing has not changed since the alert about it."""
        before = stated.alert.after.id
        if before not in self._changed and (pair := self._pair_since(before)):
            # The findings are not attributed to edits here: that would take longer than everything else.
            changed = with_unsourced_changes(self._services, self._watch, pair.comparison, self._after)
            unmuted, _ = alerts.without_muted(changed, self._watch, self.mutes, is_queued=self._is_queued)
            self._changed[before] = by_subject = defaultdict(list)
            for fact in (fact for finding in unmuted.findings for fact in sent_facts_of(finding)):
                by_subject[fact.subject].append(fact)
        changed_facts = self._changed.get(before)
        return changed_facts is not None and not is_among(stated.fact, changed_facts.get(stated.fact.subject, ()))

    def _is_known(self, destination: Destination, fact: SentFact, chain: Sequence[StatedFact]) -> bool:
        """Return whether a destination already knows this state of a thing.

        A destination that got no alert about it knows the state from before the alerts to other destinations.
        """
        if chain:
            return (chain[-1].fact.new, chain[-1].fact.sentence) == (fact.new, fact.sentence)
        for name, facts in self._facts.items():
            others = resolutions.chain_of(
                fact, (stated for stated in facts if name != destination.name and not stated.resolved_by)
            )
            if others and others[-1].fact.new == fact.old and resolutions.facts_undone_by(fact, others):
                return True
        return False

    def _add_change(self, destination: Destination, news: DestinationNews, replaced: Sequence[QueuedAlert]) -> None:
        """Add the alert about a destination's news, due no later than the alerts that it replaces."""
        comparison = replace(news.findings_since.comparison, findings=tuple(news.findings))
        alert = alerts.build_alert(self._services.watchlist, self._watch, comparison)
        if alert is None or not alerts.is_accepted(destination, self._watch, alert):
            return
        draft = alerts.delivery_for(destination, alert, self._now)
        thread, is_update = alerts.thread_of(news.facts, news.known, self._now)
        if self._ending:
            alert = replace(alert, key=alerts.key_of(f"{self._prefix}{alert.key}"), topic=AlertTopic.CATCH_UP)
        elif is_update:
            alert = replace(alert, key=alerts.key_of(f"update:{alert.key}"), topic=AlertTopic.UPDATE)
        draft = replace(
            draft,
            not_before=min([draft.not_before, *(row.not_before for row in replaced)]),
            thread=thread,
            facts=news.facts,
        )
        # Filtered now: if the settings change before it is sent, its facts must still match its text.
        self._alerts.setdefault(filter_alert(destination, alert), []).append(draft)

    def _add_resolution(self, destination: Destination, news: DestinationNews) -> None:
        """Add the message that facts which a destination was sent no longer hold."""
        if not news.resolved or not news.changes:
            return
        resolved, comparison = [*news.resolved.values()], news.since.comparison
        begun, new = min(stated.at for stated in resolved), {id(finding) for finding in news.findings}
        other_changes = [(finding, begun) for finding, _ in news.changes if id(finding) not in new]
        # A finding that resolves a sent fact matters to the destination, however low its own severity is.
        lowest = destination.threshold if news.undoing else Severity.INFO
        # If the alert beside this message reports every change, its most severe finding stands for the resolution.
        before = {stated.fact.old for stated in resolved}
        ends = [
            (finding, resolutions.resolution_summary(finding, finding.edits, since, before))
            for finding, since in resolutions.with_restored_page(news.undoing or other_changes, resolved, news.findings)
        ] or [(max(news.findings, key=lambda each: each.severity), "what was reported has changed again")]
        notices = [
            replace(
                notice := alerts.to_notice(self._services.watchlist, comparison, finding),
                severity=max(notice.severity, lowest),
                summary=summary,
                reasons=(),
                explanations=(),
            )
            for finding, summary in ends
        ]
        prefix = f"resolved:{self._prefix}"
        alert = alerts.new_alert(
            self._services.watchlist, comparison, notices, prefix=prefix, topic=AlertTopic.RESOLVED
        )
        draft = alerts.delivery_for(destination, alert, self._now)
        draft = replace(draft, thread=resolved[-1].thread, resolves=tuple(stated.id for stated in resolved))
        # Not filtered if it resolves sent facts: the destination may accept other kinds by now.
        self._alerts.setdefault(alert if news.undoing else filter_alert(destination, alert), []).append(draft)
