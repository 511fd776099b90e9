"""Compose the stages to compare two texts; no other module composes them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache

from watcher.diff import diff
from watcher.diff.engine import collapsed_change, leaves_nothing, page_change, with_wikitext
from watcher.diff.figures import image_changes
from watcher.diff.layout import group_changes, rank_changes, sample_changes
from watcher.diff.names import Names
from watcher.diff.pinned import closest_sentence, find_quoted, plain_words
from watcher.diff.uncompared import uncompared
from watcher.judge import judge, limit_findings, lowered_by_namespace
from watcher.model import (
    Change,
    Comparison,
    Dialect,
    Document,
    Figure,
    Finding,
    Policy,
    Reason,
    Revision,
    Severity,
    Snapshot,
    Unread,
)
from watcher.model.changes import RESTORATION
from watcher.model.elements import Guard, failures, has_words, searchable_text
from watcher.model.revisions import TOO_LARGE, is_too_large
from watcher.parse import mentions_of, parse, parse_pair, sentences_near, visible, without_hidden
from watcher.parse.layout import collapsed, grouped_items, ranked_lists, sampled_statements

_ENGLISH = Dialect()
_DEFAULT = Policy()


@lru_cache(maxsize=1)
def read_pair(old: str, new: str, dialect: Dialect, pinned: tuple[str, ...] = ()) -> tuple[Document, Document]:
    """Parse the parts in which two texts differ; cached, since the ledger then records the pair that was judged."""
    return parse_pair(old, new, dialect, pinned)


def changes_between(
    old: str, new: str, *, policy: Policy = _DEFAULT, dialect: Dialect = _ENGLISH, title: str | None = None
) -> tuple[tuple[Change, ...], Comparison]:
    """Return all changes with other mentions of their statistics, and a Comparison that names only unread parts."""
    if old == new:
        return (), Comparison()
    if is_too_large(old) or is_too_large(new):
        return (), Comparison(unread=(Unread(reason=TOO_LARGE),))
    guard = Guard()
    seen = visible(old), visible(new)
    before, after = read_pair(*seen, dialect, policy.pinned)
    changes = diff(before, after, policy.pinned, guard, names=Names(title=title, texts=seen))
    whole = page_change(without_hidden(old), without_hidden(new))
    if whole is not None:
        kept = tuple(change for change in changes if change.is_pinned) if leaves_nothing(whole) else changes
        changes = (whole, *kept)
    changes = (*changes, *guard.run(lambda: (*_layout_changes(*seen),), otherwise=(), element="the layout"))
    gaps = (*before.unread, *after.unread, *guard.unread)
    rest = guard.run(lambda: uncompared(*seen, gaps, changes), otherwise=None, element="the rest of the page")
    changes = (*changes, rest) if rest else changes
    changes = guard.run(
        lambda: mentions_of(changes, seen[1], dialect), otherwise=changes, element="the mentions of a figure"
    )
    changes = tuple(with_wikitext(changes, old, new))
    # Parts of the old text that a defect left unread are listed, too: the new text seems to have added them.
    known = {unread.reason for unread in after.unread}
    old_failures = tuple(unread for unread in failures(before.unread) if unread.reason not in known)
    return changes, Comparison(unread=(*after.unread, *old_failures, *guard.unread))


def _layout_changes(old: str, new: str) -> Iterator[Change]:
    """Yield changes by layout: statements that are now collapsed, at another rank, or shown as a code sample."""
    if folded := collapsed_change(collapsed(old, new), collapsed(new, old)):
        yield folded
    yield from rank_changes(ranked_lists(old, new), ranked_lists(new, old))
    yield from group_changes(grouped_items(old, new), grouped_items(new, old))
    yield from sample_changes(sampled_statements(old, new))


def compare_wikitext(
    old: str, new: str, *, policy: Policy | None = None, wiki: Dialect | None = None, title: str | None = None
) -> Comparison:
    """Compare two wikitexts, without any I/O; safe to call from several threads.

    `title` is the article's title, which resolves names in the text. The `findings` of the result are in document
    order; `finding.to_dict()` is the JSON form.

    >>> found = compare_wikitext("Of 21 million victims.", "Of 25 million victims.").findings
    >>> found[0].summary
    '21 million → 25 million victims (+19 %), no source'
    """
    rules = policy or _DEFAULT
    changes, comparison = changes_between(old, new, policy=rules, dialect=wiki or _ENGLISH, title=title)
    guard = Guard()
    findings = judge(changes, rules, guard)
    if title:
        findings = tuple(lowered_by_namespace(findings, title, wiki or _ENGLISH))
    return _limited(replace(comparison, unread=(*comparison.unread, *guard.unread)), findings)


def _limited(comparison: Comparison, findings: tuple[Finding, ...]) -> Comparison:
    """Return the comparison with at most as many findings as are stored; the number of others is listed as unread."""
    kept, rest = limit_findings(findings)
    unread = comparison.unread
    if rest:
        unread = (*unread, Unread(reason=f"{rest:,} further change{'s' * (rest > 1)} not listed"))
    return replace(comparison, findings=kept, unread=unread, not_listed=rest)


def missing_pins(text: str, pinned: Sequence[str], dialect: Dialect = _ENGLISH) -> tuple[tuple[str, str | None], ...]:
    """Return each pinned sentence that a text does not contain word for word, with the most similar sentence or None.

    Changes of these are not recognized as changes of a pinned sentence.

    >>> missing_pins("The mill burned down in 1904.", ["The mill burned down in 1903."])
    (('The mill burned down in 1903.', 'The mill burned down in 1904.'),)
    """
    if is_too_large(text):
        return ()
    # The blocks with most of the words are parsed first, since few pins need the whole text.
    missing = _not_in(sentences_near(text, pinned, dialect), pinned)
    return missing_from(parse(text, dialect), missing) if missing else ()


def missing_from(document: Document, pinned: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """Return what `missing_pins` returns, for a text that is already parsed."""
    sentences = [sentence.text for sentence in document.sentences if sentence.is_content]
    missing = _not_in([sentence.text for sentence in document.sentences], pinned)
    return tuple((quoted, closest_sentence(quoted, sentences)) for quoted in missing)


def _not_in(sentences: Sequence[str], pinned: Sequence[str]) -> list[str]:
    texts = [plain_words(sentence) for sentence in sentences]
    return [quoted for quoted in pinned if not find_quoted(quoted, texts)]


def missing_words(text: str, phrases: Sequence[str], dialect: Dialect = _ENGLISH) -> tuple[tuple[str, str | None], ...]:
    """Return each phrase that no sentence of a text contains, with the most similar sentence or None.

    >>> missing_words("The mill burned down in 1904.", ["mill BURNED down", "The mill burned up in 1904"])
    (('The mill burned up in 1904', 'The mill burned down in 1904.'),)
    """
    if is_too_large(text):
        return ()
    sentences = [sentence.text for sentence in parse(text, dialect).sentences]
    texts = [" ".join(sentence.casefold().split()) for sentence in sentences]
    missing = (words for words in phrases if not any(" ".join(words.casefold().split()) in text for text in texts))
    return tuple((words, closest_sentence(words, sentences)) for words in missing)


def missing_statistics(text: str, labels: Sequence[str], dialect: Dialect = _ENGLISH) -> tuple[tuple[str, str], ...]:
    """Return each label that matches no statistic of a text, with the most similar unit or "".

    >>> missing_statistics("In 2012, 21 million victims were counted.", ["victim", "victms"])
    (('victms', 'victims'),)
    """
    if is_too_large(text):
        return ()
    document = parse(text, dialect)
    headers = {(cell.text, cell.location.section): cell.label for cell in document.sentences if cell.label}
    texts, units = list[str](), dict[str, None]()
    for statistic in document.statistics:
        sentence, section = statistic.sentence, statistic.location.section
        texts.append(searchable_text(statistic, sentence, headers.get((sentence, section), ""), *section))
        units[statistic.quantity.unit or ""] = None
    missing = (label for label in labels if not any(has_words(label, text) for text in texts))
    return tuple((label, _nearest(label, units)) for label in missing)


def missing_headings(text: str, headings: Sequence[str], dialect: Dialect = _ENGLISH) -> tuple[tuple[str, str], ...]:
    """Return each heading that a text does not have, with the most similar one or "".

    >>> missing_headings("== Boats and ships ==", ["boats and sloops", "boats and SHIPS"])
    (('boats and sloops', 'Boats and ships'),)
    """
    if is_too_large(text):
        return ()
    known = {section.path[-1].casefold(): section.path[-1] for section in parse(text, dialect).sections if section.path}
    missing = ((heading, heading.casefold()) for heading in headings if heading.casefold() not in known)
    return tuple((heading, known.get(_nearest(folded, known), "")) for heading, folded in missing)


def _nearest(words: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(words, known, n=1)), "")


def compare(before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
    """Compare two revisions; if one text is hidden, it does not count as empty, and nothing is compared."""
    comparison = Comparison()
    if before.wikitext is not None and after.wikitext is not None:
        comparison = compare_wikitext(
            before.wikitext, after.wikitext, policy=policy, wiki=dialect, title=after.revision.article.title
        )
    return replace(comparison, article=after.revision.article, before=before.revision, after=after.revision)


def as_restoration(
    comparison: Comparison, earlier: Revision, undoes: Callable[[Finding], bool] = lambda _: True
) -> Comparison:
    """Lower the findings of an edit that restores the text of an earlier revision, which readers have already seen.

    Only findings for which `undoes` is true are lowered, and none about a pinned sentence, which is always reported.
    """
    reason = Reason(code=RESTORATION, text=f"the edit restores revision {earlier.id} of {earlier.at:%Y-%m-%d}")
    findings = (
        replace(
            finding,
            severity=min(finding.severity, Severity.LOW)
            if undoes(finding) and not finding.change.is_pinned
            else finding.severity,
            reasons=(*finding.reasons, reason),
        )
        for finding in comparison.findings
    )
    return replace(comparison, findings=tuple(findings))


def compare_images(
    before: Snapshot,
    after: Snapshot,
    old: Mapping[str, tuple[str | None, str | None]],
    new: Mapping[str, tuple[str | None, str | None]],
    *,
    policy: Policy,
    dialect: Dialect,
) -> Comparison:
    """Compare the images of one text at two times; `old` and `new` map file names to SHA-1 (hex) and URL, or None."""
    figures = parse(after.wikitext or "", dialect).figures
    was_seen, is_seen = ({file: sha1 for file, (sha1, _) in side.items()} for side in (old, new))
    changes = []
    for change in image_changes(was_seen, is_seen, figures):
        was, now = change.old, change.new
        assert isinstance(was, Figure)
        assert isinstance(now, Figure)
        changes.append(
            replace(change, old=replace(was, url=_web(old[was.file][1])), new=replace(now, url=_web(new[now.file][1])))
        )
    findings = lowered_by_namespace(judge(changes, policy), after.revision.article.title, dialect)
    comparison = _limited(Comparison(), tuple(findings))
    return replace(comparison, article=after.revision.article, before=before.revision, after=after.revision)


def _web(url: str | None) -> str | None:
    """Return a URL if it may be used as a link, else None."""
    return url if url and url.startswith(("https://", "http://")) else None
