"""Measure the cost of watching thousands of pages when little happens: requests, seconds, processor time, memory.

    python tests/benchmarks/idle.py                    1,000 and 10,000 pages, idle and with 1 % changed
    python tests/benchmarks/idle.py --pages 1000       only so many
    python tests/benchmarks/idle.py --database postgresql      on a server for this run alone; or a URL
    python tests/benchmarks/idle.py --listed --pages 100000    members of a category in place of single watches
    python tests/benchmarks/idle.py --bot              by an account that may ask about 500 pages at once
    python tests/benchmarks/idle.py --first            the first check of all pages, which stores a baseline of each
    python tests/benchmarks/idle.py --answers          `watcher status`, the front page, the watches and /metrics alone
    python tests/benchmarks/idle.py --changed 1 --kilobytes 41   every page changed, of so many kilobytes each
    python tests/benchmarks/idle.py --changed 1 --kilobytes 41 --workers 2   by so many processes at once

The replay wiki is a process of its own; the poll is measured in another one, from its start to its end, so that
starting Python, reading the watchlist and opening the database count. Bars, in seconds of our CPU: an idle poll of
100,000 pages makes at most 2,000 requests (200 with --bot) and takes 30 s and 250 MB; a first check of 10,000 pages
makes two requests for 50 pages and takes 60 s; `status` takes 1.5 s, the front page 0.2 s, /metrics 0.5 s.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from snapshots.database import insert_or_ignore
from snapshots.tables import ArticleRow, MemberRow
from tests import wiki_api
from tests.postgres import cluster
from tests.shared_data import ROOT
from tests.simulators import FakeWikiServer, WikiStore
from tests.web_client import WebClient
from watcher.demo.servers import Response
from watcher.fetch.transport import MORE_VALUES, VALUES
from watcher.model import Article, Revision, Snapshot
from watcher.services.checks.page_lists import definition_of
from watcher.services.context import AppContext
from watcher.services.operations.startup import open_context
from watcher.web import create_app

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BAR_MEGABYTES = 250.0
BAR_IDLE, BAR_FIRST = 30 / 100_000, 60 / 10_000  # seconds of CPU for a page
BARS_OF_ANSWERS = {"watcher status": 1.5, "/": 0.2, "/watches": None, "/watches?q=sample+77": None, "/metrics": 0.5}
POLL = """
import json, os, sys, time
from pathlib import Path
from sqlalchemy import Engine, event
path, part, parts = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
statements = []
begins = ("BEGIN", "BEGIN IMMEDIATE")  # SQLite's are statements of ours, PostgreSQL's those of the driver
event.listen(Engine, "before_cursor_execute", lambda *given: given[2] in begins or statements.append(given[2][:150]))
from watcher.services.operations.startup import open_context
from watcher.services.checks.check import check
states = {}
with open_context(path) as services:
    begun = time.time()
    for batch in services.index.batches():
        for outcome in check(services, batch[part::parts]):
            states[outcome.state.value] = states.get(outcome.state.value, 0) + 1
most = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(json.dumps({
    "states": states, "cpu": time.process_time(), "statements": len(statements), "megabytes": int(most) / 1024,
    "begun": begun, "ended": time.time(),
}))
"""


def text_of(number: int, count: int = 21, *, kilobytes: int = 0) -> str:
    rest = "".join(
        (f"\n== Quay {quay} ==\n" if quay % 15 == 0 else "\n\n" if quay % 5 == 0 else " ")
        + f"Quay {quay} of harbour {number} has {quay * 7} lamps, which {quay * 31} boats see in a year."
        f"<ref>{{{{cite web |title=Lamps {quay} |url=https://lamps.example.org/{number}/{quay}}}}}</ref>"
        for quay in range(kilobytes * 7)
    )
    return (
        f"'''Harbour {number}''' lies by the sea.\n\n== Boats ==\nIn 2012, the survey counted {count} million boats."
        f"<ref>{{{{cite web |title=Survey {number} |url=https://survey.example.org/{number}}}}}</ref>\n{rest}"
    )


class CountingWiki(FakeWikiServer):
    """Counts all requests, not only those that it remembers; whoever asks for his rights is a bot."""

    requests = 0

    def respond(self, path: str, agent: str) -> Response:
        type(self).requests += 1
        if "meta=userinfo" in path:
            wiki_api.TITLES = MORE_VALUES
            answer = b'{"query": {"userinfo": {"rights": ["apihighlimits"]}}}'
            return 200, {"Content-Type": "application/json"}, answer
        return super().respond(path, agent)


def serve(pages: int, every: int, kilobytes: int, orders: Connection) -> None:
    """A wiki in a separate process, which makes edits or returns counts on request."""
    store = WikiStore(now=lambda: datetime.now(UTC))
    store.sow(pages, partial(text_of, kilobytes=kilobytes), at=BEGIN)
    with CountingWiki(store) as wiki:
        orders.send(wiki.port)
        while (order := orders.recv()) is not None:
            if order == "count":
                orders.send(CountingWiki.requests)
                CountingWiki.requests = 0
            else:
                for number in changing(pages, every):
                    title = f"Sample {number}"
                    store.edit(title, store.by_title[title].latest.text.replace("counted 2", "counted 3", 1))
                orders.send("edited")


@contextmanager
def wiki(pages: int, every: int, kilobytes: int) -> Iterator[tuple[int, Connection]]:
    ours, other = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=serve, args=(pages, every, kilobytes, other))
    child.start()
    try:
        yield ours.recv(), ours
    finally:
        ours.send(None)
        child.join(timeout=20)


def write_watchlist(
    folder: Path, port: int, pages: int, database: str, *, listed: bool = False, bot: bool = False
) -> Path:
    path = folder / "watchlist.toml"
    names = [f'title = "Sample {number}"' for number in range(1, pages + 1)]
    names = [f'category = "Harbours"\nlimit = {pages}'] if listed else names
    watches = "".join(f'\n[[watch]]\nwiki = "w"\n{name}\nevery = "15m"\nsettle = "0"\n' for name in names)
    path.write_text(
        f'[watcher]\ncontact = "mailto:tests@example.org"\ndatabase = "{database}"\n'
        f'allowed_hosts = ["127.0.0.1:{port}"]\n\n'
        f'[[wiki]]\nname = "w"\napi = "http://127.0.0.1:{port}/w/api.php"\nlanguage = "en"\n'
        + ('oauth_token = "env:WATCHER_BENCHMARK_TOKEN"\n' if bot else "")
        + watches,
        encoding="utf-8",
    )
    return path


def registered(path: Path, pages: int, every: int, kilobytes: int, *, first: bool = False) -> None:
    """Store every page in a few statements, in the state before or after a first check an hour ago."""
    with open_context(path) as services:
        now, archive = services.now() - timedelta(hours=1), services.archive
        known: dict[str, Any] = {"wiki": "w", "registered_at": now, "failures": 0}
        checked = {} if first else {"checked_at": now, "protection": "", "images_checked_at": services.now()}
        with archive.database.write() as session:
            insert_or_ignore(
                session,
                ArticleRow,
                [
                    known
                    | {"page_id": number, "title": f"Sample {number}"}
                    | (checked and checked | {"cursor": number, "images_revision_id": number})
                    for number in range(1, pages + 1)
                ],
            )
        listed = services.watchlist.sources
        archive.members.sync([definition_of(watch) for watch in listed])
        if listed:
            member = {"source_id": 1, "active": True, "listed_at": now, "joined_at": now}
            with archive.database.write() as session:
                insert_or_ignore(
                    session, MemberRow, [member | {"article_id": number} for number in range(1, pages + 1)]
                )
        store_texts(services, () if first else changing(pages, every), kilobytes)


def store_texts(services: AppContext, numbers: Iterable[int], kilobytes: int = 0) -> None:
    """Store the first revisions of some pages, as the baseline of each."""
    for number in numbers:
        article = Article(wiki="w", page_id=number, title=f"Sample {number}")
        at = BEGIN + timedelta(seconds=number)
        text = text_of(number, kilobytes=kilobytes).rstrip()
        sha1 = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        revision = Revision(article=article, id=number, parent_id=0, at=at, editor="Editor", comment="Sown", sha1=sha1)
        services.archive.revisions.store(article, [Snapshot(revision=revision, wikitext=text)])


def changing(pages: int, every: int) -> list[int]:
    """The pages that somebody edits."""
    return list(range(every, pages + 1, every))


def poll(path: Path, orders: Connection, workers: int = 1) -> dict[str, Any]:
    """Make one poll in a new process, or in several that share the pages; return the requests that it made."""
    orders.send("count")
    orders.recv()
    begun, environ = time.perf_counter(), {**os.environ, "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", POLL, path, str(part), str(workers)],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for part in range(workers)
    ]
    answers = [process.communicate(timeout=1800) for process in processes]
    if wrong := [text for process, (_, text) in zip(processes, answers, strict=True) if process.returncode]:
        sys.exit(wrong[0][-3000:])
    results = [json.loads(text.splitlines()[-1]) for text, _ in answers]
    orders.send("count")
    states: Counter[str] = sum((Counter(result["states"]) for result in results), Counter())
    summed = {name: sum(result[name] for result in results) for name in ("cpu", "statements", "megabytes")}
    seconds = max(result["ended"] for result in results) - min(result["begun"] for result in results)
    more = {"wall": time.perf_counter() - begun, "requests": orders.recv(), "rate": states.total() / seconds}
    return {"states": states, **summed, **more}


def report(pages: int, case: str, result: dict[str, Any]) -> None:
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(result["states"].items()))
    print(
        f"{pages:7,} {case:24} {result['requests']:9,} {result['wall']:8.1f} {result['cpu']:8.1f} "
        f"{result['megabytes']:8.0f} {result['statements']:8,}   {states}",
        flush=True,
    )


def answers(path: Path) -> Iterator[tuple[str, float]]:
    """Print how long each answer takes, yielding its name and seconds of CPU: of `status` from its start to its end."""
    command, begun = [sys.executable, "-m", "watcher", "status", "--watchlist", str(path)], time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=600, check=False).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{command[2]} {'status':20} {time.perf_counter() - begun:6.2f} s  CPU {cpu:6.2f} s  {len(shown):,} bytes")
    yield "watcher status", cpu
    with open_context(path) as services:
        app = create_app(services)
        client = WebClient(app, "http://localhost")
        for address in [name for name in BARS_OF_ANSWERS if name.startswith("/")]:
            client.get(address)
            begun, used = time.perf_counter(), time.process_time()
            answer = client.get(address)
            used, took = time.process_time() - used, time.perf_counter() - begun
            assert answer.status_code == 200, answer.text
            print(f"{address:28} {took:6.2f} s  CPU {used:6.2f} s  {len(answer.content):,} bytes", flush=True)
            yield address, used


def settings_of(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--database", default="sqlite:///watcher.db", help="an empty database, or `postgresql`")
    parser.add_argument("--bot", action="store_true", help="by an account with higher limits")
    parser.add_argument("--answers", action="store_true", help="measure status, pages and metrics alone")
    parser.add_argument("--listed", action="store_true", help="the pages are members of one list")
    parser.add_argument("--first", action="store_true", help="measure the first check")
    parser.add_argument("--changed", type=int, default=100, help="every so many pages are edited")
    parser.add_argument("--workers", type=int, default=1, help="processes that check at once")
    parser.add_argument("--kilobytes", type=int, default=0, help="the least size of a page")
    return parser.parse_args(arguments)


@contextmanager
def database(named: str) -> Iterator[str]:
    """Return the URL of an empty database: the given one, or one on a temporary PostgreSQL server."""
    if named != "postgresql":
        yield named
        return
    with cluster(None) as server:
        if server is None:
            sys.exit("no PostgreSQL: run tests/postgres_install.sh")
        with server.database() as address:
            yield address


def missed_bars(pages: int, settings: argparse.Namespace, results: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Name the bars that polls exceeded."""
    least = max(pages / (MORE_VALUES if settings.bot else VALUES), 1) + settings.bot
    # One more asks for the names of the wiki's namespaces.
    bars = {"check, idle": (least + 1, BAR_IDLE * pages + 1), "first check": (2 * least + 1, BAR_FIRST * pages + 1)}
    for case, result in results.items():
        requests, cpu = bars[case]
        if result["requests"] > requests or result["cpu"] > cpu or result["megabytes"] > BAR_MEGABYTES:
            yield f"{pages:,} pages, {case}: at most {requests:.0f} requests, {cpu:.0f} s, {BAR_MEGABYTES:.0f} MB"


