"""Build the alert for a comparison that reaches a watch's threshold, and one delivery for each destination.

Muted findings are left out. A destination's `group_by`, `group_wait` and `group_interval` decide which alerts are sent
as one message, and when.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

from snapshots import Mute, NewDelivery, OutgoingAlert, SentFact, StatedFact
from watcher import model
from watcher.config import Destination, Watch, Watchlist, accepts, delivery_time, filter_alert
from watcher.model.changes import Change, uploaded_file
from watcher.model.elements import decimal_text
from watcher.report import Links
from watcher.report.labels import file_url, headline, revision_url, sources
from watcher.services.alerting.facts import is_same_thing
from watcher.services.context import AppContext

PAGE_RULE: Final = "page_replaced"
"""The rule of a finding about a whole page."""


def endpoints(comparison: model.Comparison) -> tuple[model.Article, model.Revision, model.Revision]:
    """Return the article and both revisions of a comparison; every comparison of a watched page has them."""
    assert comparison.article
    assert comparison.before
    assert comparison.after
    return comparison.article, comparison.before, comparison.after


def report_links(watchlist: Watchlist, comparison: model.Comparison) -> Links:
    """Build the links of a comparison's report."""
    article, _, _ = endpoints(comparison)
    index_url, language = watchlist.index_urls[article.wiki], watchlist.languages[article.wiki]
    return Links.on(index_url, comparison, home_url=watchlist.base_url, language=language)


def build_alert(watchlist: Watchlist, watch: Watch, comparison: model.Comparison) -> model.Alert | None:
    """Build the alert for a comparison; None if no finding reaches the watch's threshold and passes its filters."""
    severe = comparison.at_least(watch.threshold)
    hits = [finding for finding in severe if not finding.filtered]
    if not hits or comparison.article is None or comparison.before is None or comparison.after is None:
        return None
    # If an edit replaced the page, its other findings follow from that; critical ones and pinned sentences stay.
    causes = {finding.edits for finding in hits if finding.rule == PAGE_RULE}
    listed = [
        finding
        for finding in hits
        if finding.edits not in causes or finding.severity is model.Severity.CRITICAL or finding.change.is_pinned
    ]
    alert = new_alert(watchlist, comparison, [to_notice(watchlist, comparison, finding) for finding in listed])
    return replace(alert, not_listed=alert.not_listed + len(hits) - len(listed), filtered=len(severe) - len(hits))


def new_alert(
    watchlist: Watchlist,
    comparison: model.Comparison,
    notices: Iterable[model.Notice],
    *,
    prefix: str = "",
    topic: model.AlertTopic = model.AlertTopic.CHANGE,
) -> model.Alert:
    """Build an alert about a comparison; `prefix` keeps its key apart from those of alerts about the same revisions."""
    article, before, after = endpoints(comparison)
    # An upload leaves the page's revision as it is: only the digests of the files tell two uploads apart.
    digests = [
        f":{field.new}" for finding in comparison.findings for field in finding.change.fields if field.name == "sha1"
    ]
    # The rendered text of one revision may change with each edit of a page that it transcludes.
    at = f":{after.at.isoformat()}" if comparison.is_rendered else ""
    seed = f"{article.wiki}:{article.page_id}:{before.id}:{after.id}{''.join(digests)}{at}"
    return model.Alert(
        key=key_of(f"{prefix}{seed}"),
        article=article,
        before=before,
        after=after,
        notices=tuple(notices),
        diff_url=report_links(watchlist, comparison).diff_url or "",
        report_url=report_url(watchlist, comparison),
        topic=topic,
        language=watchlist.wiki(article.wiki).language,
        not_listed=comparison.not_listed if topic is model.AlertTopic.CHANGE else 0,
    )


def key_of(seed: str) -> str:
    """Derive an alert's key from what it is about: a repeated check builds the same alert, which is sent once."""
    return hashlib.sha256(seed.encode()).hexdigest()[:16]


def with_keys(alerts: Mapping[model.Alert, Sequence[NewDelivery]]) -> Iterator[OutgoingAlert]:
    """Give each alert a unique key: destinations that know different facts get different alerts about one edit."""
    used = set[str]()
    for alert, drafts in alerts.items():
        key = alert.key
        while key in used:
            key = key_of(f"{len(used)}:{key}")
        used.add(key)
        deliveries = tuple(replace(draft, key=f"{key}-{draft.destination}") for draft in drafts)
        yield OutgoingAlert(alert=replace(alert, key=key), deliveries=deliveries)


def report_url(watchlist: Watchlist, comparison: model.Comparison) -> str | None:
    """Return the URL of a comparison on the review pages; None without a `base_url`."""
    if not watchlist.base_url:
        return None
    article, before, after = endpoints(comparison)
    return f"{watchlist.base_url.rstrip('/')}/compare/{article.wiki}/{before.id}/{after.id}"


def finding_token(kind: str, section: Sequence[str], summary: str) -> str:
    """Return a token that identifies a finding of a comparison in a URL, before the finding has an id."""
    return key_of("\n".join((kind, *section, summary)))


