"""Play the past of an article to the real check, with a virtual clock and a database that is thrown away."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic, time
from typing import TYPE_CHECKING, Any, Final

from snapshots import Archive
from watcher.config import Destination, Watch, Watchlist, validators
from watcher.config.editor import plain_value
from watcher.config.validators import Secret
from watcher.errors import ConfigError, Corrupt, Missing, Refused, StoreError, Unavailable, WatcherError
from watcher.fetch import PageState
from watcher.fetch.client import LARGEST_ID
from watcher.fetch.dump import DumpPage, read_dump
from watcher.fetch.past import PastWiki
from watcher.model import Alert, Article, Comparison, Dialect, Finding, Policy, Revision, Severity, Snapshot
from watcher.model.changes import SourceChange
from watcher.notify import MessageRenderer, Receiver
from watcher.notify.apprise_sender import limits_of
from watcher.parse import dialect_for
from watcher.pipeline import compare as compare_texts
from watcher.private_files import make_folder
from watcher.report.preview import Preview, PreviewMessage, merged
from watcher.services.backfill import fetch_missing
from watcher.services.check import check
from watcher.services.context import AppContext, Compare
from watcher.services.delivery import deliver, receiver_of
from watcher.services.ledger import ProgressCallback, no_progress
from watcher.services.outcome import CheckOutcome, CheckState, settles_at
from watcher.services.sources import is_excepted, read_members
from watcher.services.startup import open_context

if TYPE_CHECKING:
    from watcher.fetch import WikiClient
    from watcher.fetch.decode import Account

MOST_REVISIONS: Final = 5_000
"""Revisions that one preview plays, the newest ones."""
_LISTS: Final = ("category", "links", "search", "template", "prefix")  # that can be named without a [[watch]]
_DELIVER_EVERY: Final = timedelta(minutes=1)  # as flows/schedule.py does
_BRIEF_LENGTH: Final = timedelta(days=30)  # of what is shown while somebody waits
_BRIEF_EDITS: Final = 200
_BRIEF_SECONDS: Final = 10.0
_KEPT_SECONDS: Final = 86_400  # that what was fetched is used again
_WITH_A_SOURCE: Final = (SourceChange.CHANGED, SourceChange.ADDED)
_NOWHERE: Final = Destination.model_validate({"name": "preview", "url": "json://127.0.0.1/"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The revisions of an article from what readers saw at `begin` on, as far as `until`, oldest first.

    `accounts` are those of its editors as they are today, by name. `left_out` counts the edits before the first.
    """

    article: Article
    snapshots: Sequence[Snapshot]
    begin: datetime
    until: datetime
    dialect: Dialect
    accounts: Mapping[str, Account] = field(default_factory=dict)
    left_out: int = 0

    @classmethod
    def of(cls, snapshots: Iterable[Snapshot], since: datetime, until: datetime, dialect: Dialect, **more: Any) -> Past:
        """Return the past since a time, of revisions that begin before it; raises Missing where there was no edit."""
        ordered = sorted(snapshots, key=lambda each: (each.revision.at, each.revision.id))
        chosen = ordered[max((at for at, each in enumerate(ordered) if each.revision.at <= since), default=0) :]
        article = chosen[-1].revision.article
        if len(chosen) == 1:
            days = f"{since:%Y-%m-%d} to {until:%Y-%m-%d}"
            raise Missing(f"{article.title} on {article.wiki}: nobody edited it from {days}; give a longer --since")
        left_out = max(0, len(chosen) - 1 - MOST_REVISIONS)
        chosen = chosen[left_out:]
        more = {"left_out": left_out} | more
        begin = max(chosen[0].revision.at, since)
        return cls(article=article, snapshots=chosen, begin=begin, until=until, dialect=dialect, **more)


def choose_watch(watchlist: Watchlist, title: str, wiki: str | None, settings: Mapping[str, str | None]) -> Watch:
    """Return the watch of a title or list with other settings; one with the default settings where there is none.

    Raises ConfigError.
    """
    names = {site.name: site for site in watchlist.wikis}
    if not names or (wiki is not None and wiki not in names):
        known = f"known: {', '.join(names)}" if names else "it names no [[wiki]]"
        raise ConfigError(f"{wiki or title}: {watchlist.path.name} does not have its wiki; {known}")
    name = title if "://" in title else title.replace("_", " ").strip()
    own = (watch for watch in watchlist.entries if watch.name == name and wiki in (None, watch.wiki))
    kind, _, rest = name.partition(":")
    about = {kind: rest.strip()} if kind in _LISTS and rest.strip() else {"title": _valid(validators.title, name)}
    everywhere = tuple(destination.name for destination in watchlist.destinations)
    watch = next(own, None) or Watch(**about, wiki=wiki or next(iter(names)), destinations=everywhere)
    readers = {"settle": validators.duration, "threshold": validators.severity}
    given = {key: _valid(readers[key], value, f"--{key} ") for key, value in settings.items() if value is not None}
    return watch.model_copy(update=given)


