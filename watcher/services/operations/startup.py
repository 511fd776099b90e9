"""Build the application context from the watchlist: the composition root.

Flows take names and ids as parameters, never paths, and use the watchlist of this installation: otherwise anyone who
may start a flow run could choose which file is read, and where databases and reports are written.
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
from watcher.services.checks.outcome import RunMetrics, save_metrics
from watcher.services.context import AppContext, RequestLock, clock, file_stamp
from watcher.services.operations.logs import configure_logging

if TYPE_CHECKING:
    from watcher.fetch import WikiClient

DATABASES: Final = ".databases"  # file in the state folder with the databases that were used, without passwords
_OFFSET_LIFETIME: Final = timedelta(minutes=10)
_MIN_OFFSET: Final = timedelta(seconds=1)  # a slow answer of the database can cause as much


class DatabaseClock:
    """The clock of the database server, which all workers share for leases and due times.

    With its own clock, a worker whose clock is ahead would take over the pages of all others.
    """

    def __init__(self, local: Callable[[], datetime] = clock) -> None:
        self._local = local
        self._offset = timedelta()
        self._measured: tuple[Archive, datetime] | None = None

    def __call__(self) -> datetime:
        """Return the current time."""
        at = self._local()
        # Measured again because a process runs for months, and a machine's clock may be corrected after its start.
        if self._measured and not timedelta() <= at - self._measured[1] < _OFFSET_LIFETIME:
            with suppress(StoreError):
                self.synchronize(self._measured[0])
        return at + self._offset

    def synchronize(self, archive: Archive) -> None:
        """Measure the offset between this machine's clock and the database's. Raises StoreError."""
        self._measured = archive, self._local()
        offset = archive.clock_offset(self._local)
        self._offset = offset if abs(offset) > _MIN_OFFSET else timedelta()


def load_watchlist(path: Path, environ: Mapping[str, str] = os.environ, *, validate_urls: bool = True) -> Watchlist:
    """Load the watchlist with its `env:NAME` entries filled in. Raises ConfigError, with the line of each error.

    Validating the URLs imports Apprise, which takes 0.4 s and is not needed for a file that was validated before.
    """
    if not validate_urls:
        return load(path, environ=environ)
    from watcher.notify import url_problem

    return load(path, environ=environ, url_problem=url_problem)


def changed_since(path: Path, checked_at: datetime | None) -> bool:
    """Return whether the watchlist was changed since the last check, which validated it."""
    return checked_at is None or datetime.fromtimestamp(path.stat().st_mtime, UTC) >= checked_at


@contextmanager
def open_context(
    path: Path,
    environ: Mapping[str, str] = os.environ,
    *,
    now: Callable[[], datetime] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    attempts: int = 5,
    loaded: Watchlist | None = None,
) -> Iterator[AppContext]:
    """Load the watchlist, open and migrate its database, and yield the context of a run.

    Without `now`, the clock is that of the database server. `loaded` is a watchlist that this process already uses; its
    file is not read again, since it may contain errors by now.

    Raises ConfigError, StoreError.
    """
    configure_logging(environ)
    as_of = file_stamp(path)
    watchlist = loaded or load_watchlist(path, environ, validate_urls=False)

    database_clock = DatabaseClock()
    read_time = now or database_clock

    def make_client(site: WikiSite, turn: RequestLock) -> WikiClient:
        def lock(name: str, seconds: float) -> bool:
            return archive.leases.acquire_wiki(name, services.owner, read_time(), seconds)

        options = {"sleep": sleep, "attempts": attempts, "traffic": counts, "request_lock": turn, "sign_in_lock": lock}
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
    """Make a client for a wiki with the settings of the watchlist; `options` are more arguments of `WikiClient`."""
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
    # Only if the operator set it, for a wiki whose software has another language than its articles.
    client.language = site.language.lower() if "language" in site.model_fields_set else None
    return client


def was_used(archive: Archive, watchlist: Watchlist, *, replaced: bool = False) -> bool:
    """Return whether this installation has used its database before; raise StoreError if it did and it is gone.

    An empty database would start with a new baseline for every page, and edits since the last check would be missed.
    """
    label, known = archive.database.label, list[str]()
    with suppress(OSError):
        known = (watchlist.reports.parent / DATABASES).read_text(encoding="utf-8").splitlines()
    if label in known and not replaced and archive.schema_version() is None:
        raise StoreError(
            f"{label} was there before and is gone or empty: bring it back, restore a backup (`watcher restore`), "
            "or start over with `watcher migrate --new-database`"
        )
    return label in known


def remember_database(archive: Archive, watchlist: Watchlist, *, replaced: bool = False) -> None:
    """Note in the state folder that there is a database; raise StoreError if there was one and it is gone."""
    note = watchlist.reports.parent / DATABASES
    if was_used(archive, watchlist, replaced=replaced):
        return
    with suppress(OSError):  # on workers the folder may be read-only
        make_folder(note.parent)
        with os.fdopen(os.open(note, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
            file.write(f"{archive.database.label}\n")


def new_worker_id() -> str:
    """Return a unique owner name for leases: the host, the process id and a random word."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


P = ParamSpec("P")
T = TypeVar("T")

WATCHLIST_VARIABLE: Final = "WATCHER_WATCHLIST"
DEFAULT_WATCHLIST: Final = Path("watchlist.toml")


def installed_watchlist(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the watchlist named by the environment, as for every command, or the one in the working directory."""
    return Path(environ.get(WATCHLIST_VARIABLE) or DEFAULT_WATCHLIST)


async def run_step(step: Callable[Concatenate[AppContext, P], T], *args: P.args, **options: P.kwargs) -> T:
    """Run `step(context, *args, **options)` with a context of its own.

    It runs in a thread because steps block, and Prefect's heartbeats need the event loop.
    """

    def work() -> T:
        with open_context(installed_watchlist()) as services:
            return step(services, *args, **options)

    return await asyncio.to_thread(work)
