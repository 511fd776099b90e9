"""Name what changed what readers see of an article: the template, module or page that it transcludes, and its edit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise, product
from typing import Final

from snapshots import RenderedFacts
from watcher.config import Watch, finding_reason
from watcher.errors import FETCH_ERRORS
from watcher.model import Change, Comparison, Finding, Reason, Revision, Snapshot, Statistic
from watcher.services.attribution import describe_accounts
from watcher.services.context import AppContext

CODE: Final = "rendered"
OUTSIDE: Final = "another source outside the wiki's templates"

_MOST_NAMED: Final = 5  # sources that a finding names
_WORD: Final = re.compile(r"\d[\d.,\u00a0\u202f]*\d|\w+")
_NUMBER: Final = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")
_MOST_NUMBERS: Final = 50  # of one edit, on each side
_NEAR: Final = Decimal("0.001")  # what rounding makes of a ratio
_SEPARATORS: Final = re.compile(r"[,\u00a0\u202f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEdits:
    """A page that an article transcludes, with its edits since the article was rendered, newest first.

    There are none of a page that is gone. `before` is the text that they began with, None where it is not known.
    """

    title: str
    edits: tuple[Snapshot, ...] = ()
    before: str | None = None


Sources = tuple[SourceEdits, ...]


def versions_of(
    services: AppContext, wiki: str, titles: Iterable[str], at: datetime, *, fresh: bool = False
) -> dict[str, int]:
    """Return the revision of each page that a rendering of some time used, 0 where there was no such page.

    Each page is asked for once in a round, unless `fresh`; fifty cost a request.
    """
    known = services.round.transcluded.setdefault(wiki, {})
    asked = [title for title in titles if fresh or title not in known]
    if asked:
        newest = services.client(wiki).newest_edits(asked)
        known |= {title: newest.get(title) for title in asked}
    # What was saved in the same second or later was not used, it is assumed.
    pages = ((title, known[title]) for title in titles)
    return {title: 0 if page is None else page.id if page.at < at else page.parent_id for title, page in pages}


def edits_since(services: AppContext, wiki: str, before: Mapping[str, int], after: RenderedFacts) -> Sources:
    """Return the pages that two renderings transclude, of which they used other revisions, with the edits between."""
    known = services.round.transcluded.setdefault(wiki, {})
    both = {title: known.get(title) for title in before if title in after.sources}
    changed = [title for title in both if after.sources[title] != before[title]]
    # What was saved in the second of the rendering may be in it.
    changed = changed or [title for title, newest in both.items() if (newest.id if newest else 0) != before[title]]
    return tuple(_edits_of(services, title, both[title], before[title]) for title in changed)


def _edits_of(services: AppContext, title: str, newest: Revision | None, since: int) -> SourceEdits:
    if newest is None:
        return SourceEdits(title=title)
    key = (newest.article.wiki, newest.id)
    if key not in services.round.transcluded_edits:
        try:
            services.round.transcluded_edits[key] = services.client(newest.article.wiki).last_edits(newest.article)
        except FETCH_ERRORS:  # too large, or gone meanwhile: the newest edit is named
            services.round.transcluded_edits[key] = (Snapshot(revision=newest, wikitext=None),)
    listed = services.round.transcluded_edits[key]
    numbers = [edit.revision.id for edit in listed]
    end = numbers.index(since) if since in numbers else len(numbers)
    before = listed[end].wikitext if end < len(listed) else "" if since == 0 else None
    return SourceEdits(title=title, edits=listed[:end] or listed[:1], before=before)


def attribute_to_sources(
    services: AppContext,
    watch: Watch,
    comparison: Comparison,
    sources: Sources,
    outside: str = "",
    *,
    is_transient: bool = False,
) -> Comparison:
    """Name for each finding what made it: the edit whose new words it has, else all edits; without any, `outside`.

    Of a page that depends on the time, what no edit has the words of is left out: the time may have changed it.
    Accounts are looked up, and the watch's filters applied, as for an edit of the article. Raises StoreError.
    """
    changes = [change for source in sources for change in _changes_of(source)]
    findings = []
    for finding in comparison.findings:
        made, is_certain = _made_by(finding, changes)
        if is_transient and sources and not is_certain:
            continue
        through = tuple(dict.fromkeys(change.title for change in made))
        edits = tuple(dict.fromkeys(change.edit for change in made if change.edit))
        reason = Reason(code=CODE, text=f"through {_named(made) or outside}")
        findings.append(
            replace(finding, through=through or (outside,), edits=edits, reasons=(*finding.reasons, reason))
        )
    described = describe_accounts(services, watch, findings)
    for index, finding in enumerate(findings):
        edits = tuple(described.get(edit.id, edit) for edit in finding.edits)
        findings[index] = replace(finding, edits=edits, filtered=finding_reason(watch, finding, edits))
    newest = max(
        (edit for finding in findings for edit in finding.edits), key=lambda edit: (edit.at, edit.id), default=None
    )
    # The revision that was rendered, as if the last edit of what it transcludes had made it.
    after = comparison.after
    if after and newest:
        after = replace(newest, article=after.article, id=after.id, parent_id=after.parent_id, sha1=None)
    elif after:
        after = replace(after, at=services.now(), editor=None, comment=None, minor=False, tags=())
    return replace(comparison, findings=tuple(findings), after=after)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SourceChange:
    """What one edit took out of a page and put into it, as words; a page that is gone has no edit."""

    title: str
    edit: Revision | None
    removed: frozenset[str]
    added: frozenset[str]


def _changes_of(source: SourceEdits) -> Iterator[_SourceChange]:
    if not source.edits:
        yield _SourceChange(title=source.title, edit=None, removed=frozenset(), added=frozenset())
    texts = [edit.wikitext for edit in source.edits] + [source.before]
    for edit, (new, old) in zip(source.edits, pairwise(texts), strict=True):
        after, before = (frozenset(_words(text or "")) for text in (new, old if old is not None else new))
        yield _SourceChange(title=source.title, edit=edit.revision, removed=before - after, added=after - before)


def _words(text: str) -> Iterator[str]:
    """Yield the words of a text, and its numbers without the marks between thousands."""
    return (_SEPARATORS.sub("", word).casefold() for word in _WORD.findall(text))


def _made_by(finding: Finding, changes: Sequence[_SourceChange]) -> tuple[Sequence[_SourceChange], bool]:
    """Return the changes that made a finding, and whether that is known; else all changes.

    Those with most of its new and old words, or with numbers that are as far apart as its own: computed from them.
    Where words were replaced, it is known only if one of them has some of both: a clock may show 12:52 just when a
    template begins to say 52.
    """
    change = finding.change
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
    return [Decimal(word) for word in sorted(words) if _NUMBER.fullmatch(word)][:_MOST_NUMBERS]


def _named(changes: Sequence[_SourceChange]) -> str:
    """Return `{{Population}}, edited by Ann`; several with "or" between them.

    Template is the canonical name of the namespace on every wiki; where the wiki has another one, the title is given.
    """
    editors: dict[str, dict[str, None]] = {}
    for change in changes:
        who = "deleted" if change.edit is None else f"edited by {change.edit.editor or 'a hidden editor'}"
        template = change.title.removeprefix("Template:")
        title = change.title if template == change.title else f"{{{{{template}}}}}"
        editors.setdefault(title, {})[who] = None
    more = f" or {len(editors) - _MOST_NAMED} more" if len(editors) > _MOST_NAMED else ""
    shown = [f"{title}, {' or '.join(who)}" for title, who in [*editors.items()][:_MOST_NAMED]]
    return " or ".join(shown) + more