def measure(pages: int, settings: argparse.Namespace, path: Path, orders: Connection) -> Iterator[str]:
    """Poll a watchlist of so many pages, and yield which bars were missed."""
    if settings.listed or not settings.first:
        registered(path, pages, settings.changed, settings.kilobytes, first=settings.first)
    if settings.answers:
        for name, cpu in answers(path):
            if (bar := BARS_OF_ANSWERS[name]) and cpu > bar:
                yield f"{pages:,} pages, {name}: at most {bar} s"
        return
    results = {}
    for case in ("first check", "check, idle")[not settings.first :]:
        report(pages, case, result := poll(path, orders))
        results[case] = result
    yield from missed_bars(pages, settings, results)
    orders.send("edit")
    orders.recv()
    report(pages, f"check, 1 in {settings.changed} changed", result := poll(path, orders, settings.workers))
    if settings.changed == 1:
        each = pages, settings.workers, result["rate"], result["statements"] / pages, 1000 * result["cpu"] / pages
        print("{} pages by {} workers: {:.1f} a second, {:.1f} statements and {:.0f} ms of CPU a page".format(*each))


def main() -> None:
    settings = settings_of(sys.argv[1:])
    os.environ["WATCHER_BENCHMARK_TOKEN"] = "token"
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; {settings.database.partition(':')[0]}")
    print(f"{'pages':>7} {'':24} {'requests':>9} {'wall s':>8} {'cpu s':>8} {'MB':>8} {'SQL':>8}")
    missed: list[str] = []
    for pages in settings.pages:
        with (
            tempfile.TemporaryDirectory() as name,
            database(settings.database) as url,
            wiki(pages, settings.changed, settings.kilobytes) as (port, orders),
        ):
            path = write_watchlist(Path(name), port, pages, url, listed=settings.listed, bot=settings.bot)
            missed += measure(pages, settings, path, orders)
    print(f"bars missed: {'; '.join(missed)}" if missed else "every bar is kept")


if __name__ == "__main__":
    main()
