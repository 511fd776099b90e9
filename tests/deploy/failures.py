"""Make the parts of four machines fail while values change, and compare the alerts with a ledger of every value."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.deploy.booted import SETTINGS, BootedMachine, MachineWorld
from tests.simulators import WebhookReceiver, WikiStore
from tests.waiting import wait_until

PAGES = 40
AHEAD = "+5h"
SEED = 20261129
TEXT = (
    "'''Harbour {page}''' lies by the sea.\n\n== Boats ==\nThe survey of 2012 counted {value} million boats."
    "<ref>{{{{cite web|title=Survey {page}|url=https://survey.example.org/{page}}}}}</ref>\n"
)
WATCH = """
[[watch]]
title = "{title}"
every = "20s"
settle = "0"
"""
DESTINATION = """
[[destination]]
name = "{name}"
url = "env:{variable}"
operator = false
payload = "json"
"""
STATE = "/var/lib/article-watcher"
FULL = (STATE, "/tmp")  # where a worker and its runs write
LIBRARY = "/usr/lib/$(uname -m)-linux-gnu/faketime/libfaketimeMT.so.1"
# Its monotonic clock is right, as on a real machine.
CLOCK = "LD_PRELOAD={library} FAKETIME={by} DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1"


def compared(machine: BootedMachine) -> set[str]:
    """List the pages that have a baseline; none if `watcher status` gives no answer."""
    answer = machine.run("watcher status --format json || true")
    return {watch["title"] for watch in json.loads(answer)["watches"] if watch["revision"]} if answer else set()


class Ledger(threading.Thread):
    """Editors who change the value of a random page until stopped; every value of each page is kept, in order."""

    def __init__(self, store: WikiStore, pause: float) -> None:
        super().__init__(daemon=True)
        self._store, self._pause, self._random = store, pause, random.Random(SEED)
        self.values = {f"Harbour {number}": [100 * number] for number in range(1, PAGES + 1)}
        self.ended = threading.Event()
        for title, (value,) in self.values.items():
            self._save(title, value)

    def run(self) -> None:
        while not self.ended.wait(self._random.expovariate(1 / self._pause)):
            self.change()

    def change(self) -> None:
        """Change the value of a random page."""
        title = self._random.choice([*self.values])
        self.values[title].append(self.values[title][-1] + self._random.randint(1, 9))
        self._save(title, self.values[title][-1])

    def _save(self, title: str, value: int) -> None:
        self._store.edit(title, TEXT.format(page=title.removeprefix("Harbour "), value=value), editor="Ann")


@dataclass(slots=True)
class Received:
    """What was sent to a destination: the steps from one value to the next of each page, in order of arrival.

    A message that came again with the key that it had before counts once, as for its receiver.
    """

    steps: defaultdict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    repeated: int = 0

    @classmethod
    def by(cls, receiver: WebhookReceiver) -> Received:
        """Read the messages that a receiver has accepted."""
        result, bodies = cls(), dict[str | None, bytes]()
        for message in receiver.accepted:
            if "alerts" not in message.json:  # a text message from before
                continue
            key = message.header("webhook-id")
            if key in bodies:
                assert bodies[key] == message.body
                result.repeated += 1
                continue
            bodies[key] = message.body
            for alert in sorted(message.json["alerts"], key=lambda each: each["after"]["id"]):
                for finding in alert["findings"]:
                    if finding["kind"] == "statistic.changed":
                        old, new = (int(finding[side]["text"].split()[0]) for side in ("old", "new"))
                        result.steps[alert["article"]["title"]].append((old, new))
        return result

    def misses(self, ledger: Ledger) -> bool:
        """Whether the last value of a page was not sent yet."""
        return any(
            not self.steps[title] or self.steps[title][-1][1] != values[-1]
            for title, values in ledger.values.items()
            if len(values) > 1
        )

    def differences(self, ledger: Ledger) -> Iterator[str]:
        """Name the pages whose steps do not lead from the first value to the last, each sent once and in order."""
        for title, values in ledger.values.items():
            steps = self.steps[title]
            path = [values[0], *(new for _, new in steps)]
            unbroken = all(old == before for (old, _), before in zip(steps, path, strict=False))
            # What was edited between two checks is one step; values only grow, so that none can come twice.
            ordered = all(new > old for old, new in itertools.pairwise(path)) and {*path} <= {*values}
            if not (unbroken and ordered and path[-1] == values[-1]):
                yield f"{title}: {values} was told as {steps}"


class Failures:
    """What fails on which machine, and whether it recovers; `seconds` is the whole duration.

    The machines are that of the servers, that of the pages and the stream, and two with workers.
    """

    def __init__(self, world: MachineWorld, machines: list[BootedMachine], seconds: float) -> None:
        self.world, self.seconds = world, seconds
        self.servers, self.site, self.small, self.skewed = machines
        self.ledger = Ledger(world.store, pause=0.4)

    def prepare(self) -> None:
        """Watch the pages of the ledger, one worker on a machine with small disks, one where the clock is wrong."""
        world = self.world
        watches = "".join(WATCH.format(title=title) for title in self.ledger.values)
        general = world.watchlist(database='database = "env:WATCHER_DATABASE"').partition("\n[[watch]]")[0]
        destinations = DESTINATION.format(name="inbox", variable="INBOX_URL") + DESTINATION.format(
            name="archive", variable="ARCHIVE_URL"
        )
        for machine in (self.servers, self.site, self.small, self.skewed):
            (machine.root / SETTINGS / "watchlist.toml").write_text(general + watches + destinations)
            with (machine.root / SETTINGS / "env").open("a") as settings:
                settings.write(f"INBOX_URL={world.inbox.url}\nARCHIVE_URL={world.other_inbox.url}\n")
        self.site.run("systemctl restart watcher-web watcher-stream")
        self.small.run(
            "systemctl stop 'watcher-worker@*'\n"
            f"mount -t tmpfs -o size=64m,mode=0700,uid=article-watcher,gid=article-watcher tmpfs {STATE}\n"
            "mount -t tmpfs -o size=64m,mode=1777 tmpfs /tmp\n"
            "systemctl start watcher-worker@1 watcher-worker@2\n"
        )
        self.skewed.run(
            "apt-get install -y libfaketime\n"
            "install -d /etc/systemd/system/watcher-worker@.service.d\n"
            f'echo "[Service]\nEnvironment={CLOCK.format(library=LIBRARY, by=AHEAD)}" '
            ">/etc/systemd/system/watcher-worker@.service.d/clock.conf\n"
            "systemctl daemon-reload\n"
            "systemctl restart watcher-worker@1 watcher-worker@2 || true\n"  # it fails because they do not start
        )
        pages = {*self.ledger.values}
        assert wait_until(lambda: compared(self.site) == pages), self.site.run("watcher status || true")

    def plan(self) -> list[tuple[float, Callable[[], object]]]:
        """The failures and their times in parts of the whole. Without the stream, workers alone check and send."""
        return [
            (0.0, lambda: self.world.other_inbox.answer_with("503")),
            (0.1, self.fill),
            (0.2, lambda: self.kill(self.servers, "watcher-prefect")),
            (0.3, self.site.pull_the_plug),
            (0.35, lambda: self.kill(self.small, "'watcher-worker@*'")),
            (0.45, lambda: self.servers.run("systemctl stop postgresql")),
            (0.6, lambda: self.servers.run("systemctl start postgresql")),
            (0.65, self.site.boot),
            (0.7, lambda: self.world.other_inbox.answer_with("200")),
            (0.75, self.empty),
            (0.75, self.set_clock),
            (0.8, lambda: self.kill(self.site, "watcher-stream")),
            (0.85, self.skewed.reboot),
        ]

    def happen(self) -> None:
        """Run the schedule while pages are edited."""
        begun = time.monotonic()
        self.ledger.start()
        for part, failure in self.plan():
            self.ledger.ended.wait(max(0.0, begun + part * self.seconds - time.monotonic()))
            failure()
        self.ledger.ended.wait(max(0.0, begun + self.seconds - time.monotonic()))
        self.ledger.ended.set()
        self.ledger.join()

    def kill(self, machine: BootedMachine, units: str) -> None:
        """Kill all processes of some units at once; systemd starts them again."""
        machine.run(f"systemctl kill --signal=KILL {units}")

    def fill(self) -> None:
        """Fill the disks of a worker completely."""
        for folder in FULL:
            self.small.run(f"cat /dev/zero >{folder}/filled 2>/dev/null || true")

    def empty(self) -> None:
        """Remove what filled the disks."""
        self.small.run("".join(f"rm {folder}/filled\n" for folder in FULL))

    def set_clock(self) -> None:
        """Correct the wrong clock; systemd restarts what did not start."""
        self.skewed.run("rm /etc/systemd/system/watcher-worker@.service.d/clock.conf\nsystemctl daemon-reload\n")

    def received(self) -> list[Received]:
        """Return what was sent to each destination."""
        return [Received.by(self.world.inbox), Received.by(self.world.other_inbox)]

    def wait_until_received(self, limit: float = 300) -> None:
        """Wait until each destination has the last value of every page."""
        everything = wait_until(lambda: not any(each.misses(self.ledger) for each in self.received()), limit)
        assert everything, self.site.run("watcher status || true")
