"""Test deploy/RUNBOOK.md on one booted machine: Debian 13 with SQLite, Debian 12 with PostgreSQL."""

from collections.abc import Iterator

import pytest

from snapshots.upgrade import HEAD
from tests.deploy.booted import HOME, MARKS, REPOSITORY, SETTINGS, BootedMachine, MachineWorld, new_world
from tests.deploy.machine import blocks
from tests.simulators import WebhookReceiver
from tests.snapshots.test_upgrade import NEXT
from tests.waiting import wait_until

pytestmark = MARKS
LARGEST = 330  # MiB
# A machine that reaches no package index, whatever was fetched before.
AWAY = "export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL=http://127.0.0.1:9/ PIP_RETRIES=0\n"


@pytest.fixture(scope="class")
def world(request: pytest.FixtureRequest) -> Iterator[MachineWorld]:
    with new_world(request.cls.suite) as made:
        yield made


@pytest.fixture(scope="class")
def machine(world: MachineWorld) -> BootedMachine:
    return world.machine(1)


class OneMachine:
    """What is done to a machine in its life, in this order; pytest-xdist gives each class to one process."""

    database = ""
    suite: str

    def write_env(self, machine: BootedMachine, receiver: WebhookReceiver) -> None:
        path = machine.root / SETTINGS / "env"
        path.write_text(f"INBOX_URL={receiver.url}?rto=9&cto=9\nWATCHER_DATABASE={self.database}\n")
        path.chmod(0o600)

    def test_it_is_installed_and_reports_an_edit_also_after_a_restart(
        self, machine: BootedMachine, world: MachineWorld
    ):
        install, start, first_user, nightly = blocks("Install on one machine")
        machine.run(install.replace("REPOSITORY", REPOSITORY))
        assert int(machine.run("du -sm /opt/article-watcher/.venv/").split()[0]) <= LARGEST
        self.write_env(machine, world.inbox)
        setting = 'database = "env:WATCHER_DATABASE"' if self.database else ""
        (machine.root / HOME / "watchlist.toml").write_text(world.watchlist(database=setting))
        if self.database:
            machine.run(blocks("Install on several machines")[0])
        assert "+ Boats: watching from revision 1 on" in machine.run(start)
        machine.run(f"echo a-long-password | {first_user.strip()} --password -\n")
        machine.run(nightly)
        machine.run("systemctl start watcher-backup")
        assert [*(machine.root / "var/backups/article-watcher").glob("watcher-*.backup")]
        world.one_edit_is_one_alert()
        machine.reboot()
        world.one_edit_is_one_alert()
        assert machine.run("watcher doctor")

    def test_it_is_upgraded_and_rolled_back(self, machine: BootedMachine, world: MachineWorld):
        (upgrade,), (roll_back,) = blocks("Upgrade"), blocks("Roll back")
        world.repository.add_release()
        assert "upgraded" not in machine.run(f"{AWAY}{upgrade}echo upgraded\n", check=False)
        machine.run("systemctl is-active watcher")
        world.one_edit_is_one_alert()
        machine.run(upgrade)
        assert f"schema {NEXT}" in machine.run("watcher migrate")
        change = world.one_edit_is_one_alert()
        machine.run(AWAY + roll_back)
        assert f"schema {HEAD}" in machine.run("watcher migrate")
        # Of this edit the restored database knows nothing: it is alerted again before the next step begins.
        assert wait_until(lambda: len(world.alerts_of(change)) == 2), world.titles()

    def test_it_is_backed_up_and_restored(self, machine: BootedMachine, world: MachineWorld):
        backup, restore = blocks("Back up and restore")
        machine.run(backup)
        change = world.edit()
        assert wait_until(lambda: world.alerts_of(change)), world.titles()
        machine.run(restore)
        assert wait_until(lambda: len(world.alerts_of(change)) == 2), world.titles()
        assert len({*world.alerts_of(change)}) == 1  # the receiver knows it by its key
        world.one_edit_is_one_alert()

    def test_its_secrets_are_rotated(self, machine: BootedMachine, world: MachineWorld):
        destination, password, _, token = blocks("Secrets")
        world.inbox.respond_with(["404"])
        change = world.edit()
        assert wait_until(lambda: "given up" in machine.run("watcher status || true")), machine.run("watcher status")
        world.inbox = world.other_inbox
        self.write_env(machine, world.inbox)
        machine.run(destination)
        # The service may take what is sent again before the command does, which then ends without it.
        assert wait_until(lambda: world.alerts_of(change)), world.titles()
        assert len(world.alerts_of(change)) == 1
        if self.database:  # its last command ends well when nothing is given up any more
            machine.run(password.replace("NEW", "another-word"))
            assert "another-word" in (machine.root / SETTINGS / "env").read_text()
        world.one_edit_is_one_alert()
        machine.run("watcher token add OLD-NAME --scope read")
        machine.run(token)
        assert machine.run("watcher token list").startswith("NEW-NAME: read")


class TestOnSqlite(OneMachine):
    suite = "trixie"


class TestOnPostgresql(OneMachine):
    suite = "bookworm"
    database = "postgresql+psycopg://watcher:PASSWORD@127.0.0.1/watcher"
