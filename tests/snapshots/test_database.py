import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, make_url
from sqlmodel import select

from snapshots import Archive
from snapshots.database import insert_or_ignore
from snapshots.tables import TextRow
from snapshots.upgrade import migrate
from tests.cases import for_each, parametrize_each
from tests.postgres import Cluster
from tests.snapshots.builders import NOW, PAGE, a_snapshot, checked_up_to
from watcher.errors import StoreError, WatcherError

pytestmark = pytest.mark.dialect

SECRET = "pl4nted-s3cret"


@contextlib.contextmanager
def refused(expected: str) -> Iterator[pytest.ExceptionInfo[StoreError]]:
    """A StoreError of one line, without the password."""
    with pytest.raises(StoreError, match=expected) as caught:
        yield caught
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


@for_each(("url", "expected"))
def test_a_url_that_cannot_be_used_is_refused_without_being_shown(url: str, expected: str):
    with refused(expected):
        Archive(url.replace("SECRET", SECRET))


@parametrize_each("url")
def test_a_server_that_does_not_answer_is_named_in_one_line_without_the_password(url: str):
    with (
        Archive(url.replace("SECRET", SECRET), timeout=2) as archive,
        refused("^database watcher on .* cannot be reached"),
    ):
        archive.articles.list_all()


@pytest.mark.postgres
def test_a_wrong_password_is_not_repeated(postgres: Cluster):
    url = make_url(postgres.url).set(username="nobody", password=SECRET)
    with Archive(url.render_as_string(hide_password=False)) as archive, refused("^database "):
        archive.articles.list_all()


