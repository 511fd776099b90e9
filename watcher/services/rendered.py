"""Check what readers see of an article: facts that come through templates, modules, excerpts and data items.

A wiki declares a page out of date (`touched`) when something that it transcludes was edited. Only then is it rendered,
and its facts are compared with those of the last time.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from snapshots import RenderedFacts
from watcher.config import Watch
from watcher.errors import Corrupt, Missing
from watcher.model import Article, Change, Comparison, Finding, Measure, Revision, Severity, Snapshot, Statistic
from watcher.report.labels import headline
from watcher.services.alerts import similar_sentences
from watcher.services.context import AppContext
from watcher.services.outcome import CheckOutcome, CheckState, Difference, is_settled, settling_outcome
from watcher.services.transclusions import OUTSIDE, SourceEdits, Sources, attribute_to_sources, edits_since, versions_of

if TYPE_CHECKING:
    from watcher.fetch import Rendering

_MOST_VOLATILE: Final = 1_000
_MOST_OWN_EDITS: Final = 20  # of the article between two renderings, whose texts are read
_MOST_ALERTS: Final = 200  # of the wikitexts' comparison, with which each is compared that readers see
_FACTS_TEXT: Final = 1  # raised when the same page would give another facts text: what is stored then begins anew
_BY_THE_CLOCK: Final = frozenset({Measure.YEAR, Measure.DATE, Measure.AGE, Measure.DURATION})
_NO_WORDS: Final = re.compile(r"[\W\d_]+")


def compare_rendered(
    services: AppContext, watch: Watch, article: Article, touched: str
) -> Difference | CheckOutcome | None:
    """Render a leased article, which its wiki declared out of date at `touched`, and compare what readers see of it.

    Returns what is to be committed, the outcome where that is all there is to say, or None. Raises WatcherError.
    """
    return _Check(services, watch, article, touched).outcome()


def _wording(sentence: str) -> str:
    """Return a sentence, or that of a volatile value's address, without numbers and what stands for them."""
    return " ".join(_NO_WORDS.sub(" ", sentence).split())


def _unreported(seen: Sequence[Finding], reported: Sequence[Finding]) -> Iterator[Finding]:
    """Yield what readers see changed that the comparison of the wikitexts does not have.

    It has what changes the same values in the same section, and what is in a sentence about which it alerts as much.
    """
    known = {_stated(finding.change) for finding in reported}
    alerts = defaultdict[tuple[str, ...], list[Finding]](list)
    for finding in sorted(reported, key=lambda finding: -finding.severity)[:_MOST_ALERTS]:
        alerts[finding.change.location.section].append(finding)
    for finding in seen:
        near = alerts[finding.change.location.section]
        if _stated(finding.change) not in known and not any(_covers(other, finding) for other in near):
            yield finding


def _covers(reported: Finding, seen: Finding) -> bool:
    if reported.severity < seen.severity:
        return False
    own, other = ((change.new_sentence, change.old_sentence) for change in (reported.change, seen.change))
    if any(first and second and similar_sentences(first, second) for first, second in zip(own, other, strict=True)):
        return True
    return not any((*own, *other)) and reported.change.kind.subject == seen.change.kind.subject


def _stated(change: Change) -> tuple[object, ...]:
    """Return where a change is, and its values without what templates may write otherwise."""
    sides = (
        (element.quantity.value, element.quantity.low, element.quantity.high)
        if isinstance(element, Statistic)
        else headline(element)
        for element in (change.old, change.new)
    )
    return (change.location.section, change.kind.subject, *sides)