def _valid(read: Callable[[str], Any], value: str, option: str = "") -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise ConfigError(f"{option}{value}: {error}") from None


def fetch_past(
    client: WikiClient,
    archive: Archive,
    title: str,
    *,
    since: datetime,
    until: datetime,
    most: int = MOST_REVISIONS,
    progress: ProgressCallback = no_progress,
) -> Past:
    """Fetch the revisions since a time that `archive` does not have yet, the one before, and their editors' accounts.

    Raises Missing, Unavailable, Refused, Corrupt, StoreError; what was stored stays.
    """
    (page,) = client.latest([title])
    article = page.article
    if article is None or page.state is not PageState.OK:
        raise Missing(f"{title} on {client.wiki}: {page.reason or 'there is no such page'}; check the title")
    archive.articles.register(article, until)
    walked = [*client.revisions_since(article, _point(article, since, LARGEST_ID - 1), with_text=False)]
    listed = walked[-most:] or [client.newest(article)]
    wanted = {each.revision.id for each in listed}
    stored = archive.revisions.ids(article)
    parent = listed[0].revision.parent_id if walked else 0
    if parent and parent not in stored:
        with suppress(Missing):  # it was deleted: the first of the window is where the preview begins
            before = client.revision(parent)
            if before.revision.article.page_id == article.page_id:  # histories may have been merged
                archive.revisions.store(article, [before])
    start = _point(article, listed[0].revision.at, 0)  # from which a walk is made
    begun = [Snapshot(revision=start, wikitext=None), *listed]
    fetch_missing(client, archive, article, begun, {**stored, start.id: True}, progress)
    snapshots = [each for each in _stored(archive, article) if each.revision.id in {*wanted, parent}]
    accounts: Mapping[str, Account] = {}
    with suppress(Unavailable, Refused, Corrupt):  # messages say less then, as after a check
        accounts = client.accounts(sorted({each.revision.editor for each in snapshots if each.revision.editor}))
    left_out = max(0, len(walked) - len(listed))
    return Past.of(snapshots, since, until, client.site(), accounts=accounts, left_out=left_out)


def _point(article: Article, at: datetime, number: int) -> Revision:
    """Return a revision that stands for a time in a page's history."""
    return Revision(article=article, id=number, parent_id=0, at=at, editor=None, comment=None)


def offline_past(watchlist: Watchlist, watch: Watch, dump: Path | None, length: timedelta) -> Past:
    """Return the last part of the history of an article that a dump has, or else the database of the installation.

    Raises ConfigError, InputError, Missing, StoreError.
    """
    if watch.source:
        raise ConfigError(f"{watch.source}: is a list of pages; name an article, or take --dump and --offline out")
    dialect = dialect_for(watchlist.wiki(watch.wiki).language)
    if dump is not None:
        page = DumpPage(wiki=watch.wiki, title=watch.title)
        missing = f"{dump}: the dump has no revision of {watch.title!r}; check the title"
        return recorded_past(read_dump(dump, page), length, dialect, missing)
    missing = f"{watch.title}: nothing of it is stored; run the command without --offline"
    with Archive(watchlist.database.get_secret_value()) as archive:
        if archive.schema_version() is None:
            raise Missing(missing)
        article = archive.articles.find_by_title_or_former_title(watch.wiki, watch.title)
        return recorded_past(_stored(archive, article) if article else (), length, dialect, missing)


def recorded_past(snapshots: Iterable[Snapshot], length: timedelta, dialect: Dialect, missing: str = "") -> Past:
    """Return the last part of a recorded history, up to a day after its last edit; raises Missing where it is empty."""
    known = deque(snapshots)
    if not known:
        raise Missing(missing)
    until = max(each.revision.at for each in known)
    return Past.of(known, until - length, until + timedelta(days=1), dialect)


