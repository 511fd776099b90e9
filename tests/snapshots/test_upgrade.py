"""Test the tables and their migrations, and upgrade databases that earlier states made (tests/data/databases)."""

import json
import shutil
from datetime import UTC, datetime
from io import BytesIO
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import zstandard
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import MetaData, inspect, make_url, select
from sqlalchemy.dialects import sqlite

import snapshots
from snapshots import Archive, DeliveryState, FindingFilter, tables
from snapshots import upgrade as upgrading
from snapshots.backup import restore, write_backup
from snapshots.review_records import ReviewAction, ReviewDecision, ReviewState
from snapshots.upgrade import BEFORE_FIRST, HEAD, all_tables
from tests.cases import parametrize_each
from tests.snapshots.builders import NOW, PAGE, checked_up_to
from tests.snapshots.workers import at_once
from tests.watcher.history_helpers import START, events_of
from watcher.errors import InputError, StoreError
from watcher.model import Article, Dialect
from watcher.services.history.ledger import read_timelines, record_history

pytestmark = pytest.mark.dialect


def table_names(archive: Archive) -> set[str]:
    with archive.database.connection() as connection:
        return set(inspect(connection).get_table_names())


def test_the_migrations_make_exactly_the_tables_of_the_rows_and_lead_away_and_back(archive: Archive):
    with archive.database.connection() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, all_tables()) == []
    checked_up_to(archive, 3)
    with archive.database.connection() as connection:
        upgrading.migrate(connection, "database test", target="base")
    assert table_names(archive) == {"alembic_version"}
    archive.upgrade()
    checked_up_to(archive, 3)
    assert archive.revisions.cursor(PAGE) is not None


def test_the_newest_migration_is_the_one_asked_for_and_every_constraint_has_a_name():
    scripts = ScriptDirectory(str(Path(snapshots.__file__).with_name("migrations")))
    assert scripts.get_current_head() == HEAD
    nameless = [
        f"{table.name}: {constraint!r}"
        for table in all_tables().tables.values()
        for constraint in table.constraints
        if not constraint.name
    ]
    assert nameless == []


def test_an_empty_database_has_no_schema_and_an_upgraded_one_the_newest(empty_url: str):
    with Archive(empty_url) as archive:
        assert archive.schema_version() is None
        for _ in range(2):
            archive.upgrade()
            assert archive.schema_version() == HEAD


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


NEXT = f"{int(HEAD) + 1:04}"
NEXT_MIGRATION = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{NEXT}", "{HEAD}", None, None


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
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{HEAD}'")
    with Archive(empty_url) as archive:
        assert [
            archive.revisions.snapshot("en", revision.id) for revision in archive.revisions.of_article(PAGE)
        ] == before
        assert archive.revisions.cursor(PAGE) is not None


def archive_schema(archive: Archive) -> str | None:
    with archive.database.connection() as connection:
        return upgrading.schema_version(connection)


@pytest.mark.slow
def test_processes_that_upgrade_at_once_do_not_disturb_each_other(empty_url: str):
    at_once(empty_url, "upgrade", *[()] * 3)
    with Archive(empty_url) as archive:
        assert archive.articles.list_all() == ()


@parametrize_each("version, method, expected")
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


KEPT = Path(__file__).parents[1] / "data" / "databases"
DEMO = Article(wiki="demowiki", page_id=7, title="Human trafficking")


def kept(release: str, engine: str) -> bytes:
    """A database as that release made it: SQLite's file, or what pg_dump wrote of one in PostgreSQL."""
    name = f"{release}.{'sqlite' if engine == 'sqlite' else 'postgresql'}.zst"
    return zstandard.ZstdDecompressor().decompress((KEPT / name).read_bytes())


