"""Test the Prefect server that `watcher serve` starts: only this user can reach it."""

import asyncio
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from flows.prefect_settings import client_environment, configure_prefect, server_environment
from tests.prefect_server import PrefectServer

configure_prefect()  # Prefect reads its settings when it is imported: by tests, for each process collects them all


def a_server_environment(environ: Mapping[str, str], port: int = 4200) -> dict[str, str]:
    return server_environment(environ, port)


def test_every_start_has_a_password_of_its_own_for_clients_alone_or_that_of_the_environment_with_pages():
    first, second = a_server_environment({}), a_server_environment({})
    passwords = {each["PREFECT_SERVER_API_AUTH_STRING"] for each in (first, second)}
    assert len(passwords) == 2
    assert all(len(password) > 40 for password in passwords)
    client = client_environment({"PATH": "/bin"}, first)
    assert client == {
        "PATH": "/bin",
        "PREFECT_API_URL": "http://127.0.0.1:4200/api",
        "PREFECT_API_AUTH_STRING": first["PREFECT_SERVER_API_AUTH_STRING"],
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        # behind a proxy, too, the server is asked without it
        "no_proxy": "127.0.0.1",
        "NO_PROXY": "127.0.0.1",
    }
    assert client_environment({"NO_PROXY": "wiki.test"}, first)["no_proxy"] == "wiki.test,127.0.0.1"
    server = a_server_environment({"PREFECT_SERVER_API_AUTH_STRING": "me:word"})
    assert server["PREFECT_SERVER_API_AUTH_STRING"] == "me:word"
    assert "PREFECT_SERVER_UI_ENABLED" not in server
    assert a_server_environment({})["PREFECT_SERVER_UI_ENABLED"] == "false"


def test_no_parameter_of_a_flow_is_a_path():
    from flows.deployments import apply_retention, backfill_article, check_pages, deliver_alerts, dispatch_checks

    for flow in (backfill_article, check_pages, deliver_alerts, dispatch_checks, apply_retention):
        names = set(flow.parameters.properties)
        assert not {name for name in names if any(word in name for word in ("watchlist", "path", "file", "folder"))}


@pytest.mark.slow
def test_what_looks_less_often_still_does_what_is_due_and_ends_when_it_is_asked_to():
    from docket import Docket

    from flows.prefect_server import IdleWorker, application, background_workers

    async def run() -> None:
        done = asyncio.Event()

        async def task() -> None:
            done.set()

        async with Docket(name="tests", url="memory://") as docket:
            docket.register(task)
            async with IdleWorker(docket) as worker:
                running = asyncio.create_task(worker.run_forever())
                await docket.add(task)()
                await asyncio.wait_for(done.wait(), 180)
                running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    asyncio.run(run())
    application()
    assert background_workers.Worker is IdleWorker


def test_no_connection_of_the_server_keeps_its_whole_database_in_memory(tmp_path: Path):
    from flows.prefect_server import SmallCacheConfiguration, application, dependencies

    async def pages() -> int:
        engine = await SmallCacheConfiguration(connection_url=f"sqlite+aiosqlite:///{tmp_path}/prefect.db").engine()
        async with engine.connect() as connection:
            return int((await connection.exec_driver_sql("PRAGMA cache_size")).scalar_one())

    assert asyncio.run(pages()) == -2_000  # KiB
    application()
    assert dependencies.AioSqliteConfiguration is SmallCacheConfiguration


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_the_database_is_upgraded_in_a_process_that_ends_and_none_is_served_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from flows.prefect_server import migrate

    upgraded = tmp_path / "prefect.db"

    async def upgrade() -> None:
        upgraded.parent.mkdir()
        upgraded.write_text(str(os.getpid()))

    monkeypatch.setattr("flows.prefect_server.provide_database_interface", lambda: SimpleNamespace(create_db=upgrade))
    with pytest.raises(SystemExit, match="Prefect's database could not be upgraded; see the messages above"):
        migrate()
    tmp_path.rmdir()
    migrate()
    assert int(upgraded.read_text()) != os.getpid()


def test_a_server_ends_when_its_parent_is_gone() -> None:
    from flows.prefect_server import end_with_parent

    ends, kept = os.pipe()
    over = threading.Event()
    with os.fdopen(ends, "rb") as pipe:
        end_with_parent(pipe, over.set)
        assert not over.is_set()
        os.close(kept)
        assert over.wait(10)


def asked(server: PrefectServer, path: str, *, known: bool = False, **more: Any) -> httpx.Response:
    user, _, word = server.login.partition(":")
    method = "POST" if "json" in more else "GET"
    return httpx.request(method, server.api + path, auth=(user, word) if known else None, timeout=180, **more)


@pytest.mark.prefect
def test_only_who_knows_the_password_and_one_of_its_own_names_is_answered_and_nothing_shows_it(
    prefect_server: PrefectServer,
):
    assert asked(prefect_server, "/deployments/filter", json={}).status_code == 401
    assert asked(prefect_server, "/deployments/filter", json={}, known=True).status_code == 200
    assert asked(prefect_server, "/admin/settings").status_code == 401
    for host in ("evil.example", "evil.example:4200", "127.0.0.1.evil.example"):
        assert asked(prefect_server, "/health", headers={"host": host}).status_code == 400
    password = prefect_server.login.partition(":")[2]
    assert password not in Path(f"/proc/{prefect_server.pid}/cmdline").read_text()
    assert password not in Path(prefect_server.log).read_text()


@pytest.mark.prefect
@pytest.mark.parametrize("known", [False, True])
def test_a_page_of_another_site_may_not_read_any_answer(prefect_server: PrefectServer, known: bool):  # noqa: FBT001  a case
    foreign = asked(prefect_server, "/health", known=known, headers={"origin": "http://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers
    before = httpx.options(
        prefect_server.api + "/deployments/filter",
        headers={"origin": "http://evil.example", "access-control-request-method": "POST"},
    )
    assert before.status_code == 400
    assert "access-control-allow-origin" not in before.headers
