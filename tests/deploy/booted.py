"""Boot Debian machines with systemd-nspawn on a separate network, to follow deploy/RUNBOOK.md on them.

Its commands are those of the document, word for word. Only names are filled in that the document leaves open.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import textwrap
import threading
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.deploy.debian import INDEX_SETTINGS, ROOT, bootstrap, marks_for, run
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from tests.snapshots.test_upgrade import NEXT, NEXT_MIGRATION
from tests.waiting import wait_until
from watcher.demo.servers import Response

MARKS = [pytest.mark.usefixtures("earlier_steps"), *marks_for("systemd-nspawn", "debootstrap", "nsenter", "nft")]
PACKAGES = "systemd,systemd-sysv,dbus,ca-certificates"
# The packages that the RUNBOOK installs, downloaded once for all machines, which install them.
FETCHED = ("ca-certificates", "curl", "git", "make", "python3", "python3-venv", "postgresql", "libfaketime")
CACHE = Path("/var/cache/article-watcher-tests")
REPOSITORY, DOWNLOADS = "/srv/repository", "/srv/downloads"
TEXTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SENTENCE = (
    "The survey counted {} million boats in 2012.<ref>{{{{cite web|title=Boats|url=https://boats.example.org/}}}}</ref>"
)
HOME = "var/lib/article-watcher"
SETTINGS = "etc/article-watcher"


class HoldableWiki(FakeWikiServer):
    """A wiki that can hold back the text of a page; `asked` is set when a client waits for it."""

    def __init__(self, store: WikiStore) -> None:
        super().__init__(store)
        self.asked, self._free = threading.Event(), threading.Event()
        self.release()

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    def respond(self, path: str, agent: str) -> Response:
        if "content" in path and not self._free.is_set():
            self.asked.set()
            self._free.wait()
        return super().respond(path, agent)


class Network:
    """A bridge to which machines are connected, with their addresses; `forwarded` are ports of the host."""

    def __init__(self) -> None:
        for number in range(1, 250):
            self.name, self._prefix, self.forwarded = f"watcher{number}", f"10.213.{number}", ""
            made = subprocess.run(["ip", "link", "add", self.name, "type", "bridge"], capture_output=True, check=False)
            if made.returncode == 0:
                break
        self.host = self.address(1)
        run("ip", "address", "add", f"{self.host}/24", "dev", self.name)
        run("ip", "link", "set", self.name, "up")
        run("sysctl", "-qw", "net.ipv4.ip_forward=1", f"net.ipv4.conf.{self.name}.route_localnet=1")
        rules = TEXTS["rules"].format(name=self.name, host=self.host, subnet=f"{self._prefix}.0/24")
        subprocess.run(["nft", "--file", "-"], input=rules, text=True, check=True)

    def address(self, number: int) -> str:
        return f"{self._prefix}.{number}"

    def close(self) -> None:
        run("nft", "delete", "table", "ip", self.name, check=False)
        run("ip", "link", "delete", self.name, check=False)


# Enter each group up to "--", then exec what follows.
IN_GROUPS = 'while [ "$1" != -- ]; do mkdir -p "$1"; echo $$ > "$1/cgroup.procs"; shift; done; shift; exec "$@"'


def control_group_folders() -> list[Path]:
    """Where systemd keeps its control groups: version 2, and the one of version 1 that has its name."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return [
        Path(folder)
        for _, folder, kind, options, *_ in mounts
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(","))
    ]


