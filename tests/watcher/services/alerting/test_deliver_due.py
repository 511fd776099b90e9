"""Test that due messages use the user's templates, and that a mistake in one costs its wording only."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from snapshots import NewDelivery
from tests.flows.harness import WikiHarness
from tests.flows.kill_worker import PAGES
from tests.postgres import Cluster
from tests.simulators import WebhookReceiver
from tests.snapshots.builders import enqueue
from tests.watcher.notify.test_messages import NOTICE, an_alert
from watcher.services.alerting.delivery import deliver_due

ROOT = Path(__file__).resolve().parents[4]
KILLED_ALERTS = int(os.environ.get("WATCHER_TEST_KILLED_ALERTS", "4"))  # WATCHER_TEST_KILLS each
LONG = an_alert(
    *[replace(NOTICE, summary=f"{number} million → 25 million boats " + "in words " * 20) for number in range(8)]
)


def test_a_digest_too_long_for_one_message_is_divided_and_a_retry_repeats_only_the_part_that_failed(
    either_world: WikiHarness,
):
    world = either_world
    titles = [f"Harbour {number}" for number in range(12)]
    with WebhookReceiver(["200", "503"]) as box:
        # a chat that takes 4,000 characters
        world.receiver = f"mmost://127.0.0.1:{box.port}/a1b2c3d4e5f6a7b8c9d0e1f2a3"
        world.extra_settings = 'digest = "daily 08:00"\noperator = false\n'
        alerts = [
            replace(LONG, key=f"k{number}", article=replace(LONG.article, title=title, page_id=number + 1))
            for number, title in enumerate(titles)
        ]
        world.watch("Tide")
        with world.services() as services:
            for alert in alerts:
                draft = NewDelivery(
                    destination="inbox", key=f"{alert.key}-inbox", not_before=world.clock(), digest=True
                )
                enqueue(services.archive, alert, [draft], world.clock())
            first = deliver_due(services)
            world.clock.advance(hours=2)
            second = deliver_due(services)
        reported = [str(letter.json["text"]) for letter in box.requests]
    assert (first.sent + second.sent, first.retried, second.errors) == (len(reported) - 1, 1, ())
    assert len(reported) >= 4
    assert all(len(text) <= 4_000 for text in reported)
    # the part that failed came once more as it was, the others once
    assert reported[1] in reported[2:]
    accepted = [text for number, text in enumerate(reported) if number != 1]
    assert len(set(accepted)) == len(accepted)
    assert all("more alerts" not in text for text in reported)
    assert sorted(title for title in titles for text in accepted if f"{title}\n" in text) == sorted(titles)


TOPICS = (("change", len(PAGES)), ("resolved", len(PAGES)), ("operator", 1), ("operator", 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "alerts"),
    [("sqlite", KILLED_ALERTS), pytest.param("postgres", KILLED_ALERTS, marks=pytest.mark.postgres)],
)
def test_no_message_of_any_kind_is_lost_although_whoever_checks_and_delivers_is_killed(
    engine: str, alerts: int, request: pytest.FixtureRequest
):
    with database(engine, request) as address:
        command = [sys.executable, "-m", "tests.flows.kill_worker", address, str(alerts)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=7_200)
    reported = json.loads(done.stdout)
    arrived: dict[str, list[str]] = reported["arrived"]
    rows = [tuple(row) for row in reported["rows"]]
    doubled = sum(len(keys) - len(set(keys)) for keys in arrived.values())
    print(f"{engine}: {reported['kills']} kills, {reported['reached']}; receivers: {reported['answers']}; ", end="")
    sent = {(name, key) for name, key, *_ in rows}
    print(f"{len(rows)} alerts in {len(sent)} messages for 3 destinations, 0 lost, {doubled} twice with the same key")
    assert {state for *_, state in rows} == {"sent"}
    for name, keys in arrived.items():
        own = [row for row in rows if row[0] == name]
        expected = Counter[str]()
        for number in range(alerts):
            topic, count = TOPICS[number % 4]
            expected[topic] += count
        assert Counter(topic for _, _, topic, _ in own) == expected
        assert set(keys) == {key for _, key, _, _ in own}
    # a message that comes twice says the same twice: its members are fixed before it is sent
    texts, titles = reported["texts"], reported["titles"]
    assert len({(key, text) for key, text in texts}) == len(set(arrived["inbox"]))
    assert all(title in text for key, text in texts for other, title in titles if other == key)
    # a message repeats where its receiver had it and nobody lived to note that, or was told so in time
    assert doubled <= reported["kills"] + reported["answers"].get("late", 0)


@contextmanager
def database(engine: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty PostgreSQL database; nothing for SQLite, which the program makes itself."""
    if engine == "sqlite":
        yield ""
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with cluster.migrated() as address:
        yield address
