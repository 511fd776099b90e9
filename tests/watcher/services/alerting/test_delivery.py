"""Test that queued alerts are delivered once, at least once after a failure, and never lost."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from snapshots import Archive, DeliveryState, NewDelivery
from tests.databases import empty_database
from tests.flows.harness import START, Clock
from tests.postgres import Cluster
from tests.simulators import WebhookReceiver
from tests.snapshots.builders import enqueue
from watcher.config import Destination
from watcher.config.validators import QuietHours, Secret
from watcher.errors import DeliveryError
from watcher.model import Alert, Article, Kind, Notice, Revision, Severity
from watcher.notify import TIMEOUT, Receiver
from watcher.services.alerting.delivery import LEASE_SECONDS, DeliveryReport, deliver

ROOT = Path(__file__).resolve().parents[4]
ARTICLE = Article(wiki="w", page_id=7, title="Tide")


def an_alert(key: str = "a1", *notices: Notice) -> Alert:
    def revision(number: int) -> Revision:
        return Revision(article=ARTICLE, id=number, parent_id=number - 1, at=START, editor="Marian", comment=None)

    figure = Notice(kind=Kind.STATISTIC_CHANGED, severity=Severity.HIGH, section=(), summary="1 → 2 wells")
    notices = notices or (figure,)
    return Alert(key=key, article=ARTICLE, before=revision(1), after=revision(2), notices=notices, diff_url="")


class Sender:
    """Notes what it is asked to send and raises what it is told to."""

    def __init__(self, **troubles: Exception) -> None:
        self.troubles = troubles
        self.sent: list[tuple[str, str]] = []

    def __call__(self, alerts: Sequence[Alert], receiver: Receiver, key: str, **_: object) -> None:
        assert alerts[0].notices
        location = receiver.url.removeprefix("json://")
        self.sent.append((location, key))
        if location in self.troubles:
            raise self.troubles[location]


def destinations(*names: str) -> list[Destination]:
    return [Destination(name=name, url=Secret(f"json://{name}")) for name in names]


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with all tables: SQLite unless a test asks for both engines."""
    if getattr(request, "param", "sqlite") == "sqlite":
        (tmp_path / "archive.db").write_bytes(empty_database())
        yield f"sqlite:///{tmp_path / 'archive.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with cluster.migrated() as address:
        yield address


on_both_engines = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    """An archive that knows one article."""
    with Archive(database) as opened:
        opened.articles.register(ARTICLE, START)
        yield opened


@pytest.fixture
def clock() -> Clock:
    """The time at which everything begins."""
    return Clock()


def queue(archive: Archive, *names: str, alert: Alert | None = None) -> None:
    reported = alert or an_alert()
    drafts = [NewDelivery(destination=name, key=f"{reported.key}:{name}", not_before=START) for name in names]
    enqueue(archive, reported, drafts, START)


def run(
    archive: Archive, send: Callable[..., None], clock: Clock, *targets: str | Destination, **more: Any
) -> DeliveryReport:
    """Deliver to these destinations, or to some with these names, without jitter."""
    known = [item if isinstance(item, Destination) else destinations(item)[0] for item in targets]
    return deliver(archive.outbox, known, now=clock, owner="one", send=send, **{"jitter": lambda: 1.0} | more)


def state(archive: Archive, name: str) -> DeliveryState:
    return {delivery.destination: delivery.state for delivery in archive.outbox.newest()}[name]


@on_both_engines
def test_what_is_due_is_sent_once(archive: Archive, clock: Clock):
    queue(archive, "a", "b")
    send = Sender()
    assert run(archive, send, clock, "a", "b") == DeliveryReport(sent=2)
    assert run(archive, send, clock, "a", "b") == DeliveryReport()
    assert send.sent == [("a", "a1:a"), ("b", "a1:b")]


def test_one_broken_destination_does_not_stop_the_others(archive: Archive, clock: Clock):
    queue(archive, "a", "b", "c")
    send = Sender(a=DeliveryError("A: answered 503"), b=RuntimeError("json://b/S3CR3T"))
    report = run(archive, send, clock, "a", "b", "c")
    assert (report.sent, report.retried, report.dead) == (1, 2, 0)
    assert report.errors == (
        "a: A: answered 503; next try at 2026-03-04 05:06:30 UTC",
        "b: RuntimeError while sending; next try at 2026-03-04 05:06:30 UTC",
    )


