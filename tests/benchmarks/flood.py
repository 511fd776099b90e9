"""Measure a flood: one bot changes many watched pages, two destinations, with and without grouping.

    python tests/benchmarks/flood.py [--pages 1000] [--database postgresql+psycopg://…]

Prints for each the messages that arrived at each destination, the articles that they name, and the seconds of CPU and
of wall clock for the pass and for the deliveries. Everything is real but the wiki, which is simulated on loopback.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.flows.harness import TEXT, Clock, WikiHarness
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from watcher.services.delivery import deliver_due


def timed(work: Callable[[], object]) -> str:
    """Run it; its seconds of CPU, with those of finished children, and of wall clock."""
    cpu, wall = time.process_time(), time.monotonic()
    work()
    return f"{time.process_time() - cpu:.1f} s of CPU, {time.monotonic() - wall:.1f} s"


def flood(pages: int, grouping: str, database: str) -> None:
    """One bot changes so many pages between two passes."""
    clock = Clock()
    titles = [f"Harbour {number}" for number in range(pages)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wiki = stack.enter_context(FakeWikiServer(WikiStore(now=clock)))
        boxes = [stack.enter_context(WebhookReceiver()) for _ in range(2)]
        world = WikiHarness(folder, wiki, clock, database)
        world.receiver, world.grouping = boxes[0].url, grouping
        world.extra_settings = f'[[destination]]\nname = "second"\nurl = "{boxes[1].url}"\n'
        world.watch(*titles)

        def edit_all(text: str) -> None:
            for number, title in enumerate(titles):
                world.store.edit(title, text, editor="ExampleBot", comment=f"{number} figures updated")

        def deliver_all() -> None:
            clock.advance(minutes=1)
            with world.services() as services:
                while deliver_due(services).sent:
                    pass

        edit_all(TEXT)
        world.check()
        edit_all(TEXT.replace("21 million", "25 million"))
        print(f"{pages} pages, {grouping}: pass {timed(world.check)}", flush=True)
        print(f"  deliveries {timed(deliver_all)}")
        for box in boxes:
            bodies = [str(letter.json["message"]) for letter in box.accepted]
            named = sum(any(f"{title}\n" in body or f"{title}," in body for body in bodies) for title in titles)
            print(f"  {len(bodies)} messages, at most {max(map(len, bodies)):,} characters, {named} articles by name")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--database", default="sqlite:///watcher.db")
    settings = parser.parse_args()
    flood(settings.pages, 'group_wait = "30s"', settings.database)
    if settings.database.startswith("sqlite"):  # a database of its own each
        flood(min(settings.pages, 50), "group_by = []", settings.database)


if __name__ == "__main__":
    main()
