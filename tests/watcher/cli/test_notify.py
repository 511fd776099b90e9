"""Test that `watcher notify --test` sends a sample and reports whether each destination accepted it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.simulators import WebhookReceiver
from watcher.cli.app import app
from watcher.cli.options import EXIT_RETRY
from watcher.config import default_watchlist
from watcher.errors import ConfigError, WatcherError

RUNNER = CliRunner()


@pytest.fixture
def boxes() -> Iterator[tuple[WebhookReceiver, WebhookReceiver]]:
    """Two receivers, the second of which refuses."""
    with WebhookReceiver() as good, WebhookReceiver(["403"] * 9) as bad:
        yield good, bad


@pytest.fixture
def run(tmp_path: Path, boxes: tuple[WebhookReceiver, WebhookReceiver]):
    """Runs the command on a watchlist with both receivers; its exit code and what it prints."""
    path = tmp_path / "watchlist.toml"
    locations = "".join(
        f'\n[[destination]]\nname = "{name}"\nurl = "json://S3CR3T:S3CR3T@127.0.0.1:{box.port}/S3CR3T"\n'
        for name, box in zip(("good", "bad"), boxes, strict=True)
    )
    path.write_text(default_watchlist() + locations, encoding="utf-8")

    def command(*words: str) -> tuple[int, str]:
        done = RUNNER.invoke(app, ["notify", *words, "--watchlist", str(path)], standalone_mode=False)
        if isinstance(done.exception, WatcherError):
            raise done.exception
        return done.return_value or done.exit_code, done.output

    return command


def test_each_destination_is_tried_and_shown_by_its_name(run, boxes: tuple[WebhookReceiver, WebhookReceiver]):
    code, text = run("--test")
    assert sorted(text.splitlines()) == [
        "✓ good: accepted",
        "✗ bad: JSON: answered 403; correct the destination, then `watcher deliver --retry-dead`",
    ]
    assert code == EXIT_RETRY
    assert "S3CR3T" not in text
    (letter,) = boxes[0].accepted
    assert letter.json["message"].startswith("Test: Sample article\n")


def test_one_destination_can_be_named(run, boxes: tuple[WebhookReceiver, WebhookReceiver]):
    assert run("--test", "good") == (0, "✓ good: accepted\n")
    assert boxes[1].requests == ()


def test_an_unknown_name_is_answered_with_the_nearest(run):
    with pytest.raises(ConfigError, match='did you mean "good"'):
        run("--test", "god")


def test_without_test_the_way_to_send_alerts_is_named(run):
    with pytest.raises(ConfigError, match="watcher deliver"):
        run()


def test_a_watchlist_without_destinations_is_named_as_such(tmp_path: Path):
    path = tmp_path / "watchlist.toml"
    path.write_text(default_watchlist(), encoding="utf-8")
    done = RUNNER.invoke(app, ["notify", "--test", "--watchlist", str(path)], standalone_mode=False)
    assert "has no [[destination]]" in str(done.exception)