def to_notice(watchlist: Watchlist, comparison: model.Comparison, finding: model.Finding) -> model.Notice:
    """Reduce a finding to what a message shows, with a link to its edit if a single edit made it."""
    change, edits = finding.change, finding.edits
    report = report_url(watchlist, comparison)
    token = finding_token(change.kind, change.location.section, finding.summary)
    only = edits[0] if len(edits) == 1 else None
    diff_url = ""
    if only:
        index_url, file = watchlist.index_urls[only.article.wiki], uploaded_file(change)
        diff_url = revision_url(index_url, only) if file is None else file_url(index_url, file)
    match change.old or change.new:
        case model.Reference(source=name) | model.Tag(name=name):
            pass
        case _:
            name = ""
    return model.Notice(
        old_text=headline(change.old, qualified=True),
        new_text=headline(change.new, qualified=True),
        old_value=_exact_value(change.old),
        new_value=_exact_value(change.new),
        kind=change.kind,
        severity=finding.severity,
        section=change.location.section,
        summary=finding.summary,
        old_sentence=change.old_sentence,
        new_sentence=change.new_sentence,
        reasons=tuple(reason.code for reason in finding.reasons),
        edits=edits,
        diff_url=diff_url,
        explanations=tuple(reason.text for reason in finding.reasons),
        sources=(*finding.read_sources, *sources(change, {}, frozenset()), *finding.articles),
        review_url=f"{report}?finding={token}" if report else "",
        through=finding.through,
        label=change.label if change.where in (model.TextKind.INFOBOX, model.TextKind.TABLE) else "",
        element_name=finding.through[0] if finding.through else name,
    )


def _exact_value(element: model.Element | None) -> str | None:
    return decimal_text(element.quantity.value) if isinstance(element, model.Statistic) else None


def is_accepted(destination: Destination, watch: Watch, alert: model.Alert) -> bool:
    """Return whether a destination accepts at least one of the notices."""
    return any(accepts(destination, watch, notice) for notice in alert.notices)


_FRESH: Final = timedelta(days=1)  # how long later alerts about the page join the thread of an alert


def thread_of(facts: Sequence[SentFact], stated: Sequence[StatedFact], now: datetime) -> tuple[str, bool]:
    """Return the key of the thread that a new message joins, and whether it updates an earlier message there.

    It joins the last message about the same element, as an update, else the last one about the page within a day. The
    key is empty if it starts a thread. `stated` are the facts that the destination knows.
    """
    same = next(
        (known.thread for known in reversed(stated) if any(is_same_thing(known.fact, each) for each in facts)), ""
    )
    recent = (known.thread for known in reversed(stated) if now - known.stated_at <= _FRESH)
    return same or next(recent, ""), bool(same)


_MAX_LABELS: Final = 5  # of one kind: none of fifty changed sources is typical of an edit
_ARTICLE: Final = "article"


def group_labels(destination: Destination, alert: model.Alert) -> tuple[str, ...]:
    """Return the labels by which an alert is grouped with others: words of `group_by`, each with a digest."""
    if alert.topic in (model.AlertTopic.OPERATOR, model.AlertTopic.TEST):
        return ()
    features = [(_ARTICLE, f"{alert.article.wiki}:{alert.article.page_id}")]
    for notice in sorted(alert.notices, key=lambda notice: -notice.severity):
        if notice.old_sentence or notice.new_sentence:  # the same for an edit and its revert
            sides = sorted((notice.old_sentence or "", notice.new_sentence or ""))
            features.append((f"{_ARTICLE}-sentence", "\n".join(sides)))
        if notice.element_name:
            is_source = notice.kind.value.startswith("reference.")
            features.append(("source" if is_source else "template", notice.element_name))
        features += [
            ("editor_and_summary", edit.series or f"{edit.article.wiki}:{edit.editor}\n")
            for edit in notice.edits or (alert.after,)
            if edit.editor
        ]
    labels: dict[str, dict[str, None]] = {}
    for word, text in features:
        of_word = labels.setdefault(word, {})
        if word.partition("-")[0] in destination.group_by and len(of_word) < _MAX_LABELS:
            digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
            of_word[f"{word}:{digest}"] = None
    return tuple(label for of_word in labels.values() for label in of_word)


def delivery_for(destination: Destination, alert: model.Alert, now: datetime) -> NewDelivery:
    """Build the delivery to one destination, due at the time that its settings give."""
    # A resolution is not urgent.
    severity = model.Severity.INFO if alert.is_resolved else filter_alert(destination, alert).worst
    labels = group_labels(destination, alert)
    # A critical alert does not wait for others of its group, and a digest has its own schedule.
    waits = labels and severity < model.Severity.CRITICAL and destination.digest is None
    not_before, digest = delivery_time(destination, alert, now + (destination.group_wait if waits else timedelta()))
    return NewDelivery(
        destination=destination.name,
        key=f"{alert.key}-{destination.name}",
        not_before=not_before,
        digest=digest,
        labels=() if digest else labels,
        severity=severity,
    )


