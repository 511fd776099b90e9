"""An empty database of each engine, and the archive on it, for every test that asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snapshots import Archive
from tests.postgres import Cluster, cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server: the one of WATCHER_TEST_POSTGRES, else a throw-away one from Debian's binaries."""
    with cluster(os.environ.get("WATCHER_TEST_POSTGRES")) as found:
        if found is None:
            pytest.skip("no PostgreSQL: set WATCHER_TEST_POSTGRES or run tests/postgres_install.sh")
        yield found


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'archive.db'}"
        return
    found: Cluster = request.getfixturevalue("postgres")
    with found.database() as address:
        yield address


@pytest.fixture
def open_archive(url: str) -> Iterator[Callable[..., Archive]]:
    """Opens the same database as often as asked, as other processes would."""
    opened: list[Archive] = []

    def another(**options: float) -> Archive:
        opened.append(Archive(url, **options))
        opened[-1].upgrade()
        return opened[-1]

    yield another
    for one in opened:
        one.close()


@pytest.fixture
def archive(open_archive: Callable[..., Archive]) -> Archive:
    """An empty archive."""
    return open_archive()
