"""A small wiki with a watchlist for every test that asks, on SQLite or on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.world import TEXT, Clock, World
from tests.postgres import Cluster
from watcher.demo.replay import ReplayWiki
from watcher.demo.shelf import Shelf


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
