"""Check edits and deliver alerts of every kind while each process is killed; a program of its own.

Apprise keeps threads, which do not survive a fork: the children here descend from a process that has sent
nothing itself. Prints JSON: what was done, what arrived where, and what is left.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from snapshots import DeliveryState
from tests.flows.harness import TEXT, Clock, WikiHarness
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from tests.smtp_server import PostOffice
from tests.watcher.notify.test_messages import NOTICE, an_alert
from watcher import compare_wikitext
from watcher.notify import compose_digest, url_problem
from watcher.notify.sender import capture_retry_after
from watcher.services.alerting.delivery import deliver_due
from watcher.services.checks.check import check

SEED = 20260304
KILLS = int(os.environ.get("WATCHER_TEST_KILLS", "2"))  # a round, at most: a pass may be done before
TIMEOUT = 3.0  # seconds that a deliverer waits for an answer
# One editor changes them all, so that what is sent about them is one message.
PAGES = ("Tide", *(f"Harbour {number}" for number in range(1, 3)))
GROUPED = 'group_wait = "0"\ngroup_interval = "5m"'
# What receivers do instead of answering 200; "late" is the one that accepts without saying so.
WEB = ("503", "429", "close", "hang", "late")
MAIL = ("451 try later", "421 busy", "452 no room")
DESTINATIONS = """
[[destination]]
name = "bundle"
url = "{bundle}"
digest = "weekly mon 08:00"

