"""Log lines are one JSON object each, tell article, revision and run, and hold neither secrets nor forged lines."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flows import logs
from flows.logs import log, settle_logs
from flows.posting import post
from tests.flows.world import CHANGED, World
from watcher.errors import ConfigError


def silence() -> None:
    """As it is in a process that nobody asked to log."""
    logs._LOG.handlers = [logging.NullHandler()]
    logs._LOG.setLevel(logging.CRITICAL)


@pytest.fixture
def written() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines that were logged so far, as objects."""
    stream = io.StringIO()
    settle_logs({"WATCHER_LOG": "json"}, stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    silence()


def test_a_check_is_logged_with_article_revision_and_run(world: World, written: Callable[[], list[dict[str, Any]]]):
    world.check()
    world.edit(CHANGED)
    world.check()
    world.check()
    baseline, alert = written()
    assert (baseline["event"], baseline["state"], baseline["level"]) == ("checked", "baseline", "INFO")
    assert (alert["wiki"], alert["article"], alert["revision"], alert["worst"]) == ("w", "Tide", 2, "high")
    assert alert["run"].count("-") >= 2
    assert alert["run"] != baseline["run"]
    assert alert["timestamp"].endswith("+00:00")


def test_failures_are_warnings(world: World, written: Callable[[], list[dict[str, Any]]]):
    world.check()
    world.edit(CHANGED)
    world.check()
    with world.services() as services:
        post(services)  # nothing listens there
    world.wiki.close()
    world.check()
    warned = {one["event"]: one for one in written() if one["level"] == "WARNING"}
    assert set(warned) == {"delivery failed", "check failed"}
    assert warned["check failed"]["article"] == "Tide"
    assert warned["delivery failed"]["says"].startswith("inbox: ")


def test_text_by_strangers_stands_on_one_line(written: Callable[[], list[dict[str, Any]]]):
    log("checked", article='A\n{"event": "forged"}\x1b[2J\u202e')
    [line] = written()
    assert line["article"] == 'A\\u000a{"event": "forged"}\\u001b[2J\\u202e'


def test_no_address_shows_who_may_enter(written: Callable[[], list[dict[str, Any]]]):
    log("cannot reach postgresql://me:hunter2@db/x", says="json://user:hunter2@host/ and https://token@host")
    assert "hunter2" not in str(written())
    assert written()[0]["says"] == "json://***@host/ and https://***@host"


def test_plain_lines_are_for_people():
    stream = io.StringIO()
    settle_logs({"WATCHER_LOG": "text"}, stream)
    log("checked", article="Tide", revision=7, worst=None)
    silence()
    assert stream.getvalue().rstrip().endswith("info checked article=Tide revision=7")
    assert stream.getvalue().count("\n") == 1


def test_nothing_is_logged_unless_asked_for(world: World, capsys: pytest.CaptureFixture[str]):
    settle_logs({})
    world.wiki.close()
    world.check()
    assert capsys.readouterr() == ("", "")


def test_another_word_is_refused():
    with pytest.raises(ConfigError, match="write json, text, off"):
        settle_logs({"WATCHER_LOG": "yaml"})
