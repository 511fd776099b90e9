"""Test that an edit is checked and alerted within seconds, whatever its source, and whatever happens to the stream."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import Engine, event

from tests.event_server import EventServer
from tests.flows.harness import CHANGED, TEXT, Clock, WikiHarness
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from tests.waiting import wait_until
from watcher.demo.servers import Response
from watcher.errors import StoreError
from watcher.services.alerting.delivery import DeliveryReport, deliver_due
from watcher.services.checks import contradictions
from watcher.services.checks.change_feed import keep_following
from watcher.services.checks.check import check
from watcher.services.checks.outcome import CheckOutcome, CheckState
from watcher.services.checks.page_lists import refresh_lists
from watcher.services.checks.stream import DeliveryThread, stream
from watcher.services.context import AppContext
from watcher.services.history import ledger

pytestmark = pytest.mark.waits
TIMEOUT = 120.0  # s: far more than any of this takes


@dataclass
class Running:
    """The loop in a thread, and what it has told."""

    world: WikiHarness
    receiver: WebhookReceiver
    outcomes: list[CheckOutcome] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    reported: threading.Condition = field(default_factory=threading.Condition)

    def outcome(self, outcome: CheckOutcome) -> None:
        with self.reported:
            self.outcomes.append(outcome)
            self.reported.notify_all()

    def trouble(self, line: str) -> None:
        with self.reported:
            self.troubles.append(line)
            self.reported.notify_all()

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something that was told makes this true."""
        end = monotonic() + TIMEOUT
        with self.reported:
            while not holds():
                assert self.reported.wait(max(end - monotonic(), 0)), (self.outcomes, self.troubles)

    def states(self) -> list[CheckState]:
        return [outcome.state for outcome in self.outcomes]

    def requests(self, count: int) -> list[str]:
        """Wait for so many messages; their texts."""
        assert self.receiver.wait_for(count, TIMEOUT), (self.outcomes, self.troubles)
        return [letter.json["message"] for letter in self.receiver.requests]


@contextmanager
def streaming(
    world: WikiHarness, *, polling: bool = False, settle: str = "0", running: type[Running] = Running
) -> Iterator[Running]:
    with WebhookReceiver() as receiver:
        world.receiver = receiver.url
        world.watch("Tide", settle=settle)
        running = running(world, receiver)
        stop = threading.Event()
        loop = threading.Thread(
            target=stream,
            args=(world.path, stop, running.outcome, running.trouble),
            kwargs={"polling": polling, "now": world.clock},
        )
        loop.start()
        try:
            running.until(lambda: CheckState.BASELINE in running.states())
            yield running
        finally:
            stop.set()
            loop.join(TIMEOUT)
            assert not loop.is_alive()