[[destination]]
name = "post"
url = "{post}"
group_wait = "30s"
"""


class Killing:
    """Rounds of one event on the wiki, passes that are killed, and passes that are not until nothing is left."""

    def __init__(self, world: WikiHarness, hook: WebhookReceiver, bundle: WebhookReceiver, office: PostOffice) -> None:
        self.world, self.hook, self.bundle, self.office = world, hook, bundle, office
        self.lottery = random.Random(SEED)
        self.kills, self.passes, self.revived = 0, 0, 0
        self.reached: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.leaf = None
        self.span = 0.0

    def happen(self, number: int) -> str:
        """Figures of all pages change, are put back, a page is deleted, is restored: for every destination each."""
        match number % 4:
            case 0:
                self.edit_all(TEXT.replace("21 million", f"{300 + number} million"))
            case 1:
                self.edit_all(TEXT + f"\nNote {number}.")
            case 2:
                self.leaf = self.world.store.delete("Tide")
            case _:
                self.world.store.restore(self.leaf)
        return ("change", "resolved", "operator", "operator")[number % 4]

    def edit_all(self, text: str) -> None:
        for page in PAGES:
            self.world.edit(text, page, editor="ExampleBot", comment="figures")

    def pass_over(self) -> None:
        """What `watcher check` does, in a child."""
        with self.world.services() as services:
            list(check(services, services.watchlist.watches))
            deliver_due(services, timeout=TIMEOUT)

    def forked(self, seconds: float | None = None, letters: int = 0) -> bool:
        """Whether a pass had to be killed so many seconds after so many letters; None lets it come to its end."""
        child = os.fork()
        if child == 0:
            self.pass_over()
            os._exit(0)
        if seconds is not None:
            self.hook.wait_for(letters, 10)  # the process that sends takes a while to start
            time.sleep(seconds)  # the moment of the kill is the matter of the test
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        assert os.WIFSIGNALED(status) or status == 0, "a pass has failed"
        return os.WIFSIGNALED(status)

    def respond_with(self) -> None:
        """Receivers fail in their own ways, each now and then."""
        for box in (self.hook, self.bundle):
            if self.lottery.random() < 0.5:
                box.respond_with([self.drawn(WEB)])
        if self.lottery.random() < 0.3:
            self.office.plan.append(self.drawn(MAIL))

    def drawn(self, answers: tuple[str, ...]) -> str:
        answer = self.lottery.choice(answers)
        self.answers[answer.partition(" ")[0]] += 1
        return answer

    def round(self, number: int) -> None:
        self.happen(number)
        self.respond_with()
        for turn in range(KILLS):
            had = self.requests(), self.queued()
            self.world.clock.advance(minutes=5)
            # the last is killed about when its first message arrives, if it has any
            awaited = len(self.hook.requests) + 1 if turn == KILLS - 1 else 0
            if self.forked(self.lottery.uniform(0, 0.1 if awaited else self.span), awaited):
                self.kills += 1
                self.reached[self.stage(*had)] += 1
        self.world.clock.advance(minutes=3)  # until the leases of who was killed are over
        # the digest waits for three more messages after the first of four
        while self.queued(bundles=False) or number % 4 in (0, 3):
            self.forked()
            self.passes += 1
            with self.world.archive() as archive:
                self.revived += archive.outbox.retry_dead(self.world.clock())
            if not self.queued():
                break
            self.world.clock.advance(hours=2 if self.queued(bundles=False) else 80)

    def stage(self, letters: int, queued: int) -> str:
        """How far a killed pass had come."""
        if self.requests() > letters:
            return "a message had gone out"
        return "messages were queued" if self.queued() > queued else "before the decision"

    def requests(self) -> int:
        return len(self.hook.requests) + len(self.bundle.requests) + len(self.office.mails)

    def queued(self, *, bundles: bool = True) -> int:
        with self.world.archive() as archive:
            waiting = archive.outbox.newest(10, DeliveryState.QUEUED)
        return sum(bundles or delivery.destination != "bundle" for delivery in waiting)

    def check_state(self) -> dict[str, object]:
        """What arrived, by destination, and what the outbox says of it."""
        with self.world.archive() as archive:
            rows = archive.outbox.newest(10_000)
        arrived = {
            "inbox": [str(letter.header("X-Idempotency-Key")) for letter in self.hook.accepted],
            "bundle": [str(letter.header("X-Idempotency-Key")) for letter in self.bundle.accepted],
            "post": [str(mail["Message-ID"])[1:].partition("@")[0] for mail in self.office.mails],
        }
        return {
            "kills": self.kills,
            "passes": self.passes,
            "revived": self.revived,
            "reached": self.reached,
            "answers": self.answers,
            "arrived": arrived,
            "texts": [
                (letter.header("X-Idempotency-Key"), str(letter.json["message"])) for letter in self.hook.accepted
            ],
            "titles": [(row.message_key, row.alert.article.title) for row in rows if row.destination == "inbox"],
            "rows": [(row.destination, row.message_key, row.alert.topic.value, row.state.value) for row in rows],
            "stored": self.world.stored(),
        }


def main(database: str, rounds: int) -> None:
    """So many rounds on one database."""
    clock = Clock()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wiki = stack.enter_context(FakeWikiServer(WikiStore(now=clock)))
        hook, bundle = stack.enter_context(WebhookReceiver()), stack.enter_context(WebhookReceiver())
        office = stack.enter_context(PostOffice())
        world = WikiHarness(folder, wiki, clock, database or "sqlite:///watcher.db")
        world.receiver = hook.url
        world.extra_settings = DESTINATIONS.format(bundle=bundle.url, post=office.url)
        world.grouping = GROUPED
        world.watch(*PAGES)
        load(hook.url)
        killing = Killing(world, hook, bundle, office)
        killing.edit_all(TEXT)
        killing.forked()
        killing.span = timed(killing.forked) * 2.5
        for number in range(rounds):
            killing.round(number)
        print(json.dumps(killing.check_state()))


def load(url: str) -> None:
    """Import here, once, what each child would have to import."""
    assert url_problem(url) is None
    alert = an_alert(NOTICE)
    assert compose_digest([alert, alert], "k").text
    assert compare_wikitext(TEXT, "").findings
    with capture_retry_after() as audible:
        assert audible == []


def timed(work: Callable[[], object]) -> float:
    """Seconds that a pass takes which finds nothing to do."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
