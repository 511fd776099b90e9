"""Whatever a program sends, the API answers as its description says, and never with a fault of the server.

A few seconds of it, or all phases and so many examples: WATCHER_SCHEMATHESIS=200.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.review_fixtures import served
from tests.watcher.web.conftest import WebClient

LONG = os.environ.get("WATCHER_SCHEMATHESIS")
PHASES = "examples,coverage,fuzzing,stateful" if LONG else "fuzzing"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture
def address(site: FastAPI) -> Iterator[str]:
    """A real server on loopback."""
    with served(site) as opened:
        yield opened


@pytest.mark.slow
def test_nothing_that_is_sent_is_a_fault_of_the_server(address: str, asking: Callable[..., WebClient], tmp_path: Path):
    # A process of its own: its import hooks are warnings in ours, and warnings are errors here.
    token = asking().headers["authorization"]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json"),
        *("--header", f"Authorization: {token}", "--checks", CHECKS, "--max-examples", LONG or "3", "--seed", "1"),
        *("--phases", PHASES, "--request-timeout", "20", "--generation-database", "none"),
        *("--suppress-health-check", "all", "--no-color"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