class BootedMachine:
    """A machine under its own systemd; its root is a folder."""

    def __init__(self, root: Path, network: Network, number: int, repository: Path) -> None:
        self.root, self.log, self.address = root, root.with_name(f"{root.name}.log"), network.address(10 + number)
        self.name, self._network = f"{network.name}-{number}", network
        shared = [f"--bind-ro={repository}:{REPOSITORY}", f"--bind={CACHE}/pip:{DOWNLOADS}"]
        # nspawn creates the groups of its machine below its own: two machines in one would stop each other's units.
        self._groups = [folder / self.name for folder in control_group_folders()]
        self._command = [
            *("sh", "-ec", IN_GROUPS, "sh", *self._groups, "--"),
            *("systemd-nspawn", "--directory", root, "--boot", "--keep-unit", "--register=no", "--link-journal=no"),
            *("--console=pipe", f"--machine={self.name}", f"--network-bridge={network.name}"),
            *("--resolv-conf=replace-host", *shared),
        ]
        interface = TEXTS["interface"].format(address=self.address, host=network.host)
        (root / "etc/systemd/network/10-host0.network").write_text(interface)
        for name in ("etc/hostname", "etc/machine-id"):
            (root / name).unlink(missing_ok=True)
        run("systemctl", "--root", root, "enable", "systemd-networkd")
        self.boot()

    def boot(self) -> None:
        # What a killed nspawn leaves behind prevents it from starting a machine of that name.
        for left in Path("/run/systemd/nspawn").glob(f"*/{self.name}"):
            subprocess.run(["umount", left], capture_output=True, check=False)
            run("rm", "--recursive", "--force", left)
        self._remove_groups()
        with self.log.open("ab") as log:
            self._nspawn = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        # `degraded` is running, too: a nested machine may not do all that units need.
        state = "systemctl is-system-running || true"
        assert wait_until(lambda: self.run(state, check=False).strip() in {"running", "degraded"}), self.log.read_text(
            errors="replace"
        )[-3000:]
        inside = ["nsenter", "--target", self._first_process(), "--net"]
        run(*inside, "sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1")
        rules = TEXTS["forwarded"].format(ports=self._network.forwarded, host=self._network.host)
        subprocess.run([*inside, "nft", "--file", "-"], input=rules, text=True, check=True)

    def run(self, block: str, *, check: bool = True, limit: float = 1800) -> str:
        """Run the commands of a block until one fails; return their output."""
        if not (first := self._first_process()):
            assert not check, "the machine does not run"
            return ""
        entered = ["nsenter", "--target", first, "--mount", "--uts", "--ipc", "--pid", "--net", "--wdns=/root"]
        clean = [
            "env",
            "-i",
            "HOME=/root",
            f"PIP_CACHE_DIR={DOWNLOADS}",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ]
        done = subprocess.run(
            [*entered, *clean, "DEBIAN_FRONTEND=noninteractive", "LANG=C.UTF-8", "sh", "-eu", "-c", block],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit, check=False,
        )  # fmt: skip
        failed = check and done.returncode != 0
        units = self.run("journalctl -n 60 --no-pager || true", check=False) if failed else ""
        assert not failed, textwrap.indent(block + done.stdout + done.stderr + units, "    ")
        return done.stdout

    def _first_process(self) -> str:
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")
        with suppress(FileNotFoundError, IndexError):
            return children.read_text().split()[0]
        return ""

    def reboot(self) -> None:
        """Restart the machine; without systemd-machined, nspawn itself has to be restarted."""
        self.stop()
        self.boot()

    def stop(self) -> None:
        """Power off, and kill the machine if that takes too long."""
        self.run("systemctl poweroff", check=False)
        try:
            self._nspawn.wait(timeout=100)
        except subprocess.TimeoutExpired:
            self.pull_the_plug()
        self._remove_groups()

    def _remove_groups(self) -> None:
        for group in filter(Path.exists, self._groups):
            run("find", group, "-depth", "-type", "d", "-delete", check=False)

    def pull_the_plug(self) -> None:
        """Cut the network first, so that peers do not see closed connections, then kill all processes at once."""
        cable = f"vb-{self.name}"
        run("ip", "link", "set", cable, "down", check=False)
        if first := self._first_process():
            os.kill(int(first), signal.SIGKILL)
        self._nspawn.kill()
        self._nspawn.wait(timeout=180)
        run("ip", "link", "delete", cable, check=False)


