"""Measure `watcher stream` while all events of a large wiki pass by, and the time from an edit to its alert.

    python tests/benchmarks/stream.py [--listed 1000000] [--rate 1000] [--seconds 60] [--gap 300]
    python tests/benchmarks/stream.py --database postgresql

So many events a second pass by, two of them of members of a list of so many pages: what counts is its processor time,
its memory, the time from each edit to its alert. Then it gets SIGTERM in the middle of the stream, no process runs for
`gap` seconds while the wiki goes on, and another one has to catch up with what it missed. Bars: half a core, 300 MB,
2 s, every edit alerted, an end without an error.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import unquote

from tests.benchmarks import idle
from tests.event_server import EventServer
from tests.shared_data import ROOT
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from tests.waiting import wait_until

_TIMEOUT = 120.0


# Wikimedia's events have some 1.5 KB. Written here, because the wiki and the receiver share the processor with it.
EVENT = b"event: message\nid: %%d\ndata: %b\n\n" % (
    b'{"type": "edit", "server_name": "127.0.0.1", "title": "%%b", "comment": "%b", '
    b'"timestamp": %%d, "revision": {"new": %%d}}' % (b"x" * 1_200)
)
EDITED = 2_000  # members whose pages are there, and are edited in turn
AT_ONCE = 200  # events in a write


class Replay(EventServer):
    """Sends what has happened since a time, and all that follows, as https://stream.wikimedia.org does."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.times = array("d")
        self.closed, self.sent = False, 0
        super().__init__()

    def close(self) -> None:
        self.closed = True
        super().close()

    def happen(self, title: str, at: float) -> None:
        self.times.append(at)
        self.titles.append(title)

    def pieces(self) -> Iterator[bytes]:
        since = self.since[-1]
        begin = datetime.fromisoformat(unquote(since)).timestamp() if since else self.times[-1] if self.times else 0.0
        at = bisect_left(self.times, begin)
        while not self.closed:
            numbers = range(at, min(at + AT_ONCE, len(self.titles)))
            self.sent += len(numbers)
            at = numbers.stop
            yield b"".join(self.piece(number) for number in numbers)
            if not numbers:
                time.sleep(0.005)

    def piece(self, number: int) -> bytes:
        return EVENT % (number, self.titles[number].encode(), self.times[number], number)


