"""Watches → their pages polled, new revisions stored, judged and queued: what `watcher check` and the flows both do."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flows import pictures
from flows.failing import record_failure
from flows.following import keep_up
from flows.measuring import counted
from flows.muting import end_mutes
from flows.outcome import Outcome, State
from flows.polling import FAILURES, Standing, recover, stand, with_title
from flows.services import Services
from flows.surveying import survey
from flows.telling import decide
from snapshots import Checked
from watcher.config import Watch, policy_of
from watcher.errors import StoreError, WatcherError
from watcher.model import Article, Revision, Severity, Snapshot
from watcher.model.limits import TOO_LARGE, says_too_large

_STORED_AT_ONCE: Final = 50  # revisions: what is fetched is kept although the rest of the walk may fail
_LONGEST_HOLD: Final = 6  # settle times: a page that is edited all the time is judged at last


_LOG = logging.getLogger(__name__)


def check(services: Services, watches: Sequence[Watch]) -> Iterator[Outcome]:
    """One pass over some watches: an Outcome each, as soon as it is known; a failure touches its own article only.

    Those that are paused are passed over.

    Raises StoreError when the database fails two articles in a row: then it fails all.
    """
    end_mutes(services)
    awake = [watch for watch in watches if not watch.paused]
    yield from counted(services.counts, _outcomes(services, awake), services.now, services.owner)
    services.counts.add("runs", 1, kind="check")


def _outcomes(services: Services, watches: Sequence[Watch]) -> Iterator[Outcome]:
    troubled = False
    for watch, found in survey(services, watches):
        outcome = found if isinstance(found, Outcome) else check_page(services, watch, found)
        if isinstance(outcome.error, StoreError) and troubled:
            raise outcome.error
        troubled = isinstance(outcome.error, StoreError)
        yield outcome


def _failed(services: Services, watch: Watch, article: Article | None, error: Exception) -> Outcome:
    if isinstance(error, StoreError):
        return Outcome(watch=watch, state=State.FAILED, text=str(error), error=error)
    with suppress(StoreError):
        if article is None:
            services.archive.missed(watch.wiki, watch.title, str(error), services.now())
        elif services.archive.checked(article, services.now(), str(error)) >= FAILURES:
            services.archive.event(article, "fetch-failed", str(error), services.now())
    return Outcome(watch=watch, state=State.FAILED, text=str(error), error=error)


def check_page(services: Services, watch: Watch, standing: Standing) -> Outcome:
    """Check one page; the broad guard of the flows: whatever one article does, the others are checked."""
    article = standing.known
    try:
        article, latest = stand(services, watch, standing)
        outcome = pictures.follow(services, watch, article, standing.digests, _follow(services, watch, article, latest))
        if outcome.state is not State.BUSY:
            services.archive.checked(article, services.now(), None)
            recover(services, article, text_seen=outcome.state is not State.SETTLING)
            if standing.known is None or outcome.state is State.BASELINE:
                services.archive.arrived(watch.wiki, watch.title, services.now())
        if outcome.revisions:
            keep_up(services, article)
    except WatcherError as error:
        return _failed(services, watch, article, error)
    except Exception as error:  # noqa: BLE001  a defect in one article's check must not stop the others
        story = WatcherError(
            f"{watch.title}: {type(error).__name__} during the check; run it with --debug and report it"
        )
        story.__cause__ = error
        _LOG.debug("%s", story, exc_info=error)
        return _failed(services, watch, article, story)
    return with_title(outcome, article)


def _follow(services: Services, watch: Watch, article: Article, latest: int) -> Outcome:
    """Store what is new, and judge it when it has settled; an unchanged page costs no lease."""
    cursor = services.archive.cursor(article)
    if cursor and cursor.id == latest:
        return Outcome(watch=watch, state=State.UNCHANGED, text=f"nothing since revision {cursor.id}")
    if not services.leases.take(article):
        return Outcome(watch=watch, state=State.BUSY, text="another worker is at it")
    try:
        cursor = services.archive.cursor(article)
        if cursor is None:
            return _baseline(services, watch, article, None)
        newest, fetched = _store_new(services, article, cursor, latest)
        if newest.id == cursor.id:
            return Outcome(watch=watch, state=State.UNCHANGED, text=f"nothing since revision {cursor.id}")
        return replace(_judge(services, watch, article, cursor, newest), revisions=fetched)
    finally:
        services.leases.give_back(article)


def _baseline(services: Services, watch: Watch, article: Article, hidden: Revision | None) -> Outcome:
    """Start from the text that readers see now; `hidden` is a cursor without a text, which says nothing."""
    snapshot = services.client(article.wiki).newest(article)
    if snapshot.wikitext is None:
        services.archive.store(article, [snapshot])
        return _waiting(services, watch, article, snapshot.revision)
    now = services.now()
    done = services.archive.commit(
        Checked(
            article=article,
            before=hidden,
            after=snapshot.revision,
            snapshots=(snapshot,),
            now=now,
            owner=services.owner,
        )
    )
    if done is None:
        return Outcome(watch=watch, state=State.BUSY, text="another worker began with it meanwhile")
    text = f"watching from revision {snapshot.revision.id} on"
    return Outcome(watch=watch, state=State.BASELINE, text=text, revisions=1)


def _waiting(services: Services, watch: Watch, article: Article, revision: Revision) -> Outcome:
    if says_too_large(revision.size):
        kind, told = "too-large", f"revision {revision.id} ({_size(revision)}) is {TOO_LARGE}"
    else:
        kind, told = "hidden", f"the text of revision {revision.id} is hidden"
    services.archive.event(article, kind, told, services.now(), revision.id)
    return Outcome(watch=watch, state=State.SETTLING, text=f"{told}; waiting for the next one")


def _size(revision: Revision) -> str:
    return f"{(revision.size or 0) / 2**20:,.0f} MiB"


def _store_new(services: Services, article: Article, cursor: Revision, latest: int) -> tuple[Revision, int]:
    """Store what came after the newest stored revision; the one that readers see now, and how many were new."""
    archive, client = services.archive, services.client(article.wiki)
    newest = archive.newest(article) or cursor
    count = 0
    if newest.id != latest:
        count = sum(archive.store(article, batch) for batch in _batches(client.revisions_since(article, newest)))
        newest = archive.newest(article) or newest
    if newest.id == latest or (count and newest.id > latest):
        return newest, count
    # What readers see lies before what is stored: a part of the history was restored, or a clock was set back.
    shown = client.newest(article)
    count += archive.store(article, [shown])
    return shown.revision, count


def _batches(walk: Iterator[Snapshot]) -> Iterator[list[Snapshot]]:
    """Snapshots in groups; where the walk breaks off, what came before is given out first, then the error."""
    batch: list[Snapshot] = []
    while True:
        try:
            batch.append(next(walk))
        except StopIteration:
            break
        except WatcherError:
            yield batch
            raise
        if len(batch) == _STORED_AT_ONCE:
            yield batch
            batch = []
    yield batch


def _judge(services: Services, watch: Watch, article: Article, cursor: Revision, newest: Revision) -> Outcome:
    """Compare the last judged revision with what readers see, and commit all that follows from it at once."""
    archive = services.archive
    pending = archive.revisions(article, after=cursor) or (newest,)
    if cursor.sha1 and cursor.sha1 == newest.sha1:
        return _cancelled(services, watch, cursor, newest, pending)
    settled = _settled(watch, (*pending, newest), services.now())
    if not settled and not watch.critical_bypass:
        return _settling(watch, newest)
    before = archive.snapshot(article.wiki, cursor.id)
    after = archive.snapshot(article.wiki, newest.id)
    if after.wikitext is None:
        return _waiting(services, watch, article, newest)
    if before.wikitext is None:
        return _baseline(services, watch, article, cursor)
    return _weigh(services, watch, before, after, settled=settled)


def _weigh(services: Services, watch: Watch, before: Snapshot, after: Snapshot, *, settled: bool) -> Outcome:
    """Compare and commit; an edit on which that fails is recorded, alerted and passed, for good and only once."""
    dialect = services.dialect(watch.wiki)
    try:
        comparison = services.compare(before, after, policy=policy_of(watch), dialect=dialect)
        if not settled and comparison.worst is not Severity.CRITICAL:
            return _settling(watch, after.revision)
        return decide(services, watch, comparison, before, after)
    except WatcherError:
        raise
    except Exception as error:  # noqa: BLE001  whatever an edit triggers must not end the checks of its article
        return record_failure(services, watch, before, after, error) if settled else _settling(watch, after.revision)


def _settled(watch: Watch, pending: Sequence[Revision], now: datetime) -> bool:
    """Whether the newest edit has stood long enough, or the oldest has waited too long for the page to come to rest."""
    if watch.settle <= timedelta():  # nothing is waited for, however the wiki's clock differs from ours
        return True
    newest, oldest = max(one.at for one in pending), min(one.at for one in pending)
    return now - newest >= watch.settle or now - oldest >= watch.settle * _LONGEST_HOLD


def _settling(watch: Watch, newest: Revision) -> Outcome:
    until = newest.at + watch.settle
    text = f"revision {newest.id} is judged when it has stood until {until:%H:%M:%S} UTC"
    return Outcome(watch=watch, state=State.SETTLING, text=text, until=until)


def _cancelled(
    services: Services, watch: Watch, cursor: Revision, newest: Revision, pending: Sequence[Revision]
) -> Outcome:
    """What came went again: nothing to tell, but it is on record, before the cursor passes it."""
    article, now = newest.article, services.now()
    count = len(pending)
    said = f"revisions {cursor.id} → {newest.id}: no change"
    if count > 1:
        told = f"{count} edits that cancel out: {', '.join(str(one.id) for one in pending[:20])}"
        services.archive.event(article, "cancelled-out", told, now, newest.id)
        said += f", {count} edits that cancel out"
    done = services.archive.commit(Checked(article=article, before=cursor, after=newest, now=now, owner=services.owner))
    if done is None:
        return Outcome(watch=watch, state=State.BUSY, text="another worker judged it meanwhile")
    return Outcome(watch=watch, state=State.QUIET, text=said)
