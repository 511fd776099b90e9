"""Test that a check with real storage survives each edit that once stopped it or hid a change."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.harness import Clock, WikiHarness
from tests.hostile.edits import PLANTED, TEN
from tests.simulators import FakeWikiServer, WikiStore

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
MOST_BYTES = 20_000_000
MOST_MEMORY = 600 * 2**20
TOO_LARGE = "page of 57 MB"


def checked(name: str, folder: Path) -> None:
    """Check a page before and after an edit, follow its history, and print what that came to."""
    made, clock = TEN[name](), Clock()
    with FakeWikiServer(WikiStore(now=clock)) as wiki:
        world = WikiHarness(folder, wiki, clock)
        world.edit(made.old)
        world.check()
        world.edit(made.new)
        (outcome,) = world.check()
        result = outcome.comparison.findings if outcome.comparison else ()
        reported = any(PLANTED in (finding.change.new_sentence or "") for finding in result)
        print(outcome.state.value, reported, len(result), own_memory(), *world.events(), sep="\n")


def own_memory() -> int:
    """The largest memory of this process in bytes; getrusage would begin with that of the process that forked it."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def run(name: str, folder: Path) -> list[str]:
    """The same in a process of its own, so that its memory is its own."""
    command = [
        sys.executable,
        "-c",
        f"from tests.hostile.test_edits import *; checked({name!r}, Path({str(folder)!r}))",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout.splitlines()


def stored(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", [name for name in TEN if name != TOO_LARGE])
def test_hostile_edit_is_checked_and_the_honest_change_beside_it_alerted(name: str, tmp_path: Path) -> None:
    state, reported, count, memory, *_ = run(name, tmp_path)
    assert (state, reported) == ("alert", "True")
    assert int(count) <= 3_000
    assert stored(tmp_path) <= MOST_BYTES, "database and report together"
    assert int(memory) <= MOST_MEMORY


def test_page_that_is_too_large_is_an_event_and_no_comparison(tmp_path: Path) -> None:
    state, reported, _, memory, *events = run(TOO_LARGE, tmp_path)
    assert (state, reported, events) == ("settling", "False", ["too-large"])
    assert stored(tmp_path) <= MOST_BYTES
    assert int(memory) <= MOST_MEMORY
