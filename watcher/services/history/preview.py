"""Replay the past of an article through the real check, with a virtual clock and a temporary database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from hashlib import sha256
from itertools import islice
from math import inf
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic, time
from typing import Any, Final

from snapshots import Archive
from watcher.config import Destination, Watch, Watchlist
from watcher.config.editor import plain_value
from watcher.config.validators import Secret
from watcher.errors import Missing, StoreError, WatcherError
from watcher.model import Alert, Severity
from watcher.model.changes import SourceChange
from watcher.notify import MessageRenderer, Receiver, sender
from watcher.pipeline import compare as compare_texts
from watcher.private_files import make_folder
from watcher.report.preview import Preview, PreviewMessage, merge_previews
from watcher.services.alerting import delivery, operator_alerts
from watcher.services.checks import page_lists
from watcher.services.checks.check import check
from watcher.services.checks.outcome import CheckOutcome, CheckState
from watcher.services.context import AppContext, Compare
from watcher.services.history import ledger
from watcher.services.history.past import MAX_REVISIONS, PageHistory, ReplayWiki, choose_watch, fetch_history
from watcher.services.operations import startup

_DELIVER_EVERY: Final = timedelta(minutes=1)  # as flows/deployments.py does
_BRIEF_LENGTH: Final = timedelta(days=30)  # of a preview for which somebody waits
_BRIEF_EDITS: Final = 200
_BRIEF_SECONDS: Final = 10.0
_CACHE_SECONDS: Final = 86_400  # how long fetched revisions are reused
_ANOTHER_SOURCE: Final = (SourceChange.CHANGED, SourceChange.ADDED)
_PLACEHOLDER_DESTINATION: Final = Destination.model_validate({"name": "preview", "url": "json://127.0.0.1/"})


def preview(
    watchlist: Watchlist,
    watch: Watch,
    history: PageHistory,
    *,
    seconds: float = inf,
    progress: ledger.ProgressCallback = ledger.no_progress,
    max_for_others: int = 200,
) -> Preview:
    """Return the messages that a watch would have sent for its article's past, and their number with other settings.

    After `seconds` the replay stops, and the preview says so. Other settings are replayed if there are at most
    `max_for_others` revisions. Raises StoreError, and WatcherError if a check fails.
    """
    watch = watch.model_copy(
        update={
            "title": history.article.title,
            # A preview shows what the watch would send, even if it is paused or has expired.
            "paused": False,
            "expires": None,
            # Neither the cited sources nor the rendered text of the time can be fetched any more.
            "source_check": False,
            "rendered": False,
        }
    )
    # Nor is the revert risk requested, which takes one request for each edit.
    sites = (site.model_copy(update={"revert_risk": None}) for site in watchlist.wikis)
    watchlist = replace(watchlist, wikis=tuple(sites))
    if not watchlist.destinations:
        watchlist = replace(watchlist, destinations=(_PLACEHOLDER_DESTINATION,))
        watch = watch.model_copy(update={"destinations": (_PLACEHOLDER_DESTINATION.name,)})
    end = monotonic() + seconds
    # Cached, since comparing takes the most time and other settings compare the same pairs of texts at other times.
    compare = lru_cache(maxsize=None)(compare_texts)

    def play(watch: Watch, progress: ledger.ProgressCallback | None = None) -> _Replay:
        with TemporaryDirectory(prefix="watcher-preview-") as folder:
            # Without `progress` the messages are only counted, so their texts are not composed.
            replay = _Replay(watchlist, watch, history, compare, Path(folder), no_texts=progress is None)
            try:
                replay.run(end, progress or ledger.no_progress)
            finally:
                replay.services.close()
        return replay

    played = play(watch, progress)
    others, is_short = list[tuple[str, int]](), len(history.snapshots) <= max_for_others
    for name, value in _other_settings(watch) if is_short else ():
        other = play(watch.model_copy(update={name: value}))
        if other.until == history.until:
            others.append((f"{name} = {_format_value(value)}", len(other.messages)))
    left_out = f"{history.left_out:,} older edits were left out." if history.left_out else ""
    cut_short = "The time limit was reached before all edits were replayed." if played.until < history.until else ""
    without_others = "" if is_short else "With so many edits, other settings are replayed only if options give them."
    return Preview(
        title=history.article.title,
        wiki=history.article.wiki,
        begin=history.begin,
        until=played.until,
        settings=_played_settings(watch),
        revisions=played.shown - 1,
        messages=tuple(played.messages),
        quiet=dict(played.quiet.most_common()),
        others=tuple(others),
        note=" ".join(filter(None, (left_out, cut_short, without_others))),
    )


def _played_settings(watch: Watch) -> dict[str, str]:
    return {name: _format_value(getattr(watch, name)) for name in ("every", "settle", "threshold")}


def _format_value(value: object) -> str:
    return value.label if isinstance(value, Severity) else str(plain_value(value))


def _other_settings(watch: Watch) -> Iterator[tuple[str, Any]]:
    """Yield single settings whose change would give other messages, each with its new value."""
    hour = timedelta(hours=1)
    yield "settle", hour if watch.settle != hour else timedelta(minutes=10)
    yield from (("threshold", level) for level in Severity if abs(level - watch.threshold) == 1 and level)


@cache
def _new_database() -> bytes:
    """Return an SQLite database with all tables; migrating one for each replay took a third of a short replay."""
    with TemporaryDirectory(prefix="watcher-preview-") as folder:
        file = Path(folder) / "preview.db"
        with Archive(f"sqlite:///{file}", durable=False) as archive:
            archive.upgrade()
        return file.read_bytes()


class _Replay:
    """A run of the checks and deliveries that would have had something to do, at their virtual times."""

    def __init__(
        self, watchlist: Watchlist, watch: Watch, history: PageHistory, compare: Compare, path: Path, *, no_texts: bool
    ) -> None:
        self.watch, self.history, self.now = watch, history, history.begin

        def clock() -> datetime:
            return self.now

        self.wiki = ReplayWiki(history, clock)
        (path / "preview.db").write_bytes(_new_database())
        self.services = AppContext(
            watchlist=replace(watchlist, watches=(watch,), sources=()),
            # Not durable: the database is deleted afterwards, so commits need not wait for the disk.
            archive=Archive(f"sqlite:///{path / 'preview.db'}", now=clock, durable=False),
            now=clock,
            owner="preview",
            make_client=lambda _site, _lock: self.wiki,
            compare=compare,
            is_replay=True,
        )
        self.messages: list[PreviewMessage] = []
        self.quiet = Counter[str]()
        self.shown = self.judged = 0  # revisions
        self.settles: datetime | None = None
        self.due: datetime | None = None  # the next delivery
        self.until = history.begin
        self._no_texts = no_texts
        self._renderer = MessageRenderer(watchlist.templates)
        self._names: dict[Receiver, list[str]] = {}
        # Destinations with the same receiver cannot be told apart by their messages, so they share one entry.
        for destination in watchlist.destinations:
            self._names.setdefault(delivery.receiver_of(destination), []).append(destination.name)

    def run(self, end: float, progress: ledger.ProgressCallback) -> None:
        """Replay the whole past, or as much of it as there is time for."""
        # One transaction for all steps: no other process uses this database, and no step waits for a wiki.
        with self.services.archive.database.transaction():
            self._check()
            is_over = False
            while not is_over and monotonic() < end:
                progress(self.shown, len(self.history.snapshots))
                is_over = self._play_next()

    def _play_next(self) -> bool:
        """Make the next check or delivery; return True if there is none left."""
        # A check has something to do at a new revision, or when one has settled.
        new = self.history.snapshots[self.shown].revision.at if self.shown < len(self.history.snapshots) else None
        check_due = min(filter(None, (new, self.settles)), default=None)
        checked = check_due and self._tick(check_due, self.watch.every)
        delivered = self.due and self._tick(self.due, _DELIVER_EVERY)
        at = min(filter(None, (checked, delivered)), default=None)
        if at is None or at > self.history.until:
            self.until = self.history.until
            return True
        self.until = self.now = at
        if at == checked:
            self._check()
        if self.due and self.due <= at:
            self._deliver()
        return False

    def _tick(self, at: datetime, every: timedelta) -> datetime:
        """Return the first time of a schedule that is not before `at` and is after now."""
        number = -((self.history.begin - at) // every)
        tick = self.history.begin + number * every
        # A scheduled time that is not after now has passed already.
        return tick if tick > self.now else self.now + every

    def _check(self) -> None:
        (outcome,) = check(self.services, [self.watch])
        if outcome.failed and not self.wiki.is_redirect():
            raise outcome.error or WatcherError(outcome.text)
        operator_alerts.queue_event_alerts(self.services)
        self.due = self.services.archive.outbox.next_due()
        self.shown = len(self.wiki.shown())
        self.settles = outcome.until
        if outcome.until and outcome.state is not CheckState.SETTLING:
            # The next check follows at once: the edits after the judged one still wait, but may be critical.
            self.settles = self.now + timedelta.resolution
        if outcome.state not in (CheckState.SETTLING, CheckState.FAILED):
            judged = outcome.comparison.after if outcome.comparison else None
            end = self.shown
            if judged and outcome.until:  # edits after the settled one may still wait
                end = [each.revision.id for each in self.history.snapshots[:end]].index(judged.id) + 1
            self._count_quiet(outcome, end)
            self.judged = end

    def _count_quiet(self, outcome: CheckOutcome, end: int) -> None:
        """Count the edits up to `end`, and the findings, for which nothing is sent, by the reason."""
        before = max(self.judged - 1, 0)
        # An edit is undone if it restores an earlier text, or lies between two equal texts.
        undone, seen = set[int](), dict[str, int]()
        for at, each in enumerate(self.history.snapshots[before:end]):
            if each.revision.sha1:
                undone.update(range(seen.setdefault(each.revision.sha1, at) + 1, at + 1))
        self.quiet.update({"edits undone before they were judged": len(undone)} if undone else {})
        for finding in outcome.comparison.findings if outcome.comparison else ():
            if finding.filtered:
                self.quiet[f"changes filtered: {finding.filtered}"] += 1
            elif finding.severity < self.watch.threshold:
                is_update = finding.change.kind.verb == "changed" and finding.change.source in _ANOTHER_SOURCE
                below = f"changes below {self.watch.threshold.label}"
                self.quiet["updates with a source of their own" if is_update else below] += 1
            elif outcome.state is not CheckState.ALERT:
                self.quiet["changes that need no alert"] += 1

    def _deliver(self) -> None:
        delivery.deliver(
            self.services.archive.outbox,
            self.services.watchlist.destinations,
            now=self.services.now,
            owner=self.services.owner,
            send=self._record,
            alerts_that_fit=None if self._no_texts else self._renderer.alerts_that_fit,
        )
        self.due = self.services.archive.outbox.next_due()

    def _record(self, alerts: Sequence[Alert], receiver: Receiver, key: str, *, group: bool = False) -> None:
        subject = text = ""
        if not self._no_texts:
            # A digest must not exceed the longest message of its channel.
            room = sender.limits_of(receiver.url) if len(alerts) > 1 else None
            message = self._renderer.compose(alerts, key, room, group=group, forms={"text"})
            # A message about one finding is shown in its compact form, as phones get it.
            subject, text = message.subject, message.compact_text if message.is_single else message.text
        destination, sent = ", ".join(self._names[receiver]), tuple(alerts)
        self.messages.append(
            PreviewMessage(at=self.now, destination=destination, subject=subject, text=text, alerts=sent)
        )


def preview_list(  # noqa: PLR0913  a list, and how much of it to replay
    services: AppContext,
    archive: Archive,
    watch: Watch,
    length: timedelta,
    number: int,
    *,
    lock: AbstractContextManager[object] = nullcontext(),  # noqa: B008  it has no state
    progress: ledger.ProgressCallback = ledger.no_progress,
    most: int = MAX_REVISIONS,
    seconds: float = inf,
) -> Preview:
    """Return the messages for some pages of a list, from which the number for the whole list is estimated.

    Raises Missing, Unavailable, Refused, Corrupt, StoreError.
    """
    with lock:
        pages = (page for batch in page_lists.read_members(services, watch) for page in batch)
        members = (page for page in pages if not page_lists.is_excepted(watch, page.title))
        by_id = {page.page_id: page for page in islice(members, watch.limit)}
    # A fixed seed chooses the same pages each time. The estimate is for all pages up to the list's limit.
    order = sorted(by_id.values(), key=lambda page: page.page_id)
    chosen = Random(watch.source).sample(order, min(number, len(order)))  # noqa: S311  no secret
    now, end = services.now(), monotonic() + seconds
    previews = list[Preview]()
    for done, article in enumerate(chosen):
        progress(done, len(chosen))
        seconds_left = end - monotonic()
        if seconds_left <= 0 and previews:
            break
        of_page = watch.model_copy(update={"title": article.title})
        try:
            with lock:
                client = services.client(watch.wiki)
                history = fetch_history(client, archive, article.title, since=now - length, until=now, most=most)
        except Missing:  # nobody edited it
            previews.append(
                Preview(
                    title=of_page.title,
                    wiki=watch.wiki,
                    begin=now - length,
                    until=now,
                    settings=_played_settings(of_page),
                    others=tuple((f"{name} = {_format_value(value)}", 0) for name, value in _other_settings(of_page)),
                )
            )
        else:
            previews.append(preview(services.watchlist, of_page, history, seconds=seconds_left / (len(chosen) - done)))
    if not previews:
        raise Missing(f"{watch.source} on {watch.wiki}: has no pages; check its name")
    return merge_previews(watch.source, previews, len(order))


def preview_briefly(
    services: AppContext, title: str, wiki: str | None, lock: AbstractContextManager[object]
) -> Preview:
    """Return the preview of a month of an article, or of some members of a list, replayed for at most ten seconds.

    `lock` is held during requests to the wiki. Raises ConfigError, Missing, Unavailable, Refused, Corrupt, StoreError.
    """
    watch, now = choose_watch(services.watchlist, title, wiki, {}), services.now()
    with TemporaryDirectory(prefix="watcher-preview-") as folder:
        archive = Archive(f"sqlite:///{Path(folder) / 'fetched.db'}", now=services.now, durable=False)
        with closing(archive):
            archive.upgrade()
            if watch.source:
                return preview_list(
                    services, archive, watch, _BRIEF_LENGTH, 3, lock=lock, most=_BRIEF_EDITS, seconds=_BRIEF_SECONDS
                )
            with lock:
                client = services.client(watch.wiki)
                since = now - _BRIEF_LENGTH
                history = fetch_history(client, archive, watch.title, since=since, until=now, most=_BRIEF_EDITS)
            return preview(services.watchlist, watch, history, seconds=_BRIEF_SECONDS)


@contextmanager
def open_preview(path: Path, watchlist: Watchlist, folder: Path) -> Iterator[AppContext]:
    """Open a context that stores what it fetches from wikis only in `folder`, where it is reused for a day.

    The installation's database is not opened. Raises StoreError.
    """
    try:
        make_folder(folder)
        # A file for each watchlist: two of them may call different wikis by one name.
        database = folder / f"preview-{sha256(bytes(path.resolve())).hexdigest()[:12]}.db"
        if not database.exists() or time() - database.stat().st_mtime > _CACHE_SECONDS:
            # Including the note that a database existed, since without one an installation reports it as lost.
            for file in (*folder.glob(f"{database.name}*"), folder / startup.DATABASES):
                file.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be used ({error.strerror}); set XDG_CACHE_HOME to another folder") from None
    own = replace(watchlist, database=Secret(f"sqlite:///{database}"), reports=folder / "reports")
    with startup.open_context(path, loaded=own) as services:
        yield services
