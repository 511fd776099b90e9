"""Start the processes of a chaos run: Prefect's server, a stream listener, and workers with their own host names."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import yaml

from tests.ports import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
MARK = "WATCHER_CHAOS_MARK"
POOL = "article-watcher"
_START_SECONDS = 240  # a fresh Prefect database on a busy machine of two cores


def may_name_machines() -> bool:
    """Whether a process can get its own host name; if not, dead workers are recognized by their processes."""
    try:
        return subprocess.run(["unshare", "--uts", "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def skewed(by: str) -> dict[str, str]:
    """The environment of a process whose clock is off by `by`, such as "+10m"; empty without libfaketime.

    Its monotonic clock is right, as that of a machine is.
    """
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not by or not libraries:
        return {}
    names = ("DONT_FAKE_MONOTONIC", "FAKETIME_DONT_FAKE_MONOTONIC", "NO_FAKE_STAT")
    return {"LD_PRELOAD": str(libraries[0]), "FAKETIME": by, **dict.fromkeys(names, "1")}


class Program:
    """A process with all its descendants, which are found by a mark in their environment.

    Its clock is wrong by the next of `skews` each time that it is started.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, skews: Sequence[str] = ("",)
    ) -> None:
        self.name, self._command, self._environment, self._log = name, command, environment, log
        self._mark, self.skew, self._skews = "", "", itertools.cycle(skews)
        self.is_required = False
        self._child: subprocess.Popen[bytes] | None = None
        self._changing = threading.RLock()  # another thread must not restart a process that is being replaced

    def start(self) -> None:
        with self._changing:
            self._start()

    def _start(self) -> None:
        self._mark, self.is_required, self.skew = uuid.uuid4().hex, True, next(self._skews)
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env={**self._environment, **skewed(self.skew), MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def revive(self) -> bool:
        """Restart it if it has ended, as systemd does with Restart=always; return whether it had ended."""
        with self._changing:
            if not self.is_required or self._child is None or self._child.poll() is None:
                return False
            self._start()
            return True

    def kill(self) -> int:
        """Send SIGKILL to all processes at once, as if a machine dies; return their number."""
        with self._changing:
            self.is_required = False
            return self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Send SIGTERM, then SIGKILL to what is left."""
        with self._changing:
            self.is_required = False
        if self._child is not None:
            with suppress(ProcessLookupError):
                os.kill(self._child.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=15)
        self.kill()

    def _end(self, request: signal.Signals) -> int:
        if self._child is None:
            return 0
        result = self._processes()
        for pid in result:
            with suppress(ProcessLookupError):
                os.kill(pid, request)
        self._child.wait(timeout=180)
        return len(result)

    def _processes(self) -> list[int]:
        mark = f"{MARK}={self._mark}".encode()
        result = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                with suppress(OSError):
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        result.append(int(entry.name))
        return result


class Site:
    """One installation in `folder`: its environment, its server and its workers."""

    def __init__(self, folder: Path, *, prefect_database: str, watcher_database: str) -> None:
        self.folder, self.port = folder, free_port()
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "WATCHER_"))}
        self.environment = {
            **clean,
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": f"http://127.0.0.1:{self.port}/api",
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": prefect_database,
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
            "PREFECT_WORKER_QUERY_SECONDS": "3",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "DO_NOT_TRACK": "1",
            "WATCHER_DATABASE": watcher_database,
            "WATCHER_WATCHLIST": str(folder / "watchlist.toml"),
        }
        serve = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port), "--no-ui"]
        self.server = self.program("server", [sys.executable, *serve])
        work = ("prefect", "worker", "start", "--pool", POOL, "--type", "process", "--limit", "4", "--name")
        self.workers = [
            self.machine("machine-1", (*work, "machine-1")),
            self.machine("machine-2", (*work, "machine-2"), ("+10m", "-10m")),
        ]
        self.stream = self.machine("machine-3", ("watcher", "stream", "--no-poll"))
        self.programs = (self.server, *self.workers, self.stream)

    def program(self, name: str, command: Sequence[str], skews: Sequence[str] = ("",)) -> Program:
        return Program(name, command, self.environment, self.folder / f"{name}.log", skews)

    def machine(self, name: str, module: Sequence[str], skews: Sequence[str] = ("",)) -> Program:
        """Start a program with its own host name: others cannot see by its process whether it is dead."""
        command = [sys.executable, "-m", *module]
        if may_name_machines():
            named = 'hostname "$1" && shift && exec "$@"'
            command = ["unshare", "--uts", "sh", "-c", named, "sh", name, *command]
        return self.program(name, command, skews)

    def run(self, *command: str, check: bool = True, seconds: float = 180) -> subprocess.CompletedProcess[str]:
        """Run a command of Article Watcher or Prefect."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=check,
            stdin=subprocess.DEVNULL,
        )

    def wait_for_server(self) -> None:
        def answers() -> bool:
            with suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/health", timeout=2).close()
                return True
            return False

        if not wait_until(answers, _START_SECONDS):
            raise TimeoutError((self.folder / "server.log").read_text(errors="replace")[-2000:])

    def deploy(self, every: Mapping[str, int], reservation: int) -> None:
        """Register deploy/prefect.yaml, with this folder's paths, and with shorter intervals for some deployments."""
        written = yaml.safe_load((ROOT / "deploy/prefect.yaml").read_text(encoding="utf-8"))
        text = yaml.safe_dump(written).replace("/var/lib/article-watcher", str(ROOT))
        written = yaml.safe_load(
            text.replace("/etc/article-watcher/watchlist.toml", str(self.folder / "watchlist.toml"))
        )
        for item in written["deployments"]:
            if item["name"] in every:
                item["schedules"] = [{"interval": every[item["name"]], "slug": "often", "active": True}]
            if "reservation" in item.get("parameters", {}):
                item["parameters"]["reservation"] = reservation
        path = self.folder / "prefect.yaml"
        path.write_text(yaml.safe_dump(written, sort_keys=False), encoding="utf-8")
        self.run("prefect", "work-pool", "create", POOL, "--type", "process")
        self.run("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(path))
        self.run("prefect", "automation", "create", "--from-file", str(ROOT / "deploy/zombies.yaml"))
