import io
import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import inspect

from snapshots import Archive, DeliveryState
from snapshots.backup import _END as END
from snapshots.backup import read_manifest, restore
from snapshots.upgrade import HEAD
from tests.cases import for_each
from tests.databases import empty_database
from tests.snapshots.builders import NOW, PAGE, a_check, a_snapshot, backup, checked_up_to, deliver_all
from watcher.errors import InputError, StoreError


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A backup, made on SQLite: of seven checks, one of them leased."""
    path = tmp_path_factory.mktemp("source") / "source.db"
    path.write_bytes(empty_database())
    with Archive(f"sqlite:///{path}") as source:
        checked_up_to(source, 7)
        source.leases.acquire_page(PAGE, "somebody", NOW, 600)
        return backup(source).getvalue()


@pytest.fixture
def saved(written: bytes) -> io.BytesIO:
    return io.BytesIO(written)


SHAPE = """
SELECT string_agg(line, chr(10) ORDER BY line) FROM (
  SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS line
    FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT version_num FROM alembic_version
  UNION ALL SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS lines"""


def shape(archive: Archive) -> list[str]:
    """The columns, indexes and constraints of all tables."""
    with archive.database.connection() as connection:
        if connection.dialect.name == "postgresql":
            return str(connection.exec_driver_sql(SHAPE).scalar()).splitlines()
        rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql")
        return [str(row[0]) for row in rows]


@pytest.mark.dialect
def test_on_either_engine_an_empty_database_becomes_what_was_backed_up_and_work_goes_on(
    archive: Archive, saved: io.BytesIO
):
    new = shape(archive)
    assert len(new) > 50
    tracked = restore(archive, saved, "b", force=False)
    assert shape(archive) == new
    assert archive.revisions.find_corrupt_texts() == ()
    assert archive.articles.list_all() == (PAGE,)
    assert [revision.id for revision in archive.revisions.of_article(PAGE)] == [1, 2, 3, 4, 5, 6, 7]
    assert archive.revisions.snapshot("en", 7) == a_snapshot(7)
    assert len(archive.outbox.newest()) == 12
    assert read_manifest(backup(archive), "again").rows == tracked.rows
    assert archive.comparisons.commit(a_check(8))
    assert archive.leases.acquire_page(PAGE, "me", NOW, 60)
    deliver_all(archive, NOW + timedelta(days=1))
    assert len(archive.outbox.newest(state=DeliveryState.SENT)) == 14


@pytest.fixture
def in_use(archive: Archive) -> Archive:
    checked_up_to(archive, 2)
    return archive


def test_a_database_in_use_is_not_replaced_unless_forced(in_use: Archive, saved: io.BytesIO):
    with pytest.raises(InputError, match=r"is not empty.*--force"):
        restore(in_use, saved, "b", force=False)
    assert len(in_use.revisions.of_article(PAGE)) == 2
    restore(in_use, saved, "b", force=True)
    assert len(in_use.revisions.of_article(PAGE)) == 7


NEXT_RELEASE = (
    "ALTER TABLE revision ADD COLUMN remark TEXT",
    "CREATE TABLE translation (id INTEGER PRIMARY KEY, article_id BIGINT REFERENCES article (id))",
    "INSERT INTO translation SELECT id, id FROM article",
    "ALTER TABLE token RENAME COLUMN digest TO checksum",
    "UPDATE alembic_version SET version_num = '9999'",
)


@pytest.fixture
def newer_url(url: str) -> str:
    """The database of a newer release; there is none as yet, so its migration is made up."""
    with Archive(url) as archive:
        checked_up_to(archive, 2)
        with archive.database.connection() as connection:
            for statement in NEXT_RELEASE:
                connection.exec_driver_sql(statement)
    return url


def test_a_backup_replaces_the_database_of_a_newer_release(newer_url: str, saved: io.BytesIO):
    """This is how a release is rolled back."""
    with Archive(newer_url) as archive:
        with pytest.raises(InputError, match=r"is not empty.*--force"):
            restore(archive, saved, "b", force=False)
        with pytest.raises(InputError, match=r"^database .* of a newer release: upgrade the program$"):
            backup(archive)
        restore(archive, saved, "b", force=True)
    with Archive(newer_url) as archive:
        assert (archive.schema_version(), len(archive.revisions.of_article(PAGE))) == (HEAD, 7)
        assert archive.comparisons.commit(a_check(8))
        with archive.database.connection() as connection:
            assert "translation" not in inspect(connection).get_table_names()


def test_a_restore_that_fails_leaves_the_database_of_a_newer_release(newer_url: str, saved: io.BytesIO):
    with Archive(newer_url) as archive:
        with pytest.raises(InputError):
            restore(archive, io.BytesIO(saved.getvalue()[:-40]), "b", force=True)
        with archive.database.connection() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM translation").scalar() == 1


@pytest.mark.dialect
def test_a_restore_that_fails_leaves_what_was_there(in_use: Archive, saved: io.BytesIO):
    class Failing(io.BytesIO):
        """A disk that fails on the second reading."""

        passes = 0

        def seek(self, *where: int) -> int:
            self.passes += 1
            return super().seek(*where)

        def read(self, size: int | None = -1) -> bytes:
            if self.passes:
                raise OSError("the disk is gone")
            return super().read(size)

    with pytest.raises(OSError, match="gone"):
        restore(in_use, Failing(saved.getvalue()), "b", force=True)
    assert [revision.id for revision in in_use.revisions.of_article(PAGE)] == [1, 2]
    assert in_use.revisions.find_corrupt_texts() == ()


def test_rows_that_point_nowhere_are_refused(tmp_path: Path):
    with Archive(f"sqlite:///{tmp_path / 'broken.db'}") as broken:
        broken.upgrade()
        with broken.database.connection() as connection:
            connection.exec_driver_sql(
                "INSERT INTO event (article_id, event_group, kind, detail, at) VALUES (9, 'a', 'a', 'a', '2026-01-01')"
            )
        file = backup(broken)
    with Archive(f"sqlite:///{tmp_path / 'new.db'}") as archive, pytest.raises(StoreError, match="missing rows"):
        restore(archive, file, "b", force=False)


CRAFTED = {
    "no number": ["x", "en", 17, "Lighthouses"],
    "a number without end": [10**30, "en", 17, "Lighthouses"],
    "a text that no database holds": [1, "en\ud800", 17, "Lighthouses"],
    "too few values": [1],
    "nothing where something must be": [1, None, 17, "Lighthouses"],
}


@for_each("values", CRAFTED.values(), ids=CRAFTED)
def test_a_crafted_row_is_refused_in_a_line_and_nothing_is_lost(in_use: Archive, values: list[object]):
    columns = [[name, "plain"] for name in ("id", "wiki", "page_id", "title")]
    lines = [
        {"format": "article-watcher-backup", "version": 1, "schema": HEAD, "at": NOW.isoformat()},
        {"table": "article", "columns": columns},
        values,
    ]
    raw = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
    foot = json.dumps({"rows": {"article": 1}, "sha256": sha256(raw).hexdigest()}).encode() + b"\n"
    file = io.BytesIO(zstandard.ZstdCompressor().compress(raw + foot) + END)
    with pytest.raises((InputError, StoreError)) as refused:
        restore(in_use, file, "b", force=True)
    assert "\n" not in str(refused.value)
    assert [revision.id for revision in in_use.revisions.of_article(PAGE)] == [1, 2]
