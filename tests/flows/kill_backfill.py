"""Store and follow a history of some hundred revisions while each process is killed; a program of its own.

    python -m tests.flows.kill_backfill wiki|dump [DATABASE]

Prints JSON: how many kills, the ids that are stored, in order, and whether the timelines are those of one reading. The
database is a SQLite file where none is given.
"""

import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from tests.dumps import export
from tests.flows.harness import TEXT, Clock, WikiHarness
from tests.simulators import FakeWikiServer, WikiStore
from tests.watcher.history_helpers import build_timelines, without_locations
from watcher.model import Dialect
from watcher.services.context import AppContext
from watcher.services.history.ledger import ProgressCallback, read_timelines, record_history
from watcher.services.history.past import BackfillResult, backfill, import_dump

REVISIONS = 130
CHAPTER = 50  # revisions


def main() -> None:
    """Fork fetchers that die in their second batch until one comes through."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, FakeWikiServer(WikiStore(now=clock)) as wiki:
        world = WikiHarness(Path(folder), wiki, clock, *sys.argv[2:])
        numbers = range(1, REVISIONS + 1)
        written = [world.edit(TEXT.replace("21 million", f"{number} million")) for number in numbers]
        (world.folder / "tide.xml").write_bytes(export(world.store, "Tide"))
        kills = 0
        while fetch(world):
            kills += 1
            clock.advance(minutes=2)  # until the leases of who was killed are over
        with world.archive() as archive:
            article = world.article()
            reported = without_locations(read_timelines(archive, article, Dialect()))
            once = without_locations(
                build_timelines(
                    archive.revisions.snapshot("w", revision.id) for revision in archive.revisions.of_article(article)
                )
            )
        print(json.dumps({"kills": kills, "written": written, "stored": world.stored(), "same": reported == once}))


def fetch(world: WikiHarness) -> bool:
    """Whether a process was killed: with the first new batch stored, or in the middle of its first new chapter."""
    child = os.fork()
    if child == 0:
        calls: list[int] = []

        def reported(done: int, total: int) -> None:
            calls.append(done)
            if len(calls) > 1 and done < total:
                os.kill(os.getpid(), signal.SIGKILL)

        begun: list[int] = []

        def read(done: int, total: int) -> None:
            begun.append(done)
            if done - begun[0] > CHAPTER and done < total:
                os.kill(os.getpid(), signal.SIGKILL)

        with world.services() as services:
            article = fill(services, world, reported).article
            record_history(services.archive, article, Dialect(), services.now(), read, batch_size=CHAPTER)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def fill(services: AppContext, world: WikiHarness, reported: ProgressCallback) -> BackfillResult:
    (watch,) = services.watchlist.watches
    if sys.argv[1] == "wiki":
        return backfill(services, watch, reported)
    return import_dump(services, watch, world.folder / "tide.xml", reported)


if __name__ == "__main__":
    sys.exit(main())
