"""Provide a small wiki with a watchlist, on SQLite or on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.harness import WikiHarness, small_wiki
from tests.postgres import Cluster


@pytest.fixture
def world(tmp_path: Path) -> Iterator[WikiHarness]:
    with small_wiki(tmp_path) as made:
        yield made


def _on_engine(world: WikiHarness, request: pytest.FixtureRequest) -> Iterator[WikiHarness]:
    if request.param == "sqlite":
        yield world
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with cluster.migrated() as address:
        world.database = address
        world.watch("Tide")
        yield world


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def each_world(world: WikiHarness, request: pytest.FixtureRequest) -> Iterator[WikiHarness]:
    """The same on each engine: for leases, commits and deliveries, which depend on the locks of the engine."""
    yield from _on_engine(world, request)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])])
def either_world(world: WikiHarness, request: pytest.FixtureRequest) -> Iterator[WikiHarness]:
    """The same, with PostgreSQL in the long form: the queries below are tested on each engine in tests/snapshots."""
    yield from _on_engine(world, request)