class Passing(threading.Thread):
    """Events of pages that nobody watches, some thousands a second, with an edit of a member every half second."""

    def __init__(self, events: Replay, store: WikiStore, rate: int) -> None:
        super().__init__(daemon=True)
        self.events, self.store, self.rate = events, store, rate
        self.edits: dict[str, float] = {}
        self.ended = threading.Event()

    def run(self) -> None:
        reached = time.time()
        while not self.ended.wait(0.005):
            self.pass_by(reached, reached := time.time())

    def pass_by(self, begin: float, end: float) -> None:
        """What happens in this time."""
        for number in range(int(begin * self.rate), int(end * self.rate)):
            self.events.happen(f"Elsewhere {number * 7919 % 1_000_003}", number / self.rate)
            if number % (self.rate // 2) == 0:
                self.edit(number / self.rate)

    def edit(self, at: float) -> None:
        count = len(self.edits)
        title = f"Sample {count % EDITED + 1}"
        self.store.edit(title, idle.text_of(count % EDITED + 1, 1_000 + count))
        self.edits[f"{1_000 + count} million boats"] = perf_counter()
        self.events.happen(title, at)


def spent(process: int) -> float:
    """Seconds of processor time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@contextmanager
def members_watched(pages: int, store: WikiStore, address: str, named: str) -> Iterator[tuple[Path, WebhookReceiver]]:
    """A watchlist of one list of so many pages, whose database has them all; some of the pages are there."""
    store.sow(EDITED, idle.text_of, at=idle.BEGIN)
    port = address.split(":")[2].partition("/")[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        WebhookReceiver() as receiver,
        FakeWikiServer(store) as wiki,
        idle.database(named) as database,
    ):
        path = idle.write_watchlist(Path(folder), wiki.port, pages, database, listed=True)
        text = path.read_text("utf-8").replace('language = "en"', f'language = "en"\nstream = "{address}"')
        text = text.replace("[watcher]", "[watcher]\ngroup_by = []")
        text = text.replace("allowed_hosts = [", f'allowed_hosts = ["127.0.0.1:{port}", ')
        path.write_text(f'{text}\n[[destination]]\nname = "inbox"\nurl = "{receiver.url}"\n', encoding="utf-8")
        idle.registered(path, pages, pages + 1, 0)
        with idle.open_context(path) as services:
            idle.store_texts(services, range(1, EDITED + 1))
            services.archive.articles.record_checks(services.archive.articles.list_all(), services.now())
        yield path, receiver


@contextmanager
def streaming(path: Path, events: Replay) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own, once it follows the stream."""
    command, connections = [sys.executable, "-m", "watcher", "stream", "--no-poll"], len(events.resumed)
    process = subprocess.Popen([*command, "--watchlist", str(path)], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: len(events.resumed) > connections, inf)  # the titles of a million members are read first
        print(f"{spent(process.pid):.1f} s of CPU until the stream is open", flush=True)
        yield process
    finally:
        begun = perf_counter()
        process.terminate()
        try:
            status: object = process.wait(_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            status = "SIGKILL"
        print(f"SIGTERM: ended with {status} after {perf_counter() - begun:.1f} s", flush=True)


class Arrivals:
    """When the alert about each edit came in."""

    def __init__(self, receiver: WebhookReceiver, edits: dict[str, float]) -> None:
        self.receiver, self.edits, self.at, self.read = receiver, edits, dict[str, float](), 0
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self) -> None:
        while True:
            requests = self.receiver.requests[self.read :]
            self.read += len(requests)
            texts = [request.json["message"] for request in requests]
            seen = [mark for mark in [*self.edits] if any(mark in text for text in texts)]
            self.at |= {mark: perf_counter() for mark in seen if mark not in self.at}
            time.sleep(0.02)

    def lags(self, marks: list[str], begun: float) -> list[float]:
        """Wait for the alerts about some edits; how long each took, or since a time where it was made before that."""
        # Those that were missed are checked one by one.
        wait_until(lambda: all(mark in self.at for mark in marks), 5 * _TIMEOUT)
        return sorted(self.at[mark] - max(self.edits[mark], begun) for mark in marks if mark in self.at)


def listed(pages: int, rate: int, seconds: float, gap: float, database: str) -> None:
    """Let the whole stream of a large wiki pass by a list of so many pages."""
    store = WikiStore(now=lambda: datetime.now(UTC))
    events = Replay()
    with closing(events), members_watched(pages, store, events.url, database) as (path, receiver):
        passing = Passing(events, store, rate)
        arrivals = Arrivals(receiver, passing.edits)
        passing.start()
        with streaming(path, events) as process:
            measurement = Measurement(events, process.pid, rate)
            first = len(passing.edits)
            time.sleep(seconds)
            measurement.report(f"{seconds:.0f} s", arrivals, [*passing.edits][first:])
            first = len(passing.edits)
        if gap:
            time.sleep(gap)
            with streaming(path, events) as process:
                measurement = Measurement(events, process.pid, rate)
                measurement.report(f"{gap:.0f} s missed", arrivals, [*passing.edits][first:])
        passing.ended.set()


class Measurement:
    """What a process takes from now on."""

    def __init__(self, events: Replay, process: int, rate: int) -> None:
        self.events, self.process, self.rate = events, process, rate
        self.sent, self.spent, self.begun = events.sent, spent(process), perf_counter()

    def report(self, what: str, arrivals: Arrivals, marks: list[str]) -> None:
        """Wait for the alerts about some edits, and print what that took; a busy machine is late, and takes no more."""
        if not (lags := arrivals.lags(marks, self.begun)):
            sys.exit(f"{what}: no alert in {5 * _TIMEOUT:.0f} s")
        cpu, events = spent(self.process) - self.spent, self.events.sent - self.sent
        print(
            f"{what}: {events:,} events in {perf_counter() - self.begun:.0f} s took {cpu:.1f} s of CPU, "
            f"{cpu / events * self.rate:.0%} of a core at {self.rate:,}/s; {megabytes(self.process):.0f} MB; "
            f"lag median {median(lags):.2f}, worst {lags[-1]:.2f} s; "
            f"{len(marks) - len(lags)} of {len(marks)} edits missed",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listed", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--gap", type=float, default=0.0)
    parser.add_argument("--database", default="sqlite:///watcher.db", help="of the members: empty, or `postgresql`")
    chosen = parser.parse_args()
    listed(chosen.listed, chosen.rate, chosen.seconds, chosen.gap, chosen.database)


if __name__ == "__main__":
    main()
