"""Measure what a history costs: revisions a second stored and followed, memory, reading back; edits of a real article.

    python tests/benchmarks/history.py [--revisions 10000] [--history plain|realistic] [--url …] [--profile]

All but the fetching is done as `watcher history` does it: fifty revisions a transaction are stored, then every
figure, claim, source and picture is followed through them, and the lives are stored. CPU seconds of one core; the
peak of memory is that of the whole process, told after 1,000, 2,000, 5,000 … revisions. One line a figure.
"""

from __future__ import annotations

import argparse
import cProfile
import itertools
import pstats
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from snapshots import Archive
from tests.benchmarks.edits import HISTORIES, PAGE, article, snapshots
from watcher.config import Secret, Watchlist, WikiSite
from watcher.fetch import WikiClient
from watcher.model import Dialect
from watcher.services.context import AppContext
from watcher.services.history import build_history

BATCH = 50
SIZES = (100, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def memory() -> float:
    """The peak of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def services(archive: Archive) -> AppContext:
    """What following needs: nothing is ever fetched."""

    def no_client(site: WikiSite) -> WikiClient:
        raise AssertionError(site.name)

    made = AppContext(
        watchlist=Watchlist(path=Path("none"), contact="", database=Secret("none"), reports=Path("none")),
        archive=archive,
        now=lambda: datetime.now(UTC),
        owner="benchmark",
        make_client=no_client,
    )
    made.dialects[PAGE.wiki] = Dialect()
    return made


def batches(kind: str, text: str, count: int, seed: int) -> Iterator[list]:
    made = snapshots(kind, text, count, seed)
    while batch := list(itertools.islice(made, BATCH)):
        yield batch


def stored(archive: Archive, kind: str, text: str, count: int, seed: int) -> float:
    """Seconds to store the history, without those to make it up."""
    archive.articles.register(PAGE, datetime.now(UTC))
    spent, done = 0.0, 0
    for batch in batches(kind, text, count, seed):
        begun = time.process_time()
        archive.revisions.store(PAGE, batch)
        spent += time.process_time() - begun
        done += len(batch)
        if done in SIZES:
            report(f"stored {done:,}", f"{done / spent:.0f} a second, peak memory {memory():.0f} MiB")
    return spent


def followed(archive: Archive) -> float:
    """Seconds to follow all that is stored, and to store the lives."""
    begun = time.process_time()

    def reported(done: int, _: int) -> None:
        if done in SIZES:
            report(
                f"followed {done:,}", f"{done / (time.process_time() - begun):.0f} a second, peak {memory():.0f} MiB"
            )

    build_history(services(archive), PAGE, reported)
    return time.process_time() - begun


def read_back(archive: Archive, count: int) -> str:
    times = []
    for number in random.Random(1).sample(range(1, count + 1), min(500, count)):
        begun = time.perf_counter()
        archive.revisions.snapshot(PAGE.wiki, number)
        times.append(1000 * (time.perf_counter() - begun))
    times.sort()
    return f"{statistics.median(times):.1f} ms median, {times[len(times) * 99 // 100]:.1f} p99, {times[-1]:.1f} worst"


def report(what: str, reported: str) -> None:
    sys.stdout.write(f"{what:28} {reported}\n")
    sys.stdout.flush()


def timed(what: str, begun: float, reported: str = "") -> None:
    report(what, f"{1000 * (time.process_time() - begun):.0f} ms{reported}")


def measure(url: str, text: str, chosen: argparse.Namespace) -> None:
    """Print the figures of one history."""
    profile = cProfile.Profile()
    with Archive(url) as archive:
        archive.upgrade()
        count = chosen.revisions
        storing = stored(archive, chosen.history, text, count, chosen.seed)
        if chosen.profile:
            profile.enable()
        following = followed(archive)
        profile.disable()
        report("stored and followed", f"{count / (storing + following):.0f} revisions a second of one core")
        report("read back any revision", read_back(archive, count))
        begun = time.process_time()
        build_history(services(archive), PAGE)
        timed("nothing new to follow", begun)
        peak = memory()
        begun = time.process_time()
        timelines = archive.history.timelines(PAGE)
        episodes = sum(len(timeline.episodes) for timeline in timelines)
        timed(
            "all timelines",
            begun,
            f", {len(timelines)} lives, {episodes:,} episodes; peak {peak:.0f} → {memory():.0f} MiB",
        )
    if chosen.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(40)


def main() -> int:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--revisions", type=int, default=1000)
    options.add_argument("--history", choices=HISTORIES, default="plain")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--url", help="an empty database; a SQLite file in a temporary folder if not given")
    options.add_argument("--profile", action="store_true", help="show where the time of following goes")
    chosen = options.parse_args()
    text = article()
    if text is None:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        measure(chosen.url or f"sqlite:///{folder}/history.db", text, chosen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
