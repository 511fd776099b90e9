"""Ask the wiki whether two names lead to one page: then a name took the place of another name of the same thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from watcher.config import Watch
from watcher.errors import FETCH_ERRORS
from watcher.model import Change, Comparison, Finding, Kind, Reason, Severity
from watcher.services.context import AppContext
from watcher.text.links import link_targets

_LINK: Final = "link"  # the field of a link that leads elsewhere
_NAMES: Final = frozenset({_LINK, "entity", "definition", "predicate", "cell"})  # where a name may replace another
_MOST_TITLES: Final = 50  # of one comparison: what one request may ask for
_MOST_KEPT: Final = 10_000
_AGE: Final = timedelta(hours=1)


def with_redirects(services: AppContext, watch: Watch, comparison: Comparison) -> Comparison:
    """Lower what only calls a linked page by another of its names, as when a link to a redirect is mended.

    The wiki is asked once, and only where an alert depends on it; without an answer the findings stay as they are.
    """
    asked = {
        number: names
        for number, finding in enumerate(comparison.findings)
        if finding.severity >= watch.threshold and (names := _names(finding))
    }
    titles = [*dict.fromkeys(title for names in asked.values() for pair in names for title in pair)][:_MOST_TITLES]
    pages = _page_ids(services, watch.wiki, titles)
    findings = list(comparison.findings)
    for number, names in asked.items():
        if all(pages.get(old) and pages.get(old) == pages.get(new) for old, new in names):
            text = "; ".join(f"“{old}” and “{new}” are names of one page" for old, new in names)
            reason = Reason(code="same-page", text=text)
            reasons = (*findings[number].reasons, reason)
            findings[number] = replace(findings[number], severity=Severity.LOW, reasons=reasons)
    return replace(comparison, findings=tuple(findings))


def _page_ids(services: AppContext, wiki: str, titles: Sequence[str]) -> dict[str, int | None]:
    """Look up the ids of the pages that titles lead to, None where there is none; all within the last hour once.

    An edit is judged with each text that somebody was told of, which would ask for the same titles each time.
    """
    now, known = services.now(), services.page_ids.setdefault(wiki, {})
    asked = [title for title in titles if title not in known or abs(now - known[title][0]) > _AGE]
    if asked:
        try:
            pages = services.client(wiki).latest(asked)
        except FETCH_ERRORS:
            return {}
        if len(known) > _MOST_KEPT:
            known.clear()
        numbers = (
            (title, page.article.page_id if page.article else None) for title, page in zip(asked, pages, strict=True)
        )
        known |= {title: (now, number) for title, number in numbers}
    return {title: known[title][1] for title in titles if title in known}


def _names(finding: Finding) -> Sequence[tuple[str, str]]:
    """Return the titles that took the place of each other; () where anything else changed or a name has no link."""
    change = finding.change
    if change.kind is not Kind.CLAIM_CHANGED or change.is_pinned or not change.fields:
        return ()
    pairs = [*_linked(change)]
    return tuple(dict.fromkeys(pairs)) if len(pairs) == len(change.fields) else ()


def _linked(change: Change) -> Iterator[tuple[str, str]]:
    sides = [link_targets(text) for text in change.wikitext]
    for field in change.fields:
        if field.name not in _NAMES or not field.old or not field.new:
            return
        titles = [
            # A field of links has them as wikitext. The others have words of a title that a link shows as it is: under
            # other words a link says nothing of what they name: [[Ada Hill|a thief]].
            next(iter(link_targets(words).values()), "")
            if field.name == _LINK
            else next((title for label, title in links.items() if words in label == title), "")
            for links, words in zip(sides, (field.old, field.new), strict=True)
        ]
        if all(titles):
            yield titles[0], titles[1]
