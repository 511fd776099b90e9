"""Test deploy/RUNBOOK.md on two booted machines with all units: one loses power, a server is unreachable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.deploy.booted import MARKS, REPOSITORY, SETTINGS, BootedMachine, MachineWorld, new_world
from tests.deploy.debian import ROOT
from tests.deploy.machine import blocks
from tests.waiting import wait_until

pytestmark = MARKS
WORD = "correct-horse"
WORKERS = "'watcher-worker@*'"
ASK = "curl --silent --max-time 20 --write-out '%{http_code}' http://127.0.0.1:8765/readyz || true"


@pytest.fixture(autouse=True)
def earlier_steps(request: pytest.FixtureRequest) -> None:
    """Nothing is told by what comes after a step that failed."""
    if request.session.testsfailed:
        pytest.skip("an earlier step failed")


@pytest.fixture(scope="module")
def world() -> Iterator[MachineWorld]:
    with new_world("trixie") as made:
        yield made


@pytest.fixture(scope="module")
def machines(world: MachineWorld) -> list[BootedMachine]:
    """The product on both, with their settings: the disk of the second is a copy of that of the first."""
    first = world.machine(1)
    first.run(blocks("Install on one machine")[0].replace("REPOSITORY", REPOSITORY))
    both = [first, world.machine(2, first.root)]
    for machine, examples in ((both[0], ("env.several", "prefect.env")), (both[1], ("env.several",))):
        settings = machine.root / SETTINGS
        for example in examples:
            text = (ROOT / f"deploy/{example}.example").read_text().replace("db.example.org", first.address)
            text = text.replace("prefect.example.org", first.address).replace("PASSWORD", WORD)
            text = re.sub(r"^TEAM_URL=.*$", f"INBOX_URL={world.inbox.url}?rto=9&cto=9", text, flags=re.MULTILINE)
            path = settings / example.replace(".several", "")
            path.write_text(text)
            path.chmod(0o600)
        (settings / "watchlist.toml").write_text(world.watchlist(database='database = "env:WATCHER_DATABASE"'))
    return both


def test_an_edit_is_one_alert_when_all_units_run(machines: list[BootedMachine], world: MachineWorld):
    first, second = machines
    database, admit, server, register, pages = blocks("Install on several machines")
    workers, watchdog = blocks("Workers")
    first.run(database.replace("'PASSWORD'", f"'{WORD}'"))
    first.run(admit.replace("ADDRESSES", f"{world.network.address(0)}/24"))
    first.run(server)
    assert wait_until(lambda: first.run(f"curl --silent http://{first.address}:4200/api/health || true") == "true")
    first.run(register)
    for machine in machines:
        machine.run(workers)
    second.run(watchdog)
    first.run(pages)
    status = "watcher status --format json || true"
    assert wait_until(lambda: json.loads(first.run(status))["watches"][0]["revision"]), first.run(status)
    world.one_edit_is_one_alert()
    assert wait_until(lambda: first.run(ASK).endswith("200")), first.run(ASK)
    assert first.run("watcher doctor")
    assert second.run("systemctl start watcher-watchdog && journalctl --unit watcher-watchdog --output cat")


def test_what_a_machine_had_begun_that_was_switched_off_is_alerted_once(
    machines: list[BootedMachine], world: MachineWorld
):
    first, second = machines
    first.run(f"systemctl stop watcher-stream {WORKERS}")
    world.wiki.hold()
    change = world.edit()
    assert world.wiki.asked.wait(240)
    owner = "SELECT lease_owner FROM article"
    assert second.name in first.run(f'runuser -u postgres -- psql --tuples-only watcher --command "{owner}"')
    second.pull_the_plug()
    world.wiki.release()
    first.run("systemctl start watcher-stream watcher-worker@1 watcher-worker@2")
    assert wait_until(lambda: world.alerts_of(change), 420), first.run("watcher status || true")
    world.one_edit_is_one_alert()
    assert len(world.alerts_of(change)) == 1


@pytest.mark.parametrize(("unit", "word"), [("watcher-prefect", "Prefect"), ("postgresql", "database")])
def test_what_is_away_is_said(machines: list[BootedMachine], unit: str, word: str):
    first = machines[0]
    first.run(f"systemctl stop {unit}")
    assert wait_until(lambda: first.run(ASK).endswith("503"), 120), first.run(ASK)
    assert word in first.run(ASK)
    assert re.search(rf"^✗ .*{word}", first.run("watcher doctor || true"), re.MULTILINE)
    first.run(f"systemctl start {unit}")
    assert wait_until(lambda: first.run(ASK).endswith("200")), first.run(ASK)
