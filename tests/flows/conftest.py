"""A small wiki with a watchlist for every test that asks, on SQLite or on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.harness import TEXT, Clock, WikiHarness
from tests.postgres import Cluster
from tests.simulators import FakeWikiServer, WikiStore


@pytest.fixture
def world(tmp_path: Path) -> Iterator[WikiHarness]:
    """The wiki with one page, "Tide", which is watched and was not checked yet."""
    clock = Clock()
    with FakeWikiServer(WikiStore(now=clock)) as wiki:
        made = WikiHarness(tmp_path, wiki, clock)
        made.edit(TEXT)
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_world(world: WikiHarness, request: pytest.FixtureRequest) -> Iterator[WikiHarness]:
    """The same on both engines."""
    if request.param == "sqlite":
        yield world
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with cluster.migrated() as address:
        world.database = address
        world.watch("Tide")
        yield world
