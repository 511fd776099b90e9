"""Provide an empty database of each engine, and the archive on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snapshots import Archive
from tests.databases import empty_database


@pytest.hookimpl(tryfirst=True)  # before `-m` deselects tests
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests on PostgreSQL as slow, except those that depend on the engine (the mark `dialect`)."""
    for item in items:
        call = getattr(item, "callspec", None)
        if call and call.params.get("engine") == "postgres" and not item.get_closest_marker("dialect"):
            item.add_marker(pytest.mark.slow)


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


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with all tables and no rows."""
    if engine == "sqlite":
        (tmp_path / "archive.db").write_bytes(empty_database())
        yield f"sqlite:///{tmp_path / 'archive.db'}"
        return
    with request.getfixturevalue("postgres").migrated() as address:
        yield address


@pytest.fixture
def open_archive(url: str) -> Iterator[Callable[..., Archive]]:
    """Open the same database several times, as other processes would."""
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
