"""Compare the footprint of two revisions of this repository with the bars, in one run.

    python -m tests.benchmarks.table                       78f45be and HEAD, with 1,000,000 findings: half an hour
    python -m tests.benchmarks.table --findings 100000 --pages 100
    python -m tests.benchmarks.table --revisions HEAD --folder /var/tmp/trees     one; what is installed is kept there

Each revision is checked out and installed by its own Makefile, from its own lock file. Everything is measured from
outside, by its commands and its pages over one wiki; only the queue is asked by the benchmark of the revision
itself. What a revision cannot do is named. Processor seconds are the least of some runs; a wall time means little
while other programs run.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import footprint
from tests.benchmarks.footprint import SourceTree, processor_seconds
from tests.benchmarks.idle import ROOT, write_watchlist
from tests.benchmarks.idle import wiki as running_wiki
from tests.postgres import cluster

OLD = "78f45be"
KILOBYTES = 41
BARS = {
    "serve: pages and first check, s": 8,
    "serve: memory, MB": 400,
    "start of `watcher status`, CPU s": 0.6,
    "check of an unchanged page, CPU s": 0.8,
    "installed for production, MB": 310,
    "queue on PostgreSQL: first page, s": 0.2,
    "queue on PostgreSQL: search, s": 0.5,
    "queue on PostgreSQL: search, a rare word, s": 0.5,
    "backup of that, s": 40,
    "restore of that, s": 90,
    "pages judged a second, 1 worker": 20,
    "pages judged a second, 2 workers": 36,
}
AT_LEAST = "pages judged"  # of all others, less is better


@dataclass(frozen=True, slots=True)
class Installed:
    """A revision that is checked out and installed for production, which took so many megabytes."""

    name: str
    source: SourceTree
    megabytes: float


def git(*words: object) -> str:
    return subprocess.run(["git", *map(str, words)], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def install(revision: str, folder: Path) -> Installed:
    """Check out and install; with what its tests need, too, after production's size was measured."""
    tree = folder / git("rev-parse", "--short", revision).strip()
    size = tree / "installed"
    if not size.exists():
        git("worktree", "add", "--force", "--detach", tree, revision)
        target = "install" if re.search(r"^install:", (tree / "Makefile").read_text(), re.MULTILINE) else "setup"
        for goal in dict.fromkeys((target, "setup")):
            subprocess.run(["make", "--directory", tree, goal], check=True, stdout=subprocess.DEVNULL)
            if not size.exists():
                used = subprocess.run(["du", "-sm", tree / ".venv"], check=True, capture_output=True, text=True).stdout
                size.write_text(used.split()[0])
    return Installed(revision, SourceTree(str(tree / ".venv/bin/python"), tree), float(size.read_text()))


def commands(source: SourceTree) -> Iterator[tuple[str, float]]:
    """Start of commands, and `watcher serve`, over one page and a SQLite file."""
    with tempfile.TemporaryDirectory() as name, running_wiki(1, 1, 0) as (port, _):
        folder = Path(name)
        write_watchlist(folder, port, 1, "sqlite:///watcher.db")
        with contextlib.redirect_stdout(io.StringIO()):
            pages, first, settled = footprint.serve(source, folder)
        yield "serve: pages and first check, s", max(pages, first)
        yield "serve: memory, MB", settled
        yield "start of `watcher status`, CPU s", processor_seconds(source, folder, "status", 5)
        yield "check of an unchanged page, CPU s", processor_seconds(source, folder, "check", 5)


