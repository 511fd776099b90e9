"""Prefect's server as `watcher serve` starts it: whoever is on this machine's network has no part in it."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.prefect_settings import client_environment, configure_prefect, server_environment
from tests.cases import for_each

configure_prefect()  # Prefect reads its settings when it is imported

from prefect import Flow, State, get_client  # noqa: E402  after the settings
from prefect.flow_engine import run_flow_async  # noqa: E402
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings  # noqa: E402

from flows.apply_retention import apply_retention  # noqa: E402
from flows.backfill_article import backfill_article  # noqa: E402
from flows.check_articles import check_articles  # noqa: E402
from flows.deliver_alerts import deliver_alerts  # noqa: E402
from flows.dispatch_checks import check_pages, dispatch_checks  # noqa: E402
from flows.prune_runs import prune_runs  # noqa: E402
from flows.watchdog import watchdog  # noqa: E402
from watcher.cli.serve import free_port  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
FLOWS: tuple[Flow[Any, Any], ...] = (
    backfill_article,
    check_articles,
    check_pages,
    deliver_alerts,
    dispatch_checks,
    prune_runs,
    watchdog,
    apply_retention,
)


def a_server_environment(environ: Mapping[str, str], port: int = 4200) -> dict[str, str]:
    return server_environment(environ, port)


def test_every_start_has_a_password_of_its_own_that_only_clients_are_given():
    first, second = a_server_environment({}), a_server_environment({})
    passwords = {each["PREFECT_SERVER_API_AUTH_STRING"] for each in (first, second)}
    assert len(passwords) == 2
    assert all(len(password) > 40 for password in passwords)
    client = client_environment({"PATH": "/bin"}, first)
    assert client == {
        "PATH": "/bin",
        "PREFECT_API_URL": "http://127.0.0.1:4200/api",
        "PREFECT_API_AUTH_STRING": first["PREFECT_SERVER_API_AUTH_STRING"],
    }


def test_a_password_of_the_environment_is_taken_and_then_prefects_own_pages_are_there():
    server = a_server_environment({"PREFECT_SERVER_API_AUTH_STRING": "me:word"})
    assert server["PREFECT_SERVER_API_AUTH_STRING"] == "me:word"
    assert "PREFECT_SERVER_UI_ENABLED" not in server
    assert a_server_environment({})["PREFECT_SERVER_UI_ENABLED"] == "false"


@for_each("flow", FLOWS, ids=lambda flow: flow.name)
def test_no_parameter_of_a_flow_is_a_path(flow: Flow[Any, Any]):
    names = set(flow.parameters.properties)
    assert not {name for name in names if any(word in name for word in ("watchlist", "path", "file", "folder"))}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a client of the real server."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    configure_prefect(tmp_path_factory.mktemp("home"), environ)
    settings = server_environment({**environ, "PYTHONPATH": str(ROOT)}, free_port())
    command = [sys.executable, "-m", "flows.prefect_server", settings["PREFECT_SERVER_API_PORT"]]
    password = settings["PREFECT_SERVER_API_AUTH_STRING"]
    log = tmp_path_factory.mktemp("log") / "said.txt"
    with log.open("wb") as text:
        process = subprocess.Popen(command, env=settings, stdout=text, stderr=text, stdin=subprocess.DEVNULL)
        try:
            client = client_environment(environ, settings)
            asyncio.run(_answers(client["PREFECT_API_URL"], process))
            assert password not in Path(f"/proc/{process.pid}/cmdline").read_text()
            yield client
        finally:
            process.terminate()
            process.wait(timeout=30)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()  # Prefect's clients leave their sockets to it
    assert password not in log.read_text()


async def _answers(api: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; a fresh database takes half a minute on a busy machine."""
    async with asyncio.timeout(180), httpx.AsyncClient() as client:
        while process.poll() is None:
            try:
                if (await client.get(f"{api}/health")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.2)  # of another process
    raise AssertionError("the server has ended")


def asked(server: dict[str, str], path: str, *, known: bool = False, **more: Any) -> httpx.Response:
    user, _, word = server["PREFECT_API_AUTH_STRING"].partition(":")
    api = server["PREFECT_API_URL"]
    method = "POST" if "json" in more else "GET"
    return httpx.request(method, api + path, auth=(user, word) if known else None, timeout=30, **more)


@pytest.mark.prefect
def test_who_does_not_know_the_password_reads_and_changes_nothing(server: dict[str, str]):
    assert asked(server, "/deployments/filter", json={}).status_code == 401
    assert asked(server, "/deployments/filter", json={}, known=True).status_code == 200
    assert asked(server, "/admin/settings").status_code == 401


@pytest.mark.prefect
@pytest.mark.parametrize("known", [False, True])
def test_a_page_of_another_site_may_not_read_any_answer(server: dict[str, str], known: bool):  # noqa: FBT001  a case
    foreign = asked(server, "/health", known=known, headers={"origin": "http://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers
    before = httpx.options(
        server["PREFECT_API_URL"] + "/deployments/filter",
        headers={"origin": "http://evil.example", "access-control-request-method": "POST"},
    )
    assert before.status_code == 400
    assert "access-control-allow-origin" not in before.headers


@pytest.mark.prefect
def test_another_name_than_this_machines_is_not_answered(server: dict[str, str]):
    for host in ("evil.example", "evil.example:4200", "127.0.0.1.evil.example"):
        assert asked(server, "/health", headers={"host": host}).status_code == 400


@pytest.mark.prefect
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_run_with_a_path_as_its_parameter_fails_before_anything_is_read_or_written(
    server: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    planted = tmp_path / "planted.toml"
    planted.write_text('[watcher]\ncontact = "mailto:evil@example.org"\ndatabase = "sqlite:///planted.db"\n')
    monkeypatch.chdir(tmp_path)

    async def ended(parameters: dict[str, Any]) -> State[Any]:
        deployment = await check_articles.ato_deployment("check")
        number = await deployment.aapply()
        async with get_client() as client:
            made = await client.create_flow_run_from_deployment(number, parameters=parameters)
            return await run_flow_async(check_articles, flow_run=made, parameters=parameters, return_type="state")

    with temporary_settings(
        {
            PREFECT_API_URL: server["PREFECT_API_URL"],
            PREFECT_API_AUTH_STRING: server["PREFECT_API_AUTH_STRING"],
        }
    ):
        state = asyncio.run(ended({"watchlist": str(planted)}))
    assert state.is_failed()
    assert "watchlist" in str(state.message)
    assert list(tmp_path.iterdir()) == [planted]
