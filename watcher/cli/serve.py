"""`watcher serve` and `watcher web`: run the review pages, with Prefect's server and schedule or alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import Annotated

import typer

from watcher.cli.options import DEFAULT_WATCHLIST, MAX_PORT, WatchlistOption
from watcher.errors import Unavailable, WatcherError

_START_SECONDS = 120  # a fresh Prefect database takes up to half a minute on a busy machine
_STOP_SECONDS = 5  # for each of the three children, so that service managers see an end within 20 s


def serve(
    port: Annotated[
        int, typer.Option("--port", min=1, max=MAX_PORT, help="The port of the review pages, on loopback.")
    ] = 8765,
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Run the schedule and the review pages on this machine until stopped.

    With PREFECT_API_URL set, that Prefect server is used and none is started.

    Example: watcher serve --port 8765
    """
    from flows.prefect_settings import configure_prefect
    from watcher.private_files import make_folder
    from watcher.services.context import open_context
    from watcher.services.logs import LOG_FORMAT_VARIABLE, configure_logging
    from watcher.services.outages import prefect_problem
    from watcher.web import bootstrap_link, create_app
    from watcher.web import serve as show

    with open_context(watchlist) as services:
        free_port(port)
        home = watchlist.resolve().parent / ".prefect"
        environ = dict(os.environ)
        make_folder(home)
        environ.setdefault(LOG_FORMAT_VARIABLE, "text" if sys.stderr.isatty() else "json")
        configure_prefect(home, environ)
        configure_logging(environ)
        schedule = [sys.executable, "-m", "flows.schedule", str(watchlist)]
        following = [sys.executable, "-m", "watcher", "stream", "--no-poll", "--watchlist", str(watchlist)]
        streams = any(services.watchlist.wiki(watch.wiki).stream != "off" for watch in services.watchlist.entries)
        ended: list[str] = []
        with (
            until_signalled(),
            _prefect_server(environ, ended) as client,
            _child(schedule, client) as scheduler,
            _exit_with_child(scheduler, "the scheduler", ended),
            _child(following, environ) if streams else nullcontext() as follower,
            _exit_with_child(follower, "`watcher stream`", ended) if follower else nullcontext(),
        ):
            site = create_app(
                services.archive,
                services.watchlist,
                now=services.now,
                services=services,
                scheduler=lambda: (
                    prefect_problem(client)
                    if scheduler.poll() is None
                    else "the scheduler has ended: restart the service"
                ),
                prefect_ui=_prefect_pages(environ, client),
            )
            print(f"review pages: http://127.0.0.1:{port}/   schedule: running   stop: Ctrl-C", flush=True)
            if link := bootstrap_link(site, "127.0.0.1", port):
                print(f"sign in, once and within 15 minutes: {link}", flush=True)
            show(site, port=port)
    if ended:
        raise Unavailable(f"{ended[0]} has stopped unexpectedly, see its messages above; start `watcher serve` again")


def web(
    port: Annotated[int, typer.Option("--port", min=0, max=MAX_PORT, help="The port of the review pages.")] = 8765,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; other than loopback, it needs a user.")
    ] = "127.0.0.1",
    watchlist: WatchlistOption = DEFAULT_WATCHLIST,
) -> None:
    """Serve only the review pages until stopped; `watcher serve` runs the schedule too.

    Example: watcher web --port 8765
    """
    from watcher.services.context import open_context
    from watcher.services.outages import prefect_problem
    from watcher.web import bootstrap_link, create_app
    from watcher.web import serve as show

    with open_context(watchlist, attempts=2) as services, until_signalled():
        site = create_app(
            services.archive,
            services.watchlist,
            now=services.now,
            services=services,
            scheduler=partial(prefect_problem, os.environ),
            prefect_ui=os.environ.get("PREFECT_UI_URL"),
        )
        show(
            site,
            host=host,
            port=port,
            ready=lambda taken: _print_address(host, taken, bootstrap_link(site, host, taken)),
        )


def _print_address(host: str, port: int, link: str | None) -> None:
    typer.echo(f"review pages: http://{f'[{host}]' if ':' in host else host}:{port}/   stop: Ctrl-C")
    if link:
        typer.echo(f"nobody can sign in yet; this link signs you in once, within 15 minutes: {link}")
        typer.echo("for later: watcher user add NAME --scope admin")


def _prefect_pages(environ: Mapping[str, str], client: Mapping[str, str]) -> str | None:
    """Get the address of Prefect's own pages; None where nobody knows the password, which was made for this start."""
    if environ.get("PREFECT_UI_URL"):
        return environ["PREFECT_UI_URL"]
    known = environ.get("PREFECT_API_URL") or environ.get("PREFECT_SERVER_API_AUTH_STRING")
    return client["PREFECT_API_URL"].removesuffix("/api") if known else None


@contextmanager
def _exit_with_child(child: subprocess.Popen[bytes], name: str, ended: list[str]) -> Iterator[None]:
    """End this process as a signal would when the child ends early: pages without checks would look alive."""
    over = threading.Event()

    def look() -> None:
        child.wait()
        if not over.is_set():
            ended.append(name)
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name=name, daemon=True).start()
    try:
        yield
    finally:
        over.set()


class _StopSignal(BaseException):
    """SIGTERM or SIGINT has come."""


@contextmanager
def handle_stop_signals(handler: Callable[[int, object], object]) -> Iterator[None]:
    """Call the handler on SIGTERM and SIGINT while the body runs."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


@contextmanager
def until_signalled() -> Iterator[None]:
    """Run the body until a signal ends it, so that what it opened is closed.

    uvicorn stops and then raises the signal again; its default action would end this process at once and leave the
    children behind. A second signal does not interrupt the closing: each child has its time limit.
    """

    def stop(number: int, _frame: object) -> None:
        for ignored in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ignored, signal.SIG_IGN)
        raise _StopSignal(number)

    with handle_stop_signals(stop), suppress(_StopSignal):
        yield


def free_port(port: int = 0) -> int:
    """Check that nobody listens on this port of loopback, or choose one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise WatcherError(f"port {port}: {error.strerror}; choose another with --port") from None
        return int(probe.getsockname()[1])


@contextmanager
def _prefect_server(environ: Mapping[str, str], ended: list[str]) -> Iterator[Mapping[str, str]]:
    """Provide a Prefect server on loopback for as long as the body runs, unless the environment names one.

    Gives the environment of its clients. The password is in environments alone: others can read command lines.
    """
    if environ.get("PREFECT_API_URL"):
        yield environ
        return
    from flows.prefect_settings import client_environment, server_environment

    port = free_port()
    settings = server_environment(environ, port)
    with _child([sys.executable, "-m", "flows.prefect_server", str(port)], settings) as server:
        _wait_for(f"http://127.0.0.1:{port}/api/health", server)
        with _exit_with_child(server, "Prefect's server", ended):
            yield client_environment(environ, settings)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  our own server on loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise Unavailable("Prefect's server did not start; see its messages above")


@contextmanager
def _child(command: list[str], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Provide a child process in a group of its own, stopped with its children at the end of the body."""
    child = subprocess.Popen(  # noqa: S603  our own interpreter and modules
        command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True
    )
    try:
        yield child
    finally:
        _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Ask the child's group to stop, then make it; what outlives the child is not left behind."""
    for request in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, request)
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=_STOP_SECONDS)
