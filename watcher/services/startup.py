"""Build the application context from the watchlist: the composition root.

Flows take names and ids as parameters, never a path: whoever may start a flow run would otherwise choose which file is
read, and where databases and reports are written. They use the watchlist of this installation.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

from snapshots import Archive
from watcher.config import Watchlist, WikiSite, load
from watcher.errors import StoreError
from watcher.private_files import make_folder
from watcher.services.context import AppContext, RequestLock, clock, file_stamp
from watcher.services.logs import configure_logging
from watcher.services.outcome import RunMetrics, save_metrics

if TYPE_CHECKING:
    from watcher.fetch import WikiClient

DATABASES: Final = ".databases"  # in the state folder: those that this installation has used, without passwords
_MEASURED_FOR: Final = timedelta(minutes=10)
_IGNORED_OFFSET: Final = timedelta(seconds=1)  # what a slow answer of the database alone can make


class DatabaseClock:
    """The clock of the database's server, which all workers share: leases end and pages are due by one clock.

    A worker whose own clock is ahead would take over the pages of all others.
    """

    def __init__(self, local: Callable[[], datetime] = clock) -> None:
        self._local = local
        self._offset = timedelta()
        self._measured: tuple[Archive, datetime] | None = None

    def __call__(self) -> datetime:
        """Return the current time."""
        at = self._local()
        # A process runs for months, and the clock of a machine that has just started may be set right afterwards.
        if self._measured and not timedelta() <= at - self._measured[1] < _MEASURED_FOR:
            with suppress(StoreError):
                self.synchronize(self._measured[0])
        return at + self._offset

    def synchronize(self, archive: Archive) -> None:
        """Measure how far this machine's clock is off; raises StoreError."""
        self._measured = archive, self._local()
        offset = archive.clock_offset(self._local)
        self._offset = offset if abs(offset) > _IGNORED_OFFSET else timedelta()


def load_watchlist(path: Path, environ: Mapping[str, str] | None = None, *, validate_urls: bool = True) -> Watchlist:
    """Load the watchlist with its `env:NAME` entries filled in; ConfigError names the line of a mistake.

    Validating the URLs loads Apprise, which takes 0.4 s: a file that was validated before need not pay that again.
    """
    known = os.environ if environ is None else environ
    if not validate_urls:
        return load(path, environ=known)
    from watcher.notify import url_problem

    return load(path, environ=known, url_problem=url_problem)


def changed_since(path: Path, checked_at: datetime | None) -> bool:
    """Return whether the watchlist is newer than the last check, which validated it."""
    return checked_at is None or datetime.fromtimestamp(path.stat().st_mtime, UTC) >= checked_at


@contextmanager
def open_context(
    path: Path,
    environ: Mapping[str, str] | None = None,
    *,
    now: Callable[[], datetime] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    attempts: int = 5,
    loaded: Watchlist | None = None,
) -> Iterator[AppContext]:
    """Load the watchlist, open and migrate its database, and yield the context of a run.

    Without `now`, the time is that of the database's server. `loaded` is a watchlist that this process uses already:
    its file is not read, since it may have a mistake by now.

    Raises ConfigError, StoreError.
    """
    configure_logging(os.environ if environ is None else environ)
    as_of = file_stamp(path)
    watchlist = loaded or load_watchlist(path, environ, validate_urls=False)

    database_clock = DatabaseClock()
    read_time = now or database_clock

    def make_client(site: WikiSite, turn: RequestLock) -> WikiClient:
        options = {"sleep": sleep, "attempts": attempts, "traffic": counts, "request_lock": turn}
        return new_client(services.watchlist, site, now=read_time, **options)

    counts = RunMetrics()
    archive = Archive(watchlist.database.get_secret_value(), now=read_time)
    services = AppContext(
        watchlist=watchlist,
        archive=archive,
        now=read_time,
        owner=new_worker_id(),
        make_client=make_client,
        sleep=sleep,
        load_watchlist=lambda: load_watchlist(path, environ, validate_urls=False),
        watchlist_stamp=as_of,
        counts=counts,
    )
    try:
        remember_database(archive, watchlist)
        archive.upgrade()
        database_clock.synchronize(archive)
        if watchlist.destinations and not loaded and changed_since(path, archive.articles.last_check()):
            load_watchlist(path, environ)
        yield services
    finally:
        save_metrics(services.archive, counts, read_time())
        services.close()


def new_client(watchlist: Watchlist, site: WikiSite, **options: Any) -> WikiClient:
    """Make a client that asks a wiki as the watchlist says; `options` are more arguments of it."""
    from watcher.fetch import WikiClient
    from watcher.fetch.transport import Login

    password, token, basic = (
        secret.get_secret_value() if secret else None for secret in (site.password, site.oauth_token, site.basic_auth)
    )
    client = WikiClient(
        site.api,
        wiki=site.name,
        contact=watchlist.contact,
        allowed_hosts=watchlist.allowed_hosts,
        login=Login(username=site.username, password=password, oauth_token=token, basic_auth=basic),
        **options,
    )
    # What the operator wrote of a wiki with the software in another language than its articles
    client.language = site.language.lower() if "language" in site.model_fields_set else None
    return client


def remember_database(archive: Archive, watchlist: Watchlist, *, replaced: bool = False) -> None:
    """Note in the state folder that there is a database; raise StoreError where there was one and it is gone.

    An empty one would begin with a new baseline for every page, and nobody would see what was edited meanwhile.
    """
    label, note = archive.database.label, watchlist.reports.parent / DATABASES
    try:
        known = note.read_text(encoding="utf-8").splitlines()
    except OSError:
        known = []
    if label in known:
        if not replaced and archive.schema_version() is None:
            raise StoreError(
                f"{label} was there before and is gone or empty: bring it back, restore a backup (`watcher restore`), "
                "or begin anew with `watcher migrate --new-database`"
            )
        return
    with suppress(OSError):  # on workers the folder may be read-only
        make_folder(note.parent)
        with os.fdopen(os.open(note, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
            file.write(f"{label}\n")


def new_worker_id() -> str:
    """Make a name for leases that no other process has: the host, the process id and a random word."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


P = ParamSpec("P")
T = TypeVar("T")

WATCHLIST_VARIABLE: Final = "WATCHER_WATCHLIST"
DEFAULT_WATCHLIST: Final = Path("watchlist.toml")


def installed_watchlist(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the watchlist that the environment names, as for every command, else the one in the working directory."""
    return Path(environ.get(WATCHLIST_VARIABLE) or DEFAULT_WATCHLIST)


async def run_step(step: Callable[Concatenate[AppContext, P], T], *args: P.args, **options: P.kwargs) -> T:
    """Run `step(context, *args, **options)` in a thread, in a context of its own.

    In a thread, because steps block and Prefect's heartbeats need the event loop.
    """

    def work() -> T:
        with open_context(installed_watchlist()) as services:
            return step(services, *args, **options)

    return await asyncio.to_thread(work)
