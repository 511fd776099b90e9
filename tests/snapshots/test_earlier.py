"""Upgrade databases that earlier states of the product made, as they were kept in tests/data/databases."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zstandard
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, make_url, select
from sqlalchemy.schema import DropIndex

from snapshots import Archive, DeliveryState, FindingFilter
from snapshots.backup import restore, write_backup
from snapshots.review_records import ReviewAction, ReviewDecision, ReviewState
from snapshots.upgrade import BEFORE_FIRST, HEAD, all_tables
from tests.snapshots.builders import NOW
from tests.watcher.history_helpers import START, events_of
from watcher.errors import InputError, StoreError
from watcher.model import Article, Dialect
from watcher.services.ledger import read_timelines, record_history

pytestmark = pytest.mark.dialect

KEPT = Path(__file__).parents[1] / "data" / "databases"
RELEASES = sorted({path.name.partition(".")[0] for path in KEPT.iterdir()})
PAGE = Article(wiki="demowiki", page_id=7, title="Human trafficking")


def kept(release: str, engine: str) -> bytes:
    """A database as that release made it: SQLite's file, or what pg_dump wrote of one in PostgreSQL."""
    name = f"{release}.{'sqlite' if engine == 'sqlite' else 'postgresql'}.zst"
    return zstandard.ZstdDecompressor().decompress((KEPT / name).read_bytes())


@pytest.fixture
def old_url(engine: str, empty_url: str, release: str) -> str:
    """The URL of a copy of a kept database."""
    content = kept(release, engine)
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


@pytest.mark.parametrize("release", RELEASES)
def test_a_kept_database_has_all_that_it_had_after_the_upgrade(old_url: str):
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
        cursor = archive.revisions.cursor(PAGE)
        assert cursor is not None
        assert cursor.id == 19
        assert len(archive.revisions.of_article(PAGE)) == len(before["revision"]) == 13
        assert "25 million" in archive.revisions.snapshot("demowiki", 10).wikitext
        assert [user.name for user in archive.accounts.users()] == ["Ann"]
        assert {mute.words for mute in archive.mutes.list_open()} == {"ports"}
        sent = archive.outbox.newest(limit=100, state=DeliveryState.SENT)
        assert {delivery.destination for delivery in sent} == {"inbox"}
        assert {delivery.alert.article for delivery in sent} == {PAGE}
        assert sum(len(delivery.log) for delivery in sent) == len(before["attempt"])
        states = [finding.state for finding in archive.findings.search(FindingFilter(states=()), limit=999)]
        assert (states.count(ReviewState.ACKNOWLEDGED), states.count(ReviewState.MUTED)) == (2, 1)
        for table in ("revision", "text", "comparison", "finding", "alert", "delivery", "attempt", "token", "mute"):
            assert len(contents(old_url)[table]) == len(before[table]), table


@pytest.mark.parametrize("release", RELEASES)
def test_new_rows_follow_those_of_an_upgraded_database(old_url: str):
    with Archive(old_url) as archive:
        archive.upgrade()
        archive.events.record(PAGE, "overdue", "last checked yesterday", NOW)
        assert archive.events.of_article(PAGE, 1)[0].kind == "overdue"
        ids = [each.id for each in archive.reviews.open_findings(PAGE, 1)]
        decided = archive.reviews.decide(ids, ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "Ben", NOW)
        assert decided.batch > 6  # the events that the release had stored


@pytest.mark.parametrize("release", ["78f45be"])
def test_a_text_that_packing_shortened_by_no_byte_is_unpacked(old_url: str):
    """As it was stored, four bytes more than the text: without them it would be read as the text itself."""
    body = next(
        (text, frame)
        for length in range(20, 400)
        for text in [b"ab" * 4 + bytes(range(33, 33 + length % 90)) + b"ab" * (length // 8)]
        for frame in [pack_as_then(text)]
        if len(frame) == len(text) + 4
    )
    with Archive(old_url) as archive:
        with archive.database.connection() as connection:
            tables = MetaData()
            tables.reflect(connection, only=["text"])
            row = {"digest": sha256(body[0]).digest(), "number": 0, "size": len(body[0]), "body": body[1]}
            connection.execute(tables.tables["text"].insert().values(id=99, **row))
            connection.exec_driver_sql("UPDATE revision SET text_id = 99 WHERE revision_id = 19")
        archive.upgrade()
        assert archive.revisions.snapshot("demowiki", 19).wikitext.encode() == body[0]


def pack_as_then(text: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=17, write_checksum=False, write_dict_id=False).compress(text)


@pytest.mark.parametrize("release", ["78f45be"])
def test_a_database_of_the_ten_migrations_is_named_as_an_older_one(old_url: str):
    with Archive(old_url) as archive:
        assert archive.schema_version() == BEFORE_FIRST
        with pytest.raises(StoreError, match=r"older schema \(0000, here"):
            archive.articles.list_all()
        with pytest.raises(InputError, match="copy the database itself"):
            write_backup(archive, BytesIO(), NOW)


@pytest.mark.parametrize("release", ["f3d65433"])
def test_a_database_of_a_state_between_the_two_is_converted_too(old_url: str):
    """The tables of migration 0001 were edited while it kept its number: here the last of those edits is undone."""
    before = contents(old_url)
    with Archive(old_url) as archive:
        with archive.database.connection() as connection:
            tables = MetaData()
            tables.reflect(connection)
            connection.execute(
                DropIndex(next(i for i in tables.tables["event"].indexes if i.name == "ix_event_notified_at_id"))
            )
            connection.exec_driver_sql("DROP TABLE saved_filter")
        assert archive.schema_version() == BEFORE_FIRST
        archive.upgrade()
        assert archive.schema_version() == HEAD
        assert archive.revisions.find_corrupt_texts() == ()
    after = contents(old_url)
    assert after["saved_filter"] == []
    assert [after[name] for name in ("article", "revision", "text", "finding")] == [
        before[name] for name in ("article", "revision", "text", "finding")
    ]


# Written by the release before the ledger after two checks of a page with three edits: the second alert was sent for
# the first, one finding was acknowledged, sentences with a word were muted, and the history was followed.
BACKUP = Path(__file__).with_name("release_0001.backup")
TIDE = Article(wiki="w", page_id=1, title="Tide")


@pytest.fixture
def upgraded(empty_url: str) -> Archive:
    archive = Archive(empty_url)
    with BACKUP.open("rb") as file:
        restore(archive, file, BACKUP.name, force=False)
    return archive


def test_comparisons_findings_decisions_mutes_and_deliveries_are_kept(upgraded: Archive):
    with upgraded as archive:
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


def test_the_ledger_is_filled_from_the_stored_revisions(upgraded: Archive):
    with upgraded as archive:
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
