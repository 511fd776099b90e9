"""Measure start-up costs: the processor time of commands, and the time and memory of `watcher serve`.

    python -m tests.benchmarks.footprint             the table of commands, then `watcher serve`
    python -m tests.benchmarks.footprint --no-serve  only the commands
    python -m tests.benchmarks.footprint --repeat 9  the least of so many runs of each command (default: 5)
    python -m tests.benchmarks.footprint --pages 20 --every 1m --minutes 30   a longer look at `watcher serve`

Bars: a command that opens the database takes at most 0.6 s of the processor, `watcher check` of an unchanged page 0.8;
`watcher serve` shows its pages and has made its first check within 8 s, and all its processes take at most 380 MB. From
the fifth minute on, it takes at most 2 % of a core where nothing changes. The memory is the sum of the proportional set
sizes (PSS): what processes share counts once. Processor time is that of the processes, whatever else the machine does.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from tests.benchmarks.idle import wiki as running_wiki
from tests.benchmarks.idle import write_watchlist
from tests.shared_data import ROOT
from watcher.cli.serve import free_port

BAR_CPU = {"check": 0.8}
BAR_COMMAND, BAR_READY, BAR_MEGABYTES, BAR_IDLE = 0.6, 8.0, 380.0, 2.0
COMMANDS = ("status", "list", "mute", "deliver", "migrate", "check")
SETTLED_MINUTES = 1.5  # a run of each schedule has begun and ended
START_SECONDS = 300.0  # of which the processor time is not what an idle service takes
TICKS = os.sysconf("SC_CLK_TCK")
LONGEST_START = 240.0


def watcher(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "watcher", *words, "--watchlist", str(folder / "watchlist.toml")]


def environment(folder: Path) -> dict[str, str]:
    # What was compiled once is kept, as where it is installed.
    others = ("PREFECT_", "WATCHER_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return kept | {"PYTHONPATH": str(ROOT), "HOME": str(folder)}


def run(words: list[str], folder: Path, *, check: bool = True) -> None:
    """Run a command; where it fails and `check` is set, its last words are the error."""
    done = subprocess.run(words, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{words[1:4]} failed: {(done.stderr or done.stdout).strip()[-300:]}")


def processor_seconds(folder: Path, name: str, repeat: int) -> float:
    """The least user and system time of some runs of a command: other load can only add to it."""
    taken = []
    for _ in range(repeat):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(watcher(folder, name), folder, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def family(pid: int) -> list[int]:
    """A process with all its descendants."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += map(int, task.read_text().split())
    return [pid, *(process for child in children for process in family(child))]


def memory(pid: int) -> dict[int, float]:
    """The proportional set size in MB of a process and of each descendant."""
    sizes = {}
    for process in family(pid):
        with suppress(OSError):
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
            sizes[process] = next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return sizes


def processor_time(pid: int) -> dict[int, float]:
    """The seconds of the processor that a process, each descendant and the children that they had have taken."""
    taken = {}
    for process in family(pid):
        with suppress(OSError):
            words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            taken[process] = sum(map(int, words[11:15])) / TICKS
    return taken


def name_of(pid: int) -> str:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        return " ".join(word for word in words[1:] if "/" not in word)[:60]
    return "?"


def wait_for(happened: Callable[[], bool], begun: float) -> float:
    while time.monotonic() - begun < LONGEST_START:
        if happened():
            return time.monotonic() - begun
        time.sleep(0.1)
    return float("inf")


def answers(port: int) -> bool:
    with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
        return bool(answer.status == 200)
    return False


def checked(database: Path) -> bool:
    """Asked of the file itself: another release cannot read it."""
    question = "SELECT count(*) FROM article WHERE checked_at IS NOT NULL"
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return bool(connection.execute(question).fetchone()[0])
    return False


def serve(folder: Path, minutes: float) -> tuple[float, float, float, float]:
    """Start `watcher serve` on an empty database.

    Seconds to its pages and to its first check, its megabytes, and the percentage of a core that it takes when idle.
    """
    port, begun = free_port(), time.monotonic()
    command = [*watcher(folder, "serve"), "--port", str(port)]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=log, stderr=log)
    try:
        pages = wait_for(lambda: answers(port), begun)
        first = wait_for(lambda: checked(folder / "watcher.db"), begun)
        print(f"watcher serve: pages after {pages:.1f} s, first check after {first:.1f} s", flush=True)
        peak: dict[int, float] = {}
        names: dict[int, str] = {}
        since, used = begun, dict[int, float]()
        while (now := time.monotonic()) - begun < 60 * minutes:
            sizes = memory(process.pid)
            names |= {pid: name_of(pid) for pid in sizes}
            peak = max(peak, sizes, key=lambda each: sum(each.values()))
            if not used and now - begun > START_SECONDS:
                since, used = now, processor_time(process.pid)
            time.sleep(0.5)
        idle = 0.0
        for pid, seconds in processor_time(process.pid).items() if used else ():
            share = 100 * (seconds - used.get(pid, 0.0)) / (time.monotonic() - since)
            idle += share
            print(f"  idle: {share:5.2f} % of a core  {names.get(pid, '?')}")
        for title, sizes in (("at the end", memory(process.pid)), ("at most", peak)):
            print(f"  memory {title}: {sum(sizes.values()):.0f} MB in {len(sizes)} processes")
            for pid, size in sizes.items():
                print(f"    {size:6.0f} MB  {names.get(pid, '?')}")
        settled = sum(memory(process.pid).values())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    return pages, first, settled, idle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--pages", type=int, default=1, help="how many watches")
    parser.add_argument("--every", default="15m", help="their interval")
    parser.add_argument("--minutes", type=float, default=SETTLED_MINUTES, help="how long `watcher serve` runs")
    settings = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    missed = []
    with tempfile.TemporaryDirectory() as name, running_wiki(settings.pages, 1, 0) as (port, _):
        folder = Path(name)
        write_watchlist(folder, port, settings.pages, "sqlite:///watcher.db", every=settings.every)
        if settings.serve:
            names = ("pages", BAR_READY), ("first check", BAR_READY), ("memory", BAR_MEGABYTES), ("idle", BAR_IDLE)
            values = zip(names, serve(folder, settings.minutes), strict=True)
            missed += [f"serve: {name} {value:.1f}, bar {bar:g}" for (name, bar), value in values if value > bar]
        run(watcher(folder, "check"), folder)
        for command in COMMANDS:
            taken, bar = processor_seconds(folder, command, settings.repeat), BAR_CPU.get(command, BAR_COMMAND)
            print(f"watcher {command:10} {taken:6.2f} s of the processor, bar {bar}", flush=True)
            missed += [f"{command}: {taken:.2f} s"] if taken > bar else []
    print(f"bars missed: {'; '.join(missed)}" if missed else "every bar is kept")


if __name__ == "__main__":
    main()
