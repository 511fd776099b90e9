"""Test that Prefect is quiet by default, and follows the user's settings."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from flows.prefect_settings import configure_prefect
from tests.cases import for_each

HOME = Path("somewhere")
OWN = {"PREFECT_LOGGING_LEVEL": "DEBUG", "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "9d"}
ELSEWHERE = {"PREFECT_API_URL": "http://prefect.example.org/api"}
SERVED_THERE = {
    "PREFECT_HOME": str(HOME),
    "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(HOME / "ui"),
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
}
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


@for_each(
    ("given", "arguments", "expected"),
    [
        ({}, {}, {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}),
        (OWN, {"home": HOME}, OWN),
        ({}, {"home": HOME}, SERVED_THERE),
        (ELSEWHERE, {"home": HOME}, ELSEWHERE | dict.fromkeys(SERVED_THERE)),
        ({}, {"silence_logs": True}, {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}),
    ],
)
def test_prefect_is_set_up(given: dict[str, str], arguments: dict[str, Any], expected: dict[str, str | None]):
    environ = dict(given)
    configure_prefect(environ=environ, **arguments)
    assert {name: environ.get(name) for name in expected} == expected


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
