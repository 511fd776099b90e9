"""Test that `watcher mute` and `watcher unmute` confirm or refuse in one line."""

from datetime import UTC, datetime

import pytest

from snapshots import Mute
from tests.cases import for_each
from watcher.cli.app import print_line
from watcher.cli.watchlist import format_mute


@pytest.fixture
def run(watcher):
    """Runs a command on a fresh watchlist that watches "Human trafficking"."""
    watcher("init")
    return watcher


@for_each(("words", "expected"))
def test_a_mistake_is_named_with_what_to_do(run, words: list[str], expected: str):
    assert run(*words).refuses(expected)


def test_a_mute_is_described_without_what_could_steer_a_terminal(capsys: pytest.CaptureFixture[str]):
    at = datetime(2026, 3, 4, tzinfo=UTC)
    print_line(format_mute(Mute(id=1, wiki="w", title="T\x1b[2J", rule=None, words=None, until=at, at=at)))
    assert capsys.readouterr().out == "1: T\\u001b[2J, until 2026-03-04 00:00 UTC\n"
