"""Measure the memory: bytes stored, revisions a second and reading back, next to what git makes of the same texts.

    python tests/benchmarks/archive.py [--history made-up|plain|realistic] [--revisions 1000] [--size 150000]
        [--no-git] [--url postgresql+psycopg://…]

Prints one line a figure. Made-up texts are sentences of no language with references, and small edits as people make
them (a figure changed, a sentence added, reworded or dropped, now and then a page blanked and restored); the other
histories are edits of a real article (tests/benchmarks/edits.py), and their figures are followed and stored too.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import text

from snapshots import Archive
from tests.benchmarks import edits
from watcher.model import Dialect, Revision, Snapshot
from watcher.services.ledger import record_history

PAGE = edits.PAGE
START = datetime(2020, 1, 1, tzinfo=UTC)
BATCH = 50  # what the API gives with content in one answer


class Writer:
    """Writes sentences of a made-up language with the word frequencies of a real one."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        letters = "etaoinshrdlucmfwypvbgk"
        self.words = ["".join(self.random.choices(letters, k=self.random.randint(2, 11))) for _ in range(9000)]
        self.weights = [1 / (rank + 1) ** 0.9 for rank in range(len(self.words))]

    def pick(self, count: int) -> str:
        return " ".join(self.random.choices(self.words, self.weights, k=count))

    def sentence(self) -> str:
        number = f" {self.random.randint(1, 999)} million" if self.random.random() < 0.4 else ""
        words = f"{self.some(self.random.randint(8, 25)).capitalize()}{number}."
        return words + (self.reference() if self.random.random() < 0.5 else "")

    def reference(self) -> str:
        site, page = self.random.choice(self.words), self.random.randint(1, 10**6)
        date = START - timedelta(days=self.random.randint(1, 9000))
        return (
            f"<ref>{{{{cite web|url=https://{site}.example/{page}|title={self.some(7)}|date={date:%Y-%m-%d}}}}}</ref>"
        )

    def history(self, revisions: int, size: int) -> Iterator[str]:
        paragraphs: list[list[str]] = []
        while sum(len(sentence) for paragraph in paragraphs for sentence in paragraph) < size:
            paragraphs.append([self.sentence() for _ in range(5)])
        for _ in range(revisions):
            if self.random.random() < 0.01:
                yield self.some(5)
                continue
            self.edit(self.random.choice(paragraphs))
            yield "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)

    def edit(self, paragraph: list[str]) -> None:
        location = self.random.randrange(len(paragraph))
        choice = self.random.random()
        if choice < 0.4:
            paragraph[location] = (
                paragraph[location].replace(" million", f"{self.random.randint(1, 99)} million", 1) + " "
            )
        elif choice < 0.6:
            paragraph.insert(location, self.sentence())
        elif choice < 0.7 and len(paragraph) > 2:
            del paragraph[location]
        else:
            paragraph[location] = self.sentence()


@dataclass(frozen=True)
class History:
    """The same texts each time that it is gone through, so that none has to be kept."""

    order: str
    revisions: int
    size: int

    def texts(self) -> Iterator[tuple[int, str]]:
        if self.order == "made-up":
            yield from enumerate(Writer(3).history(self.revisions, self.size), 1)
        elif first := edits.article():
            yield from enumerate(edits.HISTORIES[self.order](first, self.revisions, 3), 1)

    def batches(self) -> Iterator[list[Snapshot]]:
        snapshots = (a_snapshot(number, words) for number, words in self.texts())
        while batch := list(itertools.islice(snapshots, BATCH)):
            yield batch


def a_snapshot(number: int, words: str) -> Snapshot:
    at = START + timedelta(hours=number)
    revision = Revision(
        article=PAGE,
        id=number,
        parent_id=number - 1,
        at=at,
        editor=f"Editor {number % 37}",
        comment=f"/* Coast */ edit {number}",
        size=len(words),
        sha1=f"{number:040x}",
    )
    return Snapshot(revision=revision, wikitext=words)


def database_bytes(archive: Archive, url: str) -> int:
    statement = "SELECT pg_database_size(current_database())"
    if url.startswith("sqlite"):
        statement = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    with archive.database.read() as session:
        return int(session.connection().execute(text(statement)).scalar_one())


def packed_bytes(archive: Archive) -> int:
    with archive.database.read() as session:
        return int(session.connection().execute(text("SELECT sum(length(body)) FROM text")).scalar_one())


