"""A small wiki with a watchlist for every test that asks, on SQLite or on both engines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.world import TEXT, Clock, World
from tests.postgres import Cluster, cluster
from watcher.demo.replay import ReplayWiki
from watcher.demo.shelf import Shelf


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server: the one of WATCHER_TEST_POSTGRES, else a throw-away one from Debian's binaries."""
    with cluster(os.environ.get("WATCHER_TEST_POSTGRES")) as found:
        if found is None:
            pytest.skip("no PostgreSQL: set WATCHER_TEST_POSTGRES or run tests/postgres_install.sh")
        yield found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The wiki with one page, "Tide", which is watched and was not checked yet."""
    clock = Clock()
    with ReplayWiki(Shelf(now=clock)) as wiki:
        made = World(tmp_path, wiki, clock)
        made.edit(TEXT)
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_world(world: World, request: pytest.FixtureRequest) -> Iterator[World]:
    """The same on both engines."""
    if request.param == "sqlite":
        yield world
        return
    found: Cluster = request.getfixturevalue("postgres")
    with found.database() as address:
        world.database = address
        world.watch("Tide")
        yield world
