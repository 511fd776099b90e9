"""`watcher serve` and `watcher web`: run the review pages, with Prefect's server and schedule or alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Self

from typer import Option

from watcher.cli.app import DEFAULT_WATCHLIST, MAX_PORT, WatchlistOption, handle_stop_signals, open_context
from watcher.errors import Unavailable, WatcherError
from watcher.services.operations.logs import LOG_FORMAT_VARIABLE, configure_logging, report
from watcher.urls import url_host

_LOOPBACK = "127.0.0.1"
_START_SECONDS = 120  # a fresh Prefect database takes up to half a minute on a busy machine
_WATCH_SECONDS = 60
_STOP_SECONDS = 5  # for the threads and for the child, so that the service stops within 20 s


def serve(
    port: Annotated[int, Option(min=1, max=MAX_PORT, help="The port of the review pages, on loopback.")] = 8765,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Run the schedule and the review pages on this machine until stopped.

    With PREFECT_API_URL set, that Prefect server is used and none is started.

    Example: watcher serve --port 8765
    """
    from flows.prefect_settings import client_environment, configure_prefect, server_environment, share_one_arena
    from watcher.private_files import make_folder
    from watcher.services.operations.health import prefect_problem
    from watcher.web import bootstrap_link, create_app
    from watcher.web import serve as show

    share_one_arena()
    with open_context(watchlist) as services:
        free_port(port)
        environ, home = dict(os.environ), watchlist.resolve().parent / ".prefect"
        make_folder(home)
        environ.setdefault(LOG_FORMAT_VARIABLE, "text" if sys.stderr.isatty() else "json")
        configure_prefect(home, environ)
        configure_logging(environ)
        # The password of our own server is passed only in environments: other users can read command lines.
        server = None if environ.get("PREFECT_API_URL") else server_environment(environ, free_port())
        os.environ.update(client_environment(environ, server) if server else environ)
        streams = any(services.watchlist.wiki(watch.wiki).stream != "off" for watch in services.watchlist.entries)
        parts = _Parts()
        with until_signal(parts.expect_end), _prefect_server(server) as child, parts:
            if child:
                threading.Thread(target=_await_end, args=(child, parts), daemon=True).start()
            parts.start("the scheduler", partial(_follow_schedule, watchlist, child, parts))
            parts.start("the watchdog", partial(_run_watchdog, watchlist, parts))
            if streams:
                from watcher.cli.check import stream_callbacks
                from watcher.services.checks.stream import stream

                parts.start(
                    "the stream", partial(stream, watchlist, parts.stop, *stream_callbacks(err=True), polling=False)
                )
            site = create_app(
                services,
                scheduler=lambda: prefect_problem(os.environ) if parts.prefect_started.is_set() else "",
                prefect_ui=_prefect_ui_url(environ),
            )
            report(f"review pages: http://127.0.0.1:{port}/   schedule: running   stop: Ctrl-C")
            if link := bootstrap_link(site, "127.0.0.1", port):
                report(f"sign in, once and within 15 minutes: {link}")
            show(site, port=port)
    if parts.ended:
        raise Unavailable(
            f"{parts.ended[0]} has stopped unexpectedly, see its messages above; start `watcher serve` again"
        )
    parts.exit_without_waiting()


class _Parts:
    """The threads of `watcher serve`; if one ends early, all are stopped, since the pages alone would look healthy."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.prefect_started = threading.Event()
        self.ended: list[str] = []
        self._ending = False
        self._threads: list[threading.Thread] = []

    def start(self, name: str, work: Callable[[], object]) -> None:
        """Run a part in a thread; it must return when `stop` is set."""

        def run() -> None:
            # A signal may interrupt `Thread.start`, and a thread that does not run yet cannot be joined. So it adds
            # itself to the list, and does nothing if it is too late for being joined.
            self._threads.append(threading.current_thread())
            try:
                if not self._ending:
                    work()
            except WatcherError as error:
                report(f"watcher: {name}: {error}", error=True)
            finally:
                self.end_early(name)

        threading.Thread(target=run, name=name, daemon=True).start()

    def expect_end(self) -> None:
        """Do not treat the end of a part as a failure from now on.

        Called by a signal handler, so without a lock. The signal may interrupt an import in the main thread, and then a
        part that waited for the same module fails before `stop` is set.
        """
        self._ending = True

    def end_early(self, name: str) -> None:
        """Record the name of the part and send SIGTERM to this process, unless it is stopping already."""
        if not self._ending:
            self.ended.append(name)
            os.kill(os.getpid(), signal.SIGTERM)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Tell all parts to stop, and wait a limited time for them."""
        self._ending = True
        self.stop.set()
        deadline = time.monotonic() + 2 * _STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def exit_without_waiting(self) -> None:
        """Exit at once if a check is still running; as after a kill, its transaction is not committed in part."""
        others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
        if any(not thread.daemon for thread in others) or any(thread.is_alive() for thread in self._threads):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)


def _follow_schedule(watchlist: Path, server: subprocess.Popen[bytes] | None, parts: _Parts) -> None:
    """Check all pages once while our own Prefect server starts, if any; then run its schedules."""
    _check_once(watchlist, parts.stop)
    if server is not None:
        _wait_for(server, parts.stop)
    parts.prefect_started.set()
    if not parts.stop.is_set():
        from flows.deployments import run_schedule

        run_schedule(watchlist, parts.stop)


def _await_end(server: subprocess.Popen[bytes], parts: _Parts) -> None:
    """Wait for Prefect's server to end; if that was not expected, stop this process."""
    server.wait()
    parts.end_early("Prefect's server")


