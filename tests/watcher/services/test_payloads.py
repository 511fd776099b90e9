"""Test that payloads of real checks follow the schema, and keep their id when a process is killed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from snapshots import NewDelivery
from tests.flows.harness import CHANGED, COPY_EDITED, TEXT, WikiHarness
from tests.simulators import WebhookReceiver
from tests.watcher.notify.test_payload import SECRET, accepts, validate
from watcher.config import Destination
from watcher.config.validators import Secret
from watcher.model import AlertTopic
from watcher.services.delivery import receiver_of, sample

FURTHER = TEXT.replace("21 million", "30 million")


@pytest.fixture
def box(world: WikiHarness) -> Iterator[WebhookReceiver]:
    """The receiver of all payloads; the destination "log" writes them to a file."""
    with WebhookReceiver() as opened:
        world.receiver = opened.url
        log = f'[[destination]]\nname = "log"\nurl = "file://{world.folder}/alerts.jsonl"\n'
        world.watch("Tide", extra_settings=f'payload = "json"\nsecret = "{SECRET}"\n{log}')
        yield opened


def sent(world: WikiHarness, box: WebhookReceiver) -> list[dict[str, Any]]:
    """Deliver what is due; every payload so far."""
    world.clock.advance(minutes=1)
    report = world.deliver_due()
    assert report.errors == ()
    return [request.json for request in box.requests]


def edited(world: WikiHarness, text: str) -> None:
    world.edit_and_check(text)


def test_payloads_of_every_topic_follow_the_schema_and_are_signed(world: WikiHarness, box: WebhookReceiver):
    world.check()
    for text in (CHANGED, FURTHER, COPY_EDITED):
        edited(world, text)
        sent(world, box)
    mute = world.begin_mute(wiki="w", title="Tide")
    edited(world, CHANGED)
    world.end_mute(mute)
    sent(world, box)
    world.store.delete("Tide")
    world.check()
    sent(world, box)
    with world.services() as services:
        destination = services.watchlist.destinations[0]
        alerts = [sample(world.clock(), f"k{number}") for number in range(2)]
        for number, queued in enumerate([alerts[:1], alerts]):
            for alert in queued:
                draft = NewDelivery(
                    destination=destination.name, key=f"{alert.key}-{number}", not_before=world.clock(),
                    digest=number == 1,
                )  # fmt: skip
                services.archive.outbox.queue(alert, [draft], world.clock())
    payloads = sent(world, box)
    for payload, request in zip(payloads, box.requests, strict=True):
        validate(payload)
        assert accepts(request)
        assert request.header("webhook-id") == payload["key"]
    topics = {alert["topic"] for payload in payloads for alert in payload["alerts"]}
    assert topics == {topic.value for topic in AlertTopic}
    assert "digest" in {payload["topic"] for payload in payloads}
    lines = (world.folder / "alerts.jsonl").read_text(encoding="ascii").splitlines()
    assert len(lines) == len([payload for payload in payloads if payload["alerts"][0]["topic"] != "test"])


def test_secrets_are_not_shown_with_a_destination():
    destination = Destination(name="a", url=Secret("json://S3CR3T"), payload="json", secret=Secret("S3CR3T" * 3))
    assert "S3CR3T" not in f"{destination!r} {destination} {receiver_of(destination)!r}"