def queue(source: SourceTree, findings: int) -> Iterator[tuple[str, float]]:
    """The queue, backup and restore of a database on PostgreSQL with so many findings."""
    with cluster(None) as server, tempfile.TemporaryDirectory() as name:
        if server is None:
            raise RuntimeError("no PostgreSQL here")
        with server.database() as url, server.database() as other:
            script = source.tree / "tests/benchmarks/review_queue.py"
            words = [source.python, str(script), "--findings", str(findings), "--url", url]
            text = source.run(words, Path(name))
            labels = {
                "first page": "first page",
                "search": "search, many hits",
                "search, a rare word": "search, one hit",
            }
            for measure, label in labels.items():
                for milliseconds in re.findall(rf"^{label} +([\d,]+) ms", text, re.MULTILINE):
                    yield f"queue on PostgreSQL: {measure}, s", float(milliseconds.replace(",", "")) / 1000
            for command, base in (("backup", url), ("restore", other)):
                folder = Path(name)
                write_watchlist(folder, 1, 1, base)
                begun = time.monotonic()
                source.run([*source.command(folder, command, "all.backup")], folder)
                yield f"{command} of that, s", time.monotonic() - begun


def pages_a_second(source: SourceTree, pages: int) -> Iterator[tuple[str, float]]:
    """Every page of 41 KB changed, on PostgreSQL, checked by one command, and by two of half of the pages each."""
    for workers in (1, 2):
        with (
            cluster(None) as server,
            tempfile.TemporaryDirectory() as name,
            running_wiki(pages, 1, KILOBYTES) as (port, orders),
        ):
            if server is None:
                raise RuntimeError("no PostgreSQL here")
            with server.database() as url:
                folder = Path(name)
                write_watchlist(folder, port, pages, url)
                source.run(source.command(folder, "check"), folder)
                orders.send("edit")
                orders.recv()
                titles = [f"Sample {number}" for number in range(1, pages + 1)]
                begun = time.monotonic()
                running = [
                    subprocess.Popen(
                        source.command(folder, "check", *titles[part::workers]),
                        cwd=folder, env=source.environment(folder), stdout=subprocess.DEVNULL,
                    )
                    for part in range(workers)
                ]  # fmt: skip
                if max(process.wait() for process in running):
                    raise RuntimeError("`watcher check` failed")
                s = "s" * (workers > 1)
                yield f"pages judged a second, {workers} worker{s}", pages / (time.monotonic() - begun)


def figures(installed: Installed, findings: int, pages: int) -> tuple[dict[str, float], list[str]]:
    """All that can be measured of a revision, and why the rest cannot."""
    result, reasons = {"installed for production, MB": installed.megabytes}, []
    source = installed.source
    parts: tuple[Callable[[], Iterator[tuple[str, float]]], ...] = (
        lambda: commands(source),
        lambda: queue(source, findings),
        lambda: pages_a_second(source, pages),
    )
    for part in parts:
        try:
            for measure, value in part():
                print(f"# {installed.name}: {measure}: {value:.2f}", flush=True)
                result[measure] = value
        except (RuntimeError, subprocess.CalledProcessError) as error:
            reasons.append(f"{installed.name}: {str(error)[-300:]}")
    return result, reasons


def is_kept(measure: str, value: float) -> bool:
    return value >= BARS[measure] if measure.startswith(AT_LEAST) else value <= BARS[measure]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--revisions", nargs="+", default=[OLD, "HEAD"])
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--folder", type=Path, help="where checked out revisions are kept (default: nowhere)")
    settings = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; {settings.findings:,} findings")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as temporary:
        folder = settings.folder or Path(temporary)
        columns, reasons = [], []
        for revision in settings.revisions:
            column, missing = figures(install(revision, folder), settings.findings, settings.pages)
            columns.append(column)
            reasons += missing
    git("worktree", "prune")
    print("\n| measure | " + " | ".join(settings.revisions) + " | bar |")
    print("| --- |" + " --- |" * (len(columns) + 1))
    for measure, bar in BARS.items():
        cells = [f"{column[measure]:.2f}" if measure in column else "not possible" for column in columns]
        print(f"| {measure} | {' | '.join(cells)} | {'≥' if measure.startswith(AT_LEAST) else '≤'} {bar:g} |")
    print("\n".join(reasons))
    newest = columns[-1]
    missed = [measure for measure in BARS if measure not in newest or not is_kept(measure, newest[measure])]
    print(f"bars missed: {'; '.join(missed)}" if missed else "every bar is kept")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
