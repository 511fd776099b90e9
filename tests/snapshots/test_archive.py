import os
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from snapshots import Archive
from tests.postgres import Cluster
from tests.snapshots.builders import NOW, PAGE, a_check, a_snapshot, an_alert, checked_up_to, enqueue, new_deliveries
from tests.snapshots.workers import PROCESSES, at_once, claim_all, commit_for_ever, deliver_for_ever, run
from watcher.errors import StoreError
from watcher.model import Article

pytestmark = pytest.mark.dialect

COUNTS = """
    SELECT cursor,
        (SELECT count(*) FROM revision), (SELECT count(*) FROM text), (SELECT count(*) FROM comparison),
        (SELECT count(*) FROM finding), (SELECT count(*) FROM alert), (SELECT count(*) FROM delivery)
    FROM article
"""


def counts(archive: Archive) -> tuple[int, ...]:
    with archive.database.read() as session:
        return tuple(session.connection().execute(text(COUNTS)).one())


def whole(checks: int) -> tuple[int, ...]:
    """The counts after so many checks: the first is a baseline, each other has 2 findings for 2 destinations."""
    if checks == 0:
        return (0, 0, 0, 0, 0, 0)
    compared = checks - 1
    return (checks, checks, compared, 2 * compared, compared, 2 * compared)


@pytest.mark.parametrize("kills", [3, pytest.param(12, marks=pytest.mark.slow)])
def test_killed_in_the_middle_of_commits_nothing_is_half_written_and_nothing_is_doubled(
    url: str, archive: Archive, kills: int
):
    archive.articles.register(PAGE, NOW)
    timestamps = random.Random(5)
    for _ in range(kills):
        ready = PROCESSES.Event()
        child = PROCESSES.Process(target=commit_for_ever, args=(url, ready))
        child.start()
        assert ready.wait(timeout=180)
        child.join(timeout=timestamps.uniform(0.0, 0.1))
        child.kill()
        child.join(timeout=180)
        cursor, *result = counts(archive)
        assert tuple(result) == whole(cursor or 0)
    assert cursor >= kills
    assert [revision.id for revision in archive.revisions.of_article(PAGE)] == list(range(1, counts(archive)[0] + 1))
    assert archive.revisions.snapshot("en", cursor).wikitext == a_snapshot(cursor).wikitext


@pytest.mark.parametrize("alerts", [12, pytest.param(40, marks=pytest.mark.slow)])
def test_deliverers_that_are_killed_lose_nothing_and_repeat_only_what_they_had_not_noted(
    url: str, archive: Archive, tmp_path: Path, alerts: int
):
    numbers = range(2, 2 + alerts)
    expected = [f"17:{number}:{name}" for number in numbers for name in ("mail", "chat")]
    for number in numbers:
        enqueue(archive, an_alert(number), new_deliveries(number), NOW)
    receiver = tmp_path / "inbox"
    receiver.touch()
    timestamps, kills = random.Random(6), 0
    while archive.metrics.outbox(NOW).queued:
        ready = PROCESSES.Event()
        child = PROCESSES.Process(target=deliver_for_ever, args=(url, 100.0 * kills, str(receiver), ready))
        child.start()
        assert ready.wait(timeout=180)
        child.join(timeout=timestamps.uniform(0.0, 0.05))
        child.kill()
        child.join(timeout=180)
        kills += 1
    received = receiver.read_text().splitlines()
    assert sorted(set(received)) == sorted(expected)
    assert len(received) - len(expected) <= kills


def test_two_processes_claim_each_delivery_exactly_once(url: str, archive: Archive):
    archive.articles.register(PAGE, NOW)
    for number in range(2, 22):
        enqueue(archive, an_alert(number), new_deliveries(number, ("a", "b", "c", "d", "e")), NOW)
    start, claimed = PROCESSES.Barrier(2), PROCESSES.SimpleQueue()
    run(claim_all, (url, "first", start, claimed), (url, "second", start, claimed))
    by_owner = dict([claimed.get(), claimed.get()])
    assert sorted(by_owner["first"] + by_owner["second"]) == sorted(
        f"17:{number}:{name}" for number in range(2, 22) for name in "abcde"
    )


def test_of_processes_that_commit_the_same_check_one_wins_and_the_others_write_nothing(url: str, archive: Archive):
    checked_up_to(archive, 1)
    outcomes = at_once(url, "comparisons.commit", *[(a_check(2),)] * 3)
    assert sorted(outcome is None for outcome in outcomes) == [False, True, True]
    assert counts(archive) == (2, *whole(2))


def test_processes_that_store_the_same_revisions_store_each_once(url: str, archive: Archive):
    archive.articles.register(PAGE, NOW)
    group = [a_snapshot(number) for number in range(1, 41)]
    assert sorted(at_once(url, "revisions.store", *[(PAGE, group)] * 3)) == [0, 0, 40]
    assert len(archive.revisions.of_article(PAGE)) == 40
    assert archive.revisions.snapshot("en", 40) == a_snapshot(40)


def test_threads_share_an_archive(archive: Archive):
    pages = [Article(wiki="en", page_id=number, title=f"Page {number}") for number in range(1, 5)]

    def watch(page: Article) -> int | None:
        number = page.page_id * 1000
        archive.articles.register(page, NOW)
        archive.comparisons.commit(a_check(number, article=page, first=number))
        return archive.comparisons.commit(a_check(number + 1, article=page, first=number))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(watch, pages))
    assert [len(archive.revisions.of_article(page)) for page in pages] == [2, 2, 2, 2]


def test_each_method_of_an_archive_that_is_not_set_up_says_so(empty_url: str):
    with Archive(empty_url) as empty, pytest.raises(StoreError, match="is not set up"):
        empty.articles.list_all()


def test_the_offset_of_the_servers_clock_is_measured(archive: Archive, engine: str):
    late = archive.clock_offset(lambda: datetime.now(UTC) - timedelta(minutes=5)).total_seconds()
    assert abs(archive.clock_offset(lambda: datetime.now(UTC)).total_seconds()) < 30
    assert abs(late - (300 if engine == "postgres" else 0)) < 30


@pytest.mark.postgres
def test_a_database_that_cannot_hold_every_text_is_refused_in_a_line(postgres: Cluster):
    name = f"watcher_ascii_{os.getpid()}"
    postgres.run(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    url = make_url(postgres.url).set(database=name).render_as_string(hide_password=False)
    try:
        with (
            Archive(url) as archive,
            pytest.raises(StoreError, match=r"encoding SQL_ASCII.*ENCODING 'UTF8'") as refused,
        ):
            archive.upgrade()
        assert "\n" not in str(refused.value)
    finally:
        postgres.run(f"DROP DATABASE {name} WITH (FORCE)")
