"""Test a full disk, a locked database, a clock that is set back: a clear error, no loss."""

import os
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from snapshots import Archive, ClaimedMessage, DeliveryState
from snapshots.outbox import OutboxRepository
from tests.command import run_program
from tests.flows.harness import CHANGED, WikiHarness, small_wiki
from tests.postgres import cluster
from tests.simulators import WebhookReceiver
from watcher.errors import StoreError
from watcher.services.alerting.delivery import deliver, deliver_due
from watcher.services.checks.check import check
from watcher.services.context import AppContext, Leases

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[tuple[WikiHarness, WebhookReceiver]]:
    """A page that was checked once, and a receiver."""
    with small_wiki(tmp_path) as world, WebhookReceiver() as box:
        world.receiver = box.url
        world.watch("Tide", extra_settings="operator = false\n").check()
        yield world, box


def keys(box: WebhookReceiver) -> list[str | None]:
    return [letter.header("X-Idempotency-Key") for letter in box.requests]


def posted(world: WikiHarness) -> int:
    with world.services() as services:
        return deliver_due(services).sent


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[WikiHarness, WebhookReceiver, Path]]:
    """A page that was checked once, its database on a disk of a few megabytes, and that disk's folder."""
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk())
        box = stack.enter_context(WebhookReceiver())
        world = stack.enter_context(small_wiki(tmp_path, f"sqlite:///{disk}/watcher.db"))
        if request.param == "postgres":
            world.database = database_on(stack, disk)
        world.receiver = box.url
        world.watch("Tide").check()
        yield world, box, disk


@contextmanager
def small_disk() -> Iterator[Path]:
    """A real file system that is soon full; a skip where this user may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="watcher-disk-"))
    folder.chmod(0o755)
    mounted = run_program("mount", "-t", "tmpfs", "-o", "size=24m,mode=0777", "tmpfs", folder)
    try:
        if mounted.returncode:
            pytest.skip("no small disk: only root may mount a tmpfs")
        yield folder
    finally:
        if not mounted.returncode:
            subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def filled(disk: Path) -> Path:
    """A file that leaves no room for another page."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4_096)):
            pass
    return filler


def stopped(services: AppContext) -> str:
    """The one line that a pass ends with which the database does not let go on."""
    try:
        (outcome,) = check(services, services.watchlist.watches)
    except StoreError as error:
        return str(error)
    assert outcome.failed
    assert "\n" not in outcome.text
    return outcome.text


def database_on(stack: ExitStack, disk: Path) -> str:
    """A PostgreSQL database whose tables lie on that disk; its log of writes does not."""
    result = stack.enter_context(cluster(None))
    if result is None:
        pytest.skip("no PostgreSQL: run tests/postgres_install.sh")
    space = disk / "space"
    space.mkdir()
    shutil.chown(space, "postgres", "postgres")
    result.run(f"CREATE TABLESPACE small LOCATION '{space}'")
    result.run("CREATE DATABASE small TABLESPACE small")
    return result.url.rpartition("/")[0] + "/small"


def test_on_a_full_disk_nothing_is_half_written_and_all_goes_out_when_there_is_room(
    small: tuple[WikiHarness, WebhookReceiver, Path],
):
    world, box, disk = small
    world.edit(CHANGED + "\nMore and more boats." + random.Random(1).randbytes(100_000).hex())
    filler = filled(disk)
    try:
        with world.services() as services:
            line = stopped(services)
    except StoreError as error:  # SQLite could not even be opened: that takes some pages too
        line = str(error)
    assert re.search(r"has no space left: free some, nothing was written|the disk is full or reports an error", line)
    assert box.requests == ()
    filler.unlink()
    assert world.check_state() == "alert"
    # The edit, and that little room is left where the program sees the disk: not that of another server.
    messages = 2 if "sqlite" in world.database else 1
    assert [posted(world), posted(world)] == [messages, 0]
    assert len(keys(box)) == messages