def _stored(archive: Archive, article: Article) -> Iterator[Snapshot]:
    """Yield the stored revisions of an article, those without a text, too."""
    texts, last = dict[int, Snapshot](), None
    while batch := archive.revisions.with_text(article, after=last):
        texts |= {each.revision.id: each for each in batch}
        last = batch[-1].revision
    for revision in archive.revisions.of_article(article):
        yield texts.get(revision.id) or Snapshot(revision=revision, wikitext=None)


class _Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def preview(
    watchlist: Watchlist,
    watch: Watch,
    past: Past,
    *,
    seconds: float = inf,
    progress: ProgressCallback = no_progress,
    most_for_others: int = 200,
) -> Preview:
    """Return what a watch would have sent of the past of its article, and how much with other settings.

    After `seconds` it ends where it is, and says so. Other settings are played where there are not more revisions than
    `most_for_others`. Raises StoreError, and WatcherError where a check fails.
    """
    watch = watch.model_copy(
        update={
            "title": past.article.title,
            "paused": False,
            "expires": None,
            # Neither the sources that an edit cited nor what templates showed can be asked for any more.
            "source_check": False,
            "rendered": False,
        }
    )
    if not watchlist.destinations:
        watchlist = replace(watchlist, destinations=(_NOWHERE,))
        watch = watch.model_copy(update={"destinations": (_NOWHERE.name,)})
    end, compare = monotonic() + seconds, _remembering()
    played = _play(watchlist, watch, past, compare, end, progress)
    others, is_short = list[tuple[str, int]](), len(past.snapshots) <= most_for_others
    for name, value in _other_settings(watch) if is_short else ():
        other = _play(watchlist, watch.model_copy(update={name: value}), past, compare, end)
        if other.until == past.until:
            others.append((f"{name} = {_shown(value)}", len(other.messages)))
    left_out = f"{past.left_out:,} older edits were left out." if past.left_out else ""
    stopped = "The time was over before all edits were played." if played.until < past.until else ""
    unasked = "" if is_short else "Of so many edits, other settings are played only where options give them."
    return Preview(
        title=past.article.title,
        wiki=past.article.wiki,
        begin=past.begin,
        until=played.until,
        settings=_played_settings(watch),
        revisions=played.shown - 1,
        messages=tuple(played.messages),
        quiet=dict(played.quiet.most_common()),
        others=tuple(others),
        note=" ".join(filter(None, (left_out, stopped, unasked))),
    )


def _played_settings(watch: Watch) -> dict[str, str]:
    return {name: _shown(getattr(watch, name)) for name in ("every", "settle", "threshold")}


def _shown(value: object) -> str:
    return value.label if isinstance(value, Severity) else str(plain_value(value))


def _other_settings(watch: Watch) -> Iterator[tuple[str, Any]]:
    """Yield settings that would make other messages: one each."""
    hour = timedelta(hours=1)
    yield "settle", hour if watch.settle != hour else timedelta(minutes=10)
    yield from (("threshold", level) for level in Severity if abs(level - watch.threshold) == 1 and level)


def _remembering() -> Compare:
    """Return a comparison that is made once for all settings."""
    known: dict[tuple[int, int, Policy], Comparison] = {}

    def compare(before: Snapshot, after: Snapshot, *, policy: Policy, dialect: Dialect) -> Comparison:
        key = before.revision.id, after.revision.id, policy
        if key not in known:
            known[key] = compare_texts(before, after, policy=policy, dialect=dialect)
        return known[key]

    return compare


def _play(
    watchlist: Watchlist,
    watch: Watch,
    past: Past,
    compare: Compare,
    end: float,
    progress: ProgressCallback | None = None,
) -> _Replay:
    """Play the past once; without `progress` the messages are counted, and nobody reads their words."""
    clock = _Clock(past.begin)
    wiki = PastWiki(past.snapshots, now=clock, dialect=past.dialect, accounts=past.accounts)
    with TemporaryDirectory(prefix="watcher-preview-") as folder:
        database = f"sqlite:///{Path(folder) / 'preview.db'}"
        services = AppContext(
            watchlist=replace(watchlist, watches=(watch,), sources=()),
            archive=Archive(database, now=clock, durable=False),
            now=clock,
            owner="preview",
            make_client=lambda _site, _lock: wiki,
            compare=compare,
            writes_reports=False,
        )
        try:
            services.archive.upgrade()
            replay = _Replay(services, watch, past, wiki, clock, is_counted=progress is None)
            replay.run(end, progress or no_progress)
        finally:
            services.close()
    return replay