def after_group_interval(services: AppContext, outgoing: OutgoingAlert, now: datetime) -> OutgoingAlert:
    """Postpone an alert's deliveries until `group_interval` has passed since the last message of their group.

    A delivery that is more severe than that message is not postponed. Raises StoreError.
    """
    by_name, deliveries = {each.name: each for each in services.watchlist.destinations}, list[NewDelivery]()
    for draft in outgoing.deliveries:
        interval = by_name[draft.destination].group_interval
        # Another alert about the same article is no reason to wait, but one about the same sentence is.
        labels = [label for label in draft.labels if not label.startswith(f"{_ARTICLE}:")]
        last = services.archive.outbox.last_of_group(draft.destination, labels, now - interval) if labels else None
        # A message with a time in the future was recorded while a clock was ahead.
        if last is None or draft.severity > last[1] or last[0] > now + _FRESH:
            deliveries.append(draft)
        else:
            due, _ = delivery_time(by_name[draft.destination], outgoing.alert, last[0] + interval)
            deliveries.append(replace(draft, not_before=max(draft.not_before, due)))
    return replace(outgoing, deliveries=tuple(deliveries))


def active_for(services: AppContext, watch: Watch, now: datetime) -> tuple[Mute, ...]:
    """Return the active mutes; those of the watch's page get the title that the watchlist has.

    A mute keeps the title from when it was set; the page may have been moved and its watch renamed since.
    """
    active = (mute for mute in services.archive.mutes.list_open() if not mute.has_expired(now))
    return tuple(for_watch(services, watch, mute) for mute in active)


def for_watch(services: AppContext, watch: Watch, mute: Mute) -> Mute:
    """Return a mute, with the watchlist's title if it is a mute of the watch's page."""
    # A move changes the title but not the page id: only the id shows whether both titles belong to one page.
    if mute.title in (None, watch.title) or mute.wiki != watch.wiki:
        return mute
    muted = services.archive.articles.find_by_title_or_former_title(watch.wiki, mute.title or "")
    watched = services.index.article_of(watch)
    return Mute(**mute.model_dump() | {"title": watch.title}) if muted is not None and muted == watched else mute


def matches(mute: Mute, watch: Watch, finding: model.Finding) -> bool:
    """Return whether a mute suppresses a finding of this watch: every part that it has must match."""
    if mute.title is not None and (mute.wiki, mute.title) != (watch.wiki, watch.title):
        return False
    # A mute may name a rule or a kind of change, with wildcards: `reference_*` or `reference.*`.
    kinds = {change.kind.value for change in finding.change.cells or (finding.change,)}
    names = (finding.rule, *(kinds if len(kinds) == 1 else ()))
    if mute.rule is not None and not any(fnmatchcase(name, mute.rule) for name in names):
        return False
    if mute.words is None:
        return True
    # A mute of one row must not hide changes of others: every cell has to match.
    texts = [f"{cell.label} {_sentences(cell)}" for cell in finding.change.cells]
    texts = texts or [f"{finding.summary} {_sentences(finding.change)}"]
    return all(normalize(mute.words) in normalize(text) for text in texts)


def mutes_sentence(mute: Mute, article: model.Article, sentence: str) -> bool:
    """Return whether a mute covers every finding about a sentence of an article."""
    if mute.rule is not None or (mute.title is not None and (mute.wiki, mute.title) != (article.wiki, article.title)):
        return False
    return mute.words is None or normalize(mute.words) in normalize(sentence)


def _sentences(change: Change) -> str:
    return f"{change.old_sentence or ''} {change.new_sentence or ''}"


def normalize(text: str) -> str:
    """Return a text as mutes compare it: case-folded, with single spaces."""
    return " ".join(text.casefold().split())


def without_muted(
    comparison: model.Comparison,
    watch: Watch,
    mutes: Sequence[Mute],
    may_resolve: Callable[[model.Finding], bool] = lambda _: False,
    is_queued: Callable[[model.Finding], bool] = lambda _: False,
) -> tuple[model.Comparison, tuple[int, ...]]:
    """Remove the muted findings; also return the ids of the mutes that suppressed something worth an alert.

    That is a finding that reaches the threshold, or that is awaited because it resolves an earlier alert. A mute does
    not withdraw alerts that are already queued.
    """
    kept: list[model.Finding] = []
    by: dict[int, None] = {}
    for finding in comparison.findings:
        muted = [mute.id for mute in mutes if matches(mute, watch, finding)]
        if not muted or is_queued(finding):
            kept.append(finding)
        elif finding.severity >= watch.threshold or may_resolve(finding):
            by |= dict.fromkeys(muted)
    return replace(comparison, findings=tuple(kept)), tuple(by)


def muted_findings(comparison: model.Comparison, watch: Watch, mutes: Iterable[Mute]) -> tuple[tuple[int, int], ...]:
    """Return the positions of the muted findings, which reviewers need not see, each with the id of its first mute."""
    known, findings = tuple(mutes), enumerate(comparison.findings)
    muting = (
        (position, [mute.id for mute in known if matches(mute, watch, finding)]) for position, finding in findings
    )
    return tuple((position, ids[0]) for position, ids in muting if ids)