@pytest.fixture
def old_url(engine: str, empty_url: str) -> str:
    """The URL of a copy of the database that f3d65433 made."""
    content = kept("f3d65433", engine)
    if engine == "sqlite":
        Path(make_url(empty_url).database or "").write_bytes(content)
        return empty_url
    import psycopg

    plain = make_url(empty_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(content.decode())
    return empty_url


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows by table, in the order of their keys."""
    with Archive(url) as archive, archive.database.connection() as connection:
        tables = MetaData()
        tables.reflect(connection)
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in tables.sorted_tables
        }


def test_a_database_of_before_the_first_migration_had_its_final_form_is_refused_as_it_is(tmp_path: Path):
    file = tmp_path / "archive.db"
    file.write_bytes(kept("78f45be", "sqlite"))  # which had ten migrations before those of today
    with Archive(f"sqlite:///{file}") as archive:
        assert archive.schema_version() == BEFORE_FIRST
        for use in (archive.articles.list_all, archive.upgrade):
            with pytest.raises(StoreError, match="with the program of commit"):
                use()
        with pytest.raises(InputError, match="copy the database itself"):
            write_backup(archive, BytesIO(), NOW)


def test_a_kept_database_has_all_that_it_had_after_the_upgrade_and_is_written_on(old_url: str):
    before = contents(old_url)
    with Archive(old_url) as archive:
        archive.upgrade()
        assert archive.schema_version() == HEAD
        with archive.database.connection() as connection:  # a migration that was edited would not be made up for
            assert (
                compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), all_tables())
                == []
            )
        assert archive.revisions.find_corrupt_texts() == ()
        cursor = archive.revisions.cursor(DEMO)
        assert cursor is not None
        assert cursor.id == 19
        assert len(archive.revisions.of_article(DEMO)) == len(before["revision"]) == 13
        assert "25 million" in archive.revisions.snapshot("demowiki", 10).wikitext
        assert [user.name for user in archive.accounts.users()] == ["Ann"]
        assert {mute.words for mute in archive.mutes.list_open()} == {"ports"}
        sent = archive.outbox.newest(limit=100, state=DeliveryState.SENT)
        assert {delivery.destination for delivery in sent} == {"inbox"}
        assert {delivery.alert.article for delivery in sent} == {DEMO}
        assert sum(len(delivery.log) for delivery in sent) == len(before["attempt"])
        states = [finding.state for finding in archive.findings.search(FindingFilter(states=()), limit=999)]
        assert (states.count(ReviewState.ACKNOWLEDGED), states.count(ReviewState.MUTED)) == (2, 1)
        after = contents(old_url)
        for table in ("revision", "text", "comparison", "finding", "alert", "delivery", "attempt", "token", "mute"):
            assert len(after[table]) == len(before[table]), table
        # New rows have numbers of their own.
        archive.events.record(DEMO, "overdue", "last checked yesterday", NOW)
        assert archive.events.of_article(DEMO, 1)[0].kind == "overdue"
        ids = [each.id for each in archive.reviews.open_findings(DEMO, 1)]
        decided = archive.reviews.decide(ids, ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "Ben", NOW)
        assert decided.batch > 6  # the events that the release had stored


# Written by the release before the ledger after two checks of a page with three edits: the second alert was sent for
# the first, one finding was acknowledged, sentences with a word were muted, and the history was followed.
BACKUP = Path(__file__).with_name("release_0001.backup")
TIDE = Article(wiki="w", page_id=1, title="Tide")


def test_a_backup_of_the_release_before_the_ledger_is_restored_whole_and_its_ledger_can_be_filled(empty_url: str):
    with Archive(empty_url) as archive:
        with BACKUP.open("rb") as file:
            restore(archive, file, BACKUP.name, force=False)
        findings = archive.findings.search(FindingFilter(states=()), limit=9)
        assert sorted((item.id, item.kind, item.state.value) for item in findings) == [
            (1, "statistic.changed", "open"),
            (2, "statistic.changed", "acknowledged"),
            (3, "prose.changed", "open"),
        ]
        assert [record.findings for record in archive.comparisons.of_article(TIDE)] == [2, 1]
        assert [mute.words for mute in archive.mutes.list_open()] == ["table"]
        assert [(item.id, item.state.value) for item in archive.outbox.newest()] == [(2, "sent"), (1, "replaced")]
        assert [fact.fact.new for fact in archive.sent_facts.stated(TIDE, findings[0].at)[0]] != []
        (article,) = archive.articles.without_ledger(["w"], 5)
        record_history(archive, article, Dialect(), START)
        assert archive.articles.without_ledger(["w"], 5) == ()
        timelines = read_timelines(archive, TIDE, Dialect())
        assert [events_of(item) for item in timelines if item.subject == "statistic"] == [
            [
                (1, "added", "21 million"),
                (2, "changed", "25 million"),
                (3, "changed", "21 million"),
                (4, "changed", "900 million"),
            ]
        ]