class _Replay:
    """One run of checks and deliveries at the times at which they would have been made and had something to do."""

    def __init__(
        self, services: AppContext, watch: Watch, past: Past, wiki: PastWiki, clock: _Clock, *, is_counted: bool
    ) -> None:
        self.services, self.watch, self.past, self.wiki, self.clock = services, watch, past, wiki, clock
        self.messages: list[PreviewMessage] = []
        self.quiet = Counter[str]()
        self.shown = self.judged = 0  # revisions
        self.settles: datetime | None = None
        self.until = past.begin
        self._is_counted = is_counted
        self._renderer = MessageRenderer(services.watchlist.templates)
        self._names: dict[Receiver, list[str]] = {}
        for destination in services.watchlist.destinations:
            self._names.setdefault(receiver_of(destination), []).append(destination.name)

    def run(self, end: float, progress: ProgressCallback) -> None:
        """Play all of the past, or as much of it as there is time for."""
        self._check()
        while monotonic() < end:
            progress(self.shown, len(self.past.snapshots))
            due = self.services.archive.outbox.next_due()
            checked, delivered = self._next_check(), due and self._tick(due, _DELIVER_EVERY)
            at = min(filter(None, (checked, delivered)), default=None)
            if at is None or at > self.past.until:
                self.until = self.past.until
                return
            self.until = self.clock.at = at
            if at == checked:
                self._check()
            due = self.services.archive.outbox.next_due()
            if due and due <= at:
                self._deliver()

    def _next_check(self) -> datetime | None:
        """Return when the next check is made that finds a new revision, or one that has settled."""
        new = self.past.snapshots[self.shown].revision.at if self.shown < len(self.past.snapshots) else None
        at = min(filter(None, (new, self.settles)), default=None)
        return at and self._tick(at, self.watch.every)

    def _tick(self, at: datetime, every: timedelta) -> datetime:
        """Return the first time of a schedule that is neither before `at` nor now."""
        number = -((self.past.begin - at) // every)
        tick = self.past.begin + number * every
        return tick if tick > self.clock.at else self.clock.at + every

    def _check(self) -> None:
        (outcome,) = check(self.services, [self.watch])
        if outcome.failed:
            raise outcome.error or WatcherError(outcome.text)
        self.shown = len(self.wiki.shown())
        self.settles = None
        if outcome.state is CheckState.SETTLING:
            pending = [each.revision for each in self.past.snapshots[self.judged : self.shown]]
            self.settles = settles_at(self.watch, pending) if outcome.until else None
        else:
            self._count_quiet(outcome)
            self.judged = self.shown

    def _count_quiet(self, outcome: CheckOutcome) -> None:
        """Count the edits and findings of which nothing is sent, by the reason."""
        before = max(self.judged - 1, 0)
        edits = [each.revision for each in self.past.snapshots[before : self.shown]]
        undone = _count_undone(edits)
        self.quiet.update({"edits undone before they were judged": undone} if undone else {})
        for finding in outcome.comparison.findings if outcome.comparison else ():
            if reason := _quiet_reason(finding, self.watch.threshold, is_sent=outcome.state is CheckState.ALERT):
                self.quiet[reason] += 1

    def _deliver(self) -> None:
        deliver(
            self.services.archive.outbox,
            self.services.watchlist.destinations,
            now=self.clock,
            owner=self.services.owner,
            send=lambda alert, receiver, key: self._record([alert], receiver, key),
            send_digest=self._record,
            fitting=None if self._is_counted else self._renderer.alerts_that_fit,
        )

    def _record(self, alerts: Sequence[Alert], receiver: Receiver, key: str, *, group: bool = False) -> None:
        subject = text = ""
        if not self._is_counted:
            room = limits_of(receiver.url) if len(alerts) > 1 else None
            message = self._renderer.compose_digest(alerts, key, room, group=group)
            # A message about one finding is what a telephone gets.
            subject, text = message.subject, message.compact_text if message.is_single else message.text
        destination, sent = ", ".join(self._names[receiver]), tuple(alerts)
        self.messages.append(
            PreviewMessage(at=self.clock.at, destination=destination, subject=subject, text=text, alerts=sent)
        )


def _count_undone(edits: Sequence[Revision]) -> int:
    """Count the edits after the first whose text was there before, or came between two equal ones."""
    undone, seen = set[int](), dict[str, int]()
    for at, edit in enumerate(edits):
        if edit.sha1:
            undone.update(range(seen.setdefault(edit.sha1, at) + 1, at + 1))
    return len(undone)


def _quiet_reason(finding: Finding, threshold: Severity, *, is_sent: bool) -> str:
    """Say why nothing is sent of a finding; empty where something is."""
    if finding.filtered:
        return f"changes filtered: {finding.filtered}"
    if finding.severity < threshold:
        is_update = finding.change.kind.verb == "changed" and finding.change.source in _WITH_A_SOURCE
        return "updates with a source of their own" if is_update else f"changes below {threshold.label}"
    return "" if is_sent else "changes of which nobody needs to be told"


def preview_list(  # noqa: PLR0913  a list, and how much of it is played
    services: AppContext,
    archive: Archive,
    watch: Watch,
    length: timedelta,
    number: int,
    *,
    lock: AbstractContextManager[object] = nullcontext(),  # noqa: B008  it holds nothing
    progress: ProgressCallback = no_progress,
    most: int = MOST_REVISIONS,
    seconds: float = inf,
) -> Preview:
    """Return what some pages of a list would have sent, from which the number for all is estimated.

    Raises Missing, Unavailable, Refused, Corrupt, StoreError.
    """
    with lock:
        chosen, members = _sampled(read_members(services, watch), watch, number)
    now, end = services.now(), monotonic() + seconds
    previews = list[Preview]()
    for done, article in enumerate(chosen):
        progress(done, len(chosen))
        left = end - monotonic()
        if left <= 0 and previews:
            break
        of_page = watch.model_copy(update={"title": article.title})
        try:
            with lock:
                client = services.client(watch.wiki)
                past = fetch_past(client, archive, article.title, since=now - length, until=now, most=most)
        except Missing:  # nobody edited it
            previews.append(_nothing(of_page, now - length, now))
        else:
            previews.append(preview(services.watchlist, of_page, past, seconds=left / (len(chosen) - done)))
    if not previews:
        raise Missing(f"{watch.source} on {watch.wiki}: has no pages; check its name")
    return merged(watch.source, previews, members)


def preview_briefly(
    services: AppContext, title: str, wiki: str | None, lock: AbstractContextManager[object]
) -> Preview:
    """Return the preview of a month of an article, or of some members of a list, in less than half a minute.

    `lock` is held while the wiki is asked. Raises ConfigError, Missing, Unavailable, Refused, Corrupt, StoreError.
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
                past = fetch_past(client, archive, watch.title, since=now - _BRIEF_LENGTH, until=now, most=_BRIEF_EDITS)
            return preview(services.watchlist, watch, past, seconds=_BRIEF_SECONDS)


def _nothing(watch: Watch, begin: datetime, until: datetime) -> Preview:
    """Return the preview of a page that nobody edited."""
    return Preview(
        title=watch.title,
        wiki=watch.wiki,
        begin=begin,
        until=until,
        settings=_played_settings(watch),
        revisions=0,
        messages=(),
        quiet={},
        others=tuple((f"{name} = {_shown(value)}", 0) for name, value in _other_settings(watch)),
    )


def _sampled(pages: Iterable[Iterable[Article]], watch: Watch, number: int) -> tuple[list[Article], int]:
    """Choose some of the pages of a list, the same ones each time; also count all."""
    found = {page.page_id: page for batch in pages for page in batch if not is_excepted(watch, page.title)}
    order = sorted(found.values(), key=lambda page: page.page_id)
    return Random(watch.source).sample(order, min(number, len(order))), len(order)  # noqa: S311  no secret


@contextmanager
def open_preview(path: Path, watchlist: Watchlist, folder: Path) -> Iterator[AppContext]:
    """Open a context that asks the wikis and stores in `folder` alone what it fetches, for a day.

    The database of the installation is neither opened nor written to. Raises StoreError.
    """
    try:
        make_folder(folder)
        database = folder / "preview.db"
        if database.exists() and time() - database.stat().st_mtime > _KEPT_SECONDS:
            for file in folder.glob("preview.db*"):
                file.unlink()
    except OSError as error:
        raise StoreError(f"{folder}: cannot be used ({error.strerror}); set XDG_CACHE_HOME to another folder") from None
    own = replace(watchlist, database=Secret(f"sqlite:///{database}"), reports=folder / "reports")
    with open_context(path, loaded=own) as services:
        yield services