def waits(archive: Archive, clock: Clock, jitter: float, error: DeliveryError, **settings: object) -> list[float]:
    """Seconds between the attempts until there are none."""
    gaps: list[float] = []
    failing = destinations("a")[0].model_copy(update=settings)
    while state(archive, "a") is DeliveryState.QUEUED:
        run(archive, Sender(a=error), clock, failing, jitter=lambda: jitter)
        due = archive.outbox.newest()[0].not_before
        gaps.append((due - clock.time).total_seconds())
        clock.time = max(clock.time, due)
    return gaps[:-1]


@pytest.mark.parametrize(
    ("jitter", "error", "gaps", "longest", "settings"),
    [
        (1.0, DeliveryError("x"), [30, 60, 120, 240, 480], 900, {"give_up": timedelta(hours=2)}),
        (0.0, DeliveryError("x"), [15, 30, 60, 120, 240], 450, {"give_up": timedelta(hours=2)}),
        (1.0, DeliveryError("x", retry_after=100), [100, 100, 120, 240, 480], 900, {"give_up": timedelta(hours=2)}),
        (0.5, DeliveryError("x", retry_after=1e9), [86_400], 86_400, {}),
    ],
)
def test_each_wait_is_twice_the_last_up_to_a_quarter_of_an_hour_until_it_is_given_up(
    archive: Archive,
    clock: Clock,
    jitter: float,
    error: DeliveryError,
    gaps: list[float],
    longest: float,
    settings: Any,
):
    queue(archive, "a")
    waited = waits(archive, clock, jitter, error, **settings)
    assert waited[: len(gaps)] == gaps
    assert set(waited[len(gaps) :]) == {longest}
    whole = settings.get("give_up", timedelta(days=3))
    assert whole <= timedelta(seconds=sum(waited)) < whole + timedelta(seconds=longest + 1)
    delivery = archive.outbox.newest()[0]
    assert delivery.state is DeliveryState.DEAD
    assert f"given up after {'2 hours' if settings else '3 days'}" in str(delivery.log[-1].error)


@on_both_engines
@pytest.mark.parametrize("hours", [4 / 60, 1, pytest.param(12, marks=pytest.mark.slow)])
def test_after_an_outage_everything_arrives_once_and_in_order(archive: Archive, clock: Clock, hours: float):
    """What is found meanwhile waits; one message is tried for all of them."""
    keys = ["b0"]
    queue(archive, "a", alert=an_alert("b0"))
    queue(archive, "other", alert=an_alert("b0"))
    down, end = Sender(a=DeliveryError("A: answered 503")), START + timedelta(hours=hours)
    other = 0
    for minute in range(round(hours * 60)):
        clock.time = START + timedelta(minutes=minute)
        if minute in (1, 2, 3, 40, 600):
            keys.append(f"b{minute}")
            queue(archive, "a", "other", alert=an_alert(keys[-1]))
        other += run(archive, down, clock, "a", "other").sent
    assert {key for name, key in down.sent if name == "a"} == {"b0:a"}
    assert other == len(keys)
    up = Sender()
    for minute in range(16):
        clock.time = end + timedelta(minutes=minute)
        run(archive, up, clock, "a", "other")
    assert up.sent == [("a", f"{key}:a") for key in keys]
    assert {each.state for each in archive.outbox.newest()} == {DeliveryState.SENT}


def test_what_is_sent_again_on_request_is_tried_for_three_days_anew(archive: Archive, clock: Clock):
    queue(archive, "a")
    waits(archive, clock, 1.0, DeliveryError("x"), give_up=timedelta(minutes=1))
    clock.time += timedelta(days=3)
    archive.outbox.retry_dead(clock())
    report = run(archive, Sender(a=DeliveryError("x")), clock, "a")
    assert (report.retried, report.dead) == (1, 0)


def test_a_permanent_error_is_not_tried_again(archive: Archive, clock: Clock):
    queue(archive, "a")
    report = run(archive, Sender(a=DeliveryError("A: answered 404", permanent=True)), clock, "a")
    assert (report, state(archive, "a")) == (DeliveryReport(dead=1, errors=("a: A: answered 404",)), DeliveryState.DEAD)


