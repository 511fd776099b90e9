"""Index what watched articles cite from works, and say which of them give the number of one work differently."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from snapshots.cited_statistics import CitedUpdate
from watcher.errors import Corrupt, Missing, StoreError
from watcher.model import Article, Change, Comparison, Finding, Kind, Reason, Severity, Statistic
from watcher.model.cited import ArticleStatistic, Contradiction
from watcher.model.serialization import decimal_text
from watcher.services.context import AppContext
from watcher.services.mutes import mutes_sentence
from watcher.urls import index_php_url

_AT_ONCE: Final = 200
_LOG: Final = logging.getLogger(__name__)


def index_statistics(services: AppContext, article: Article) -> None:
    """Bring the index of an article up to its last judged revision; an edit costs the paragraphs that it changed.

    A text that cannot be read any more (hidden, removed) has no statistics. Raises StoreError.
    """
    from watcher.judge.contradictions import contradictions
    from watcher.parse.cited import CITED_VERSION, cited_statistics

    index = services.archive.cited_statistics
    cursor, before = services.archive.revisions.cursor(article), index.indexed(article, CITED_VERSION)
    if cursor is None or cursor.id == before:
        return
    old = None if before is None else _text(services, article, before)
    new = _text(services, article, cursor.id) or ""
    changes = cited_statistics(old, new, services.dialect(article.wiki), article.title)
    update = CitedUpdate(
        before=before,
        revision_id=cursor.id,
        at=cursor.at,
        version=CITED_VERSION,
        gone=changes.gone,
        added=changes.added,
    )
    index.apply(article, update, contradictions, languages(services), services.now())


def stale_articles(services: AppContext, limit: int) -> tuple[Article, ...]:
    """Return articles whose index lags behind: after a first check, a killed process, an upgrade. Raises StoreError."""
    from watcher.parse.cited import CITED_VERSION

    return services.archive.cited_statistics.stale(CITED_VERSION, [*languages(services)], limit)


def refresh_index(services: AppContext, articles: Iterable[Article]) -> None:
    """Index some articles; one on which that fails is left as it is, for its check did all else. Raises StoreError."""
    for article in articles:
        try:
            index_statistics(services, article)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  a defect here must not look like a failed check
            _LOG.warning(
                "the statistics of page %s of %s were not indexed (%s)",
                article.page_id,
                article.wiki,
                type(error).__name__,
            )


def _text(services: AppContext, article: Article, revision_id: int) -> str | None:
    with suppress(Missing, Corrupt):  # removed by retention, or damaged, which `watcher verify` tells
        return services.archive.revisions.snapshot(article.wiki, revision_id).wikitext
    return None


def languages(services: AppContext) -> Mapping[str, str]:
    """Return the language of every wiki by its name."""
    return {wiki.name: wiki.language for wiki in services.watchlist.wikis}


def with_other_articles(services: AppContext, comparison: Comparison) -> Comparison:
    """Say with each alerted value which other watched articles still state the old one from the same work.

    Raises StoreError.
    """
    article, findings = comparison.article, list(comparison.findings)
    asked = [number for number, finding in enumerate(findings) if _may_be_elsewhere(finding)]
    if article is None or not asked:
        return comparison
    # Until the comparison is committed, what the article stated before it is what is indexed.
    own = services.archive.cited_statistics.of_article(article, languages(services))
    for number in asked:
        change = findings[number].change
        stated = next((item for item in own if _is_old_side(item, change)), None)
        if stated and (others := _still_stating(services, article, stated)):
            reason = _reason(services, stated, others)
            findings[number] = replace(findings[number], reasons=(*findings[number].reasons, reason))
    return replace(comparison, findings=tuple(findings))


def _may_be_elsewhere(finding: Finding) -> bool:
    change = finding.change
    moved = any(field.name in ("value", "low", "high") for field in change.fields)
    return change.kind is Kind.STATISTIC_CHANGED and moved and finding.severity >= Severity.MEDIUM


def _is_old_side(item: ArticleStatistic, change: Change) -> bool:
    assert isinstance(change.old, Statistic)
    stated, old = item.statistic.quantity, change.old.quantity
    return item.statistic.sentence == change.old_sentence and (stated.text, stated.start) == (old.text, old.start)


def _still_stating(services: AppContext, article: Article, stated: ArticleStatistic) -> list[Article]:
    """Return the other watched articles that state this value of the same work, each once."""
    from watcher.judge.contradictions import agree, same_statistic

    works = [work.identity for work in stated.statistic.works]
    found = services.archive.cited_statistics.elsewhere(article, works, languages(services))
    others = dict.fromkeys(item.article for item in found if agree(stated, item) and same_statistic(stated, item))
    return [other for other in others if services.index.watch_of(other)]


def _reason(services: AppContext, stated: ArticleStatistic, others: list[Article]) -> Reason:
    first, more = others[0], len(others) - 1
    name = f"“{first.title}”" + (f" on {first.wiki}" if first.wiki != stated.article.wiki else "")
    which = f"{name} and {more} more still state" if more else f"{name} still states"
    text = f"{which} {stated.statistic.quantity.text} from this source"
    return Reason(code="stated-elsewhere", text=text, url=article_url(services, first) or "")


def article_url(services: AppContext, article: Article) -> str | None:
    """Return the address of an article on its wiki; None where the wiki is not in the list any more."""
    site = next((wiki for wiki in services.watchlist.wikis if wiki.name == article.wiki), None)
    return f"{index_php_url(site.api)}?curid={article.page_id}" if site else None


def standing(
    services: AppContext, *, before: int | None = None, article: Article | None = None
) -> Iterator[Contradiction]:
    """Yield the contradictions between watched articles, the newest first, without those that a mute covers.

    A mute counts that names words of one of the two sentences, or a whole article, and no rule. Raises StoreError.
    """
    mutes = [mute for mute in services.archive.mutes.list_open() if mute.rule is None]
    watched: dict[Article, bool] = {}
    while True:
        page = services.archive.cited_statistics.contradictions(
            languages(services), before=before, article=article, limit=_AT_ONCE
        )
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


def contradiction_json(services: AppContext, item: Contradiction) -> dict[str, Any]:
    """Return a contradiction as the command and the API list it."""
    return {
        "id": item.id,
        "found_at": item.at.isoformat(),
        "source": item.first.statistic.source,
        "works": sorted(
            {work.identity for work in item.first.statistic.works} & {w.identity for w in item.second.statistic.works}
        ),
        "unit": item.first.statistic.quantity.unit or item.second.statistic.quantity.unit,
        "year": item.first.statistic.year or item.second.statistic.year,
        "values": [_side(services, side) for side in (item.first, item.second)],
    }


def _side(services: AppContext, side: ArticleStatistic) -> dict[str, Any]:
    quantity = side.statistic.quantity
    return {
        "wiki": side.article.wiki,
        "page_id": side.article.page_id,
        "title": side.article.title,
        "url": article_url(services, side.article),
        "text": quantity.text,
        **{name: decimal_text(getattr(quantity, name)) for name in ("value", "low", "high")},
        "section": side.statistic.section,
        "label": side.statistic.label,
        "sentence": side.statistic.sentence,
        "since": side.since.isoformat() if side.since else None,
    }
