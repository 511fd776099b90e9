"""Build the alert for a comparison that reaches a watch's threshold, and one delivery for each destination."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from snapshots import NewDelivery, SentFact, UnresolvedFact
from watcher.config import Destination, Watch, Watchlist, accepts, delivery_time
from watcher.model import (
    Alert,
    Claim,
    Comparison,
    Element,
    Figure,
    Finding,
    Notice,
    Reference,
    Revision,
    Section,
    Sentence,
    Statistic,
    Tag,
)
from watcher.model.serialization import decimal_text
from watcher.report import Links
from watcher.urls import index_php_url


def report_links(watchlist: Watchlist, comparison: Comparison) -> Links:
    """Every address that the report of a comparison points to."""
    assert comparison.article
    return Links.on(index_php_url(watchlist.wiki(comparison.article.wiki).api), comparison, home_url=watchlist.base_url)


def build_alert(watchlist: Watchlist, watch: Watch, comparison: Comparison) -> Alert | None:
    """What to tell of a comparison; None when no finding reaches the watch's threshold.

    The key depends on nothing but the revisions, so that a check that is done again makes the same alert.
    """
    hits = comparison.at_least(watch.threshold)
    article, before, after = comparison.article, comparison.before, comparison.after
    if not hits or article is None or before is None or after is None:
        return None
    links = report_links(watchlist, comparison)
    return Alert(
        key=hashlib.sha256(idempotency_seed(comparison).encode()).hexdigest()[:16],
        article=article,
        before=before,
        after=after,
        notices=tuple(to_notice(finding) for finding in hits),
        diff_url=links.diff_url or "",
        report_url=report_url(watchlist, comparison),
        not_listed=comparison.not_listed,
    )


def idempotency_seed(comparison: Comparison) -> str:
    """What was compared with what: the revisions, and the contents of pictures that are others now."""
    article, before, after = comparison.article, comparison.before, comparison.after
    assert article
    assert before
    assert after
    digests = [
        f":{field.new}" for finding in comparison.findings for field in finding.change.fields if field.name == "sha1"
    ]
    return f"{article.wiki}:{article.page_id}:{before.id}:{after.id}{''.join(digests)}"


def report_url(watchlist: Watchlist, comparison: Comparison) -> str | None:
    """Where the review pages show a comparison; None when nobody serves them."""
    if not (watchlist.base_url and comparison.article and comparison.before and comparison.after):
        return None
    wiki, old, new = comparison.article.wiki, comparison.before.id, comparison.after.id
    return f"{watchlist.base_url.rstrip('/')}/compare/{wiki}/{old}/{new}"


def to_notice(finding: Finding) -> Notice:
    """A finding in the flat words of a message."""
    change = finding.change
    return Notice(
        kind=change.kind,
        severity=finding.severity,
        section=change.location.section,
        summary=finding.summary,
        old_sentence=change.old_sentence,
        new_sentence=change.new_sentence,
        reasons=tuple(reason.code for reason in finding.reasons),
    )


def deliveries_for(watchlist: Watchlist, watch: Watch, alert: Alert, now: datetime) -> tuple[NewDelivery, ...]:
    """One outbox row for each destination that wants at least one of the notices."""
    return tuple(
        delivery_for(destination, alert, now)
        for destination in watchlist.destinations
        if any(accepts(destination, watch, notice) for notice in alert.notices)
    )


def delivery_for(destination: Destination, alert: Alert, now: datetime) -> NewDelivery:
    """The outbox row for one destination, due when it wants to hear of such an alert."""
    not_before, digest = delivery_time(destination, alert, now)
    return NewDelivery(
        destination=destination.name, key=f"{alert.key}-{destination.name}", not_before=not_before, digest=digest
    )


_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 1_000  # characters of a value or sentence: enough to know it again
_FRESH = timedelta(days=1)  # whoever was told of a page today hears of its next edit as an update
_SIMILARITY = 0.5  # share of common words; two neighbouring sentences of one article rarely reach 0.3


def sent_fact_of(finding: Finding) -> SentFact | None:
    """What a finding says in comparable texts; None where it names no value (something only moved)."""
    change = finding.change
    old, new = _value(change.old), _value(change.new)
    if old == new:
        return None
    sentence = change.new_sentence or change.old_sentence or ""
    return SentFact(subject=change.kind.subject, old=old, new=new, sentence=" ".join(sentence.split())[:_LONGEST])


def _value(element: Element | None) -> str | None:
    """A text that is equal for equal things."""
    match element:
        case None:
            return None
        case Statistic(quantity=quantity):
            numbers = (decimal_text(number) or "" for number in (quantity.value, quantity.low, quantity.high))
            return f"{quantity.measure.value} {' '.join(numbers)} {quantity.qualifier or ''}".strip()
        case Claim(text=text) | Sentence(text=text):
            value = " ".join(text.casefold().split())
        case Section(path=path):
            value = " › ".join(path)
        case Figure(file=file, caption=caption, sha1=sha1):
            value = f"{file} {caption}{' ' if sha1 else ''}{sha1 or ''}"
        case Reference(source=source, key=key, title=title, url=url, date=date):
            value = " ".join(part or "" for part in (source or key, title, url, date))
        case Tag(name=name, sentence=sentence):
            value = f"{name} {sentence}"
    return value[:_LONGEST]


def similar_sentences(first: str, other: str) -> bool:
    """Whether two sentences are the same but for their numbers and some words."""
    if first == other:
        return True
    words, others = _words(first), _words(other)
    return bool(words & others) and len(words & others) >= _SIMILARITY * len(words | others)


@lru_cache(maxsize=8_192)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def facts_undone_by(now: SentFact, unresolved: Sequence[UnresolvedFact]) -> tuple[UnresolvedFact, ...]:
    """What this finding takes back: the entry whose old value is there again, and all later ones of that chain."""
    chain = [fact for fact in unresolved if _same_thing(fact.fact, now)]
    values = {fact.fact.new for fact in chain}
    for location, item in enumerate(chain):
        # where nothing is there again, only the thing that was told can be meant
        if item.fact.old == now.new and (now.new is not None or now.old in values):
            return tuple(chain[location:])
    return ()


def facts_reverted_by(after: Revision, unresolved: Sequence[UnresolvedFact]) -> tuple[UnresolvedFact, ...]:
    """What is told no longer because the whole text is again what it was before it."""
    for location, fact in enumerate(unresolved):
        if after.sha1 and after.sha1 == fact.before.sha1:
            return tuple(unresolved[location:])
    return ()


def thread_key(destination: str, facts: Sequence[SentFact], unresolved: Sequence[UnresolvedFact], now: datetime) -> str:
    """The key of the message that news for a destination follows; empty where it begins a thread.

    It follows the last one that was about the same thing, else the last one of the day about the page.
    """
    result = recent = ""
    for fact in unresolved:
        for name, key, at in fact.threads:
            if name == destination:
                recent = key if now - at <= _FRESH else recent
                result = key if any(_same_thing(fact.fact, entry) for entry in facts) else result
    return result or recent


def _same_thing(fact: SentFact, other: SentFact) -> bool:
    return fact.subject == other.subject and similar_sentences(fact.sentence, other.sentence)


def already_sent(now: SentFact, unresolved: Iterable[UnresolvedFact]) -> bool:
    """Whether this was told already in the very same words and stands."""
    return any(fact.fact == now for fact in unresolved)
