"""Measure the rows and MB of Prefect's database before and after old runs are deleted.

    python tests/benchmarks/prefect_retention.py                 200 runs on a server of its own, on SQLite
    python tests/benchmarks/prefect_retention.py --runs 1000

Each run is one of a chunk: a task, an artifact, four lines of log, and the events that Prefect makes of them. Then the
flow `prune-runs` deletes all that ended before now, and the server's own vacuum what is left of events, which the
interface has no way to delete. SQLite gives free pages back with VACUUM, PostgreSQL keeps them for the next rows.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tests.ports import free_port

TABLES = ("flow_run", "task_run", "flow_run_state", "log", "artifact", "events", "event_resources")


def settle(home: str, port: int) -> None:
    """Settings of this process and of the server, before Prefect is imported."""
    os.environ |= {
        "PREFECT_HOME": home,
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "ERROR",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "PT1S",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "30",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_EVENT_RETENTION_OVERRIDES": "{}",
        "DO_NOT_TRACK": "1",
    }


def wait_for(port: int, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and child.poll() is None:
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2).close()
            return
        time.sleep(0.3)
    raise TimeoutError(f"Prefect's server did not start: {log.read_text(errors='replace')[-500:]}")


async def make_runs(count: int) -> None:
    from prefect import flow, get_run_logger, task
    from prefect.artifacts import acreate_markdown_artifact

    @task(persist_result=False)
    async def chunk() -> None:
        for number in range(4):
            get_run_logger().info("line %s of a chunk", number)

    @flow(persist_result=False)
    async def chunks() -> None:
        await chunk()
        await acreate_markdown_artifact(markdown="21 million → 25 million\n" * 20, key="comparisons")

    for _ in range(count):
        await chunks()


def sizes(database: Path) -> dict[str, float]:
    """Rows of each table, and the file's MB once its free pages are given back."""
    with closing(sqlite3.connect(database, timeout=60)) as connection:
        rows = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM INTO ?", [f"{database}.copy"])
    copy = Path(f"{database}.copy")
    megabytes = copy.stat().st_size / 1e6
    copy.unlink()
    return {**rows, "MB": megabytes}


def wait_for_vacuum(database: Path) -> None:
    """Until the server has deleted its old events, two minutes at most."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with closing(sqlite3.connect(database, timeout=60)) as connection:
            if connection.execute("SELECT count(*) FROM events").fetchone()[0] < 50:
                return
        time.sleep(2)


@contextmanager
def server(home: Path, port: int) -> Iterator[None]:
    """Prefect's server on a fresh SQLite file."""
    words = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    log = home / "server.log"
    with log.open("wb") as text:
        child = subprocess.Popen([sys.executable, *words], stdout=text, stderr=text, start_new_session=True)
    try:
        wait_for(port, child, log)
        yield
    finally:
        child.terminate()
        child.wait(timeout=60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    settings = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        settle(home, port)
        database = Path(home) / "prefect.db"
        with server(Path(home), port):
            result = [sizes(database)]
            asyncio.run(make_runs(settings.runs))
            time.sleep(10)  # the server writes events when it has time
            result.append(sizes(database))
            begun = time.perf_counter()
            print(f"{forget_all()} in {time.perf_counter() - begun:.1f} s")
            time.sleep(5)
            result.append(sizes(database))
            wait_for_vacuum(database)
            result.append(sizes(database))
    print(f"{'':18}{'empty':>10}{'before':>10}{'after':>10}{'swept':>10}")
    for name in (*TABLES, "MB"):
        print(
            f"{name:18}" + "".join(f"{each[name]:10,.1f}" if name == "MB" else f"{each[name]:10,}" for each in result)
        )


def forget_all() -> object:
    """Delete all that has ended, as the hourly flow does with what is three days old."""
    from prefect.client.orchestration import get_client

    from flows.maintenance import prune
    from watcher.services.context import clock

    async def done() -> object:
        async with get_client() as client:
            return await prune(client, clock(), 100_000)

    return asyncio.run(done())


if __name__ == "__main__":
    main()
