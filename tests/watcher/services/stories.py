"""Play stories of edits, checks and deliveries that stand in `cases.toml` beside the tests.

Each step is the name of a method of `Player`, or of the wiki harness and its parts, with what it is given; a table at
its end has named arguments. A text is written as a name of the module's texts and changes of it, in their order:
"CHANGED; on the wall → on a wall; + More."
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest

from snapshots import Mute, ReviewAction, ReviewDecision, ReviewState
from tests.cases import table
from tests.flows.harness import CHANGED, COPY_EDITED, CRITICAL, SOURCE, TEXT, VANDALISED, WikiHarness
from watcher.errors import DeliveryError
from watcher.model import Alert, AlertTopic
from watcher.notify import Message, MessageRenderer, Receiver, compose
from watcher.services.alerting.delivery import deliver
from watcher.services.checks.check import check
from watcher.services.checks.outcome import CheckOutcome
from watcher.services.context import AppContext

NEW_SOURCE = "<ref>{{cite web |title=Harbour count |url=https://count.example.org/9}}</ref>"
OTHER = "\nIn 2014, the census found 17 million sailors in all towns.<ref>{{cite web |title=Census}}</ref>\n"
DEBTS = """
== Debt ==
{{| class="wikitable"
! Year !! Debt (million USD)
|-
| 2020 || {}
|-
| 2022 || {}
|}}
""".format
TEXTS = {
    "TEXT": TEXT,
    "CHANGED": CHANGED,
    "FURTHER": TEXT.replace("21 million", "30 million"),
    "REWORDED": TEXT.replace(
        "the survey counted 21 million boats in all harbours", "in all harbours, the survey counted 21 million boats"
    ),
    "LATER": CHANGED.replace("2012", "2014"),  # another year, as a new figure has
    "COPY_EDITED": COPY_EDITED,
    "CRITICAL": CRITICAL,
    "VANDALISED": VANDALISED,
    "SOURCE": SOURCE,
    "NEW_SOURCE": NEW_SOURCE,
    "OTHER": OTHER,
    "MORE": "\nMore words here.\n",
    "DEBTS": DEBTS("19.1", "19.1"),
    "DIGEST": 'digest = "daily 08:00"\n',
    "SECOND": '\n[[destination]]\nname = "second"\nurl = "json://127.0.0.1:9/2"\n',
}
Story = Sequence[Sequence[Any]]


class Sent(list[tuple[str, Alert]]):
    """What was sent: to which destination, by the end of its address and whether in a digest, and the alert."""

    def __call__(self, alerts: Sequence[Alert], receiver: Receiver, key: str, **_: object) -> None:
        digest = "" if key.startswith(alerts[0].key) else " digest"
        self.extend((f"{receiver.url.rpartition('/')[2]}{digest}".lstrip(), alert) for alert in alerts)

    @property
    def texts(self) -> list[str]:
        """The destination, the topic and the first notice of each, without what is in brackets."""
        return [
            f"{name} {alert.topic.value}: {re.split(r' [(]|, ', alert.notices[0].summary)[0]}".lstrip()
            for name, alert in self
        ]


def send(world: WikiHarness, sent: Sent) -> list[str]:
    """Deliver all that is due a minute later; what was said by now."""
    world.clock.advance(minutes=1)
    world.deliver(send=sent)
    return sent.texts


def composed(world: WikiHarness, **later: float) -> list[tuple[str, Message]]:
    """What is due some time later: the destination and the pages of each message, and the message as it is sent."""
    messages: list[tuple[str, Message]] = []
    renderer = MessageRenderer(None)

    def note(alerts: Sequence[Alert], receiver: Receiver, key: str, **more: Any) -> None:
        titles = " ".join(sorted({alert.article.title for alert in alerts}))
        messages.append((f"{receiver.url.rpartition('/')[2]} {titles}".lstrip(), renderer.compose(alerts, key, **more)))

    world.clock.advance(**later)
    world.deliver(send=note)
    return messages


def step(world: WikiHarness, text: str, sent: Sent | None = None) -> str:
    """An edit and its check, and its delivery where that is asked for; how the check ended."""
    world.edit(text)
    state = world.check_state()
    if sent is not None:
        send(world, sent)
    return state


class Player:
    """Does what the steps of a story say, and asserts what they expect."""

    def __init__(self, world: WikiHarness, texts: Mapping[str, str]) -> None:
        self.world, self.texts = world, TEXTS | dict(texts)
        self.sent, self.seen = Sent(), 0
        self.process: ExitStack | None = None
        self.outcomes: list[CheckOutcome] = []
        self.mutes: list[Mute] = []
        self.deleted: list[Any] = []
        self.left_out: list[Any] = []  # the newest revisions of what was restored

    def services(self) -> AppContext:
        """The services of a process that goes on until the watchlist is written anew."""
        if self.process is None:
            self.process = ExitStack()
            self.opened = self.process.enter_context(self.world.services())
        return self.opened

    def close(self) -> None:
        if self.process is not None:
            self.process.close()
            self.process = None

    def play(self, story: Story) -> None:
        try:
            self._play(story)
        finally:
            self.close()

    def _play(self, story: Story) -> None:
        for number, (name, *given) in enumerate(story, 1):
            named = given.pop() if given and isinstance(given[-1], dict) else {}
            try:
                act = getattr(self, name, None) or attrgetter(name)(self.world)
                act(*given, **named)
            except Exception as error:
                error.add_note(f"step {number}: {story[number - 1]}")
                raise

    def text(self, written: str) -> str:
        name, *changes = written.split("; ")
        text = self.texts.get(name, name)
        for change in changes:
            old, arrow, new = change.partition(" → ")
            old, new = self.texts.get(old, old), self.texts.get(new, new)
            if arrow:
                assert old in text, old
                text = text.replace(old, new)
            else:
                added = change.removeprefix("+ ")
                text += self.texts.get(added, f"\n{added}\n")
        return text

    # What happens on the wiki

    def edit(self, written: str, title: str = "Tide", ahead: float = 0, **more: Any) -> None:
        """Save a text; the wiki's clock may be some hours ahead."""
        if ahead:
            more["at"] = self.world.clock() + timedelta(hours=ahead)
        self.world.edit(self.text(written), title, **more)

    def move(self, source: str, target: str, *, redirect: bool = True) -> None:
        self.world.clock.advance(minutes=1)
        self.world.store.move(source, target, editor="Mover")
        if not redirect:
            self.world.store.delete(source)

    def delete(self, title: str = "Tide") -> None:
        self.deleted.append(self.world.store.delete(title))

    def restore(self, without: int = 0) -> None:
        """Bring back what was deleted last, without its newest revisions."""
        page = self.deleted.pop()
        page.revisions += self.left_out
        self.left_out = page.revisions[len(page.revisions) - without :]
        del page.revisions[len(page.revisions) - without :]
        self.world.store.restore(page)

    def lose(self, number: int) -> None:
        """Delete a revision, as by a restoration of the others."""
        page = self.world.store.by_title["Tide"]
        page.revisions[:] = [saved for saved in page.revisions if saved.id != number]

    def set_back(self, written: str, **earlier: float) -> None:
        self.world.set_back(self.text(written), **earlier)

    def upload(self, content: str, name: str = "Chart.png", editor: str = "Bob") -> None:
        self.world.clock.advance(minutes=1)
        self.world.store.upload(name, content.encode(), editor=editor, comment="Better colours")

    def log_entry(self, **values: str) -> None:
        """Let the newest entry of the log have these values; an empty one is hidden."""
        entry = self.world.store.log[0]
        entry.update(values)
        for name in [name for name, value in values.items() if not value]:
            del entry[name]

    def data(self, **values: str) -> None:
        """Let what the wiki takes from another place have these values."""
        self.world.store.data |= values
        if "Tide" in self.world.store.by_title:
            self.world.store.purge("Tide")

    # What the product does

    def watch(self, *titles: str, extra_settings: str | None = None, **settings: Any) -> None:
        if extra_settings is not None:
            settings["extra_settings"] = self.text(extra_settings)
        if "claims" in settings:
            settings["claims"] = [self.text(claim) for claim in settings["claims"]]
        self.close()
        self.world.watch(*(titles or ("Tide",)), **settings)

    def check(self, *states: str) -> None:
        """A pass for each of these states, or one; of a pass over several watches, the states stand in one word."""
        reached = []
        for _ in states or [None]:
            self.world.clock.advance(minutes=1)
            services = self.services()
            self.outcomes = list(check(services, services.watchlist.watches))
            reached.append(" ".join(outcome.state.value for outcome in self.outcomes))
        assert reached == [*(states or reached)]

    def lease(self, seconds: float) -> None:
        """Let another worker check the page."""
        with self.world.archive() as archive:
            assert archive.leases.acquire_page(self.world.article(), "another", self.world.clock(), seconds)

    def step(self, written: str, *states: str, **more: Any) -> None:
        """An edit and its check."""
        self.edit(written, **more)
        self.check(*states)

    def send(self) -> None:
        services = self.services()
        self.world.clock.advance(minutes=1)
        deliver(
            services.archive.outbox, services.watchlist.destinations, now=self.world.clock, owner="one", send=self.sent,
        )  # fmt: skip

    def deliver(self, written: str, *begins: str, **more: Any) -> None:
        """An edit, its check and its delivery, and how the messages begin that come of it."""
        self.step(written, **more)
        self.messages(*begins)

    def messages(self, *begins: str, **later: float) -> None:
        """How the messages begin that have come since the last ones were read; a digest is one of its alerts."""
        self.world.clock.advance(**later)
        self.send()
        new, self.seen = self.sent.texts[self.seen :], len(self.sent)
        assert len(new) == len(begins), new
        assert [text[: len(begin)] for text, begin in zip(new, begins, strict=True)] == [*begins]

    def notices(self, *begins: str, **later: float) -> None:
        """The same of every notice, without the topics."""
        self.world.clock.advance(**later)
        self.send()
        new, self.seen = self.sent[self.seen :], len(self.sent)
        seen = [f"{name} {notice.summary}".lstrip() for name, alert in new for notice in alert.notices]
        assert len(seen) == len(begins), seen
        assert [text[: len(begin)] for text, begin in zip(seen, begins, strict=True)] == [*begins]

    def fail_to_send(self) -> None:
        """An attempt that failed: the receiver may have taken the message all the same."""

        def refuse(*_: object, **__: object) -> None:
            raise DeliveryError("answered 503")

        self.world.deliver(send=refuse)

    def fail_for_good(self, *names: str) -> None:
        """An attempt that the receivers refuse whose addresses end so."""

        def refuse(_alerts: Sequence[Alert], receiver: Receiver, _key: str, **_: object) -> None:
            if receiver.url.rpartition("/")[2] in names:
                raise DeliveryError("answered 404", permanent=True)

        self.world.clock.advance(minutes=1)
        self.world.deliver(send=refuse)

    def mute(self, hours: int | None = None, **parts: str) -> None:
        until = None if hours is None else self.world.clock() + timedelta(hours=hours)
        self.mutes.append(self.world.begin_mute(until=until, **parts))

    def unmute(self, *counts: int) -> None:
        """End the mute that began last, with so many summaries."""
        summaries = self.world.end_mute(self.mutes[-1])
        assert (summaries,) == (counts or (summaries,))

    def sql(self, statement: str) -> None:
        with self.world.archive() as archive, archive.database.write() as session:
            session.connection().exec_driver_sql(statement)

    def decide(self) -> None:
        """A reviewer acknowledges all findings."""
        numbers = [finding.id for finding in self.world.findings()]
        with self.world.archive() as archive:
            archive.reviews.decide(numbers, ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "Rita", self.world.clock())

    # What is known then

    def line(self, words: str) -> None:
        """What the outcome of the last check says."""
        assert words in self.outcomes[-1].text

    def requests(self, count: int) -> None:
        """How often the wiki was asked."""
        assert len(self.world.wiki.requests) == count

    def title(self, watched: str, title: str) -> None:
        assert self.world.article(watched).title == title

    def alert_title(self, title: str) -> None:
        assert self.world.alerts()[-1].alert.article.title == title

    def queued(self, *summaries: str) -> None:
        """What the notices of the newest alert say, without what is in brackets."""
        notices = self.world.alerts()[-1].alert.notices
        assert [notice.summary.partition(" (")[0] for notice in notices] == [*summaries]

    def events(self, *kinds: str, title: str = "Tide") -> None:
        assert self.world.events(title) == [*kinds]

    def stored(self, *revisions: int) -> None:
        assert sorted(self.world.stored()) == [*revisions]

    def alerts(self, *rows: str) -> None:
        """The topic, the newest revision and the state of each alert."""
        seen = [f"{row.alert.topic.value} {row.alert.after.id} {row.state.value}" for row in self.world.alerts()]
        assert seen == [*rows]

    def alert_has(self, *words: str) -> None:
        """What stands in the newest alert; nothing of what begins with "not "."""
        message = compose(self.world.alerts()[-1].alert)
        for each in words:
            wrong = each.removeprefix("not ")
            assert (wrong in f"{message.subject}\n{message.text}") is (wrong is each)

    def alert_line(self, words: str, end: str) -> None:
        """A line of the newest alert that has these words and this end."""
        lines = compose(self.world.alerts()[-1].alert).text.splitlines()
        assert any(words in line and line.endswith(end) for line in lines), lines

    def values(self, *lines: str) -> None:
        """The old and the new value of all notices of all alerts, and how the last explanation begins."""
        seen = [
            f"{notice.old_text} → {notice.new_text}, {notice.explanations[-1]}"
            for row in self.world.alerts()
            for notice in row.alert.notices
        ]
        assert [text[: len(line)] for text, line in zip(seen, lines, strict=True)] == [*lines]

    def destinations(self, *names: str) -> None:
        """For whom the alerts are, oldest first."""
        assert [row.destination for row in self.world.alerts()] == [*names]

    def editors(self, *names: str) -> None:
        """Whose edits the notices of all alerts are about."""
        notices = [notice for row in self.world.alerts() for notice in row.alert.notices]
        assert [notice.edits[0].editor for notice in notices] == [*names]

    def operators(self, *lines: str, minutes: float = 1) -> None:
        """A pass of the watchdog some minutes later, and how all alerts of operators so far begin."""
        self.world.clock.advance(minutes=minutes)
        self.world.alert_operators()
        alerts = [row.alert for row in self.world.alerts() if row.alert.topic is AlertTopic.OPERATOR]
        seen = [f"{alert.article.title}: {alert.notices[0].summary}" for alert in alerts]
        assert len(seen) == len(lines), seen
        assert [text[: len(line)] for text, line in zip(seen, lines, strict=True)] == [*lines]

    def unreached(self, count: int) -> None:
        """How many watches no check has ever reached."""
        with self.world.archive() as archive:
            assert len(archive.unreached_watches.list_all()) == count

    def revisions(self, before: int, after: int) -> None:
        """Those that the newest message compares."""
        alert = self.sent[-1][1]
        assert (alert.before.id, alert.after.id) == (before, after)

    def open_mutes(self, count: int) -> None:
        with self.world.archive() as archive:
            assert len(archive.mutes.list_open()) == count

    def threads(self, *topics: str) -> None:
        """The topic of each message, and which of them follow the first one."""
        first = f"{self.sent[0][1].key}-inbox"
        seen = [f"{alert.topic.value}{' follows' * (alert.thread == first)}" for _, alert in self.sent]
        assert seen == [*topics]

    def findings(self, state: str, *summaries: str) -> None:
        """What findings from low on say that are in this state, without what is in brackets."""
        stored = [item for item in self.world.findings(ReviewState(state)) if item.severity > 1]
        assert [item.summary.partition(" (")[0] for item in stored] == [*summaries]


def story_test(file: str, texts: Mapping[str, str] | None = None, player: type[Player] = Player) -> Callable[..., None]:
    """Make a test of each story of the table of a file in `cases.toml`."""
    stories: dict[str, Story] = table(file, "stories")

    @pytest.mark.parametrize("story", stories.values(), ids=stories)
    def test(either_world: WikiHarness, story: Story) -> None:
        player(either_world, texts or {}).play(story)

    return test
