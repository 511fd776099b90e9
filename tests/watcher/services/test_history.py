from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.flows.harness import START, TEXT, WikiHarness
from tests.watcher.history_generator import Saga
from tests.watcher.history_helpers import build_timelines, events_of
from watcher.model.history import Timeline
from watcher.services.backfill import backfill
from watcher.services.history import BATCH, build_history, update_history


def fetched(
    world: WikiHarness, seen: list[tuple[int, int]] | None = None, chapter: int = BATCH
) -> tuple[Timeline, ...]:
    """The timelines after the history was fetched and followed."""
    audible = [] if seen is None else seen
    with world.services() as services:
        article = backfill(services, services.watchlist.watches[0]).article
        build_history(services, article, lambda *counts: audible.append(counts), batch_size=chapter)
        return services.archive.history.timelines(article)


def statistic(timelines: tuple[Timeline, ...]) -> list[str | None]:
    """What the only statistic said, value by value."""
    (timeline,) = [timeline for timeline in timelines if timeline.subject == "statistic"]
    return [text for _, _, text in events_of(timeline)]


def read_at_once(world: WikiHarness) -> tuple[Timeline, ...]:
    """The timelines as one pass over all stored revisions gives them."""
    with world.archive() as archive:
        article = world.article()
        return build_timelines(
            archive.revisions.snapshot("w", revision.id) for revision in archive.revisions.of_article(article)
        )


def write(world: WikiHarness, *millions: int) -> None:
    for number in millions:
        world.edit(TEXT.replace("21 million", f"{number} million"))


def chapters(world: WikiHarness) -> int:
    with world.archive() as archive:
        known = archive.history.progress(world.article())
    return known.batches if known else 0


def test_stored_timelines_are_those_of_all_revisions_read_at_once(either_world: WikiHarness):
    saga = Saga(seed=11)
    saga.play(40)
    for written in saga.texts:
        either_world.edit(written)
    assert fetched(either_world) == read_at_once(either_world)


@pytest.mark.parametrize("length", [1, 3, 25])
def test_nothing_changes_where_the_history_is_read_in_pieces(world: WikiHarness, length: int):
    saga = Saga(seed=5)
    saga.play(30)
    for written in saga.texts:
        world.edit(written)
    assert fetched(world, chapter=length) == read_at_once(world)
    assert chapters(world) == -(-len(world.stored()) // length)


def test_a_batch_ends_where_its_entries_would_fill_the_memory(world: WikiHarness, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("watcher.services.history._MOST_ENTRIES", 40)
    write(world, *range(1, 121))
    assert fetched(world) == read_at_once(world)
    assert chapters(world) == 3, "after 50 and 100 revisions, and the rest"


def test_the_database_holds_the_same_however_many_processes_compare(world: WikiHarness):
    saga = Saga(seed=8)
    saga.play(120)
    for written in saga.texts:
        world.edit(written)
    with world.services() as services:
        article = backfill(services, services.watchlist.watches[0]).article
        contents = []
        for processes in (1, 2):
            build_history(services, article, batch_size=40, processes=processes)
            contents.append((stored(world, "history_batch"), stored(world, "history_progress")))
            spoil(world, "DELETE FROM history_batch")
            spoil(world, "DELETE FROM history_progress")
    assert contents[0] == contents[1]
    assert len(contents[0][0]) == -(-len(world.stored()) // 40)


def stored(world: WikiHarness, table: str) -> list[tuple[object, ...]]:
    """All columns but the identity of the row and the time at which it was written."""
    with world.archive() as archive, archive.database.read() as session:
        rows = session.connection().execute(text(f"SELECT * FROM {table} ORDER BY 1")).mappings()
        return [tuple(value for name, value in row.items() if name not in ("id", "at")) for row in rows]


def test_only_what_is_new_is_read(world: WikiHarness):
    write(world, 22, 23)
    fetched(world)
    write(world, 24)
    seen: list[tuple[int, int]] = []
    after = fetched(world, seen)
    assert seen == [(4, 4)]
    assert statistic(after) == ["21 million", "22 million", "23 million", "24 million"]


def test_a_check_reads_on_where_a_history_was_followed(world: WikiHarness):
    world.check()
    with world.services() as services:
        update_history(services, world.article())
    assert chapters(world) == 0, "nobody asked for this history"
    fetched(world)
    write(world, 25)
    world.check()
    with world.archive() as archive:
        (boats,) = [
            timeline for timeline in archive.history.timelines(world.article()) if timeline.subject == "statistic"
        ]
    assert boats.latest.origin.id == 2


def test_revisions_that_come_into_the_past_are_read_at_their_place(world: WikiHarness):
    write(world, 22)
    fetched(world)
    world.store.edit("Tide", TEXT.replace("21 million", "9 million"), at=START)
    assert statistic(fetched(world)) == ["9 million", "21 million", "22 million"]


def test_what_another_version_read_is_read_again(world: WikiHarness):
    write(world, 22)
    fetched(world)
    spoil(world, "UPDATE history_progress SET parser_version = 'another'")
    seen: list[tuple[int, int]] = []
    assert statistic(fetched(world, seen)) == ["21 million", "22 million"]
    assert seen == [(1, 2), (2, 2)]


def test_two_who_follow_at_once_leave_one_history(either_world: WikiHarness):
    write(either_world, 22)
    fetched(either_world)
    write(either_world, 23)
    with either_world.services() as services:
        article = backfill(services, services.watchlist.watches[0]).article
        overtaken: list[bool] = []

        def once(*_: int) -> None:
            if not overtaken:
                overtaken.append(True)
                with either_world.services() as faster:
                    build_history(faster, article)

        build_history(services, article, once)
    assert statistic(fetched(either_world)) == ["21 million", "22 million", "23 million"]
    assert fetched(either_world) == read_at_once(either_world)


def test_a_page_of_which_no_text_can_be_read_has_no_lives(world: WikiHarness):
    world.store.hide(1, "content")
    assert fetched(world) == ()


def test_what_is_damaged_of_a_stored_history_is_read_again(world: WikiHarness):
    write(world, 22)
    fetched(world)
    spoil(world, "UPDATE history_progress SET state = x'28b52ffd'")
    write(world, 23)
    assert statistic(fetched(world)) == ["21 million", "22 million", "23 million"]


def test_texts_that_were_tidied_away_are_neither_fetched_nor_missed(world: WikiHarness):
    write(world, 22, 23)
    fetched(world)
    spoil(world, "UPDATE revision SET text_id = NULL WHERE revision_id < 3")
    world.wiki.requests.clear()
    assert statistic(fetched(world)) == ["21 million", "22 million", "23 million"]
    assert not [query for query in world.wiki.requests if "content" in query.get("rvprop", "").split("|")]
    write(world, 24)
    assert statistic(fetched(world)) == ["21 million", "22 million", "23 million", "24 million"]


def spoil(world: WikiHarness, statement: str) -> None:
    with world.archive() as archive, archive.database.write() as session:
        session.connection().execute(text(statement))
