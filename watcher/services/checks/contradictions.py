"""Index the statistics that watched articles cite from works, and find articles that state one of them differently."""

from __future__ import annotations

import logging
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Any, Final

from watcher.config import Watch
from watcher.errors import Corrupt, Missing, Unavailable
from watcher.model import Article, Cited, Comparison, Kind, Reason, Severity, Snapshot, Statistic
from watcher.model.elements import CITED_VERSION, ArticleStatistic, CitedStatistic, Contradiction, Guard, decimal_text
from watcher.report.labels import index_query
from watcher.services.alerting.alerts import mutes_sentence
from watcher.services.context import AppContext

_AT_ONCE: Final = 200
_MAX_LINKED: Final = 3  # articles, from an alert
# Processor time for each round of checks: alerts come first, and a text of 150 KB takes a fifth of a second.
_MAX_SECONDS: Final = 0.5
_MAX_ARTICLES: Final = 100  # of each wiki in one round
_LOG: Final = logging.getLogger(__name__)


def refresh_index(services: AppContext, watches: Iterable[Watch]) -> None:
    """Index the cited statistics of some outdated articles, as of their last judged revisions; the rest wait.

    Raises StoreError.
    """
    titles: dict[str, list[str]] = defaultdict(list)
    for watch in watches:
        titles[watch.wiki].append(watch.title)
    end = time.process_time() + _MAX_SECONDS
    for wiki, names in titles.items():
        outdated = [*services.archive.articles.with_outdated_index(wiki, names, CITED_VERSION, _MAX_ARTICLES)]
        random.shuffle(outdated)  # pages that are edited all day must not block the others forever
        for article in outdated:
            _index(services, article)
            if time.process_time() >= end:
                return


def _index(services: AppContext, article: Article) -> None:
    from watcher.judge.contradictions import contradictions
    from watcher.parse.cited import cited_statistics

    cursor = services.archive.revisions.cursor(article)
    if cursor is None:
        return
    # An article whose text can no longer be read (hidden, removed), or on which reading fails, is indexed without
    # statistics until it is edited: trying it again and again would block the articles after it.
    statistics: tuple[CitedStatistic, ...] = ()
    try:
        text = services.archive.revisions.snapshot(article.wiki, cursor.id).wikitext or ""
        read = partial(cited_statistics, text, services.dialect(article.wiki), article.title)
        guard = Guard()
        statistics = guard.run(
            read, otherwise=(), element=f"the statistics of page {article.page_id} of {article.wiki}"
        )
        for failed in guard.unread:
            _LOG.warning("page %s of %s was not indexed: %s", article.page_id, article.wiki, failed.reason)
    except (Missing, Corrupt):  # deleted by retention, or damaged, which `watcher verify` reports
        pass
    except Unavailable:  # the wiki was asked for its language: the next round asks again
        return
    index = services.archive.cited_statistics
    index.apply(cursor, statistics, contradictions, services.watchlist.languages, services.now())


def with_other_articles(services: AppContext, comparison: Comparison, before: Snapshot) -> Comparison:
    """Add a reason to each alerted value for which other watched articles still state the old one from the same work.

    `before` is the text that the edit changed. Raises StoreError.
    """
    article, findings = comparison.article, list(comparison.findings)
    alerted = [
        number
        for number, finding in enumerate(findings)
        if finding.change.kind is Kind.STATISTIC_CHANGED
        and finding.severity >= Severity.MEDIUM
        and any(field.name in ("value", "low", "high") for field in finding.change.fields)
    ]
    if article is None or not alerted or services.is_replay:
        return comparison
    from watcher.judge.contradictions import agree, same_statistic
    from watcher.parse.citations.plain_text import work_identities
    from watcher.parse.cited import cited_statistics

    index, by_wiki = services.archive.cited_statistics, services.watchlist.languages
    sources = [source for number in alerted for source in findings[number].change.cited]
    works = {identity for source in sources for identity in work_identities(source)}
    # Reading the whole text takes as long as a comparison: only if others cite these works, or for a short note.
    if all(map(work_identities, sources)) and not index.elsewhere(article, works, by_wiki):
        return comparison
    cited = cited_statistics(before.wikitext or "", services.dialect(article.wiki), article.title)
    own = {(item.sentence, item.quantity.text, item.quantity.start): item for item in cited}
    for number in alerted:
        change = findings[number].change
        assert isinstance(change.old, Statistic)
        item = own.get((change.old_sentence or "", change.old.quantity.text, change.old.quantity.start))
        if item is None:
            continue
        stated = ArticleStatistic(id=0, article=article, statistic=item, language=by_wiki.get(article.wiki, ""))
        # Search by all identities of a work: the other article may give only the URL.
        candidates = index.elsewhere(article, [work.identity for work in item.works], by_wiki)
        same = (other.article for other in candidates if agree(stated, other) and same_statistic(stated, other))
        others = [other for other in dict.fromkeys(same) if services.index.watch_of(other)]
        if others:
            first, more = others[0], len(others) - 1
            name = f"“{first.title}”" + (f" on {first.wiki}" if first.wiki != article.wiki else "")
            which = f"{name} and {more} more still state" if more else f"{name} still states"
            links = [Cited(label=other.title, url=article_url(services, other), status="article") for other in others]
            reason = Reason(
                code="stated-elsewhere",
                text=f"{which} {stated.statistic.quantity.text} from this source",
                articles=tuple(links[:_MAX_LINKED]),
            )
            findings[number] = replace(findings[number], reasons=(*findings[number].reasons, reason))
    return replace(comparison, findings=tuple(findings))


