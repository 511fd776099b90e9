"""Test that `watcher mute` and `watcher unmute` confirm or refuse in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from snapshots import Mute
from watcher.cli.options import print_line
from watcher.cli.rules import format_mute


@pytest.fixture
def run(watcher):
    """Runs a command on a fresh watchlist that watches "Human trafficking"."""
    watcher("init")
    return watcher


def test_a_mute_is_made_listed_and_lifted(run):
    made = run("mute", "Human_trafficking", "--figure", "victims  of", "--until", "2999-04-01").out
    assert made == (
        "muted 1: Human trafficking, “victims of”, until 2999-04-01 00:00 UTC; end it with `watcher unmute 1`\n"
    )
    run("mute", "--rule", "claim.*")
    assert run("mute").out.splitlines() == [
        "1: Human trafficking, “victims of”, until 2999-04-01 00:00 UTC",
        "2: all articles, rule claim.*, permanently",
    ]
    assert run("unmute", 2).out.startswith("ended: 2: all articles, rule claim.*, permanently; no suppressed finding")
    assert len(run("mute").out.splitlines()) == 1


def test_nothing_muted_is_said(run):
    assert run("mute").out == "nothing is muted\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["mute", "Human traficking"], 'did you mean "Human trafficking"?'),
        (["mute", "--rule", "statistc.changed"], 'did you mean "statistic.changed"?'),
        (["mute", "--figure", "a"], "too short"),
        (["mute", "--rule", "claim.*", "--until", "yesterday"], "is not a duration"),
        (["mute", "--rule", "claim.*", "--until", "2001-01-01"], "is in the past"),
        (["mute", "--rule", "claim.*", "--until", "2026-13-01"], "is no date"),
        (["mute", "--rule", "claim.*", "--until", "9999-12-31T23:59:59-23:59"], "is no date"),
        (["mute", "--until", "7d"], "name an article"),
        (["unmute", "7"], "`watcher mute` lists them"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(run, words: list[str], expected: str):
    assert run(*words).refuses(expected)


def test_a_mute_is_described_without_what_could_steer_a_terminal(capsys: pytest.CaptureFixture[str]):
    now = datetime(2026, 3, 4, tzinfo=UTC)
    mute = Mute(id=1, wiki="w", title="T\x1b[2J", rule=None, words=None, until=now + timedelta(days=1), at=now)
    print_line(format_mute(mute))
    assert capsys.readouterr().out == "1: T\\u001b[2J, until 2026-03-05 00:00 UTC\n"