def test_a_destination_that_left_the_watchlist_is_dead_and_named_until_it_is_back(archive: Archive, clock: Clock):
    queue(archive, "gone", "a")
    report = run(archive, Sender(), clock, "a")
    assert (report.sent, report.dead) == (1, 1)
    assert 'destination "gone" is not in the watchlist' in report.errors[0]
    assert archive.outbox.retry_dead(clock()) == 1
    assert run(archive, Sender(), clock, "gone").sent == 1


def test_no_more_than_the_limit_is_sent_in_one_go(archive: Archive, clock: Clock):
    queue(archive, "a", "b", "c")
    assert run(archive, Sender(), clock, "a", "b", "c", limit=2).sent == 2


def test_once_stopped_no_further_message_is_claimed(archive: Archive, clock: Clock):
    queue(archive, "a", "b", "c")
    sender = Sender()
    report = run(archive, sender, clock, "a", "b", "c", stopped=lambda: bool(sender.sent))
    assert (report.sent, len(sender.sent)) == (1, 1)
    assert run(archive, Sender(), clock, "a", "b", "c").sent == 2


def test_a_lease_outlasts_the_slowest_receiver():
    # connecting, waiting for the answer, and Apprise's own limit for the call
    assert LEASE_SECONDS > 2 * (TIMEOUT + 5 + 5)


@on_both_engines
@pytest.mark.parametrize("company", [{"digest": True}, {"labels": ("article:1",)}], ids=["digest", "group"])
def test_two_deliverers_send_each_digest_and_each_group_once(
    archive: Archive, database: str, clock: Clock, company: dict[str, Any]
):
    for number in range(40):
        draft = NewDelivery(destination=f"p{number % 4}", key=f"k{number}", not_before=START, **company)
        enqueue(archive, an_alert(f"k{number}"), [draft], START)
    start = threading.Barrier(2)
    sent: list[tuple[str, ...]] = []

    def work(number: int) -> None:
        with Archive(database) as own:
            start.wait(timeout=180)
            deliver(
                own.outbox,
                destinations("p0", "p1", "p2", "p3"),
                now=clock,
                owner=f"deliverer {number}",
                send=lambda alerts, _url, _key, **_: sent.append(tuple(alert.key for alert in alerts)),
            )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == sorted(tuple(f"k{n}" for n in range(first, 40, 4)) for first in range(4))
    assert {delivery.state for delivery in archive.outbox.newest()} == {DeliveryState.SENT}


@pytest.mark.parametrize(
    ("severity", "settings", "later"),
    [
        (Severity.HIGH, {}, timedelta(hours=1, minutes=54)),
        (Severity.CRITICAL, {"critical_bypass": True}, timedelta(seconds=30)),
    ],
    ids=["waits for the morning", "is tried again at night"],
)
def test_after_a_failure_in_quiet_hours_a_message(
    archive: Archive, clock: Clock, severity: Severity, settings: dict[str, bool], later: timedelta
):
    notice = Notice(kind=Kind.STATISTIC_CHANGED, severity=severity, section=(), summary="1 → 9 wells")
    queue(archive, "a", alert=an_alert("a1", notice))
    quiet = QuietHours(start=time(5), end=time(7))
    asleep = destinations("a")[0].model_copy(update={"quiet": quiet, **settings})
    run(archive, Sender(a=DeliveryError("A: answered 503")), clock, asleep)
    assert archive.outbox.newest()[0].not_before == START + later


SCRIPT = """
import sys
from datetime import UTC, datetime
from watcher.services.alerting.delivery import deliver
from snapshots import Archive
from watcher.config import Destination
from watcher.config.validators import Secret
place = Destination(name="a", url=Secret(sys.argv[2]))
deliver(Archive(sys.argv[1]).outbox, [place], now=lambda: datetime(2026, 3, 4, 5, 6, tzinfo=UTC), owner="victim")
"""


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])], indirect=True
)
def test_an_alert_survives_the_kill_of_its_deliverer(archive: Archive, database: str, clock: Clock):
    queue(archive, "a")
    with WebhookReceiver(["late"]) as box:
        command = [sys.executable, "-c", SCRIPT, database, box.url]
        with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as victim:
            assert box.wait_for(1, timeout=180)
            victim.send_signal(signal.SIGKILL)
        clock.advance(seconds=LEASE_SECONDS + 1)
        destination = Destination(name="a", url=Secret(box.url))
        assert deliver(archive.outbox, [destination], now=clock, owner="heir") == DeliveryReport(sent=1)
        assert [letter.header("X-Idempotency-Key") for letter in box.accepted] == ["a1:a", "a1:a"]