def article_url(services: AppContext, article: Article) -> str | None:
    """Return the URL of an article on its wiki; None if the wiki is no longer in the watchlist."""
    index_url = services.watchlist.index_urls.get(article.wiki)
    return index_query(index_url, curid=article.page_id) if index_url else None


def current_contradictions(services: AppContext, *, before: int | None = None) -> Iterator[Contradiction]:
    """Yield the contradictions between watched articles, the newest first, without muted ones.

    A mute without a rule counts if it covers one of the two sentences or its whole article. Raises StoreError.
    """
    # A mute of a rule applies to findings, and contradictions are not findings.
    mutes = [mute for mute in services.archive.mutes.list_open() if mute.rule is None]
    watched: dict[Article, bool] = {}
    languages = services.watchlist.languages
    while True:
        page = services.archive.cited_statistics.contradictions(languages, before=before, limit=_AT_ONCE)
        for item in page:
            sides = item.first, item.second
            for side in sides:
                if side.article not in watched:
                    watched[side.article] = services.index.watch_of(side.article) is not None
            if all(watched[side.article] for side in sides) and not any(
                mutes_sentence(mute, side.article, side.statistic.sentence) for mute in mutes for side in sides
            ):
                yield item
        if len(page) < _AT_ONCE:
            return
        before = page[-1].id


class DisputedNumber:
    """A number from one work that articles state differently; `stated` are the statements in order of their values.

    `id` is the id of the oldest contradiction, `found_at` when that was found. `source` is the work's name for readers,
    `works` are its identities; `unit` is what is counted or measured, `year` the year that it applies to.
    """

    def __init__(self, oldest: Contradiction, stated: Iterable[ArticleStatistic]) -> None:
        self.id, self.found_at = oldest.id, oldest.at
        numbers = attrgetter("statistic.quantity.value", "statistic.quantity.low", "statistic.quantity.high")
        self.stated = sorted(
            stated, key=lambda item: (next(each for each in numbers(item) if each is not None), item.article.title)
        )
        statistics = [item.statistic for item in self.stated]
        cited = [{work.identity for work in item.works} for item in statistics]
        self.works = sorted(set[str].intersection(*cited) or set[str].union(*cited))
        self.source = next((item.source for item in statistics if item.source), "")
        self.unit = next((item.quantity.unit for item in statistics if item.quantity.unit), None)
        self.year = next((item.year for item in statistics if item.year), None)


def disputed_numbers(
    services: AppContext, *, limit: int, before: int | None = None
) -> tuple[tuple[DisputedNumber, ...], int | None]:
    """Return the disputed numbers of the newest `limit` contradictions, and the id that the next page is `before`."""
    pairs = list(islice(current_contradictions(services, before=before), limit + 1))
    groups: list[dict[int, ArticleStatistic]] = []
    oldest_of: dict[int, Contradiction] = {}
    # Oldest first, as a number is as old as its first contradiction.
    for item in reversed(pairs[:limit]):
        sides = {side.id: side for side in (item.first, item.second)}
        joined = [group for group in groups if group.keys() & sides.keys()]
        groups = [group for group in groups if group not in joined]
        groups.append({number: side for group in (*joined, sides) for number, side in group.items()})
        oldest_of.setdefault(item.first.id, item)
        oldest_of.setdefault(item.second.id, item)

    numbers = (
        DisputedNumber(min((oldest_of[number] for number in group), key=lambda item: item.id), group.values())
        for group in groups
    )
    following = pairs[limit - 1].id if len(pairs) > limit else None
    return tuple(sorted(numbers, key=lambda number: -number.id)), following


def disputed_json(services: AppContext, number: DisputedNumber) -> dict[str, Any]:
    """Return a disputed number as the command and the API list it, in JSON form."""
    stated = [
        {
            "article": {"wiki": item.article.wiki, "page_id": item.article.page_id, "title": item.article.title},
            "url": article_url(services, item.article),
            "text": item.statistic.quantity.text,
            **{name: decimal_text(getattr(item.statistic.quantity, name)) for name in ("value", "low", "high")},
            "section": item.statistic.section,
            "label": item.statistic.label,
            "sentence": item.statistic.sentence,
            "since": item.since.isoformat() if item.since else None,
        }
        for item in number.stated
    ]
    return {
        "id": number.id,
        "found_at": number.found_at.isoformat(),
        "source": number.source,
        "works": number.works,
        "unit": number.unit,
        "year": number.year,
        "stated": stated,
    }