class Repository:
    """A repository with the sources of this checkout, which gets another release."""

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
        (self.folder / "snapshots/migrations/versions" / f"{NEXT}_next.py").write_text(NEXT_MIGRATION)
        upgrade = self.folder / "snapshots/upgrade.py"
        head = f'HEAD: Final = "{NEXT}"'
        text, count = re.subn(r'^HEAD: Final = "\d+"', head, upgrade.read_text(), flags=re.MULTILINE)
        assert count == 1
        upgrade.write_text(text)
        self._commit("The next release")

    def _git(self, *words: str) -> None:
        who = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false"]
        run("git", "-C", self.folder, *who, *words)

    def _commit(self, message: str) -> None:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)


def debian(suite: str) -> Path:
    """A root that machines are copied from, created once a day and shared by the processes of a run."""
    (CACHE / "pip").mkdir(parents=True, exist_ok=True, mode=0o700)
    root = CACHE / f"{suite}-{datetime.now(UTC):%F}"
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            for old in CACHE.glob(f"{suite}-*"):
                run("rm", "--recursive", "--force", old)
            draft = CACHE / f"{suite}-draft"  # of a run that was ended, if it is there: the glob has removed it
            bootstrap(draft, PACKAGES, suite)
            for path in INDEX_SETTINGS:
                run("cp", "--recursive", "--dereference", "--no-target-directory", path, f"{draft}{path}", check=False)
            (draft / "etc/dpkg/dpkg.cfg.d/fast").write_text("force-unsafe-io\n")
            run("chroot", draft, "apt-get", "install", "--yes", "--download-only", *FETCHED)
            draft.rename(root)
    return root


class MachineWorld:
    """The wiki that machines watch, the receiver of the alerts, and the machines."""

    def __init__(self, folder: Path, network: Network, stack: ExitStack, suite: str) -> None:
        self._folder, self.network, self._stack, self._suite = folder, network, stack, suite
        self.repository = Repository(folder / "repository")
        self.store = WikiStore(now=lambda: datetime.now(UTC))
        self.wiki = stack.enter_context(HoldableWiki(self.store))
        self.inbox, self.other_inbox = (stack.enter_context(WebhookReceiver()) for _ in range(2))
        network.forwarded = f"{self.wiki.port}, {self.inbox.port}, {self.other_inbox.port}"
        self.count = 20
        self.edit()

    def machine(self, number: int, root: Path | None = None) -> BootedMachine:
        """A new machine, or one with a copy of another's disk."""
        own = self._folder / f"machine-{number}"
        run("cp", "--archive", "--reflink=auto", root or debian(self._suite), own)
        machine = BootedMachine(own, self.network, number, self.repository.folder)
        self._stack.callback(machine.pull_the_plug)
        return machine

    def edit(self) -> str:
        """Change a figure; return the text that an alert about it contains."""
        self.count += 7
        self.store.edit("Boats", SENTENCE.format(self.count), editor="Ann")
        return f"→ {self.count} million boats"  # after a restore, from what the backup knew

    def watchlist(self, *, database: str = "", every: str = "20s") -> str:
        return TEXTS["watchlist"].format(api=self.wiki.api_url, port=self.wiki.port, database=database, every=every)

    def one_edit_is_one_alert(self, limit: float = 240) -> str:
        """Wait for the alert about an edit; return its text."""
        change = self.edit()
        assert wait_until(lambda: self.alerts_of(change), limit), self.titles()
        assert len(self.alerts_of(change)) == 1
        return change

    def alerts_of(self, change: str) -> list[str | None]:
        """The keys of the messages about a change, in order of arrival."""
        return [each.header("x-idempotency-key") for each in self.inbox.accepted if change in str(each.json["title"])]

    def titles(self) -> list[str]:
        return [str(each.json["title"]) for each in self.inbox.accepted]


@contextmanager
def new_world(suite: str) -> Iterator[MachineWorld]:
    """Machines with a release of Debian; each takes 1 GB, so they are on disk, and only root can read them."""
    folder = Path(tempfile.mkdtemp(prefix="watcher-machines-", dir="/var/tmp"))
    with ExitStack() as stack:
        stack.callback(run, "rm", "--recursive", "--force", folder)
        network = Network()
        stack.callback(network.close)
        yield MachineWorld(folder, network, stack, suite)
