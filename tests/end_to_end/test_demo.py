"""Test the demo as a newcomer runs it: offline, in an empty folder, with no process left running."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from flows.demo import _clear
from tests.command import marked_processes, run_watcher
from tests.prefect_server import PrefectServer
from watcher.errors import ConfigError
from watcher.services.alerting.delivery import DeliveryReport, deliver_due
from watcher.services.checks.check import check
from watcher.services.operations.startup import run_step

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_shows_the_alert_on_the_changed_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without Prefect, which takes most of its time: its flows are here the steps that they wrap."""

    async def check_pages(*_: object) -> SimpleNamespace:
        outcomes = await run_step(lambda services: tuple(check(services, services.watchlist.watches)))
        return SimpleNamespace(lines=[outcome.line for outcome in outcomes])

    async def deliver_alerts() -> DeliveryReport:
        return await run_step(deliver_due)

    flows = SimpleNamespace(check_pages=check_pages, deliver_alerts=deliver_alerts)
    monkeypatch.setitem(sys.modules, "flows.deployments", flows)
    done = run_watcher(tmp_path, "demo", environ=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
    shows_the_alert(tmp_path, done.stdout)


def shows_the_alert(folder: Path, reported: str) -> None:
    assert "high · lead: 21 million → 25 million victims (+19 %), same source" in reported
    shown = (ROOT / "README.md").read_text(encoding="utf-8").partition("high · lead: ")[2].partition("\nhttp://")[0]
    for line in f"high · lead: {shown}".splitlines():
        assert f"  │ {line}\n" in reported, f"README.md shows what the demo does not print: {line}"
    (report,) = [line.removeprefix("Its report: ") for line in reported.splitlines() if line.startswith("Its report: ")]
    assert "25 million" in (folder / report).read_text()


@pytest.mark.prefect
@pytest.mark.slow
def test_the_demo_runs_the_real_flows_and_leaves_nothing_running(tmp_path: Path, prefect_server: PrefectServer):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {"PYTHONPATH": str(ROOT), "WATCHER_TEST_MARK": str(tmp_path)}
    environment |= prefect_server.copy_of_database(tmp_path)
    command = [sys.executable, "-m", "watcher", "demo"]
    with (tmp_path / "said.txt").open("w") as text:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, stdout=text, stderr=text, timeout=180, check=False
        )
    reported = (tmp_path / "said.txt").read_text()
    assert done.returncode == 0, reported
    shows_the_alert(tmp_path, reported)
    assert "2 edits that cancel out" in reported
    assert "Traceback" not in reported, reported
    assert list(marked_processes(tmp_path).values()) == []


def test_a_folder_that_the_demo_did_not_make_is_not_emptied(tmp_path: Path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("years of work")
    done = run_watcher(tmp_path, "demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "watcher: demo: is not empty and was not made by the demo; name another with --folder\n"
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "years of work"


def test_the_folder_of_an_earlier_demo_is_made_again_and_one_that_cannot_be_made_is_an_error_of_one_line(
    tmp_path: Path,
):
    folder = tmp_path / "demo"
    _clear(folder)
    (folder / "watcher.db").write_bytes(b"old")
    _clear(folder)
    assert not (folder / "watcher.db").exists()
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigError, match=r"cannot be used .*name another with --folder"):
        _clear(tmp_path / "file" / "demo")