def _run_watchdog(watchlist: Path, parts: _Parts) -> None:
    """Alert operators each minute of what has stopped; not in a flow, since a hanging Prefect server starts none."""
    from watcher.services.alerting.delivery import watch_once

    while not parts.stop.wait(_WATCH_SECONDS):
        if parts.prefect_started.is_set():
            for line in watch_once(watchlist):
                report(f"watcher: {line}", error=True)


def _check_once(watchlist: Path, stop: threading.Event) -> None:
    """Check all pages and send due messages, so that earlier edits are reported before Prefect's server is up."""
    from watcher.services.alerting.delivery import deliver_due
    from watcher.services.checks.check import check_batches

    with open_context(watchlist) as services:
        for _ in check_batches(services, services.index.batches()):
            if stop.is_set():
                return
        deliver_due(services)


def web(
    port: Annotated[int, Option(min=0, max=MAX_PORT, help="The port of the review pages.")] = 8765,
    host: Annotated[str, Option(help="The address to listen on; other than loopback, it needs a user.")] = _LOOPBACK,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Serve only the review pages until stopped; `watcher serve` runs the schedule too.

    Example: watcher web --port 8765
    """
    from watcher.services.operations.health import prefect_problem
    from watcher.web import bootstrap_link, create_app
    from watcher.web import serve as show

    free_port(port, host)
    with open_context(watchlist, attempts=2) as services, until_signal():
        site = create_app(
            services,
            scheduler=partial(prefect_problem, os.environ),
            prefect_ui=os.environ.get("PREFECT_UI_URL"),
        )
        show(
            site,
            host=host,
            port=port,
            ready=lambda taken: _print_url(host, taken, bootstrap_link(site, host, taken)),
        )


def _print_url(host: str, port: int, link: str | None) -> None:
    report(f"review pages: http://{url_host(host)}:{port}/   stop: Ctrl-C")
    if link:
        report(f"nobody can sign in yet; this link signs you in once, within 15 minutes: {link}")
        report("for later: watcher user add NAME --scope admin")


def _prefect_ui_url(environ: Mapping[str, str]) -> str | None:
    """Return the URL of Prefect's pages; None if their password was generated for this run, so nobody knows it."""
    if environ.get("PREFECT_UI_URL"):
        return environ["PREFECT_UI_URL"]
    known = environ.get("PREFECT_API_URL") or environ.get("PREFECT_SERVER_API_AUTH_STRING")
    return os.environ["PREFECT_API_URL"].removesuffix("/api") if known else None


def _wait_for(server: subprocess.Popen[bytes], stop: threading.Event) -> None:
    """Wait until Prefect's server answers or `stop` is set; raise Unavailable if it does not start."""
    from watcher.services.operations.health import prefect_problem

    deadline = time.monotonic() + _START_SECONDS
    while not stop.is_set() and prefect_problem(os.environ):
        if server.poll() is not None or time.monotonic() > deadline:
            raise Unavailable("Prefect's server did not start; see its messages above")
        stop.wait(0.2)


class _StopSignal(BaseException):
    """Raised by the handler of SIGTERM and SIGINT."""


@contextmanager
def until_signal(then: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Run the body until SIGTERM or SIGINT, then unwind it, so that its resources are closed; the handler calls `then`.

    uvicorn stops and then raises the signal again, whose default action would end this process at once and leave its
    children running. A second signal does not interrupt the cleanup: waiting for each child has a time limit.
    """

    def stop(number: int, _frame: object) -> None:
        for ignored in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ignored, signal.SIG_IGN)
        then()
        raise _StopSignal(number)

    with suppress(_StopSignal), handle_stop_signals(stop):
        yield


def free_port(port: int = 0, host: str = _LOOPBACK) -> int:
    """Return this port of an address if it is free, or a free one for 0; raise WatcherError if it cannot be used."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except (OSError, UnicodeError) as error:  # a host that is no name, or not one of this machine
        where, option = ("", "--port") if host == _LOOPBACK else (f"{host}, ", "--host or --port")
        reason = getattr(error, "strerror", None) or "is no name of a host"
        raise WatcherError(f"{where}port {port}: {reason}; choose another with {option}") from None


@contextmanager
def _prefect_server(environ: Mapping[str, str] | None) -> Iterator[subprocess.Popen[bytes] | None]:
    """Run a Prefect server with this environment during the body, then stop it and its children; None runs none."""
    if environ is None:
        yield None
        return
    with ExitStack() as opened:
        # A signal while the child starts would leave it running: handle it after the cleanup is registered. (The child
        # would inherit a mask that blocks signals.)
        received: list[int] = []
        with handle_stop_signals(lambda number, _: received.append(number)):
            child = subprocess.Popen(  # noqa: S603  our own interpreter and modules
                [sys.executable, "-m", "flows.prefect_server", environ["PREFECT_SERVER_API_PORT"], "child"],
                env=dict(environ),
                stdin=subprocess.PIPE,  # the server ends when this is closed, even if the parent was killed
                stdout=sys.stderr,
                start_new_session=True,  # a process group of its own, which is stopped as a whole
            )

            opened.callback(lambda: child.stdin and child.stdin.close())

            def stop() -> None:  # the whole group, even if the child has ended
                for request in (signal.SIGTERM, signal.SIGKILL):
                    with suppress(ProcessLookupError):
                        os.killpg(child.pid, request)
                    with suppress(subprocess.TimeoutExpired):
                        child.wait(timeout=_STOP_SECONDS)

            opened.callback(stop)
        for number in received[:1]:
            signal.raise_signal(number)
        yield child
