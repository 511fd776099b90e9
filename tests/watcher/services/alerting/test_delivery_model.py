"""Test what each destination knows against a model: any order of edits, mutes, failures and kills loses nothing."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, event

from snapshots import NewMute
from tests.cases import table
from tests.flows.harness import DATABASE, SOURCE, Clock, WikiHarness, end_leases
from tests.postgres import Cluster
from tests.simulators import FakeWikiServer, WikiStore
from watcher.errors import DeliveryError
from watcher.model import Alert, AlertTopic, Notice
from watcher.notify import Receiver
from watcher.services.alerting.delivery import deliver
from watcher.services.alerting.mutes import open_mute
from watcher.services.checks.check import check, end_mute
from watcher.services.checks.outcome import CheckState
from watcher.services.context import AppContext

IS_LONG = settings.default is not None and settings.default.max_examples >= 400
# CI makes fewer of them in `make slow`, to stay within half an hour: see .ci/run.
RUNS = int(os.environ.get("WATCHER_MODEL_RUNS", "2000")) if IS_LONG else 5

MODES = {
    "at once": "",
    "digest": 'digest = "daily 08:00"\n',
    "quiet hours": 'quiet = "22:00-07:00"\n',
    "group": 'group_by = ["article", "editor_and_summary"]\ngroup_wait = "30s"\ngroup_interval = "5m"\n',
    "threshold": 'threshold = "critical"\n',
    "filter": 'kinds = ["claim.*"]\n',
}
# What can be edited, with the values that it takes: each of them differs from each other by enough for an alert.
VALUES: dict[str, tuple[str, ...]] = {
    "boats": ("21", "25", "30"),
    "sailors": ("17", "21", "25"),
    "2020": ("19.1", "21.1", "25.1"),
    "2022": ("19.1", "21.1", "25.1"),
    "north": ("300", "9000", "200000"),
    "south": ("700", "8000", "600000"),  # others than of the north: swapped values are sentences that changed places
    "pilot": ("is", "is not"),
    "heading": ("Harbours", "Ports"),
}
CRITICAL_SLOTS = frozenset({"north", "south"})
SILENT_SLOTS = frozenset({"heading"})  # a renamed section alerts nobody, and must not hide what else has changed
UNITS = {"boats": 1_000_000, "sailors": 1_000}

State = dict[str, str]
FIRST: State = {slot: values[0] for slot, values in VALUES.items()}


def page_text(state: State) -> str:
    return f"""'''Tide''' is the rise and fall of the sea. The pilot {state["pilot"]} safe in all weathers.{SOURCE}

== {state["heading"]} ==
In 2012, the survey counted {state["boats"]} million boats and {state["sailors"]} thousand sailors in all ports.{SOURCE}

== Debt ==
{{| class="wikitable"
! Year !! Debt !! Ships
|-
| 2020 || {state["2020"]} || 44
|-
| 2022 || {state["2022"]} || 44
|}}

== North ==
In the north, the council counted {state["north"]} lamps in all towns.{SOURCE}

