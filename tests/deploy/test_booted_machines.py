"""Test deploy/RUNBOOK.md on four booted machines with all units: some lose power, and all of their parts fail."""

import re
from collections.abc import Iterator

import pytest

from tests.deploy.booted import MARKS, REPOSITORY, SETTINGS, BootedMachine, MachineWorld, new_world
from tests.deploy.debian import ROOT
from tests.deploy.failures import Failures, compared
from tests.deploy.machine import blocks
from tests.waiting import wait_until

pytestmark = MARKS
WORD = "correct-horse"
WORKERS = "'watcher-worker@*'"
# Each minute, and five of them until the pages of a lost run are given to another one: a test would wait for them.
OFTEN = "s/interval: 60/interval: 20/; s/reservation: 300/reservation: 30/"
ASK = "curl --silent --max-time 20 --write-out '%{http_code}' http://127.0.0.1:8765/readyz || true"


@pytest.fixture(scope="module")
def world() -> Iterator[MachineWorld]:
    with new_world("trixie") as made:
        yield made


@pytest.fixture(scope="module")
def machines(world: MachineWorld) -> list[BootedMachine]:
    """One with both servers, one with the pages, the stream and the watchdog, two with workers; all units are begun.

    The product is installed on the first, and the disks of the others are copies of its own.
    """
    first = world.machine(1)
    first.run(blocks("Install on one machine")[0].replace("REPOSITORY", REPOSITORY))
    result = [first, *(world.machine(number, first.root) for number in (2, 3, 4))]
    for machine in result:
        for example in ("env.several", "prefect.env")[: 2 if machine is first else 1]:
            text = (ROOT / f"deploy/{example}.example").read_text().replace("db.example.org", first.address)
            text = text.replace("prefect.example.org", first.address).replace("PASSWORD", WORD)
            text = re.sub(r"^TEAM_URL=.*$", f"INBOX_URL={world.inbox.url}?rto=9&cto=9", text, flags=re.MULTILINE)
            path = machine.root / SETTINGS / example.replace(".several", "")
            path.write_text(text)
            path.chmod(0o600)
        watchlist = world.watchlist(database='database = "env:WATCHER_DATABASE"')
        (machine.root / SETTINGS / "watchlist.toml").write_text(watchlist)
    database, admit, server, register, pages = blocks("Install on several machines")
    workers, watchdog = blocks("Workers")
    first.run(database.replace("'PASSWORD'", f"'{WORD}'"))
    first.run(admit.replace("ADDRESSES", f"{world.network.address(0)}/24"))
    first.run(server)
    assert wait_until(lambda: first.run(f"curl --silent http://{first.address}:4200/api/health || true") == "true")
    first.run(f"sed --in-place '{OFTEN}' /opt/article-watcher/deploy/prefect.yaml")
    first.run(register)
    for machine in result[2:]:
        machine.run(workers)
    result[1].run(watchdog)
    result[1].run(pages)
    return result


def works(machine: BootedMachine) -> bool:
    """Whether both workers of a machine run."""
    return machine.run(f"systemctl is-active {WORKERS} || true").split() == ["active", "active"]


def test_an_edit_is_one_alert_when_all_units_run(machines: list[BootedMachine], world: MachineWorld):
    _, site, *_ = machines
    assert wait_until(lambda: compared(site)), site.run("watcher status || true")
    world.one_edit_is_one_alert()
    assert wait_until(lambda: site.run(ASK).endswith("200")), site.run(ASK)
    assert site.run("watcher doctor")
    assert site.run("systemctl start watcher-watchdog && journalctl --unit watcher-watchdog --output cat")


def test_what_a_machine_had_begun_that_was_switched_off_is_alerted_once(
    machines: list[BootedMachine], world: MachineWorld
):
    servers, site, lost, other = machines
    site.run("systemctl stop watcher-stream")
    other.run(f"systemctl stop {WORKERS}")
    world.wiki.hold()
    change = world.edit()
    assert world.wiki.asked.wait(240)
    owner = "SELECT lease_owner FROM article"
    assert lost.name in servers.run(f'runuser -u postgres -- psql --tuples-only watcher --command "{owner}"')
    lost.pull_the_plug()
    world.wiki.release()
    site.run("systemctl start watcher-stream")
    other.run("systemctl start watcher-worker@1 watcher-worker@2")
    assert wait_until(lambda: world.alerts_of(change), 420), site.run("watcher status || true")
    world.one_edit_is_one_alert()
    assert len(world.alerts_of(change)) == 1
    lost.boot()
    assert wait_until(lambda: works(lost)), lost.run("systemctl --failed")


@pytest.mark.parametrize(("unit", "word"), [("watcher-prefect", "Prefect"), ("postgresql", "database")])
def test_what_is_away_is_said(machines: list[BootedMachine], unit: str, word: str):
    servers, site, *_ = machines
    servers.run(f"systemctl stop {unit}")
    assert wait_until(lambda: site.run(ASK).endswith("503"), 120), site.run(ASK)
    assert word in site.run(ASK)
    assert re.search(rf"^✗ .*{word}", site.run("watcher doctor || true"), re.MULTILINE)
    servers.run(f"systemctl start {unit}")
    assert wait_until(lambda: site.run(ASK).endswith("200")), site.run(ASK)


@pytest.mark.parametrize(("seconds", "alone"), [(50.0, False), pytest.param(240.0, True, marks=pytest.mark.slow)])
def test_every_change_is_told_once_and_in_order_whatever_fails_meanwhile(
    machines: list[BootedMachine],
    world: MachineWorld,
    seconds: float,
    alone: bool,  # noqa: FBT001  a case
):
    _, site, small, skewed = machines
    failures = Failures(world, machines, seconds)
    failures.prepare()
    assert "the database's clock is" in skewed.run(f"journalctl --unit {WORKERS} --output cat")
    failures.happen()
    failures.wait_until_received()
    for machine in (small, skewed):
        assert wait_until(lambda machine=machine: works(machine)), machine.run("systemctl --failed")
    # A run that the last kill left behind may hold its place in the schedule for a round.
    assert wait_until(lambda: "✗" not in site.run("watcher doctor || true")), site.run("watcher doctor || true")
    if alone:  # five minutes after the last kill at the latest: runs that were Pending then hold the slots so long
        site.run("systemctl stop watcher-stream")
        failures.ledger.change()
        failures.wait_until_received(420)
    for received in failures.received():
        assert [*received.differences(failures.ledger)] == []
    assert "Outbox: empty" in site.run("watcher status")
