"""The API over a real archive and a small wiki: an article that changed twice, and one more that can be watched."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from snapshots import Scope, Token
from tests.flows.world import CHANGED, COPY_EDITED, TEXT, Clock, World
from tests.watcher.web.conftest import TestClient
from watcher.demo.replay import ReplayWiki
from watcher.demo.shelf import Shelf
from watcher.web import app


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The wiki and what was found there, made once; tests get copies of the database."""
    clock = Clock()
    with ReplayWiki(Shelf(now=clock)) as wiki:
        made = World(tmp_path_factory.mktemp("history"), wiki, clock)
        made.edit(TEXT)
        made.edit(TEXT, "Low tide")
        made.check()
        for text in (CHANGED, COPY_EDITED, CHANGED):
            made.edit(text)
            made.check()
        yield made


@pytest.fixture
def world(history: World, tmp_path: Path) -> World:
    shutil.copy(history.folder / "watcher.db", tmp_path)
    history.wiki.recover()
    history.wiki.asked.clear()
    return World(tmp_path, history.wiki, history.clock)


@pytest.fixture
def site(world: World) -> Iterator[FastAPI]:
    with world.services() as services:
        yield app(services.archive, services.watchlist, now=world.clock, services=services)


@pytest.fixture
def asking(site: FastAPI) -> Callable[..., TestClient]:
    """A program with a token of some scope; None: without any."""

    def client(scope: Scope | None = Scope.ADMIN) -> TestClient:
        made = TestClient(site, base_url="http://127.0.0.1", raise_server_exceptions=False)
        if scope is not None:
            accounts = site.state.doors.accounts
            if accounts.token(f"secret-{scope}") is None:
                accounts.add_token(
                    Token(name=f"bot-{scope}", scope=scope, at=site.state.doors.now()), f"secret-{scope}"
                )
            made.headers["authorization"] = f"Bearer secret-{scope}"
        return made

    return client


@pytest.fixture
def bot(asking: Callable[..., TestClient]) -> TestClient:
    return asking()
