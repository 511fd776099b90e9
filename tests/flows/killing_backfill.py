"""A history of some hundred revisions is fetched and followed although each process is killed; a program of its own.

Prints JSON: how many kills, the ids that are stored, in order, and whether the lives are those of one reading. The
database is the first argument, a SQLite file where there is none.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from flows.backfill import backfill
from flows.following import follow
from tests.flows.world import TEXT, Clock, World
from watcher.chronicle import chronicle
from watcher.demo.replay import ReplayWiki
from watcher.demo.shelf import Shelf

REVISIONS = 130
CHAPTER = 50  # revisions


def main() -> None:
    """Fork fetchers that die in their second batch until one comes through."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, ReplayWiki(Shelf(now=clock)) as wiki:
        world = World(Path(folder), wiki, clock, *sys.argv[1:])
        written = [world.edit(TEXT.replace("21 million", f"{number} million")) for number in range(1, REVISIONS + 1)]
        kills = 0
        while fetch(world):
            kills += 1
        with world.archive() as archive:
            article = world.article()
            told = archive.timelines(article)
            once = chronicle(archive.snapshot("w", one.id) for one in archive.revisions(article))
        print(json.dumps({"kills": kills, "written": written, "stored": world.stored(), "same": told == once}))


def fetch(world: World) -> bool:
    """Whether a process was killed: with the first new batch stored, or in the middle of its first new chapter."""
    child = os.fork()
    if child == 0:
        calls: list[int] = []

        def told(done: int, total: int) -> None:
            calls.append(done)
            if len(calls) > 1 and done < total:
                os.kill(os.getpid(), signal.SIGKILL)

        begun: list[int] = []

        def read(done: int, total: int) -> None:
            begun.append(done)
            if done - begun[0] > CHAPTER and done < total:
                os.kill(os.getpid(), signal.SIGKILL)

        with world.services() as services:
            article = backfill(services, services.watchlist.watches[0], told).article
            follow(services, article, read, chapter=CHAPTER)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
