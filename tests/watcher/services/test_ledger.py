from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.flows.harness import START, TEXT, WikiHarness
from tests.watcher.history_generator import Saga
from tests.watcher.history_helpers import build_timelines, events_of, without_locations
from watcher.model import Dialect
from watcher.model.ledger import Timeline
from watcher.pipeline import read_pair
from watcher.services.check import check
from watcher.services.ledger import BATCH, read_timelines, record_history
from watcher.services.past import backfill


def fetched(
    world: WikiHarness, seen: list[tuple[int, int]] | None = None, chapter: int = BATCH
) -> tuple[Timeline, ...]:
    """The timelines after the history was fetched and followed."""
    audible = [] if seen is None else seen
    with world.services() as services:
        article = backfill(services, services.watchlist.watches[0]).article
        record_history(
            services.archive, article, Dialect(), START, lambda *counts: audible.append(counts), batch_size=chapter
        )
        return read_timelines(services.archive, article, Dialect())


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


def test_stored_timelines_are_those_of_all_revisions_read_at_once(either_world: WikiHarness):
    saga = Saga(seed=11)
    saga.play(40)
    for written in saga.texts:
        either_world.edit(written)
    assert without_locations(fetched(either_world)) == without_locations(read_at_once(either_world))


@pytest.mark.parametrize("length", [1, 3, 25])
def test_nothing_changes_where_the_history_is_read_in_pieces(world: WikiHarness, length: int):
    saga = Saga(seed=5)
    saga.play(30)
    for written in saga.texts:
        world.edit(written)
    assert without_locations(fetched(world, chapter=length)) == without_locations(read_at_once(world))


def test_only_what_is_new_is_read(world: WikiHarness):
    write(world, 22, 23)
    fetched(world)
    write(world, 24)
    seen: list[tuple[int, int]] = []
    after = fetched(world, seen)
    assert seen == [(4, 4)]
    assert statistic(after) == ["21 million", "22 million", "23 million", "24 million"]


def test_each_check_records_what_its_edits_did(either_world: WikiHarness):
    either_world.check()
    write(either_world, 22)
    either_world.check()
    write(either_world, 23, 24)
    either_world.check()
    with either_world.services() as services:
        timelines = read_timelines(services.archive, either_world.article(), Dialect())
    assert [(verb, value) for item in timelines if item.number == 1 for _, verb, value in events_of(item)] == [
        ("known", "21 million"),
        ("changed", "22 million"),
        ("changed", "23 million"),
        ("changed", "24 million"),
    ]


def test_a_history_that_is_fetched_after_checks_is_recorded_from_its_beginning(world: WikiHarness):
    write(world, 22)
    world.check()
    write(world, 23)
    world.check()
    assert statistic(fetched(world)) == ["21 million", "22 million", "23 million"]


def test_a_check_continues_what_a_fetched_history_began(world: WikiHarness):
    write(world, 22)
    world.check()
    fetched(world)
    write(world, 25)
    world.check()
    with world.services() as services:
        assert statistic(read_timelines(services.archive, world.article(), Dialect())) == [
            "21 million",
            "22 million",
            "25 million",
        ]
        assert without_locations(read_timelines(services.archive, world.article(), Dialect())) == without_locations(
            read_at_once(world)
        )


def test_edits_that_cancel_out_are_recorded(world: WikiHarness):
    world.check()
    write(world, 99, 21)
    world.check()
    with world.services() as services:
        edits = services.archive.ledger.edits(world.article())
    assert [edit.reverted_to for _, edit in edits] == [0, 0, 1]


def test_revisions_that_come_into_the_past_are_read_at_their_place(world: WikiHarness):
    write(world, 22)
    fetched(world)
    world.store.edit("Tide", TEXT.replace("21 million", "9 million"), at=START)
    assert statistic(fetched(world)) == ["9 million", "21 million", "22 million"]


def test_what_another_version_read_is_read_again(world: WikiHarness):
    write(world, 22)
    fetched(world)
    spoil(world, "UPDATE ledger_head SET version = 'another'")
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
                    record_history(faster.archive, article, Dialect(), START)

        record_history(services.archive, article, Dialect(), START, once)
    assert statistic(fetched(either_world)) == ["21 million", "22 million", "23 million"]
    assert without_locations(fetched(either_world)) == without_locations(read_at_once(either_world))


def test_a_page_of_which_no_text_can_be_read_has_no_lives(world: WikiHarness):
    world.store.hide(1, "content")
    assert fetched(world) == ()


def test_what_is_damaged_of_a_stored_history_is_read_again(world: WikiHarness):
    write(world, 22)
    fetched(world)
    spoil(world, "UPDATE ledger_head SET head = x'28b52ffd'")
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


def test_a_check_reads_the_texts_of_one_edit_once_for_its_comparison_and_the_ledger(world: WikiHarness):
    world.watch("Tide", settle="0")
    with world.services() as services:
        list(check(services, services.watchlist.watches))
        write(world, 25)
        read_pair.cache_clear()
        list(check(services, services.watchlist.watches))
    assert read_pair.cache_info().misses == 1
