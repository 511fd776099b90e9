"""Provide the API over a real archive and a small wiki: an article that changed twice, and one not watched yet."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from snapshots import ApiToken, Scope
from tests.flows.harness import CHANGED, TEXT, Clock, WikiHarness
from tests.simulators import FakeWikiServer, WikiStore
from tests.watcher.web.conftest import WebClient
from watcher.web import create_app


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WikiHarness]:
    """The wiki and what was found there, made once; tests get copies of the database."""
    clock = Clock()
    with FakeWikiServer(WikiStore(now=clock)) as wiki:
        made = WikiHarness(tmp_path_factory.mktemp("history"), wiki, clock)
        made.edit(TEXT)
        made.edit(TEXT, "Low tide")
        made.check()
        for text in (TEXT.replace("21 million", "19 million"), TEXT.replace("21 million", "30 million"), CHANGED):
            made.edit(text)
            made.check()
        yield made


@pytest.fixture
def world(history: WikiHarness, tmp_path: Path) -> WikiHarness:
    shutil.copy(history.folder / "watcher.db", tmp_path)
    history.wiki.recover()
    history.wiki.requests.clear()
    return WikiHarness(tmp_path, history.wiki, history.clock)


@pytest.fixture
def site(world: WikiHarness) -> Iterator[FastAPI]:
    with world.services() as services:
        yield create_app(services.archive, services.watchlist, now=world.clock, services=services)


@pytest.fixture
def asking(site: FastAPI) -> Callable[..., WebClient]:
    """A program with a token of some scope; None: without any."""

    def client(scope: Scope | None = Scope.ADMIN) -> WebClient:
        made = WebClient(site, base_url="http://127.0.0.1", raise_server_exceptions=False)
        if scope is not None:
            accounts = site.state.authenticator.accounts
            if accounts.token(f"secret-{scope}") is None:
                accounts.add_token(
                    ApiToken(name=f"bot-{scope}", scope=scope, at=site.state.authenticator.now()), f"secret-{scope}"
                )
            made.headers["authorization"] = f"Bearer secret-{scope}"
        return made

    return client


@pytest.fixture
def bot(asking: Callable[..., WebClient]) -> WebClient:
    return asking()
