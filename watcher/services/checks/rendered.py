"""Check the rendered text of an article: facts that come from templates, modules, excerpts and data items.

A wiki touches a page (`touched`) when something that it transcludes was edited. Only then is the page rendered, and its
facts are compared with those of the last rendering. Differences are attributed to the template, module or page that
caused them, and to the edit of that page.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain, pairwise, product
from typing import TYPE_CHECKING, Final

from snapshots import RenderedFacts
from watcher.config import Watch, finding_reason
from watcher.errors import FETCH_ERRORS, Corrupt, Missing, Refused
from watcher.model import Article, Change, Comparison, Finding, Measure, Reason, Revision, Severity, Snapshot, Statistic
from watcher.report.labels import editor_name, headline
from watcher.services.alerting.facts import similar_sentences
from watcher.services.checks.attribution import describe_accounts
from watcher.services.checks.outcome import CheckOutcome, CheckState, Difference, settling
from watcher.services.context import AppContext
from watcher.services.history.ledger import texts_after

if TYPE_CHECKING:
    from watcher.fetch import Rendering

_MAX_VOLATILE: Final = 1_000
_MAX_OWN_EDITS: Final = 20  # edits of the article between two renderings whose texts are read
_MAX_ALERTS: Final = 200  # findings of the wikitexts with which each finding of the rendered text is compared
_FACTS_TEXT: Final = 1  # raised when the same page would give another facts text; stored ones are then replaced
_BY_THE_CLOCK: Final = frozenset({Measure.YEAR, Measure.DATE, Measure.AGE, Measure.DURATION})
_NO_WORDS: Final = re.compile(r"[\W\d_]+")
_OUTSIDE: Final = "another source outside the wiki's templates"
_MAX_NAMED: Final = 5  # sources that a finding names
_WORD: Final = re.compile(r"\d[\d.,\u00a0\u202f]*\d|\w+")
_NUMBER: Final = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")
_MAX_NUMBERS: Final = 50  # of one edit, on each side
_NEAR: Final = Decimal("0.001")  # relative tolerance of a ratio, for rounding
_SEPARATORS: Final = re.compile(r"[,\u00a0\u202f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _SourceChange:
    """The words that one edit removed from and added to a transcluded page; a deleted page has no `edit`."""

    title: str
    edit: Revision | None = None
    removed: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()


@dataclass(slots=True)
class RenderedCheck:
    """The check of the rendered text of a leased article, which its wiki touched at `touched`.

    It compares the `rendering` of the last judged revision, the `cursor`, with the facts `known` from the last one.
    """

    services: AppContext
    watch: Watch
    article: Article
    touched: str
    cursor: Revision = field(init=False)
    known: RenderedFacts = field(init=False)
    rendering: Rendering = field(init=False)

    def compare(self) -> Difference | CheckOutcome | None:
        """Render and compare; return the difference to commit, the outcome if there is nothing to commit, or None.

        Raises WatcherError.
        """
        archive = self.services.archive
        cursor = archive.revisions.cursor(self.article)
        self.rendering = self.services.client(self.article.wiki).render(self.article)
        if cursor is None or self.rendering.revision_id != cursor.id:
            return None  # edited meanwhile: the text is judged first
        known = archive.renderings.newest(self.article)
        if known is None or known.version != _FACTS_TEXT:
            # On the first rendering, values that differ in a second one are learned as volatile.
            facts = self._facts(())
            archive.renderings.save(self.article, self._with_volatile_values(facts))
            others = f"{len(facts.sources)} other page{'s' * (len(facts.sources) != 1)}"
            text = f"watching what readers see of revision {facts.revision_id}, made from {others}"
            return CheckOutcome(self.watch, CheckState.BASELINE, text)
        self.cursor, self.known = cursor, known
        return self._compare_same_revision() if known.revision_id == cursor.id else self._compare_after_edit()

    def _compare_same_revision(self) -> Difference | CheckOutcome | None:
        """Compare two renderings of the same revision."""
        facts, known = self._facts(self.known.volatile), self.known
        is_same = self._without_volatile(known) == self._without_volatile(facts)
        compared = Comparison() if is_same else self._compare(known, facts)
        if not compared.findings:
            return self._report([], (), facts)
        changes = self._changes_since(facts)
        if not changes:  # the sources may have been fetched earlier in this round than the page was rendered
            facts = replace(facts, sources=self._sources(fresh=True))
            changes = self._changes_since(facts)
        if changes:
            return self._report([self._attribute(compared, changes, facts)], changes, facts)
        # No transcluded page has changed. If the page depends on the time, nothing is reported, and dates, ages and
        # words are volatile from now on. Other values are not, since they may have come from a data item, and a later
        # edit of a template that changes them is to be reported.
        if self.rendering.is_transient:
            facts = self._with_learned_values(facts, known.text, facts.text, self._compare(known, facts).findings)
            return self._report([], (), facts)
        facts = self._with_volatile_values(facts)
        return self._report([self._attribute(self._compare(known, facts), (), facts)], (), facts)

    def _compare_after_edit(self) -> Difference | CheckOutcome | None:
        """Compare the renderings before and after edits of the article, whose wikitext was judged first.

        The old text, rendered with the current templates, separates changes by templates from those by the edits.
        """
        facts, known, old_text_now = self._facts(self.known.volatile, fresh=True), self.known, None
        if self._without_volatile(replace(known, volatile=facts.volatile)) != self._without_volatile(facts):
            with suppress(Missing, Refused):  # the old text was deleted or hidden meanwhile
                old = self.services.client(self.article.wiki).render(self.article, revision_id=known.revision_id)
                old_text_now = replace(known, text=self._text(old))
        if old_text_now is None:
            return self._report([], (), facts)
        if self.rendering.is_transient:  # the wiki's cached rendering and that of the old text differ in time
            facts = self._with_volatile_values(facts)
        changes = self._changes_since(facts)
        parts = [self._changes_by_own_edits(old_text_now, facts)]
        if changes:
            parts.append(self._attribute(self._compare(known, old_text_now), changes, facts))
        return self._report(parts, changes, facts)

    def _changes_by_own_edits(self, old_text_now: RenderedFacts, facts: RenderedFacts) -> Comparison:
        """Return the rendered changes by the article's own edits that the comparison of the wikitexts does not have."""
        compared = self._compare(old_text_now, facts)
        severe, before, after = compared.at_least(self.watch.threshold), None, None
        if severe:
            with suppress(Missing, Corrupt):  # a text was removed by retention, or is damaged
                before, after = self.services.archive.revisions.pair(
                    self.watch.wiki, self.known.revision_id, self.cursor.id
                )
        if before is None or after is None or before.wikitext is None or after.wikitext is None:  # or one is hidden
            return replace(compared, findings=())
        reported = self.services.compare_for(self.watch, before, after).findings
        compared = replace(compared, findings=tuple(_not_in_wikitext(severe, reported)))
        texts = texts_after(self.services.archive, self.article, before.revision)
        first, *others = deque(chain([before], texts), maxlen=_MAX_OWN_EDITS + 1)
        earlier = [edit for edit in reversed(others) if edit.revision.id != after.revision.id]
        own = [*_word_changes(self.article.title, [after, *earlier], first.wikitext)]
        return self._attribute(compared, own, facts, may_be_time=False)

    def _changes_since(self, facts: RenderedFacts) -> list[_SourceChange]:
        """Return the edits of the pages of which the two renderings used different revisions."""
        before, known = self.known.sources, self.services.round.transcluded.setdefault(self.article.wiki, {})
        both = {title: known.get(title) for title in before if title in facts.sources}
        changed = [title for title in both if facts.sources[title] != before[title]]
        # An edit that was saved in the same second as the rendering may already be in it.
        changed = changed or [title for title, newest in both.items() if (newest.id if newest else 0) != before[title]]
        return [change for title in changed for change in self._changes_of(title, both[title], before[title])]

    def _changes_of(self, title: str, newest: Revision | None, since: int) -> Iterable[_SourceChange]:
        if newest is None:
            return [_SourceChange(title=title)]
        known, key = self.services.round.transcluded_edits, (newest.article.wiki, newest.id)
        if key not in known:
            try:
                known[key] = self.services.client(newest.article.wiki).last_edits(newest.article)
            except FETCH_ERRORS:  # too large, or deleted meanwhile: the newest edit is named
                known[key] = (Snapshot(revision=newest, wikitext=None),)
        listed = known[key]
        numbers = [edit.revision.id for edit in listed]
        end = numbers.index(since) if since in numbers else len(numbers)
        before = listed[end].wikitext if end < len(listed) else "" if since == 0 else None
        return _word_changes(title, listed[:end] or listed[:1], before)

    def _attribute(
        self,
        comparison: Comparison,
        changes: Sequence[_SourceChange],
        facts: RenderedFacts,
        *,
        may_be_time: bool = True,
    ) -> Comparison:
        """Attribute each finding to the edits with its words, else to all edits, or to a source outside the wiki.

        If the page depends on the time, findings whose words are in no edit are left out, since the time may have made
        them. Accounts are looked up and the watch's filters applied as for edits of the article. Raises StoreError.
        """
        outside = f"Wikidata ({facts.item}) or {_OUTSIDE}" if facts.item else _OUTSIDE
        findings = []
        for finding in comparison.findings:
            made, is_certain = _changes_behind(finding.change, changes)
            if may_be_time and self.rendering.is_transient and changes and not is_certain:
                continue
            through = tuple(dict.fromkeys(change.title for change in made))
            edits = tuple(dict.fromkeys(change.edit for change in made if change.edit))
            reason = Reason(code="rendered", text=f"through {_describe_changes(made) or outside}")
            findings.append(
                replace(finding, through=through or (outside,), edits=edits, reasons=(*finding.reasons, reason))
            )
        described = describe_accounts(self.services, self.watch, findings)
        for index, finding in enumerate(findings):
            edits = tuple(described.get(edit.id, edit) for edit in finding.edits)
            findings[index] = replace(finding, edits=edits, filtered=finding_reason(self.watch, finding, edits))
        newest = max(
            (edit for finding in findings for edit in finding.edits), key=lambda edit: edit.order, default=None
        )
        # The rendered revision, with the time and editor of the last edit of a transcluded page.
        after = comparison.after
        if after and newest:
            after = replace(newest, article=after.article, id=after.id, parent_id=after.parent_id, sha1=None)
        elif after:
            after = replace(after, at=self.services.now(), editor=None, comment=None, minor=False, tags=())
        return replace(comparison, findings=tuple(findings), after=after)

    def _report(
        self, parts: Sequence[Comparison], changes: Sequence[_SourceChange], facts: RenderedFacts
    ) -> Difference | CheckOutcome | None:
        """Return the findings of all parts once the edits of the transcluded pages have settled.

        Without findings, store the facts and return None.
        """
        cursor, now = self.cursor, self.services.now()
        with_findings = [part for part in parts if part.findings]
        if not with_findings:
            self.services.archive.renderings.save(self.article, facts)
            return None
        newest = max(with_findings, key=lambda part: part.after.at if part.after else cursor.at)
        compared = replace(newest, findings=tuple(finding for part in with_findings for finding in part.findings))
        pending = [change.edit for change in changes if change.edit]
        from watcher.fetch.client import MOST_EDITS

        # If a page has as many edits as are listed, it is unknown when they began, so there is no waiting.
        counts = Counter(change.title for change in changes if change.edit)
        is_known = 0 < max(counts.values(), default=0) < MOST_EDITS
        waiting = settling(self.watch, pending, now) if is_known else None
        if waiting and not (self.watch.critical_bypass and compared.worst is Severity.CRITICAL):
            return waiting
        # An edit in the same second as the rendering was taken for a later one, but its changes are in these facts.
        same_second_edits = {
            change.title: change.edit.id
            for change in reversed(changes)
            if change.edit and facts.sources[change.title] == self.known.sources[change.title]
        }
        facts = replace(facts, sources={**facts.sources, **same_second_edits})
        before = Snapshot(revision=replace(cursor, sha1=None), wikitext=self._without_volatile(self.known))
        after = Snapshot(revision=compared.after or before.revision, wikitext=self._without_volatile(facts))
        return Difference(comparison=compared, before=before, after=after, rendered=facts)

    def _text(self, rendering: Rendering) -> str:
        from watcher.parse.rendered import facts_text

        return facts_text(rendering.html, self.services.dialect(self.article.wiki))

    def _facts(self, volatile: Sequence[str], *, fresh: bool = False) -> RenderedFacts:
        rendering = self.rendering
        return RenderedFacts(
            revision_id=rendering.revision_id,
            touched=self.touched,
            at=self.services.now(),
            text=self._text(rendering),
            sources=self._sources(fresh=fresh),
            item=rendering.item,
            version=_FACTS_TEXT,
            volatile=tuple(volatile or ()),
        )

    def _sources(self, *, fresh: bool) -> dict[str, int]:
        """Return the revision of each page that the rendering used, 0 for pages that did not exist.

        Each page is requested once in a round, unless `fresh`; one request covers fifty.
        """
        rendering, known = self.rendering, self.services.round.transcluded.setdefault(self.article.wiki, {})
        asked = [title for title in rendering.templates if fresh or title not in known]
        if asked:
            newest = self.services.client(self.article.wiki).newest_edits(asked)
            known |= {title: newest.get(title) for title in asked}
        # A revision that was saved in the same second or later is assumed not to have been used.
        pages = ((title, known[title]) for title in rendering.templates)
        return {
            title: 0 if page is None else page.id if page.at < rendering.at else page.parent_id for title, page in pages
        }

    def _with_volatile_values(self, facts: RenderedFacts) -> RenderedFacts:
        """Return facts in which the values that differ in another rendering are marked as volatile."""
        second = self.services.client(self.article.wiki).render(self.article, again=True)
        return self._with_learned_values(facts, facts.text, self._text(second))

    def _with_learned_values(
        self, facts: RenderedFacts, first: str, other: str, findings: Sequence[Finding] = ()
    ) -> RenderedFacts:
        """Return facts in which values that differ between two texts are volatile, except those no clock changes."""
        if first == other:
            return facts
        from watcher.parse.rendered import mask_volatile

        learned = mask_volatile(first, other, self.services.dialect(self.article.wiki))
        not_by_clock = {
            _words_only(finding.change.new_sentence or "")
            for finding in findings
            if isinstance(finding.change.new, Statistic) and finding.change.new.quantity.measure not in _BY_THE_CLOCK
        }
        new = {address for address in learned if _words_only(address.rpartition("\n")[2]) not in not_by_clock}
        return replace(facts, volatile=tuple(sorted({*facts.volatile, *new})[:_MAX_VOLATILE]))

    def _without_volatile(self, facts: RenderedFacts) -> str:
        if not facts.volatile:
            return facts.text
        from watcher.parse.rendered import without_volatile

        return without_volatile(facts.text, tuple(facts.volatile), self.services.dialect(self.article.wiki))

    def _compare(self, known: RenderedFacts, facts: RenderedFacts) -> Comparison:
        # Without the text's digest: otherwise an edit back to this text would look like a revert of template changes.
        revision = replace(self.cursor, sha1=None)
        before, after = (
            Snapshot(revision=revision, wikitext=self._without_volatile(replace(side, volatile=facts.volatile)))
            for side in (known, facts)
        )
        return self.services.compare_for(self.watch, before, after)


