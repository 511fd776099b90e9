"""Measure what a history costs: revisions a second stored and followed, memory, reading back; edits of a real article.

    python tests/benchmarks/history.py [--revisions 10000] [--history plain|notes] [--url …] [--profile]
    python tests/benchmarks/history.py --dump FILE --title TITLE [--revisions 2000]

The plain history is one small edit of some sections before the article after the other, now and then vandalism or
blanked sections; that of notes has thousands of joint ones in the same few words. With --dump the history is that of a
page of a MediaWiki export, which `watcher history --dump` reads twice: to verify and to store it. The rest is done as
`watcher history` does it: fifty revisions a transaction are stored, then what each did to every figure, claim, source
and picture is recorded. CPU seconds; after 1,000, 2,000 … revisions the peak of memory. One line a figure.
"""

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
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from snapshots import Archive
from tests.shared_data import ARTICLE, article, is_missing
from tests.watcher.history_generator import Saga
from watcher.fetch.dump import DumpPage, read_dump
from watcher.model import Article, Dialect, Revision, Snapshot
from watcher.services.history.ledger import read_timelines, record_history

PAGE = Article(wiki="en", page_id=1, title="Human trafficking")
START = datetime(2010, 1, 1, tzinfo=UTC)
BATCH = 50
NOTES = 4_000
SIZES = (100, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def plain(text: str, seed: int) -> Iterator[str]:
    """Edits of a page before the article without end."""
    saga = Saga(seed)
    while True:
        saga.play(1)
        yield from (f"{edited}\n{text}" for edited in saga.texts)
        saga.texts.clear()  # only the last few of ten thousand edits are kept, for reverts
        del saga.pages[:-6]


def notes(_: str, __: int) -> Iterator[str]:
    """Thousands of joint notes in the same few words: all, half of them, none, and two in one."""
    cited = [
        f"Smith, Log of the long pier, page {number}; {{{{cite book |last=Orr |title=Charts, volume {number}}}}}"
        for number in range(NOTES)
    ]
    joint = [f"{first}; {second}" for first, second in zip(cited[::2], cited[1::2], strict=True)]
    stages = cited, cited[: NOTES // 2], (), joint
    for number in itertools.count():
        piers = (f"Pier {pier} is long.<ref>{note}</ref>\n" for pier, note in enumerate(stages[number % len(stages)]))
        yield "\n".join((f"This is edit {number}.\n", *piers))


HISTORIES = {"plain": plain, "notes": notes}


def a_snapshot(number: int, text: str) -> Snapshot:
    """A revision an hour."""
    revision = Revision(
        article=PAGE, id=number, parent_id=number - 1, at=START + timedelta(hours=number),
        editor=f"Editor {number % 37}", comment=f"/* Coast */ edit {number}", size=len(text), sha1=f"{number:040x}",
    )  # fmt: skip
    return Snapshot(revision=revision, wikitext=text)


def memory() -> float:
    """The peak of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def stored(archive: Archive, made: Iterator[Snapshot]) -> tuple[int, int, float]:
    """Return the revisions and bytes of the history, and the seconds to store them, without those to generate them."""
    archive.articles.register(PAGE, datetime.now(UTC))
    spent, done, raw = 0.0, 0, 0
    while batch := list(itertools.islice(made, BATCH)):
        begun = time.process_time()
        archive.revisions.store(PAGE, batch)
        spent += time.process_time() - begun
        done += len(batch)
        raw += sum(snapshot.revision.size or len(snapshot.wikitext or "") for snapshot in batch)
        if done in SIZES:
            report(f"stored {done:,}", f"{done / spent:.0f} a second, peak memory {memory():.0f} MiB")
    return done, raw, spent


def recorded(archive: Archive) -> float:
    """CPU seconds to record what all stored revisions did."""
    began, begun = time.perf_counter(), time.process_time()

    def reported(done: int, _: int) -> None:
        if done in SIZES:
            rate = done / (time.perf_counter() - began)
            report(f"recorded {done:,}", f"{rate:.0f} a second by the clock, peak {memory():.0f} MiB")

    record_history(archive, PAGE, Dialect(), datetime.now(UTC), reported)
    wall, own = time.perf_counter() - began, time.process_time() - begun
    report("recorded in", f"{wall:.1f} s, CPU {own:.1f} s")
    return own


def read_back(archive: Archive) -> str:
    times = []
    ids = sorted(archive.revisions.ids(PAGE))
    for number in random.Random(1).sample(ids, min(500, len(ids))):
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


def revisions(chosen: argparse.Namespace, words: str) -> Iterator[Snapshot]:
    """The history to measure."""
    if chosen.dump is None:
        texts = itertools.islice(HISTORIES[chosen.history](words, chosen.seed), chosen.revisions)
        return itertools.starmap(a_snapshot, enumerate(texts, 1))
    return itertools.islice(read_dump(chosen.dump, DumpPage(wiki=PAGE.wiki, title=chosen.title)), chosen.revisions)


def sizes(archive: Archive, raw: int) -> str:
    """Return the size of the tables and indexes relative to the raw text; only for SQLite."""
    with archive.database.read() as session:
        if session.get_bind().dialect.name != "sqlite":
            return "not measured on this database"
        pages = dict(session.connection().execute(text("select name, sum(pgsize) from dbstat group by name")).all())
    parts = {
        part: sum(size for name, size in pages.items() if name.removeprefix("sqlite_autoindex_").startswith(part))
        for part in ("text", "revision", "ledger")
    }
    whole = sum(pages.values())
    return ", ".join(f"{part} {100 * size / raw:.2f} %" for part, size in (*parts.items(), ("all", whole)))


def measure(url: str, words: str, chosen: argparse.Namespace) -> None:
    """Print the figures of one history."""
    profile = cProfile.Profile()
    reading = 0.0
    if chosen.dump is not None:
        begun = time.process_time()
        count = sum(1 for _ in revisions(chosen, words))
        reading = 2 * (time.process_time() - begun)
        report("read and verified", f"{2 * count / reading:.0f} a second")
    with Archive(url) as archive:
        archive.upgrade()
        count, raw, storing = stored(archive, revisions(chosen, words))
        if chosen.profile:
            profile.enable()
        recording = recorded(archive)
        profile.disable()
        report("stored and recorded", f"{count / (reading + storing + recording):.0f} revisions a second of one core")
        report("of the raw text", f"{raw / 1e6:,.0f} MB: {sizes(archive, raw)}")
        report("read back any revision", read_back(archive))
        begun = time.process_time()
        record_history(archive, PAGE, Dialect(), datetime.now(UTC))
        timed("nothing new to record", begun)
        peak = memory()
        begun = time.process_time()
        timelines = read_timelines(archive, PAGE, Dialect())
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
    options.add_argument("--revisions", type=int, help="1,000 if not given; all of a dump")
    options.add_argument("--dump", type=Path, help="a MediaWiki export to measure on")
    options.add_argument("--title", default="Anarchism", help="the page of the dump")
    options.add_argument("--history", choices=HISTORIES, default="plain")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--url", help="an empty database; a SQLite file in a temporary folder if not given")
    options.add_argument("--profile", action="store_true", help="show where the time of recording goes")
    chosen = options.parse_args()
    if chosen.dump is None:
        chosen.revisions = chosen.revisions or 1000
    if not chosen.dump and is_missing(ARTICLE):
        return 0
    words = "" if chosen.dump else article()
    with tempfile.TemporaryDirectory() as folder:
        measure(chosen.url or f"sqlite:///{folder}/history.db", words, chosen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