def hold_the_lock(url: str) -> Any:
    """A connection that keeps everybody else from writing about the page."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        return connection
    server = psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    server.execute("SELECT 1 FROM article FOR UPDATE")
    return server


def test_a_locked_database_is_reported_in_one_line_and_works_again_afterwards(url: str, archive: Archive):
    checked_up_to(archive, 1)
    with Archive(url, timeout=0.5) as hasty:
        lock = hold_the_lock(url)
        with refused("is locked by another process: try again later"):
            hasty.articles.record_checks([PAGE], NOW)
        assert hasty.articles.list_all() == (PAGE,), "reading goes on"
        lock.close()
        hasty.articles.record_checks([PAGE], NOW)


def test_a_full_disk_loses_nothing_that_was_committed(tmp_path: Path):
    with Archive(f"sqlite:///{tmp_path / 'archive.db'}") as archive:
        archive.upgrade()
        checked_up_to(archive, 2)
        event.listen(
            archive.database._engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 60")
        )
        archive.close()
        noise = os.urandom(400_000).hex()
        with pytest.raises(StoreError, match="has no space left: free some, nothing was written"):
            archive.revisions.store(PAGE, [a_snapshot(3), a_snapshot(4, noise)])
        assert [revision.id for revision in archive.revisions.of_article(PAGE)] == [1, 2]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("missing/archive.db", None, "cannot be opened: does its folder exist"),
        ("archive.db", b"These are the words of a text file, not a database.\n" * 99, "is damaged or not SQLite"),
    ],
)
def test_a_file_that_is_no_database_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes | None, expected: str
):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with Archive(f"sqlite:///{path}") as archive, refused(f"{path}.*{expected}"):
        archive.upgrade()
    assert content is None or path.read_bytes() == content


def test_a_database_that_may_only_be_read_is_read_and_says_why_it_is_not_written(tmp_path: Path):
    path = tmp_path / "archive.db"
    with Archive(f"sqlite:///{path}") as archive:
        archive.upgrade()
        checked_up_to(archive, 2)
    # The same as a file without write permission, which would not stop root.
    with Archive(f"sqlite:///file:{path}?mode=ro&uri=true") as archive:
        assert archive.revisions.snapshot("en", 2).wikitext == a_snapshot(2).wikitext
        with pytest.raises(StoreError, match="cannot be written: check the permissions"):
            archive.articles.record_checks([PAGE], NOW)


@pytest.mark.postgres
def test_a_user_who_may_not_write_gets_that_as_the_error(postgres: Cluster):
    with postgres.migrated() as url:
        with Archive(url) as archive:
            checked_up_to(archive, 1)
        with Archive(f"{url}?options=-c%20default_transaction_read_only%3Don") as reader:
            assert reader.articles.list_all() == (PAGE,)
            with pytest.raises(StoreError, match="cannot be written"):
                reader.articles.record_checks([PAGE], NOW)


def test_sqlite_runs_with_the_settings_that_lose_nothing(tmp_path: Path):
    with Archive(f"sqlite:///{tmp_path / 'archive.db'}", timeout=7) as archive:
        archive.upgrade()
        with archive.database.read() as session:
            connection = session.connection()
            result = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
    assert result == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 7000}


def sleep_beyond_the_limit(archive: Archive) -> None:
    with archive.database.read() as session:
        session.connection().exec_driver_sql("SET LOCAL statement_timeout = '1s'")
        session.connection().exec_driver_sql("SELECT pg_sleep(300)")


@pytest.mark.postgres
def test_a_statement_that_takes_too_long_is_not_taken_for_a_lock(postgres: Cluster):
    reason = "took too long for one statement"
    with postgres.migrated() as url, Archive(url) as archive, pytest.raises(StoreError, match=reason):
        sleep_beyond_the_limit(archive)


@pytest.mark.postgres
def test_postgres_waits_for_nothing_longer_than_the_timeout(postgres: Cluster):
    with postgres.migrated() as url, Archive(url, timeout=7) as archive, archive.database.read() as session:
        connection = session.connection()
        result = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in ("lock_timeout", "statement_timeout")
        }
        with archive.database.connection() as upgraded:
            migrate(upgraded, "")
            result["a migration"] = upgraded.exec_driver_sql("SHOW statement_timeout").scalar()
    assert result == {"lock_timeout": "7s", "statement_timeout": "42s", "a migration": "0"}


@pytest.mark.postgres
def test_a_server_that_ends_a_connection_is_reported_and_the_next_call_connects_again(postgres: Cluster):
    with postgres.migrated() as url, Archive(url) as archive:
        checked_up_to(archive, 1)
        with pytest.raises(StoreError, match="shut down or restarted meanwhile: try again later"):  # noqa: PT012, SIM117
            with archive.database.write() as session:
                own = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                postgres.run(f"SELECT pg_terminate_backend({own})")
                session.connection().exec_driver_sql("UPDATE article SET title = 'gone'")
        assert archive.articles.list_all() == (PAGE,)


@pytest.mark.postgres
def test_idle_connections_that_a_restart_ended_are_replaced_unseen(postgres: Cluster):
    with postgres.migrated() as url, Archive(url) as archive:
        checked_up_to(archive, 1)
        name = make_url(url).database
        postgres.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        assert archive.articles.list_all() == (PAGE,)


def test_what_is_raised_inside_a_transaction_undoes_it(archive: Archive):
    archive.articles.register(PAGE, NOW)
    with contextlib.suppress(WatcherError), archive.database.write() as session:
        session.connection().exec_driver_sql("UPDATE article SET title = 'gone'")
        raise WatcherError("stop")
    assert archive.articles.list_all() == (PAGE,)


def a_row(digest: bytes, body: bytes) -> dict[str, Any]:
    return {"digest": digest, "base_id": None, "number": 0, "size": len(body), "body": body}


def test_a_row_with_a_known_key_is_left_as_it_is_and_the_others_are_inserted(archive: Archive):
    with archive.database.write() as session:
        insert_or_ignore(session, TextRow, [a_row(b"1", b"first")])
        insert_or_ignore(session, TextRow, [a_row(b"1", b"second"), a_row(b"2", b"third")])
        insert_or_ignore(session, TextRow, [])
        assert sorted(session.exec(select(TextRow.body))) == [b"first", b"third"]
