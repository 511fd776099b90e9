"""Test that log lines are single JSON objects with article, revision and run, without secrets or forged lines."""

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.flows.harness import CHANGED, WikiHarness
from watcher.errors import ConfigError
from watcher.services.checks.outcome import log
from watcher.services.operations import logs
from watcher.services.operations.logs import configure_logging


def silence() -> None:
    """As it is in a process that nobody asked to log."""
    logs.LOG.handlers = [logging.NullHandler()]
    logs.LOG.setLevel(logging.CRITICAL)
    for each in (logs._OWN_LOGGER, *map(logging.getLogger, logs._LIBRARY_LOGGERS)):
        each.handlers, each.propagate = [], True
    logs._OWN_LOGGER.setLevel(logging.NOTSET)
    threading.excepthook = threading.__excepthook__
    logging.captureWarnings(capture=False)


@pytest.fixture
def written() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines that were logged so far, as objects."""
    stream = io.StringIO()
    configure_logging({"WATCHER_LOG": "json"}, stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    silence()


def test_a_check_is_logged_with_article_revision_and_run(
    world: WikiHarness, written: Callable[[], list[dict[str, Any]]]
):
    world.check()
    world.edit_and_check(CHANGED)
    world.check()
    baseline, alert = written()
    assert (baseline["event"], baseline["state"], baseline["level"]) == ("checked", "baseline", "INFO")
    assert (alert["wiki"], alert["article"], alert["revision"], alert["worst"]) == ("w", "Tide", 2, "high")
    assert alert["run"].count("-") >= 2
    assert alert["run"] != baseline["run"]
    assert alert["timestamp"].endswith("+00:00")


def test_failures_are_warnings(world: WikiHarness, written: Callable[[], list[dict[str, Any]]]):
    world.check()
    world.edit_and_check(CHANGED)
    world.deliver_due()  # nothing listens there
    world.wiki.close()
    world.check()
    warned = {item["event"]: item for item in written() if item["level"] == "WARNING"}
    assert set(warned) == {"delivery failed", "check failed"}
    assert warned["check failed"]["article"] == "Tide"
    assert warned["delivery failed"]["text"].startswith("inbox: ")


def test_text_by_strangers_stands_on_one_line(written: Callable[[], list[dict[str, Any]]]):
    log("checked", article='A\n{"event": "forged"}\x1b[2J\u202e')
    [line] = written()
    assert line["article"] == 'A\\u000a{"event": "forged"}\\u001b[2J\\u202e'


def test_no_address_shows_who_may_enter(written: Callable[[], list[dict[str, Any]]]):
    log("cannot reach postgresql://me:hunter2@db/x", text="json://user:hunter2@host/ and https://token@host")
    assert "hunter2" not in str(written())
    assert written()[0]["text"] == "json://***@host/ and https://***@host"


def test_plain_lines_are_for_people():
    stream = io.StringIO()
    configure_logging({"WATCHER_LOG": "text"}, stream)
    log("checked", article="Tide", revision=7, worst=None)
    silence()
    assert stream.getvalue().rstrip().endswith("info checked article=Tide revision=7")
    assert stream.getvalue().count("\n") == 1


def test_nothing_is_logged_unless_asked_for(world: WikiHarness, capsys: pytest.CaptureFixture[str]):
    configure_logging({})
    world.wiki.close()
    world.check()
    assert capsys.readouterr() == ("", "")


def test_another_word_is_refused():
    with pytest.raises(ConfigError, match="write json, text, off"):
        configure_logging({"WATCHER_LOG": "yaml"})


def test_the_same_line_is_written_once_a_minute_with_a_count_and_without_a_stack():
    seconds = [0.0]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(logs.RepetitionFilter(lambda: seconds[0]))
    handler.setFormatter(logs.TextFormatter())
    logger = logging.getLogger("tests.repeated")
    logger.handlers, logger.propagate = [handler], False
    for second in range(130):
        seconds[0] = second
        for _ in range(10):
            logger.error("a page cannot be stored", exc_info=OSError("no space left on device"))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert all(line.endswith("error=OSError: no space left on device") for line in lines)
    assert ["repeated=599" in line for line in lines] == [False, True, True]


def test_what_a_service_says_is_json_where_the_log_is(
    written: Callable[[], list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
):
    logs.report("review pages: http://127.0.0.1:8765/")
    logging.getLogger("watcher.services.checks.rendered").warning("a defect")
    assert [item.get("text") or item["event"] for item in written()] == [
        "review pages: http://127.0.0.1:8765/",
        "a defect",
    ]
    assert capsys.readouterr().out == ""
    silence()
    logs.report("review pages")
    assert capsys.readouterr().out == "review pages\n"


def test_a_line_of_a_library_is_the_same_whichever_run_it_is_of(written: Callable[[], list[dict[str, Any]]]):
    filtered = logs.RepetitionFilter(lambda: 0.0)
    record = {"name": "prefect.flow_runs", "levelno": logging.ERROR, "msg": "a run failed"}
    assert [filtered.filter(logging.makeLogRecord(record | {"flow_run_id": run})) for run in "ab"] == [True, False]
    client = {"name": "asyncio", "levelno": logging.ERROR, "pathname": "base_events.py"}
    lines = [(f"out of files, socket {number}", line) for number, line in ((2, 1), (3, 1), (3, 2))]
    passed = [filtered.filter(logging.makeLogRecord(client | {"msg": text, "lineno": line})) for text, line in lines]
    assert passed == [True, False, True]  # a client's address is in the message
    for article in ("Tide", "Ebb"):  # of ours each page is named
        log("check failed", article=article)
    assert [item["article"] for item in written()] == ["Tide", "Ebb"]


def test_an_error_says_where_in_our_sources_it_came_from(written: Callable[[], list[dict[str, Any]]]):
    try:
        configure_logging({"WATCHER_LOG": "yaml"})
    except ConfigError as error:
        about = logging.makeLogRecord({"name": "watcher.services", "levelno": logging.ERROR, "msg": "a defect"})
        # A handler that has formatted it before keeps the stack as text.
        vars(about).update(exc_info=(type(error), error, error.__traceback__), exc_text="Traceback (…)")
        logging.getLogger("watcher.services").handle(about)
    [line] = written()
    assert line["error"].startswith("ConfigError: WATCHER_LOG")
    assert line["where"].startswith("watcher/services/operations/logs.py:")
    assert "exc_info" not in line


def test_what_ends_a_thread_is_one_line(
    written: Callable[[], list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
):
    def fail() -> None:
        raise OSError("no space left on device")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert [line["error"] for line in written()] == ["OSError: no space left on device"]
    assert capsys.readouterr().err == ""
