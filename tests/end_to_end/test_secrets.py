"""Test that planted passwords, tokens and URLs reach no log, error, report, artifact, message or database."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.command import run_watcher
from tests.flows.harness import CHANGED, TEXT, Clock, WikiHarness
from tests.simulators import FakeWikiServer, WebhookReceiver, WikiStore
from tests.watcher.web.conftest import WebClient
from watcher.services.operations.startup import open_context
from watcher.web import create_app

ROOT = Path(__file__).resolve().parents[2]
MARK = "S3CR3T"  # in every planted secret
SECRETS = {
    "basic": "json://user:S3CR3Tpass@127.0.0.1:{port}/S3CR3Tpath",
    "header": "json://127.0.0.1:{port}/?+Authorization=S3CR3Tbearer",
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])])
def installation(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[WikiHarness, WebhookReceiver, dict[str, str]]]:
    """A checked page, a receiver that refuses most, destinations full of secrets, and the environment with them."""
    clock = Clock()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WATCHER_DEBUG": "1"}
    with (
        FakeWikiServer(WikiStore(now=clock)) as wiki,
        WebhookReceiver(["404", "503", "close"]) as box,
        database_url(request) as url,
    ):
        world = WikiHarness(tmp_path, wiki, clock)
        environment["DATABASE"] = url
        if url:
            world.database = "env:DATABASE"
        environment["HOOK"] = f"json://127.0.0.1:{box.port}/S3CR3Tenv"
        world.receiver = "env:HOOK"
        world.extra_settings = "".join(
            f'\n[[destination]]\nname = "{name}"\nurl = "{secret.format(port=box.port)}"\n'
            for name, secret in SECRETS.items()
        )
        world.extra_settings += 'payload = "json"\nsecret = "env:SIGNING"\n'  # of the last one
        environment["SIGNING"] = "S3CR3Tsigning" * 2
        world.watch("Tide")
        world.edit(TEXT)
        yield world, box, environment


@contextmanager
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a PostgreSQL database with a password in it, or nothing for SQLite."""
    if request.param != "postgres":
        yield ""
        return
    with request.getfixturevalue("postgres").migrated() as address:
        url = make_url(address)
        yield url.set(password=url.password or "S3CR3Tdb").render_as_string(hide_password=False)


def run(world: WikiHarness, environment: dict[str, str], *words: str) -> str:
    """All that a command says, with its traceback where there is one."""
    done = run_watcher(world.folder, *words, "--watchlist", str(world.path), environ=environment)
    return done.stdout + done.stderr


def dump(world: WikiHarness, url: str) -> str:
    """Every row of the database in clear."""
    if not url:
        with closing(sqlite3.connect(world.folder / "watcher.db")) as file:
            return "\n".join(file.iterdump())
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)) as server:
        tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return "\n".join(str(server.execute(f'SELECT * FROM "{name}"').fetchall()) for (name,) in tables)  # type: ignore[arg-type]


def test_no_planted_secret_comes_out_anywhere(installation: tuple[WikiHarness, WebhookReceiver, dict[str, str]]):
    world, box, environment = installation
    written = [run(world, environment, "check")]
    world.edit(CHANGED)
    written += [
        run(world, environment, *words) for words in (["check"], ["status"], ["deliver", "--retry-dead"], ["status"])
    ]
    written += [run(world, environment, "notify", "--test"), run(world, environment, "mute")]
    assert "✗" in "".join(written)  # something was refused, so that errors were written
    kept = [path.read_text(encoding="utf-8") for path in (world.folder / "reports").glob("*")]
    assert kept
    texts = {"output": "\n".join(written), "reports": "\n".join(kept), "database": dump(world, environment["DATABASE"])}
    assert "JSON: answered" in texts["database"]  # the delivery log is in the dump
    messages = "\n".join(letter.body.decode() for letter in box.requests)
    for name, text in (texts | {"messages": messages}).items():
        assert MARK not in text, f"a secret in the {name}"


def test_no_page_of_the_server_shows_a_secret(installation: tuple[WikiHarness, WebhookReceiver, dict[str, str]]):
    world, _, environment = installation
    run(world, environment, "check")
    world.edit(CHANGED)
    run(world, environment, "check")
    with open_context(world.path, environment, now=world.clock, attempts=1) as services:
        site = WebClient(create_app(services), base_url="http://127.0.0.1:8765")
        with site:
            pages = visited(site)
    assert {"/", "/metrics", "/readyz"} <= pages.keys()
    assert "25 million" in "".join(pages.values())
    assert [path for path, text in pages.items() if MARK in text] == []


def visited(site: WebClient) -> dict[str, str]:
    """Pages by their path: those that are told here, and what they link to, forty in all."""
    waiting, pages = ["/", "/metrics", "/healthz", "/readyz"], dict[str, str]()
    while waiting and len(pages) < 40:
        path = waiting.pop(0)
        if path in pages:
            continue
        answer = site.get(path)
        pages[path] = f"{answer.headers} {answer.text}"
        waiting += [result.partition("#")[0] for result in re.findall(r'href="(/[^"]*)"', answer.text)]
    return pages