def _words_only(sentence: str) -> str:
    """Return only the words of a sentence, or of that in a volatile value's address, without numbers."""
    return " ".join(_NO_WORDS.sub(" ", sentence).split())


def _not_in_wikitext(rendered: Sequence[Finding], reported: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the rendered findings that the comparison of the wikitexts does not have.

    A finding is in it if the same values change in the same section, or if a similar sentence there has an alert of at
    least the same severity.
    """
    known = {_values_in(finding.change) for finding in reported}
    alerts = defaultdict[tuple[str, ...], list[Finding]](list)
    for finding in sorted(reported, key=lambda finding: -finding.severity)[:_MAX_ALERTS]:
        alerts[finding.change.location.section].append(finding)
    for finding in rendered:
        near = alerts[finding.change.location.section]
        if _values_in(finding.change) not in known and not any(_covers(other, finding) for other in near):
            yield finding


def _covers(reported: Finding, rendered: Finding) -> bool:
    if reported.severity < rendered.severity:
        return False
    own, other = ((change.new_sentence, change.old_sentence) for change in (reported.change, rendered.change))
    if any(first and second and similar_sentences(first, second) for first, second in zip(own, other, strict=True)):
        return True
    return not any((*own, *other)) and reported.change.kind.subject == rendered.change.kind.subject


def _values_in(change: Change) -> tuple[object, ...]:
    """Return the section and values of a change, without details that templates may write differently."""
    sides = (
        (element.quantity.value, element.quantity.low, element.quantity.high)
        if isinstance(element, Statistic)
        else headline(element)
        for element in (change.old, change.new)
    )
    return (change.location.section, change.kind.subject, *sides)


def _word_changes(title: str, edits: Sequence[Snapshot], before: str | None) -> Iterator[_SourceChange]:
    """Yield the words that each edit of a page changed, newest first; `before` is the text before them, if known."""
    texts = [*(edit.wikitext for edit in edits), before]
    for edit, (new, old) in zip(edits, pairwise(texts), strict=True):
        after, earlier = (frozenset(_words(text or "")) for text in (new, old if old is not None else new))
        yield _SourceChange(title=title, edit=edit.revision, removed=earlier - after, added=after - earlier)


def _words(text: str) -> Iterator[str]:
    """Yield the words of a text, case-folded, and its numbers without thousands separators."""
    return (_SEPARATORS.sub("", word).casefold() for word in _WORD.findall(text))


def _changes_behind(change: Change, changes: Sequence[_SourceChange]) -> tuple[Sequence[_SourceChange], bool]:
    """Return the edits that made a change, or all edits, and whether the attribution is certain.

    An edit made it if it has the most of its old and new words, or else numbers with the same ratio or difference, from
    which its values were computed. If words were replaced, one edit must have both old and new ones to be certain: a
    clock may show 12:52 just when a template begins to say 52.
    """
    before, after = ({*_words(text or "")} for text in (change.old_sentence, change.new_sentence))
    old, new = before - after, after - before
    scores = [len(each.added & new) + len(each.removed & old) for each in changes]
    by_words = any(scores)
    if not by_words:
        scores = [int(_is_computed(change, each)) for each in changes]
    best = max(scores, default=0)
    if not best:
        return changes, False
    made = [each for each, score in zip(changes, scores, strict=True) if score == best]
    on_both_sides = (not (new and old) or (each.added & new and each.removed & old) for each in made)
    return made, not by_words or any(on_both_sides)


def _is_computed(change: Change, source: _SourceChange) -> bool:
    """Return whether a source's numbers have the ratio or the difference of a changed statistic's values."""
    if not isinstance(change.old, Statistic) or not isinstance(change.new, Statistic):
        return False
    old, new = change.old.quantity.value, change.new.quantity.value
    if old is None or new is None or old == new:
        return False
    pairs = product(_numbers(source.removed), _numbers(source.added))
    return any(
        after - before == new - old or abs(after * old - before * new) <= _NEAR * abs(before * new)
        for before, after in pairs
        if before and before != after
    )


def _numbers(words: Iterable[str]) -> list[Decimal]:
    return [Decimal(word) for word in sorted(words) if _NUMBER.fullmatch(word)][:_MAX_NUMBERS]


def _describe_changes(changes: Sequence[_SourceChange]) -> str:
    """Return a text like `{{Population}}, edited by Ann`; several are joined with "or".

    "Template:" is the canonical name of the namespace; a title with a localized name is given in full.
    """
    editors: dict[str, dict[str, None]] = {}
    for change in changes:
        who = "deleted" if change.edit is None else f"edited by {editor_name(change.edit.editor)}"
        template = change.title.removeprefix("Template:")
        title = change.title if template == change.title else f"{{{{{template}}}}}"
        editors.setdefault(title, {})[who] = None
    more = f" or {len(editors) - _MAX_NAMED} more" if len(editors) > _MAX_NAMED else ""
    shown = [f"{title}, {' or '.join(who)}" for title, who in [*editors.items()][:_MAX_NAMED]]
    return " or ".join(shown) + more
