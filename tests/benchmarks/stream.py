"""How long from an edit to its alert: `python tests/benchmarks/stream.py [--edits 20] [--watches 1]`.

The article is that of the tests of checks. Edits are seen in an event stream on loopback, in the list of recent
changes of the replay wiki, and in that of a real MediaWiki where one is installed. With more watches, the others are
pages that nobody edits. Prints seconds.
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

from tests.event_server import event_server
from tests.flows.harness import TEXT
from tests.mediawiki.wiki import RealWiki
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from watcher.services.outcome import CheckOutcome
from watcher.services.stream import StreamCallbacks, stream

_TIMEOUT = 60.0
Edit = Callable[[str], int]


@contextmanager
def watching(api: str, address: str, hosts: list[str], watches: int = 1) -> Iterator[WebhookReceiver]:
    """The loop in a thread, over a watchlist of so many articles; the inbox of its alerts."""
    with tempfile.TemporaryDirectory() as folder, WebhookReceiver() as receiver:
        path = Path(folder) / "watchlist.toml"
        listed = ", ".join(f'"{host}"' for host in hosts)
        path.write_text(
            f'[watcher]\ncontact = "mailto:tests@example.org"\nallowed_hosts = [{listed}]\ngroup_by = []\n'
            f'[[wiki]]\nname = "w"\napi = "{api}"\nstream = "{address}"\n[[watch]]\ntitle = "Tide"\nsettle = "0"\n'
            f'[[destination]]\nname = "inbox"\nurl = "{receiver.url}"\n',
            encoding="utf-8",
        )
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f'[[watch]]\ntitle = "{title}"\nsettle = "0"\n' for title in other_titles(watches))
        stop, ready = threading.Event(), threading.Event()
        seen: set[str] = set()

        def outcome(outcome: CheckOutcome) -> None:
            seen.add(outcome.watch.title)
            if len(seen) == watches:
                ready.set()

        stream_callbacks = StreamCallbacks(outcome=outcome, problem=print)
        loop = threading.Thread(target=stream, args=(path, stop, stream_callbacks), kwargs={"polling": False})
        loop.start()
        assert ready.wait(_TIMEOUT + watches / 5), "no baseline"
        yield receiver
        stop.set()
        loop.join()


def other_titles(watches: int) -> list[str]:
    return [f"Harbour {number}" for number in range(1, watches)]


def measure(name: str, receiver: WebhookReceiver, edits: int, edit: Edit, announce: Callable[[int], None]) -> None:
    """Edit, wait for the alert, and again."""
    took = []
    for number in range(1, edits + 1):
        began = perf_counter()
        announce(edit(TEXT.replace("21 million", f"{21 + number} million")))
        assert receiver.wait_for(number, _TIMEOUT), f"no alert for edit {number}"
        took.append(perf_counter() - began)
    print(f"{name:45} {median(took):6.2f} {max(took):6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--watches", type=int, default=1)
    edits, watches = (arguments := parser.parse_args()).edits, arguments.watches
    print(f"{'seconds from edit to alert':45} median  worst")
    store = WikiStore(now=lambda: datetime.now(UTC))
    for title in ["Tide", *other_titles(watches)]:
        store.edit(title, TEXT)
    with FakeWikiServer(store) as wiki:
        hosts = [f"127.0.0.1:{wiki.port}"]
        with (
            event_server() as events,
            watching(wiki.api_url, events.url, [*hosts, f"127.0.0.1:{events.port}"], watches) as receiver,
        ):
            measure("event stream", receiver, edits, lambda text: store.edit("Tide", text), events.event)
        store.edit("Tide", TEXT)
        with watching(wiki.api_url, "recent-changes", hosts, watches) as receiver:
            measure(
                "recent changes, replay wiki", receiver, edits, lambda text: store.edit("Tide", text), lambda _: None
            )
    reason = RealWiki.missing()
    if reason:
        print(f"recent changes, real MediaWiki: left out, {reason}")
        return
    with tempfile.TemporaryDirectory() as folder, RealWiki(Path(folder)) as real, real.session("Alice") as alice:
        alice.edit("Tide", TEXT)
        with watching(real.api_url, "recent-changes", ["127.0.0.1"]) as receiver:
            measure(
                "recent changes, real MediaWiki", receiver, edits, lambda text: alice.edit("Tide", text), lambda _: None
            )


if __name__ == "__main__":
    main()
