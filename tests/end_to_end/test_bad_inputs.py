"""Test bad inputs: each gives one line with the next step and an exit code, and nothing stored is lost."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.command import run_watcher
from tests.flows.harness import CHANGED, WikiHarness, small_wiki

pytestmark = pytest.mark.waits


@pytest.fixture
def world(tmp_path: Path) -> Iterator[WikiHarness]:
    """A page that is watched, with a change that was not seen yet."""
    with small_wiki(tmp_path) as made:
        made.check()
        made.edit(CHANGED)
        yield made


def assert_single_line(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    """Whether that is all that was said, on the stream of errors."""
    assert (done.returncode, done.stdout) == (code, ""), done
    assert done.stderr.count("\n") == 1, done.stderr
    for part in parts:
        assert part in done.stderr


@contextmanager
def replaced(world: WikiHarness, old: str, new: str) -> Iterator[None]:
    """The watchlist with a mistake in it, for a while."""
    sound = world.path.read_text()
    assert old in sound
    world.path.write_text(sound.replace(old, new))
    yield
    world.path.write_text(sound)


@pytest.mark.parametrize(
    ("old", "new", "code", "parts"),
    [
        ('wiki = "w"', 'wiki = "dewiki"', 2, ["watchlist.toml:{line}: watch[1].wiki", 'no [[wiki]] is named "dewiki"']),
        ('title = "Tide"', 'title = "Tied"', 3, ["Tied on w: there is no such page; correct the title"]),
    ],
    ids=["unknown wiki", "missing page"],
)
def test_a_mistake_in_the_watchlist_is_reported_and_loses_nothing(
    world: WikiHarness, old: str, new: str, code: int, parts: list[str]
):
    sound = world.path.read_text()
    line = sound[: sound.index(old)].count("\n") + 1
    with replaced(world, old, new):
        done = run_watcher(world.folder, "check")
    assert_single_line(done, code, *(part.format(line=line) for part in parts))
    assert world.stored() == [1]
    assert world.check_state() == "alert"
    assert len(world.alerts()) == 1


def test_without_a_network_nothing_is_lost(world: WikiHarness):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        with replaced(world, f"127.0.0.1:{world.wiki.port}", f"127.0.0.1:{closed.getsockname()[1]}"):
            assert_single_line(run_watcher(world.folder, "check"), 3, "Connection refused", "try again later")
    assert world.check_state() == "alert"
