"""How long from an edit to its alert: `python tests/benchmarks/stream.py [--edits 20]`.

The article is that of the tests of checks. Edits are seen in an event stream on loopback, in the list of recent
changes of the replay wiki, and in that of a real MediaWiki where one is installed. Prints seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from flows.streaming import Told, stream
from tests.event_server import event_server
from tests.flows.world import TEXT
from tests.mediawiki.wiki import RealWiki
from watcher.demo.inbox import Inbox
from watcher.demo.replay import ReplayWiki
from watcher.demo.shelf import Shelf

_PATIENCE = 60.0
Edit = Callable[[str], int]


@contextmanager
def watching(api: str, address: str, hosts: list[str]) -> Iterator[Inbox]:
    """The loop in a thread, over a watchlist of one article; the inbox of its alerts."""
    with tempfile.TemporaryDirectory() as folder, Inbox() as inbox:
        path = Path(folder) / "watchlist.toml"
        listed = ", ".join(f'"{host}"' for host in hosts)
        path.write_text(
            f'[watcher]\ncontact = "mailto:tests@example.org"\nallowed_hosts = [{listed}]\n'
            f'[[wiki]]\nname = "w"\napi = "{api}"\nstream = "{address}"\n[[watch]]\ntitle = "Tide"\nsettle = "0"\n'
            f'[[destination]]\nname = "inbox"\nurl = "{inbox.url}"\n',
            encoding="utf-8",
        )
        stop, ready = threading.Event(), threading.Event()
        told = Told(outcome=lambda _: ready.set(), trouble=print)
        loop = threading.Thread(target=stream, args=(path, stop, told), kwargs={"polling": False})
        loop.start()
        assert ready.wait(_PATIENCE), "no baseline"
        yield inbox
        stop.set()
        loop.join()


def measure(name: str, inbox: Inbox, edits: int, edit: Edit, announce: Callable[[int], None]) -> None:
    """Edit, wait for the alert, and again."""
    took = []
    for number in range(1, edits + 1):
        began = perf_counter()
        announce(edit(TEXT.replace("21 million", f"{21 + number} million")))
        assert inbox.wait_for(number, _PATIENCE), f"no alert for edit {number}"
        took.append(perf_counter() - began)
    print(f"{name:45} {median(took):6.2f} {max(took):6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=20)
    edits = parser.parse_args().edits
    print(f"{'seconds from edit to alert':45} median  worst")
    shelf = Shelf(now=lambda: datetime.now(UTC))
    shelf.edit("Tide", TEXT)
    with ReplayWiki(shelf) as wiki:
        hosts = [f"127.0.0.1:{wiki.port}"]
        with (
            event_server() as events,
            watching(wiki.api_url, events.url, [*hosts, f"127.0.0.1:{events.port}"]) as inbox,
        ):
            measure("event stream", inbox, edits, lambda text: shelf.edit("Tide", text), events.event)
        shelf.edit("Tide", TEXT)
        with watching(wiki.api_url, "recent-changes", hosts) as inbox:
            measure("recent changes, replay wiki", inbox, edits, lambda text: shelf.edit("Tide", text), lambda _: None)
    reason = RealWiki.missing()
    if reason:
        print(f"recent changes, real MediaWiki: left out, {reason}")
        return
    with tempfile.TemporaryDirectory() as folder, RealWiki(Path(folder)) as real, real.session("Alice") as alice:
        alice.edit("Tide", TEXT)
        with watching(real.api_url, "recent-changes", ["127.0.0.1"]) as inbox:
            measure(
                "recent changes, real MediaWiki", inbox, edits, lambda text: alice.edit("Tide", text), lambda _: None
            )


if __name__ == "__main__":
    main()
