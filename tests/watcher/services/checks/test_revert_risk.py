"""Test that a model of revert risk is asked once about an edit, and only shown to reviewers."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from tests.cases import for_each
from tests.flows.harness import CHANGED, CRITICAL, TEXT, WikiHarness
from tests.hostile_servers import http, serving
from watcher.report.labels import account_words
from watcher.services.checks.attribution import probability

ANSWER = json.dumps({"output": {"prediction": True, "probabilities": {"true": 0.8712, "false": 0.1288}}}).encode()


@contextmanager
def a_model(world: WikiHarness, answer: bytes) -> Iterator[list[bytes]]:
    """A model beside the wiki; what it was asked."""
    asked: list[bytes] = []

    def behave(guest: socket.socket) -> None:
        while request := guest.recv(65536):
            head, _, body = request.partition(b"\r\n\r\n")
            asked.append(body or guest.recv(65536))
            assert head.startswith(b"POST /predict "), head
            guest.sendall(answer)

    with serving(behave) as port:
        world.hosts = [*world.hosts[:1], f"127.0.0.1:{port}"]
        world.wiki_settings = f'revert_risk = "http://127.0.0.1:{port}/predict"'
        world.watch("Tide")
        yield asked


def judged(world: WikiHarness, *texts: str) -> list[int]:
    """Check a page, and then each of its edits; the ids of these."""
    world.edit_and_check(TEXT)
    numbers = []
    for text in texts:
        numbers.append(world.edit(text, editor="Ann"))
        world.check()
    return numbers


def test_the_risk_of_an_edit_is_asked_for_once_shown_and_no_reason(world: WikiHarness):
    judged(world, CHANGED)
    (plain,) = world.findings()
    with a_model(world, http("200 OK", ANSWER)) as asked:
        (number,) = [world.edit(CRITICAL, editor="Ann")]
        world.check()
        world.check()
    assert [json.loads(body) for body in asked] == [{"rev_id": number, "lang": "en"}]
    later = [finding for finding in world.findings() if finding.id != plain.id]
    assert {finding.edits[-1].revert_risk for finding in later} == {0.871}
    assert "revert risk 87 %" in account_words(later[0].edits[-1])
    assert "risk" not in json.dumps([finding.body.get("reasons") for finding in later])
    assert "risk" not in json.dumps([finding.body.get("context") for finding in later])
    assert [finding.edits[-1].revert_risk for finding in (plain,)] == [None]


@pytest.mark.parametrize(
    "answer",
    [
        http("503 Busy"),
        http("404 No", b"{}"),
        http("200 OK", b"<html>"),
        http("302 Found", Location="http://127.0.0.1:9/"),
        b"",
    ],
)
def test_a_model_that_does_not_answer_costs_no_alert_and_is_left_alone_for_a_while(world: WikiHarness, answer: bytes):
    judged(world)
    with a_model(world, answer) as asked, world.services() as services:
        from watcher.services.checks.check import check

        for text in (CHANGED, CRITICAL):
            world.edit(text, editor="Ann")
            world.clock.advance(minutes=1)
            (outcome,) = check(services, services.watchlist.watches)
            assert outcome.state.value == "alert"
        assert len(asked) == 1
        assert services.revert_risk_pause is not None
        assert services.revert_risk_pause - services.now() < timedelta(minutes=10)
    assert {finding.edits[-1].revert_risk for finding in world.findings()} == {None}


def test_nothing_is_asked_unless_an_operator_names_a_model_or_an_alert_is_due(world: WikiHarness):
    judged(world)
    with a_model(world, http("200 OK", ANSWER)) as asked:
        world.edit_and_check(TEXT.replace("on the wall", "on a wall"), editor="Ann")
        assert asked == []


@for_each(
    ("answer", "expected"),
    [
        ({}, None),
        ({"output": []}, None),
        *[({"output": {"probabilities": {"true": share}}}, None) for share in (True, 1.2, "0.5")],
        ({"output": {"probabilities": {"true": 1}}}, 1.0),
    ],
)
def test_only_a_share_is_a_probability(answer: dict[str, object], expected: float | None):
    assert probability(answer) == expected
