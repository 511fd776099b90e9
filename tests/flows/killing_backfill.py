"""A history of some hundred revisions is fetched although each fetcher is killed; a program of its own.

Prints JSON: how many kills, and the ids that are stored, in order.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from flows.backfill import backfill
from tests.flows.world import TEXT, Clock, World
from watcher.demo.replay import ReplayWiki
from watcher.demo.shelf import Shelf

REVISIONS = 230


def main() -> None:
    """Fork fetchers that die in their second batch until one comes through."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, ReplayWiki(Shelf(now=clock)) as wiki:
        world = World(Path(folder), wiki, clock)
        written = [world.edit(TEXT.replace("21 million", f"{number} million")) for number in range(1, REVISIONS + 1)]
        kills = 0
        while fetch(world):
            kills += 1
        print(json.dumps({"kills": kills, "written": written, "stored": world.stored()}))


def fetch(world: World) -> bool:
    """Whether a fetcher was killed: on its way with the first new batch stored and the next one asked for."""
    child = os.fork()
    if child == 0:
        calls: list[int] = []

        def told(done: int, total: int) -> None:
            calls.append(done)
            if len(calls) > 1 and done < total:
                os.kill(os.getpid(), signal.SIGKILL)

        with world.services() as services:
            backfill(services, services.watchlist.watches[0], told)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
