"""A Debian machine, booted by systemd-nspawn, on which deploy/RUNBOOK.md is followed word for word.

Its commands are those of the document. Only names are filled in that the document leaves open.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.deploy.debian import INDEX_SETTINGS, ROOT, bootstrap, marks_for, run, wait_until
from tests.deploy.machine import blocks
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from tests.snapshots.test_schema import NEXT_MIGRATION

pytestmark = marks_for("systemd-nspawn", "debootstrap", "nsenter")
PACKAGES = "systemd,systemd-sysv,dbus,ca-certificates"
REPOSITORY = "/srv/repository"
LARGEST = 310  # MiB
WATCHLIST = """
[watcher]
contact = "mailto:tests@example.org"
allowed_hosts = ["127.0.0.1:{port}"]
group_wait = "1s"
group_interval = "1s"

[[wiki]]
name = "w"
api = "{api}"

[[watch]]
title = "Boats"
every = "1m"
settle = "0"

[[destination]]
name = "inbox"
url = "env:INBOX_URL"
operator = false
"""
SENTENCE = (
    "The survey counted {} million boats in 2012.<ref>{{{{cite web|title=Boats|url=https://boats.example.org/}}}}</ref>"
)
HOME = "var/lib/article-watcher"
ENV = "etc/article-watcher/env"


class BootedMachine:
    """A machine under its own systemd, which shares the network of this one."""

    def __init__(self, root: Path, shared: dict[str, str]) -> None:
        self.root, self.log = root, root.with_name("console.log")
        options = ["--boot", "--keep-unit", "--register=no", "--link-journal=no", "--console=pipe"]
        binds = [f"--bind-ro={source}:{target}" for source, target in shared.items()]
        self._command = ["systemd-nspawn", "--directory", root, *options, *binds]
        self.boot()

    def boot(self) -> None:
        with self.log.open("wb") as log:
            self._nspawn = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait_until_up()

    def wait_until_up(self) -> None:
        """`degraded` is up too: a machine in a machine may not do all that units want."""
        state = "systemctl is-system-running || true"
        assert wait_until(lambda: self.run(state, check=False).strip() in {"running", "degraded"}, 60), (
            self.log.read_text(errors="replace")[-3000:]
        )

    def run(self, block: str, *, check: bool = True, limit: float = 600) -> str:
        """What the commands of a block say; the first that fails ends it."""
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
        if not children:
            assert not check, "the machine does not run"
            return ""
        namespaces = ["nsenter", "--target", children[0], "--mount", "--uts", "--ipc", "--pid", "--wdns=/root"]
        clean = ["env", "-i", "HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        done = subprocess.run(
            [*namespaces, *clean, "DEBIAN_FRONTEND=noninteractive", "LANG=C.UTF-8", "sh", "-eu", "-c", block],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit, check=False,
        )  # fmt: skip
        units = (
            "" if done.returncode == 0 or not check else self.run("journalctl -n 60 --no-pager || true", check=False)
        )
        assert not check or done.returncode == 0, textwrap.indent(block + done.stdout + done.stderr + units, "    ")
        return done.stdout

    def reboot(self) -> None:
        """Restart the machine; nspawn without a manager of machines has to be started anew."""
        self.stop()
        self.boot()

    def stop(self) -> None:
        """Power off, and pull the plug where that takes too long."""
        self.run("systemctl poweroff", check=False)
        try:
            self._nspawn.wait(timeout=100)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait(timeout=20)


class Repository:
    """The sources as they are here, in a repository that gets another release."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in run("git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
            if (ROOT / name).is_file() and not name.startswith("tests/"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        self._git("init", "--quiet", "--initial-branch", "main")
        self._commit("This release")

    def add_release(self) -> None:
        """One more migration, which adds a column."""
        (self.folder / "snapshots/migrations/versions/0002_next.py").write_text(NEXT_MIGRATION)
        database = self.folder / "snapshots/database.py"
        text, count = re.subn(r'^HEAD: Final = "\d+"', 'HEAD: Final = "0002"', database.read_text(), flags=re.MULTILINE)
        assert count == 1
        database.write_text(text)
        self._commit("The next release")

    def _git(self, *words: str) -> None:
        who = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false"]
        run("git", "-C", self.folder, *who, *words)

    def _commit(self, message: str) -> None:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """On a disk: a machine of 1 GB does not belong into memory, and nobody but root has to read it."""
    made = Path(tempfile.mkdtemp(prefix="watcher-machine-", dir="/var/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def repository(folder: Path) -> Repository:
    return Repository(folder / "repository")


@pytest.fixture(scope="module")
def machine(folder: Path, repository: Repository) -> Iterator[BootedMachine]:
    bootstrap(folder / "root", PACKAGES)
    shared = {str(repository.folder): REPOSITORY, **{path: path for path in INDEX_SETTINGS}}
    made = BootedMachine(folder / "root", shared)
    yield made
    made.stop()


class MachineWorld:
    """The wiki that the machine watches, and who gets its alerts."""

    def __init__(self, machine: BootedMachine, stack: ExitStack) -> None:
        self.machine = machine
        self.store = WikiStore(now=lambda: datetime.now(UTC))
        self.wiki = stack.enter_context(FakeWikiServer(self.store))
        self.inbox = stack.enter_context(WebhookReceiver())
        self.count = 20
        self.edit()

    def edit(self) -> None:
        self.count += 7
        self.store.edit("Boats", SENTENCE.format(self.count), editor="Ann")

    def write_watchlist(self) -> None:
        text = WATCHLIST.format(port=self.wiki.port, api=self.wiki.api_url)
        (self.machine.root / HOME / "watchlist.toml").write_text(text)

    def write_env(self, **variables: str) -> None:
        path = self.machine.root / ENV
        path.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        path.chmod(0o600)

    def one_edit_is_one_alert(self) -> None:
        change = f"→ {self.count + 7} million boats"  # after a roll back, from what the backup knew
        self.edit()
        assert wait_until(lambda: self.alerts_of(change), 200), (self.titles(), self.machine.run("watcher status"))
        assert self.alerts_of(change) == 1

    def alerts_of(self, change: str) -> int:
        return sum(change in title for title in self.titles())

    def titles(self) -> list[str]:
        return [str(request.json["title"]) for request in self.inbox.requests]


@pytest.fixture(scope="module")
def world(machine: BootedMachine) -> Iterator[MachineWorld]:
    with ExitStack() as stack:
        yield MachineWorld(machine, stack)


def test_one_machine_is_installed_and_reports_an_edit_also_after_a_restart(machine: BootedMachine, world: MachineWorld):
    install, start, nightly = blocks("Install on one machine")
    machine.run(install.replace("REPOSITORY", REPOSITORY))
    size = int(machine.run("du -sm /opt/article-watcher/.venv").split()[0])
    assert size <= LARGEST
    world.write_watchlist()
    world.write_env(INBOX_URL=f"{world.inbox.url}?rto=9&cto=9")
    assert "+ Boats: watching from revision 1 on" in machine.run(start)
    machine.run(nightly)
    machine.run("systemctl start watcher-backup")
    assert list((machine.root / "var/backups/article-watcher").glob("watcher-*.backup"))
    world.one_edit_is_one_alert()
    machine.reboot()
    world.one_edit_is_one_alert()
    assert machine.run("watcher doctor")


def test_it_is_upgraded_and_rolled_back(machine: BootedMachine, world: MachineWorld, repository: Repository):
    (upgrade,), (roll_back,) = blocks("Upgrade"), blocks("Roll back")
    repository.add_release()
    machine.run(upgrade)
    assert "schema 0002" in machine.run("watcher migrate")
    world.one_edit_is_one_alert()
    machine.run(roll_back)
    assert "schema 0001" in machine.run("watcher migrate")
    world.one_edit_is_one_alert()