def test_a_full_disk_while_messages_go_out_loses_none_of_them(small: tuple[WikiHarness, WebhookReceiver, Path]):
    world, box, disk = small
    world.edit(CHANGED)
    world.check()
    filler = filled(disk)
    # what fits into pages that are there already may be written; what does not is an error of one line
    with suppress(StoreError):
        posted(world)
    filler.unlink()
    world.clock.advance(hours=1)
    posted(world)
    assert set(keys(box)) == {delivery.key for delivery in world.alerts()}
    assert {delivery.state for delivery in world.alerts()} == {DeliveryState.SENT}


LOCK_SECONDS = float(os.environ.get("WATCHER_TEST_LOCK_SECONDS", "0.2"))  # 10 is what the product waits


def wait_shortly(services: AppContext, seconds: float) -> None:
    """Let all that is stored in this run wait only so long for whoever holds the database."""
    services.leases.close()
    services.archive.close()
    services.archive = Archive(services.watchlist.database.get_secret_value(), now=services.now, timeout=seconds)
    services.leases = Leases(services.archive, services.owner, now=services.now, sleep=services.sleep)


@contextmanager
def held(world: WikiHarness) -> Iterator[None]:
    """Another program writes for a long time, as a backup or a stuck process does."""
    if world.database.startswith("sqlite"):
        with closing(sqlite3.connect(world.folder / "watcher.db", isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            yield
        return
    plain = world.database.replace("+psycopg", "")
    with psycopg.connect(plain) as other:
        other.execute("LOCK TABLE article, delivery, revision, text IN EXCLUSIVE MODE")
        yield
        other.rollback()


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_database_that_is_locked_too_long_is_said_in_a_line_and_the_next_pass_makes_up_for_it(
    installation: tuple[WikiHarness, WebhookReceiver], engine: str, request: pytest.FixtureRequest
):
    world, box = installation
    with ExitStack() as stack:
        if engine == "postgres":
            world.database = stack.enter_context(request.getfixturevalue("postgres").migrated())
            world.watch("Tide")
            world.check()
        world.edit(CHANGED)
        with world.services() as services:
            wait_shortly(services, LOCK_SECONDS)
            with held(world):
                # Nothing more is asked for: the next page could not be stored either.
                for step in (lambda: next(check(services, services.watchlist.watches)), lambda: deliver_due(services)):
                    with pytest.raises(StoreError, match="is locked by another process: try again later"):
                        step()
        assert box.requests == ()
        assert world.check_state() == "alert"
        assert [posted(world), posted(world)] == [1, 0]
        assert len(keys(box)) == 1


class Stuck(OutboxRepository):
    """An outbox that is locked the first times that a message is to be marked as sent."""

    locked = 2

    def mark_sent(self, delivery: ClaimedMessage, now: datetime) -> None:
        if self.locked:
            self.locked -= 1
            raise StoreError("database watcher.db is locked by another process: try again later")
        super().mark_sent(delivery, now)


def test_a_lock_while_a_message_arrives_does_not_double_it(installation: tuple[WikiHarness, WebhookReceiver]):
    world, box = installation
    world.edit(CHANGED)
    world.check()
    with world.services() as services:
        archive, pauses = services.archive, list[float]()
        outbox, targets = Stuck(archive.database), services.watchlist.destinations
        assert deliver(outbox, targets, now=world.clock, owner="one", sleep=pauses.append).sent == 1
        assert [delivery.state for delivery in archive.outbox.newest()] == [DeliveryState.SENT]
    assert (len(keys(box)), pauses) == (1, [5.0, 5.0])  # a server that is restarted refuses at once


def test_an_edit_that_is_judged_by_a_clock_set_back_takes_the_place_of_the_waiting_alert(
    installation: tuple[WikiHarness, WebhookReceiver],
):
    world, box = installation
    world.edit(CHANGED)
    world.check()
    world.edit(CHANGED.replace("25 million", "30 million"))
    world.clock.advance(hours=-3)
    world.check()
    assert posted(world) == 1
    world.clock.advance(hours=4)
    assert posted(world) == 0
    assert "21 million → 30 million" in box.requests[0].json["message"]