def spread(times: list[float]) -> str:
    ranked = sorted(times)
    p99 = ranked[len(ranked) * 99 // 100]
    return f"{statistics.median(ranked):8.1f} ms median, {p99:.1f} ms p99, {ranked[-1]:.1f} ms at most"


def history_bytes(archive: Archive) -> int:
    """What is stored of what the edits did to all figures, claims and sources, once that is recorded."""
    record_history(archive, PAGE, Dialect(), datetime.now(UTC))
    sizes = "SELECT (SELECT sum(length(body)) FROM ledger_edit) + (SELECT sum(length(head)) FROM ledger_head)"
    with archive.database.read() as session:
        return int(session.connection().execute(text(sizes)).scalar_one())


def git_bytes(history: History, folder: Path) -> tuple[int, int]:
    """The pack that `git gc --aggressive` makes of the texts as commits, alone and with its indexes."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "--quiet"], check=True, env=environment)
    importer = subprocess.Popen([*git, "fast-import", "--quiet"], stdin=subprocess.PIPE, env=environment)
    assert importer.stdin is not None
    for number, words in history.texts():
        body, message = words.encode(), f"/* Coast */ edit {number}".encode()
        who = f"Editor {number % 37} <> {int((START + timedelta(hours=number)).timestamp())} +0000"
        importer.stdin.write(f"commit refs/heads/main\ncommitter {who}\ndata {len(message)}\n".encode() + message)
        importer.stdin.write(f"\nM 100644 inline page.wikitext\ndata {len(body)}\n".encode() + body + b"\n")
    importer.stdin.close()
    importer.wait()
    subprocess.run([*git, "gc", "--quiet", "--aggressive", "--prune=now"], check=True, env=environment)
    files = list((folder / ".git" / "objects" / "pack").iterdir())
    return sum(f.stat().st_size for f in files if f.suffix == ".pack"), sum(f.stat().st_size for f in files)


def measure_archive(history: History, url: str) -> tuple[int, int, int]:
    """Store, read back, follow, print; bytes of raw text, of texts and lives, and those that the database grew by."""
    archive = Archive(url)
    archive.upgrade()
    archive.articles.register(PAGE, START)
    empty = database_bytes(archive, url)
    raw, seconds, digests = 0, 0.0, {}
    for batch in history.batches():
        begun = time.perf_counter()
        archive.revisions.store(PAGE, batch)
        seconds += time.perf_counter() - begun
        for snapshot in batch:
            body = (snapshot.wikitext or "").encode()
            raw += len(body)
            digests[snapshot.revision.id] = sha256(body).digest()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = []
    for number in random.Random(1).sample(sorted(digests), min(300, len(digests))):
        begun = time.perf_counter()
        result = archive.revisions.snapshot("en", number)
        times.append(1000 * (time.perf_counter() - begun))
        assert sha256((result.wikitext or "").encode()).digest() == digests[number]
    print(f"raw text                   {raw / 1e6:8.1f} MB in {len(digests)} revisions")
    print(f"store, {BATCH} a transaction   {len(digests) / seconds:8.0f} revisions/s, peak memory {peak:.0f} MB")
    print(f"read back any revision     {spread(times)}")
    packed = packed_bytes(archive)
    print(f"packed texts               {packed / 1e3:8.0f} KB, {packed / raw:.2%} of raw")
    if history.order != "made-up":
        timelines = history_bytes(archive)
        print(f"lives of all that it said  {timelines / 1e3:8.0f} KB, {timelines / raw:.2%} of raw")
        packed += timelines
    grown = database_bytes(archive, url) - empty
    archive.close()
    return raw, packed, grown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--history", choices=("made-up", *edits.HISTORIES), default="made-up")
    parser.add_argument("--revisions", type=int, default=1000)
    parser.add_argument("--size", type=int, default=150_000, help="characters of the first text")
    parser.add_argument("--no-git", action="store_true", help="leave the comparison out: git needs minutes for 10,000")
    parser.add_argument("--url", help="an empty database; a SQLite file in a temporary folder if not given")
    options = parser.parse_args()
    history = History(options.history, options.revisions, options.size)
    if options.history != "made-up" and edits.article() is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        raw, packed, grown = measure_archive(history, options.url or f"sqlite:///{folder}/archive.db")
        print(f"whole database             {grown / 1e3:8.0f} KB, {grown / raw:.2%} of raw")
        if options.no_git:
            return
        git = Path(folder, "git")
        git.mkdir()
        pack, whole = git_bytes(history, git)
    print(f"git gc --aggressive        {pack / 1e3:8.0f} KB the pack, {whole / 1e3:.0f} KB with its indexes")
    print(
        f"against git                {packed / pack:8.2f} of its pack, lives included; "
        f"{grown / whole:.2f} database to pack and indexes"
    )


if __name__ == "__main__":
    main()