@dataclass(frozen=True, slots=True)
class _Check:
    """The check of what readers see of one article, under its lease."""

    services: AppContext
    watch: Watch
    article: Article
    touched: str

    def outcome(self) -> Difference | CheckOutcome | None:
        """Render and compare; None where there is nothing to say."""
        archive = self.services.archive
        cursor = archive.revisions.cursor(self.article)
        rendering = self.services.client(self.article.wiki).render(self.article)
        if cursor is None or rendering.revision_id != cursor.id:
            return None  # edited meanwhile: the text is judged first
        known = archive.renderings.newest(self.article)
        if known is None or known.version != _FACTS_TEXT:
            return self._begin(rendering)
        if known.revision_id != cursor.id:
            return self._after_edit(cursor, known, rendering)
        return self._same_text(cursor, known, rendering)

    def _same_text(
        self, cursor: Revision, known: RenderedFacts, rendering: Rendering
    ) -> Difference | CheckOutcome | None:
        """Compare what readers see of the same revision with what they saw."""
        facts = self._facts(rendering, known.volatile)
        compared = Comparison()
        if self._masked(known) != self._masked(facts):
            compared = self._compare(cursor, known, facts)
        if not compared.findings:
            self.services.archive.renderings.save(self.article, facts)
            return None
        edits = edits_since(self.services, self.article.wiki, known.sources, facts)
        if not edits:  # asked for earlier in this round, perhaps, than this page was rendered
            facts = replace(facts, sources=self._sources(rendering, fresh=True))
            edits = edits_since(self.services, self.article.wiki, known.sources, facts)
        if not edits:
            return self._without_source(cursor, known, rendering, facts)
        compared = self._attributed(compared, edits, facts, is_transient=rendering.is_transient)
        return self._report([compared], edits, facts, known, cursor)

    def _begin(self, rendering: Rendering) -> CheckOutcome:
        """Store what readers see for the first time; what differs when it is rendered again is volatile."""
        facts = self._facts(rendering, ())
        again = self.services.client(self.article.wiki).render(self.article, again=True)
        self.services.archive.renderings.save(self.article, self._learning(facts, facts.text, self._text(again)))
        others = f"{len(facts.sources)} other page{'s' * (len(facts.sources) != 1)}"
        text = f"watching what readers see of revision {facts.revision_id}, made from {others}"
        return CheckOutcome(self.watch, CheckState.BASELINE, text)

    def _after_edit(
        self, cursor: Revision, known: RenderedFacts, rendering: Rendering
    ) -> Difference | CheckOutcome | None:
        """Compare what readers see before and after edits of the article, whose wikitext was judged first.

        The old text, rendered with the templates of now, parts what these changed from what the article's edits did.
        """
        facts, between = self._facts(rendering, known.volatile, fresh=True), None
        if self._masked(replace(known, volatile=facts.volatile)) != self._masked(facts):
            with suppress(Missing):  # the old text was deleted meanwhile
                old = self.services.client(self.article.wiki).render(self.article, revision_id=known.revision_id)
                between = replace(known, text=self._text(old))
        if between is None:
            self.services.archive.renderings.save(self.article, facts)
            return None
        if rendering.is_transient:  # the wiki's copy of the page and the old text were made at different times
            again = self.services.client(self.article.wiki).render(self.article, again=True)
            facts = self._learning(facts, facts.text, self._text(again))
        edits = edits_since(self.services, self.article.wiki, known.sources, facts)
        parts = [self._own_part(cursor, known, between, facts)]
        if edits:
            compared = self._compare(cursor, known, between)
            parts.append(self._attributed(compared, edits, facts, is_transient=rendering.is_transient))
        return self._report(parts, edits, facts, known, cursor)

    def _own_part(
        self, cursor: Revision, known: RenderedFacts, between: RenderedFacts, facts: RenderedFacts
    ) -> Comparison:
        """Return what the article's own edits changed for readers that its wikitexts do not tell."""
        compared = self._compare(cursor, between, facts)
        severe, before, after = compared.at_least(self.watch.threshold), None, None
        if severe:
            with suppress(Missing, Corrupt):  # a text is not kept any more
                before, after = self.services.archive.revisions.pair(self.watch.wiki, known.revision_id, cursor.id)
        if before is None or after is None or before.wikitext is None or after.wikitext is None:  # or one is hidden
            return replace(compared, findings=())
        reported = self.services.compare_for(self.watch, before, after).findings
        compared = replace(compared, findings=tuple(_unreported(severe, reported)))
        edits, read = deque([before], maxlen=_MOST_OWN_EDITS + 1), self.services.archive.revisions.with_text
        while batch := read(self.article, after=edits[-1].revision, limit=_MOST_OWN_EDITS):
            edits.extend(batch)
        first, *others = edits
        earlier = [edit for edit in reversed(others) if edit.revision.id != after.revision.id]
        own = SourceEdits(title=self.article.title, edits=(after, *earlier), before=first.wikitext)
        return self._attributed(compared, (own,), facts)

    def _without_source(
        self, cursor: Revision, known: RenderedFacts, rendering: Rendering, facts: RenderedFacts
    ) -> Difference | CheckOutcome | None:
        """Tell what changed although nothing did that the page transcludes, unless it changes by itself.

        Of a page that depends on the time nothing is told; dates, ages and words are volatile from then on. Other
        values may have come from a data item, and an edit of a template that changes them later is to be told.
        """
        if rendering.is_transient:
            self.services.archive.renderings.save(
                self.article,
                self._learning(facts, known.text, facts.text, self._compare(cursor, known, facts).findings),
            )
            return None
        again = self.services.client(self.article.wiki).render(self.article, again=True)
        facts = self._learning(facts, facts.text, self._text(again))
        compared = self._compare(cursor, known, facts)
        if not compared.findings:
            self.services.archive.renderings.save(self.article, facts)
            return None
        return self._report([self._attributed(compared, (), facts)], (), facts, known, cursor)

    def _attributed(
        self, compared: Comparison, edits: Sources, facts: RenderedFacts, *, is_transient: bool = False
    ) -> Comparison:
        outside = f"Wikidata ({facts.item}) or {OUTSIDE}" if facts.item else OUTSIDE
        return attribute_to_sources(self.services, self.watch, compared, edits, outside, is_transient=is_transient)

    def _report(
        self, parts: Sequence[Comparison], edits: Sources, facts: RenderedFacts, known: RenderedFacts, cursor: Revision
    ) -> Difference | CheckOutcome | None:
        """Return the findings of all parts once the edits of what the article transcludes have settled."""
        with_findings = [part for part in parts if part.findings]
        if not with_findings:
            self.services.archive.renderings.save(self.article, facts)
            return None
        newest = max(with_findings, key=lambda part: part.after.at if part.after else cursor.at)
        compared = replace(newest, findings=tuple(finding for part in with_findings for finding in part.findings))
        pending = [edit.revision for source in edits for edit in source.edits]
        settled = not pending or is_settled(self.watch, pending, self.services.now())
        if not settled and not (self.watch.critical_bypass and compared.worst is Severity.CRITICAL):
            return settling_outcome(self.watch, pending, self.services.now())
        # An edit in the second of the rendering was taken for a later one; what it made is here.
        late = {
            source.title: source.edits[0].revision.id
            for source in edits
            if source.edits and facts.sources[source.title] == known.sources[source.title]
        }
        facts = replace(facts, sources={**facts.sources, **late})
        before = Snapshot(revision=replace(cursor, sha1=None), wikitext=self._masked(known))
        after = Snapshot(revision=compared.after or before.revision, wikitext=self._masked(facts))
        return Difference(comparison=compared, before=before, after=after, rendered=facts)

    def _text(self, rendering: Rendering) -> str:
        from watcher.parse.rendered import facts_text

        return facts_text(rendering.html, self.services.dialect(self.article.wiki))

    def _facts(self, rendering: Rendering, volatile: Sequence[str], *, fresh: bool = False) -> RenderedFacts:
        return RenderedFacts(
            revision_id=rendering.revision_id,
            touched=self.touched,
            at=self.services.now(),
            text=self._text(rendering),
            sources=self._sources(rendering, fresh=fresh),
            item=rendering.item,
            version=_FACTS_TEXT,
            volatile=tuple(volatile or ()),
        )

    def _sources(self, rendering: Rendering, *, fresh: bool) -> dict[str, int]:
        return versions_of(self.services, self.article.wiki, rendering.templates, rendering.at, fresh=fresh)

    def _learning(
        self, facts: RenderedFacts, first: str, other: str, findings: Sequence[Finding] = ()
    ) -> RenderedFacts:
        """Return facts with what differs between two texts as volatile, but for values that no clock changes."""
        if first == other:
            return facts
        from watcher.parse.rendered import mask_volatile

        learned = mask_volatile(first, other, self.services.dialect(self.article.wiki))
        steady = {
            _wording(finding.change.new_sentence or "")
            for finding in findings
            if isinstance(finding.change.new, Statistic) and finding.change.new.quantity.measure not in _BY_THE_CLOCK
        }
        new = {address for address in learned if _wording(address.rpartition("\n")[2]) not in steady}
        return replace(facts, volatile=tuple(sorted({*facts.volatile, *new})[:_MOST_VOLATILE]))

    def _masked(self, facts: RenderedFacts) -> str:
        if not facts.volatile:
            return facts.text
        from watcher.parse.rendered import without_volatile

        return without_volatile(facts.text, tuple(facts.volatile), self.services.dialect(self.article.wiki))

    def _compare(self, cursor: Revision, known: RenderedFacts, facts: RenderedFacts) -> Comparison:
        # Without its digest: otherwise an edit back to this text would look like a revert of what templates changed.
        revision = replace(cursor, sha1=None)
        before, after = (
            Snapshot(revision=revision, wikitext=self._masked(replace(side, volatile=facts.volatile)))
            for side in (known, facts)
        )
        return self.services.compare_for(self.watch, before, after)
