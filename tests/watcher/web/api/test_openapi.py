import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.review_fixtures import served
from tests.watcher.web.conftest import WebClient
from watcher.web.api.routes import document
from watcher.web.auth.access import route_permissions


def test_every_call_is_described_with_its_scope_and_its_refusals(site: FastAPI):
    paths = document()["paths"]
    routes = {(rule.path, method.lower()) for rule in route_permissions(site.routes) for method in rule.methods}
    described = {(path, method) for path, methods in paths.items() for method in methods}
    hidden = {("/api/v1", "get"), ("/api/v1/openapi.json", "get")}
    assert described == {route for route in routes if route[0].startswith("/api/")} - hidden
    for methods in paths.values():
        for operation in methods.values():
            assert operation["x-scope"] in ("read", "review", "admin")
            assert operation["security"] == [{"token": []}, {"session": []}]
            assert operation["description"]
            assert {"401", "403", "422"} <= set(operation["responses"])


def test_the_page_for_people_lists_all_calls_and_loads_nothing_from_elsewhere(bot: WebClient):
    page = bot.get("/api/v1").text
    assert "PATCH /api/v1/watches" in page
    assert "https://" not in page
    assert bot.get("/api/v1/openapi.json").json() == document()


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