@pytest.fixture(autouse=True)
def groups_wait_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let alerts wait a tenth of a second for others of their group, which each stop waits for as well."""
    monkeypatch.setattr("watcher.services.checks.stream.GROUP_WAIT", 0.1)


@pytest.fixture
def events() -> Iterator[EventServer]:
    with EventServer() as server:
        yield server


@pytest.fixture
def streamed(world: WikiHarness, events: EventServer) -> WikiHarness:
    """A wiki whose edits an event stream tells of."""
    world.stream = events.url
    world.hosts.append(f"127.0.0.1:{events.port}")
    return world


def test_a_slow_receiver_holds_up_no_check(streamed: WikiHarness, events: EventServer, monkeypatch: pytest.MonkeyPatch):
    answered = threading.Event()

    def deliver_slowly(services: AppContext, **arguments: Callable[[], bool]) -> DeliveryReport:
        assert answered.wait(TIMEOUT)
        return deliver_due(services, **arguments)

    monkeypatch.setattr("watcher.services.alerting.delivery.deliver_due", deliver_slowly)
    with streaming(streamed) as running:
        try:
            for alerts, text in ((1, CHANGED), (2, TEXT.replace("21 million", "29 million"))):
                events.event(streamed.edit(text))
                running.until(lambda count=alerts: running.states().count(CheckState.ALERT) == count)
            assert running.receiver.requests == ()
        finally:
            answered.set()
        (message,) = running.requests(1)
    assert "21 million → 29 million boats" in message  # what was still queued was brought up to date


def test_alerts_of_the_last_check_are_sent_before_the_process_stops(streamed: WikiHarness, events: EventServer):
    with streaming(streamed) as running:
        events.event(streamed.edit(CHANGED))
        running.until(lambda: CheckState.ALERT in running.states())
    (message,) = running.requests(1)
    assert "21 million → 25 million boats" in message


def test_no_message_is_begun_long_after_a_stop(world: WikiHarness, monkeypatch: pytest.MonkeyPatch):
    rounds: list[bool] = []

    def deliver_nothing(_: AppContext, *, stopped: Callable[[], bool]) -> DeliveryReport:
        rounds.append(stopped())
        return DeliveryReport()

    monkeypatch.setattr("watcher.services.checks.stream._CLOSING", 0.0)
    monkeypatch.setattr("watcher.services.alerting.delivery.deliver_due", deliver_nothing)
    world.watch("Tide")
    with DeliveryThread(world.services, pytest.fail):
        assert wait_until(lambda: rounds)
    assert not rounds[0]
    assert rounds[-1]


def test_deliveries_that_fail_are_reported_and_go_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("watcher.services.checks.stream._BUSY_WAIT", 0.0)
    problems: list[str] = []
    opened = threading.Event()
    failures = iter([StoreError("the database is locked"), ValueError("secret")])

    def open_services() -> AbstractContextManager[AppContext]:
        if failure := next(failures, None):
            raise failure
        opened.set()
        raise StoreError("stopped")

    with DeliveryThread(open_services, problems.append):
        assert opened.wait(TIMEOUT)
    assert problems[:2] == [
        "the database is locked; it will be retried",
        "deliveries: ValueError; they will be retried",
    ]


def test_an_edit_of_a_member_between_the_first_check_and_the_first_look_is_reported_and_a_list_that_cannot_be_read(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    """A thread may begin late on a busy machine."""
    looks = threading.Event()

    def follow_later(*given: Any) -> None:
        assert looks.wait(TIMEOUT)
        keep_following(*given)

    monkeypatch.setattr("watcher.services.checks.change_feed.keep_following", follow_later)
    world.edit(TEXT, "Low tide")
    (world.folder / "list.txt").write_text("Low tide\n", encoding="utf-8")
    world.extra_settings = "".join(f'[[watch]]\nfile = "{name}.txt"\nsettle = "0"\n' for name in ("list", "none"))
    try:
        with streaming(world) as running:
            assert [outcome.watch.title for outcome in running.outcomes] == ["Low tide"]
            world.edit(CHANGED, "Low tide")
            looks.set()
            (message,) = running.requests(1)
    finally:
        looks.set()
    assert "21 million → 25 million boats" in message
    assert [line.partition(";")[0] for line in running.troubles] == [
        "file:none.txt: none.txt: cannot be read (No such file or directory)"
    ]


class ListeningWikiServer(FakeWikiServer):
    """A wiki that counts the requests for its recent changes."""

    listed = 0

    def respond(self, path: str, agent: str) -> Response:
        self.listed += "list=recentchanges" in path
        return super().respond(path, agent)


class Paused(Running):
    """A loop that waits after its first checks until `go_on` is set."""

    go_on = threading.Event()

    def outcome(self, outcome: CheckOutcome) -> None:
        super().outcome(outcome)
        assert self.go_on.wait(TIMEOUT)


def test_an_edit_of_a_page_that_another_process_has_just_added_to_a_list_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its change is listed before this process knows that the page is a member."""
    monkeypatch.setattr("watcher.services.checks.stream.RECENT_EVERY", 0.05)
    monkeypatch.setattr("watcher.services.checks.stream._LISTS_EVERY", 0.0)
    clock, members = Clock(), tmp_path / "list.txt"
    members.write_text("Tide\n", encoding="utf-8")
    Paused.go_on.clear()
    with ListeningWikiServer(WikiStore(now=clock)) as wiki:
        world = WikiHarness(tmp_path, wiki, clock)
        world.edit(TEXT)
        world.extra_settings = '[[watch]]\nfile = "list.txt"\nsettle = "0"\nrefresh = "1m"\nevery = "1d"\n'
        try:
            with streaming(world, running=Paused) as running:
                world.edit(TEXT, "Low tide")
                members.write_text("Tide\nLow tide\n", encoding="utf-8")
                clock.advance(minutes=2)
                with world.services() as services:
                    refresh_lists(services)
                    list(check(services, [watch for batch in services.index.listed() for watch in batch]))
                world.edit(CHANGED, "Low tide")
                listed = wiki.listed
                assert wait_until(lambda: wiki.listed >= listed + 2)
                Paused.go_on.set()
                messages = running.requests(2)
        finally:
            Paused.go_on.set()
    assert "the page joined file:list.txt" in messages[0]
    assert "21 million → 25 million boats" in messages[1]


def test_gaps_duplicates_disorder_and_half_events_lose_nothing_and_double_nothing(
    streamed: WikiHarness, events: EventServer
):
    with streaming(streamed) as running:
        first = streamed.edit(CHANGED)
        events.event(first)
        running.requests(1)
        second = streamed.edit(TEXT.replace("21 million", "29 million"))
        for number in (second, first, second, second):
            events.event(number)
        events.send(b'id: 99\ndata: {"type": "edit", "server_na')
        events.break_off()
        events.await_connection()
        events.await_connection()
        streamed.edit(TEXT.replace("21 million", "33 million"))
        events.event(100)
        messages = running.requests(3)
    assert events.resumed[1] == str(second)
    assert ["25 million" in messages[0], "29 million" in messages[1], "33 million" in messages[2]] == [True] * 3
    assert len(messages) == 3


