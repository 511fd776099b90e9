"""Test that `watcher notify --test` sends a sample and reports whether each destination accepted it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators import WebhookReceiver
from watcher.cli.app import EXIT_RETRY
from watcher.config import default_watchlist


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[tuple[WebhookReceiver, WebhookReceiver]]:
    """The receivers of a watchlist, the second of which refuses."""
    with WebhookReceiver() as good, WebhookReceiver(["403"] * 9) as bad:
        locations = "".join(
            f'\n[[destination]]\nname = "{name}"\nurl = "json://S3CR3T:S3CR3T@127.0.0.1:{box.port}/S3CR3T"\n'
            for name, box in (("good", good), ("bad", bad))
        )
        (tmp_path / "watchlist.toml").write_text(default_watchlist() + locations, encoding="utf-8")
        yield good, bad


def test_each_destination_is_tried_and_shown_by_its_name(watcher, boxes: tuple[WebhookReceiver, WebhookReceiver]):
    answer = watcher("notify", "--test", "good")
    assert (answer.code, answer.out, answer.err) == (0, "✓ good: accepted\n", "")
    assert boxes[1].requests == ()
    answer = watcher("notify", "--test")
    assert answer.out == "✓ good: accepted\n"
    assert answer.err == "✗ bad: JSON: answered 403; correct the destination, then `watcher deliver --retry-dead`\n"
    assert answer.code == EXIT_RETRY
    letter = boxes[0].accepted[1]
    assert letter.json["message"].startswith("Test: Sample article\n")


@pytest.mark.usefixtures("boxes")
def test_what_cannot_be_sent_is_refused_with_what_to_do(watcher):
    assert watcher("notify", "--test", "god").refuses('did you mean "good"')
    assert watcher("notify").refuses("`watcher deliver`")


def test_a_watchlist_without_destinations_is_named_as_such(watcher):
    watcher("init")
    assert "has no [[destination]]" in watcher("notify", "--test").err
