"""Test that `watcher mute` and `watcher unmute` confirm or refuse in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from snapshots import Mute
from watcher.cli.app import app
from watcher.cli.mute import format_mute
from watcher.cli.options import print_line
from watcher.config import default_watchlist
from watcher.errors import ConfigError, InputError, Missing, WatcherError

RUNNER = CliRunner()


@pytest.fixture
def run(tmp_path: Path):
    """Runs a command on a fresh watchlist that watches "Human trafficking"; what it prints."""
    path = tmp_path / "watchlist.toml"
    path.write_text(default_watchlist(), encoding="utf-8")

    def command(*words: str) -> str:
        done = RUNNER.invoke(app, [*words, "--watchlist", str(path)], standalone_mode=False)
        if isinstance(done.exception, WatcherError):
            raise done.exception
        assert done.exception is None, done.exception
        return done.output

    return command


def test_a_mute_is_made_listed_and_lifted(run):
    made = run("mute", "Human_trafficking", "--figure", "victims  of", "--until", "2999-04-01")
    assert made == (
        "muted 1: Human trafficking, “victims of”, until 2999-04-01 00:00 UTC; end it with `watcher unmute 1`\n"
    )
    run("mute", "--rule", "claim.*")
    assert run("mute").splitlines() == [
        "1: Human trafficking, “victims of”, until 2999-04-01 00:00 UTC",
        "2: all articles, rule claim.*, permanently",
    ]
    assert run("unmute", "2").startswith("ended: 2: all articles, rule claim.*, permanently; no suppressed finding")
    assert len(run("mute").splitlines()) == 1


def test_nothing_muted_is_said(run):
    assert run("mute") == "nothing is muted\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["Human traficking"], 'did you mean "Human trafficking"?'),
        (["--rule", "statistc.changed"], 'did you mean "statistic.changed"?'),
        (["--figure", "a"], "too short"),
        (["--rule", "claim.*", "--until", "yesterday"], "is not a duration"),
        (["--rule", "claim.*", "--until", "2001-01-01"], "is in the past"),
        (["--rule", "claim.*", "--until", "2026-13-01"], "is no date"),
        (["--rule", "claim.*", "--until", "9999-12-31T23:59:59-23:59"], "is no date"),
        (["--until", "7d"], "name an article"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(run, words: list[str], expected: str):
    with pytest.raises((ConfigError, InputError)) as caught:
        run("mute", *words)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mute_that_is_not_there_cannot_be_lifted(run):
    with pytest.raises(Missing, match="`watcher mute` lists them"):
        run("unmute", "7")


def test_a_mute_is_described_without_what_could_steer_a_terminal(capsys: pytest.CaptureFixture[str]):
    now = datetime(2026, 3, 4, tzinfo=UTC)
    mute = Mute(id=1, wiki="w", title="T\x1b[2J", rule=None, words=None, until=now + timedelta(days=1), at=now)
    print_line(format_mute(mute))
    assert capsys.readouterr().out == "1: T\\u001b[2J, until 2026-03-05 00:00 UTC\n"