== South ==
In the south, the council counted {state["south"]} lamps in all towns.{SOURCE}
"""


def slot_of(notice: Notice) -> str:
    """Which of the things a notice is about, by the words that its reader has."""
    if notice.kind.value.startswith("claim."):
        return "pilot"
    for slot in ("2020", "2022"):
        if f"{slot} × Debt" in notice.summary:
            return slot
    if "lamps" in notice.summary:
        return "north" if "north" in (notice.new_sentence or "") else "south"
    return "boats" if "boats" in notice.summary else "sailors" if "sailors" in notice.summary else notice.kind.value


def value_of(slot: str, value: str | None, sentence: str | None) -> str:
    if slot == "pilot":
        return "is not" if "is not" in (sentence or "") else "is"
    number = float(value or "nan") / UNITS.get(slot, 1)
    return f"{number:g}" if slot not in CRITICAL_SLOTS else f"{number:.0f}"


class ProcessKilled(BaseException):
    """The process ends here, without another statement."""


@dataclass
class Kill:
    """Ends the process after some more statements, where a number is set."""

    left: int | None = None
    dead: bool = False

    def statement(self, *_: object) -> None:
        if self.dead:
            raise ProcessKilled
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.dead = True
                raise ProcessKilled


@dataclass
class Known:
    """What one destination was told: the values of each thing, oldest first, without those that were undone."""

    mode: str
    values: dict[str, list[str]] = field(default_factory=lambda: {slot: [value] for slot, value in FIRST.items()})
    accepted: set[str] = field(default_factory=set)
    attempted: set[str] = field(default_factory=set)
    is_down: bool = False
    messages: list[str] = field(default_factory=list)

    def is_interested(self, slot: str) -> bool:
        if slot in SILENT_SLOTS:
            return False
        if self.mode == "threshold":
            return slot in CRITICAL_SLOTS
        return slot == "pilot" if self.mode == "filter" else True

    def read(self, alert: Alert, notice: Notice) -> tuple[str, str]:
        """Take in what a notice says, which must follow from what was said before; the slot, and its value now."""
        slot = slot_of(notice)
        assert slot in VALUES, f"{self.mode}: told of what is none of its business: {notice.summary}"
        assert self.is_interested(slot), f"{self.mode}: told of {notice.summary}"
        old = value_of(slot, notice.old_value, notice.old_sentence)
        new = value_of(slot, notice.new_value, notice.new_sentence)
        known = self.values[slot]
        self.messages.append(f"{alert.topic.value} {slot} {old} → {new}")
        if alert.topic is AlertTopic.RESOLVED:
            assert new in known[:-1], f"{self.mode}: resolved was no alert: {self.messages}"
            del known[known.index(new) + 1 :]
        else:
            assert old == known[-1], f"{self.mode}: {slot} was known as {known}: {self.messages}"
            assert new not in known, f"{self.mode}: {slot} was known as {known}: {self.messages}"
            known.append(new)
        return slot, new


class DeliveryMachine(RuleBasedStateMachine):
    """A wiki page with edits, and one to three destinations, of which each must know what stands."""

    cluster: Cluster | None = None

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.kill = Kill()
        self.state, self.current = dict(FIRST), dict(FIRST)
        self.history, self.undone = [dict(FIRST)], list[State]()
        self.known: dict[str, Known] = {}
        self.muted: dict[str, dict[str, int]] = {}
        self.frozen: State = {}

    @initialize(modes=st.lists(st.sampled_from([*MODES]), min_size=1, max_size=3))
    def begin(self, modes: list[str]) -> None:
        clock = Clock()
        server = self.closing.enter_context(FakeWikiServer(WikiStore(now=clock)))
        folder = Path(self.closing.enter_context(tempfile.TemporaryDirectory()))
        database = self.closing.enter_context(self.cluster.migrated()) if self.cluster else DATABASE
        self.world = WikiHarness(folder, server, clock, database)
        self.known = {name: Known(mode) for name, mode in zip(("inbox", "second", "third"), modes, strict=False)}
        first, *others = modes
        # A dead letter is told to operators: here nothing dies, however long a receiver fails.
        self.world.extra_settings = f'give_up = "90d"\n{MODES[first]}' + "".join(
            f'\n[[destination]]\nname = "{name}"\nurl = "json://127.0.0.1:9/{name}"\ngive_up = "90d"\n{MODES[mode]}'
            for name, mode in zip(("second", "third"), others, strict=False)
        )
        self.world.watch("Tide")
        for hook in ("before_cursor_execute", "commit"):
            event.listen(Engine, hook, self.kill.statement)
            self.closing.callback(event.remove, Engine, hook, self.kill.statement)
        self.services: AppContext | None = None
        self.open()
        self.world.edit(page_text(self.state))
        self.check()

    def open(self) -> AppContext:
        if self.services is None:
            self.process = self.world.services()
            self.services = self.process.__enter__()
        return self.services

    def close(self) -> None:
        if self.services is not None:
            self.services = None
            self.process.__exit__(None, None, None)

    @contextmanager
    def maybe_killed(self, after: int | None) -> Iterator[AppContext]:
        """Run the body in a process that may be killed after some statements; the next one takes over."""
        services = self.open()
        self.kill.left = after
        try:
            yield services
        except ProcessKilled:
            self.services = None
            with suppress(ProcessKilled):
                self.process.__exit__(None, None, None)
            for client in services.clients.values():
                client.close()
        finally:
            self.kill.left, self.kill.dead = None, False
        if self.services is None:
            services.leases.close()  # the thread that renews them ends with its process
            services.archive.close()
            with self.world.archive() as archive:
                end_leases(archive, services.owner)

    def survive(self, kill: int | None, act: Callable[[AppContext], None]) -> None:
        """Do something, and once more where the process was killed."""
        for after in (kill, None):
            with self.maybe_killed(after) as services:
                act(services)
            if self.services is not None:
                break

    def check(self, kill: int | None = None) -> None:
        checked = list[str]()

        def act(services: AppContext) -> None:
            checked[:] = [outcome.state.value for outcome in check(services, services.watchlist.watches)]

        self.survive(kill, act)
        assert CheckState.BUSY.value not in checked
        assert CheckState.FAILED.value not in checked
        self.current = dict(self.state)

    def change(self, state: State, kill: int | None = None) -> None:
        self.state = dict(state)
        self.world.edit(page_text(self.state), editor="Editor")
        self.check(kill)

    kills = st.one_of(st.none(), st.none(), st.integers(0, 120))

    @rule(slot=st.sampled_from([*VALUES]), number=st.integers(0, 1), kill=kills)
    def edit(self, slot: str, number: int, kill: int | None = None) -> None:
        others = [value for value in VALUES[slot] if value != self.state[slot]]
        self.history.append(dict(self.state))
        self.change(self.state | {slot: others[number % len(others)]}, kill)

    @rule(slots=st.lists(st.sampled_from([*VALUES]), min_size=2, max_size=3, unique=True), kill=kills)
    def edit_several(self, slots: list[str], kill: int | None = None) -> None:
        self.history.append(dict(self.state))
        new = {slot: next(value for value in VALUES[slot] if value != self.state[slot]) for slot in slots}
        self.change(self.state | new, kill)

    @precondition(lambda self: len(self.history) > 1)
    @rule(kill=kills)
    def undo(self, kill: int | None = None) -> None:
        self.undone.append(dict(self.state))
        self.change(self.history.pop(), kill)

    @precondition(lambda self: bool(self.undone))
    @rule(kill=kills)
    def make_the_same_edit_again(self, kill: int | None = None) -> None:
        again = self.undone.pop()
        if again != self.state:
            self.history.append(dict(self.state))
            self.change(again, kill)

    @rule(words=st.sampled_from([None, "lamps"]))
    def mute(self, words: str | None = None) -> None:
        name = words or "all"
        if name in self.muted:
            return
        new = NewMute(wiki="w", title="Tide", words=words)
        number = self.open().archive.mutes.begin(new, self.world.clock()).id
        covered = [slot for slot in VALUES if words is None or slot in CRITICAL_SLOTS]
        self.muted[name] = dict.fromkeys(covered, number)
        for slot in covered:
            self.frozen.setdefault(slot, self.current[slot])

    @precondition(lambda self: bool(self.muted))
    @rule(kill=kills)
    def unmute(self, kill: int | None = None) -> None:
        _, covered = self.muted.popitem()
        number = next(iter(covered.values()))

        def act(services: AppContext) -> None:
            if any(mute.id == number for mute in services.archive.mutes.list_open()):
                end_mute(services, open_mute(services, number))

        self.survive(kill, act)
        for slot in covered:
            if not any(slot in other for other in self.muted.values()):
                del self.frozen[slot]

    @rule(name=st.sampled_from(["inbox", "second", "third"]))
    def receiver_fails_or_works_again(self, name: str) -> None:
        if name in self.known:
            self.known[name].is_down = not self.known[name].is_down

    @rule()
    def restart(self) -> None:
        self.close()

    @rule(minutes=st.sampled_from([1, 10, 180, 840, 1560]), kill=kills)
    def wait(self, minutes: int, kill: int | None = None) -> None:
        """Deliver what is due some time later."""
        self.world.clock.advance(minutes=minutes)
        self.deliver(kill)

    def deliver(self, kill: int | None = None) -> None:
        names = {f"json://127.0.0.1:9/{name if name != 'inbox' else ''}": name for name in self.known}
        unexpected = list[AssertionError]()

        def send(alerts: Sequence[Alert], receiver: Receiver, key: str) -> None:
            try:
                self.receive(self.known[names[receiver.url]], alerts, key)
            except AssertionError as error:  # a sender that raises is a receiver that fails
                unexpected.append(error)
                raise

        def act(services: AppContext) -> None:
            deliver(
                services.archive.outbox, services.watchlist.destinations, now=self.world.clock, owner=services.owner,
                send=lambda alerts, receiver, key, **_: send(alerts, receiver, key), jitter=lambda: 0.5,
            )  # fmt: skip

        self.survive(kill, act)
        for error in unexpected:
            raise error

    def receive(self, known: Known, alerts: Sequence[Alert], key: str) -> None:
        first = key not in known.attempted
        known.attempted.add(key)
        if key in known.accepted:  # a receiver knows a message by its key
            return
        if known.is_down:
            raise DeliveryError("answered 503")
        known.accepted.add(key)
        assert {alert.thread for alert in alerts} <= {"", *known.accepted}, f"{known.mode}: follows what was not sent"
        reported = dict(known.read(alert, notice) for alert in alerts for notice in alert.notices)
        for slot, value in reported.items() if first else ():
            current = self.frozen.get(slot, self.current[slot])
            assert value == current, f"{known.mode}: {slot} is {current}, but it was told {known.messages[-1]}"

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None and self.known:
                self.settle()
        finally:
            self.close()
            self.closing.close()

    def settle(self) -> None:
        """After two days on which all receivers work and nothing is muted, each destination knows what stands."""
        while self.muted:
            self.unmute(None)
        for known in self.known.values():
            known.is_down = False
        for _ in range(4):
            self.wait(720, None)
        for known in self.known.values():
            for slot, value in self.current.items():
                if known.is_interested(slot):
                    assert known.values[slot][-1] == value, f"{known.mode}: {slot} is {value}: {known.messages}"


def run(runs: int, cluster: Cluster | None = None) -> None:
    machine = type("Machine", (DeliveryMachine,), {"cluster": cluster})
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=runs, stateful_step_count=16, deadline=None, suppress_health_check=checks),
    )


@pytest.mark.hypothesis
def test_each_destination_is_told_what_stands_once_whatever_happens_meanwhile():
    run(RUNS)


@pytest.mark.hypothesis
@pytest.mark.postgres
@pytest.mark.slow
def test_each_destination_is_told_what_stands_once_on_postgresql_too(postgres: Cluster):
    run(max(RUNS // 10, 2), postgres)


# Orders in which a destination was told too much or too little once, found by long runs.
ORDERS: dict[str, list[list[Any]]] = table(__file__, "orders")


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_that_was_told_wrongly_is_told_right(name: str):
    run_order(ORDERS[name], DeliveryMachine())


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("name", ORDERS)
def test_an_order_that_was_told_wrongly_is_told_right_on_postgresql_too(name: str, postgres: Cluster):
    machine = type("Machine", (DeliveryMachine,), {"cluster": postgres})
    run_order(ORDERS[name], machine())


def run_order(order: Sequence[Sequence[Any]], page: DeliveryMachine) -> None:
    try:
        for name, *values in order:
            getattr(page, name)(*values)
        page.settle()
    finally:
        page.close()
        page.closing.close()
