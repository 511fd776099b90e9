from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect
from sqlalchemy.dialects import sqlite

import snapshots
from snapshots import Archive, tables
from snapshots import upgrade as upgrading
from tests.snapshots.builders import PAGE, checked_up_to
from tests.snapshots.workers import at_once
from watcher.errors import StoreError

pytestmark = pytest.mark.dialect


def table_names(archive: Archive) -> set[str]:
    with archive.database.connection() as connection:
        return set(inspect(connection).get_table_names())


def test_the_migrations_make_exactly_the_tables_of_the_rows(archive: Archive):
    with archive.database.connection() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, upgrading.all_tables()) == []


def test_the_newest_migration_is_the_one_the_program_asks_for():
    scripts = ScriptDirectory(str(Path(snapshots.__file__).with_name("migrations")))
    assert scripts.get_current_head() == upgrading.HEAD


def test_an_empty_database_has_no_schema_and_an_upgraded_one_the_newest(empty_url: str):
    with Archive(empty_url) as archive:
        assert archive.schema_version() is None
        for _ in range(2):
            archive.upgrade()
            assert archive.schema_version() == upgrading.HEAD


def test_a_used_database_can_be_migrated_away_and_back(archive: Archive):
    checked_up_to(archive, 3)
    archive.upgrade("base")
    assert table_names(archive) == {"alembic_version"}
    archive.upgrade()
    checked_up_to(archive, 3)
    assert archive.revisions.cursor(PAGE) is not None


DIALECT = sqlite.dialect()
anything = st.text(st.characters())


@given(anything)
def test_words_become_what_every_engine_stores(words: str):
    bound = tables.SafeText().process_bind_param(words, DIALECT)
    assert bound is not None
    assert "\0" not in bound
    assert bound.encode().decode() == bound


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_ordinary_words_are_not_touched(words: str):
    assert tables.SafeText().process_bind_param(words, DIALECT) == words


@given(st.recursive(st.none() | st.booleans() | st.integers() | anything, lambda inner: st.lists(inner, max_size=3)))
def test_json_of_any_words_is_ascii_and_comes_back(value: object):
    bound = tables.JsonText().process_bind_param(value, DIALECT)
    assert bound.isascii()
    assert "\0" not in bound
    assert tables.JsonText().process_result_value(bound, DIALECT) == value == json.loads(bound)


@pytest.mark.parametrize("given_back", [datetime(2026, 3, 1, 12), datetime(2026, 3, 1, 12, tzinfo=UTC)])  # noqa: DTZ001
def test_a_time_is_utc_whether_or_not_the_engine_knows_zones(given_back: datetime):
    timestamp = tables.UTCDateTime().process_result_value(given_back, DIALECT)
    assert timestamp == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", [tables.SafeText, tables.UTCDateTime])
def test_nothing_stays_nothing(kind: type[tables.SafeText | tables.UTCDateTime]):
    assert kind().process_bind_param(None, DIALECT) is None
    assert tables.JsonText().process_result_value(None, DIALECT) is None
    assert tables.UTCDateTime().process_result_value(None, DIALECT) is None


def test_every_constraint_has_a_name_by_which_a_migration_can_alter_it():
    nameless = [
        f"{table.name}: {constraint!r}"
        for table in upgrading.all_tables().tables.values()
        for constraint in table.constraints
        if not constraint.name
    ]
    assert nameless == []


NEXT = f"{int(upgrading.HEAD) + 1:04}"
NEXT_MIGRATION = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{NEXT}", "{upgrading.HEAD}", None, None


def upgrade() -> None:
    with op.batch_alter_table("revision") as table:
        table.add_column(sa.Column("remark", sa.Text(), nullable=True))
"""


def test_a_database_of_this_release_keeps_all_that_it_knew_in_the_next_migration(empty_url: str, tmp_path: Path):
    """The next migration is made up."""
    folder = tmp_path / "migrations"
    shutil.copytree(upgrading.MIGRATIONS, folder)
    (folder / "versions" / f"{NEXT}_next.py").write_text(NEXT_MIGRATION)
    with Archive(empty_url) as archive:
        archive.upgrade()
        checked_up_to(archive, 3)
        before = [archive.revisions.snapshot("en", revision.id) for revision in archive.revisions.of_article(PAGE)]
        with archive.database.connection() as connection:
            upgrading.migrate(connection, "database test", folder=folder)
        assert archive_schema(archive) == NEXT
        with archive.database.connection() as connection:
            # Read by this release again.
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{upgrading.HEAD}'")
    with Archive(empty_url) as archive:
        assert [
            archive.revisions.snapshot("en", revision.id) for revision in archive.revisions.of_article(PAGE)
        ] == before
        assert archive.revisions.cursor(PAGE) is not None


def archive_schema(archive: Archive) -> str | None:
    with archive.database.connection() as connection:
        return upgrading.schema_version(connection)


def test_processes_that_upgrade_at_once_do_not_disturb_each_other(empty_url: str):
    at_once(empty_url, "upgrade", *[()] * 4)
    with Archive(empty_url) as archive:
        assert archive.articles.list_all() == ()


@pytest.mark.parametrize(
    ("version", "method", "expected"),
    [
        ("9999", "articles.list_all", "newer release"),
        ("0000", "articles.list_all", "older schema"),
        ("9999", "upgrade", "upgrade the program"),
    ],
)
def test_a_database_of_another_release_is_not_touched(
    url: str, archive: Archive, version: str, method: str, expected: str
):
    with archive.database.connection() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
    with Archive(url) as other, pytest.raises(StoreError, match=expected):
        attrgetter(method)(other)()


def test_an_upgrade_that_fails_half_way_leaves_nothing_behind(empty_url: str):
    with Archive(empty_url) as archive:
        with archive.database.connection() as connection:
            connection.exec_driver_sql("CREATE TABLE delivery (id INTEGER)")  # in the way of the real one
        with pytest.raises(StoreError):
            archive.upgrade()
        assert table_names(archive) == {"delivery"}


def test_rows_that_would_point_nowhere_stop_a_migration(tmp_path: Path):
    with Archive(f"sqlite:///{tmp_path / 'archive.db'}") as archive:
        archive.upgrade()
        with archive.database.connection() as connection:
            connection.exec_driver_sql(
                "INSERT INTO event (article_id, event_group, kind, detail, at) VALUES (9, 'a', 'a', 'a', '2026-01-01')"
            )
        with (
            archive.database.connection() as connection,
            pytest.raises(StoreError, match="1 rows would reference nothing"),
        ):
            upgrading.migrate(connection, "database test")
