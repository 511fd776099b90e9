"""Test that Prefect is quiet by default, and follows the user's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.prefect_settings import configure_prefect
from tests.cases import for_each

HOME = Path("somewhere")
LOGS = """
import logging, prefect, sqlalchemy
from prefect.logging.configuration import setup_logging
setup_logging()
try:
    raise OSError("disk full")
except OSError:
    for _ in range(9):
        logging.getLogger("sqlalchemy.pool").exception("theirs")
logging.getLogger("watcher").warning("ours")
"""


def test_nothing_is_sent_to_anybody():
    environ: dict[str, str] = {}
    configure_prefect(environ=environ)
    assert (environ["DO_NOT_TRACK"], environ["PREFECT_SERVER_ANALYTICS_ENABLED"]) == ("1", "false")


def test_what_the_user_set_stays():
    environ = {"PREFECT_LOGGING_LEVEL": "DEBUG", "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "9d"}
    configure_prefect(HOME, environ)
    assert environ["PREFECT_LOGGING_LEVEL"] == "DEBUG"
    assert environ["PREFECT_SERVER_EVENTS_RETENTION_PERIOD"] == "9d"


def test_with_a_home_prefect_serves_itself_there():
    environ: dict[str, str] = {}
    configure_prefect(HOME, environ)
    assert environ["PREFECT_HOME"] == str(HOME)
    assert environ["PREFECT_SERVER_UI_STATIC_DIRECTORY"] == str(HOME / "ui")
    assert environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] == "true"


def test_with_a_server_elsewhere_none_is_started():
    environ = {"PREFECT_API_URL": "http://prefect.example.org/api"}
    configure_prefect(HOME, environ)
    assert "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE" not in environ
    assert "PREFECT_HOME" not in environ


def test_a_program_that_reports_errors_itself_silences_prefect():
    environ: dict[str, str] = {}
    configure_prefect(HOME, environ, silence_logs=True)
    assert environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] == "CRITICAL"


@pytest.mark.slow
@for_each(("still", "shown"), [(False, {"ours", "theirs"}), (True, set())])
def test_warnings_are_shown_unless_the_program_reports_errors_itself(tmp_path: Path, still: bool, shown: set[str]):  # noqa: FBT001
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    configure_prefect(tmp_path, environ, silence_logs=still)
    command = [sys.executable, "-c", LOGS]
    text = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=180, check=True).stderr
    assert {word for word in ("ours", "theirs") if word in text} == shown


def test_prefect_writes_json_where_we_do_without_stacks_and_repetitions(tmp_path: Path):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environ["WATCHER_LOG"] = "json"
    configure_prefect(tmp_path, environ)
    command = [sys.executable, "-c", LOGS]
    text = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=180, check=True).stderr
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines] == ["theirs", "ours"]  # what is repeated is counted, not written
    assert lines[0]["error"] == "OSError: disk full"
    assert "Traceback" not in text
