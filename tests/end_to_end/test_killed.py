"""Test `watcher check` killed at any point and run again: no loss, nothing stored twice, every alert arrives."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.command import run_watcher
from tests.flows.harness import TEXT, Clock, WikiHarness
from tests.simulators import SignallingWikiServer, WebhookReceiver, WikiStore
from watcher.services.startup import open_context

FEW, MANY = 2, int(os.environ.get("WATCHER_TEST_KILLS", "8"))
ROOT = Path(__file__).resolve().parents[2]
SEED = 20260304


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])])
def world(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[WikiHarness, SignallingWikiServer, WebhookReceiver]]:
    """A page that is watched, and a receiver that keeps what it gets."""
    clock = Clock()
    with ExitStack() as stack:
        wiki = stack.enter_context(SignallingWikiServer(WikiStore(now=clock)))
        receiver = stack.enter_context(WebhookReceiver())
        made = WikiHarness(tmp_path, wiki, clock)
        if request.param == "postgres":
            made.database = stack.enter_context(request.getfixturevalue("postgres").migrated())
        made.receiver = receiver.url
        made.watch("Tide")
        made.edit(TEXT)
        yield made, wiki, receiver


class KillRounds:
    """Rounds of three edits, a check that is killed, and one that is not."""

    def __init__(self, world: WikiHarness, wiki: SignallingWikiServer, receiver: WebhookReceiver) -> None:
        self.world, self.wiki, self.receiver = world, wiki, receiver
        self.lottery = random.Random(SEED)
        self.reached: Counter[str] = Counter()
        self.repeats = 0

    def edits(self, number: int) -> None:
        """Two edits of no weight, and one that is worth an alert."""
        for text in (f"{TEXT}Note {number}.", TEXT, TEXT.replace("21 million", f"{300 + number} million")):
            self.world.edit(text)

    def begun(self) -> subprocess.Popen[bytes]:
        """`watcher check` as a user runs it."""
        self.wiki.asked.clear()
        command = [sys.executable, "-m", "watcher", "check", "--watchlist", str(self.world.path)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def undisturbed(self) -> None:
        """A check that nobody kills."""
        done = run_watcher(self.world.folder, "check", "--watchlist", str(self.world.path))
        assert done.returncode == 0, done.stdout + done.stderr

    def measured(self) -> float:
        """How long a check takes from its first question to the wiki to its end, in seconds."""
        with self.begun() as process:
            self.wiki.asked.wait(timeout=180)
            start = time.monotonic()
            reported = process.communicate(timeout=180)[0].decode()
        assert process.returncode == 0, reported
        return time.monotonic() - start

    def killed(self, seconds: float, *, at_work: bool) -> None:
        """A check that is killed so long after its first question to the wiki, or after its start."""
        with self.begun() as process:
            if at_work:
                self.wiki.asked.wait(timeout=180)
            try:
                process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
        self.reached[self.stage() if process.returncode else "the end"] += 1

    def stage(self) -> str:
        """How far a killed check had come."""
        if not self.wiki.asked.is_set():
            return "its start"
        latest = self.wiki.store.by_title["Tide"].latest.id
        with open_context(self.world.path, {}) as services:
            article = self.world.article()
            newest, cursor = services.archive.revisions.newest(article), services.archive.revisions.cursor(article)
            sent = not services.archive.metrics.outbox(services.now()).queued
        if cursor and cursor.id == latest:
            return "the mark of delivery" if sent else "the decision"
        return "the texts" if newest and newest.id == latest else "the first question"

    def keys(self) -> list[str | None]:
        """The key of each message that arrived, in order."""
        return [letter.header("x-idempotency-key") for letter in self.receiver.accepted]

    def round(self, number: int, span: float) -> None:
        """One round; most kills hit a check at work."""
        self.edits(number)
        at_work = number % 4 > 0
        self.killed(self.lottery.uniform(0, span if at_work else 1.0), at_work=at_work)
        had = self.keys()
        self.undisturbed()
        again = self.keys()[len(had) :]
        assert len(again) <= 1
        self.repeats += sum(key in had for key in again)


@pytest.mark.parametrize("kills", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_a_check_killed_at_any_point_loses_nothing_and_stores_nothing_twice(
    world: tuple[WikiHarness, SignallingWikiServer, WebhookReceiver], kills: int
):
    killing = KillRounds(*world)
    killing.undisturbed()
    killing.edits(-1)
    span = killing.measured()
    for number in range(kills):
        killing.round(number, span)
    keys = killing.keys()
    leaf = killing.wiki.store.by_title["Tide"]
    with open_context(killing.world.path, {}) as services:
        article = killing.world.article()
        stored = [revision.id for revision in services.archive.revisions.of_article(article)]
        cursor = services.archive.revisions.cursor(article)
        queued, owners = services.archive.metrics.outbox(services.now()).queued, services.archive.leases.owners()
    print(f"{kills} checks, killed after: {dict(killing.reached)}; {len(stored)} revisions stored; ", end="")
    print(f"{len(set(keys))} alerts arrived, {killing.repeats} of them twice with the same key")
    assert stored == [saved.id for saved in leaf.revisions]
    assert (cursor and cursor.id, queued, owners) == (leaf.latest.id, 0, ())
    assert len(set(keys)) == kills + 1
    # A message repeats only when its receiver had it and its mark in the outbox was not made.
    assert len(keys) - len(set(keys)) == killing.repeats
    assert killing.reached["the end"] < kills