def test_without_any_stream_polling_finds_the_edit(world: WikiHarness):
    world.stream = "off"
    with streaming(world, polling=True) as running:
        world.edit(CHANGED)
        world.watch("Tide", every="1h")  # another watchlist is read at once, and every page of it is polled
        (message,) = running.requests(1)
    assert "25 million" in message


def test_a_mistake_in_a_changed_watchlist_is_reported_and_the_old_one_kept(streamed: WikiHarness, events: EventServer):
    with streaming(streamed) as running:
        good = streamed.path.read_text(encoding="utf-8")
        streamed.path.write_text(good + "\nnonsense = 1\n", encoding="utf-8")
        running.until(lambda: any("nonsense" in line for line in running.troubles))
        events.event(streamed.edit(CHANGED))
        assert len(running.requests(1)) == 1


def test_an_edit_that_has_to_stand_is_judged_when_it_has_without_another_entry(
    streamed: WikiHarness, events: EventServer
):
    with streaming(streamed, settle="2s") as running:
        events.event(streamed.store.edit("Tide", CHANGED))
        running.until(lambda: CheckState.SETTLING in running.states())
        streamed.clock.advance(seconds=3)
        assert len(running.requests(1)) == 1


def test_a_busy_page_is_looked_at_again(streamed: WikiHarness, events: EventServer):
    with streaming(streamed) as running:
        with streamed.archive() as archive:
            assert archive.leases.acquire_page(streamed.article(), "another", streamed.clock(), 600)
        events.event(streamed.edit(CHANGED))
        running.until(lambda: CheckState.BUSY in running.states())
        with streamed.archive() as archive:
            archive.leases.release_page(streamed.article(), "another")
        assert len(running.requests(1)) == 1


def test_the_members_of_a_list_are_followed_and_other_pages_are_not(streamed: WikiHarness, events: EventServer):
    for title in ("Moon", "Sun"):
        streamed.store.edit(title, TEXT)
    (streamed.folder / "titles.txt").write_text("Moon\n")
    streamed.extra_settings = '[[watch]]\nwiki = "w"\nfile = "titles.txt"\nsettle = "0"\n'
    with streaming(streamed, polling=True) as running:
        running.until(lambda: running.states().count(CheckState.BASELINE) == 2)
        at = int(streamed.clock().timestamp())
        for title in ("Sun", "Moon"):
            events.event(streamed.edit(CHANGED, title), title=title, timestamp=at)
        (message,) = running.requests(1)
        assert "Moon" in message
        events.event(streamed.edit(TEXT, "Moon"), title="Moon", timestamp=at)
        running.requests(2)
        streamed.store.move("Moon", "Full moon")
        events.event(98, title="Moon", timestamp=at)
        running.until(lambda: CheckState.QUIET in running.states())
        events.event(streamed.edit(CHANGED, "Full moon"), title="Full moon", timestamp=at)
        running.requests(3)
        streamed.watch("Tide", every="1h")  # another loop goes on where this one ends
        for _ in range(2):
            events.await_connection()
        assert [since and datetime.fromisoformat(unquote(since)).timestamp() for since in events.since] == [
            at - 120,
            at - 120,
        ]
        assert {outcome.watch.title for outcome in running.outcomes} == {"Tide", "Moon", "Full moon"}


def test_a_turn_costs_no_statement_for_each_watch(world: WikiHarness, monkeypatch: pytest.MonkeyPatch):
    """Of the loop's own thread: messages are delivered in another."""
    # What the checks before it have no time for on a slow machine would be left to the stream.
    monkeypatch.setattr(contradictions, "_MAX_SECONDS", TIMEOUT)
    monkeypatch.setattr(ledger, "_MAX_FILL_SECONDS", TIMEOUT)
    world.store.sow(43, lambda _: TEXT)
    own, counts = threading.get_ident(), []
    statements: list[str] = []

    def seen(*given: Any) -> None:
        if threading.get_ident() == own:
            statements.append(given[2])

    for number in (3, 43):
        world.watch(*(f"Sample {count}" for count in range(1, number + 1))).check()
        stop, seen_pages, troubles = threading.Event(), set[str](), list[str]()

        def outcome(
            outcome: CheckOutcome, pages: set[str] = seen_pages, most: int = number, stop: threading.Event = stop
        ) -> None:
            pages.add(outcome.watch.title)
            if len(pages) == most:
                stop.set()

        limit = threading.Timer(TIMEOUT, stop.set)
        limit.start()
        statements.clear()
        event.listen(Engine, "before_cursor_execute", seen)
        try:
            stream(world.path, stop, outcome, troubles.append, now=world.clock)
        finally:
            event.remove(Engine, "before_cursor_execute", seen)
            limit.cancel()
        assert (troubles, len(seen_pages)) == ([], number)
        counts.append(len(statements))
    assert counts[1] - counts[0] < 10
