"""An empty database of each engine, and the archive on it, for every test that asks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import make_url

from snapshots import Archive


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> str:
    """Every test that stores something runs on both engines."""
    return str(request.param)


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'archive.db'}"
        return
    with request.getfixturevalue("postgres").database() as address:
        yield address


@pytest.fixture(scope="session")
def template(engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database with all tables, to be copied: faster than migrating for each test."""
    with ExitStack() as stack:
        if engine == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('template') / 'archive.db'}"
        else:
            url = stack.enter_context(request.getfixturevalue("postgres").database())
        with Archive(url) as first:
            first.upgrade()
        yield url


@pytest.fixture
def url(engine: str, template: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with all tables and no rows."""
    name = make_url(template).database or ""
    if engine == "sqlite":
        yield f"sqlite:///{shutil.copy(name, tmp_path)}"
        return
    with request.getfixturevalue("postgres").database(name) as address:
        yield address


@pytest.fixture
def open_archive(url: str) -> Iterator[Callable[..., Archive]]:
    """Opens the same database as often as asked, as other processes would."""
    opened: list[Archive] = []

    def another(**options: float) -> Archive:
        opened.append(Archive(url, **options))
        return opened[-1]

    yield another
    for archive in opened:
        archive.close()


@pytest.fixture
def archive(open_archive: Callable[..., Archive]) -> Archive:
    """An archive without rows."""
    return open_archive()
