from dataclasses import replace

import pytest

from tests.flows.harness import START, TEXT, WikiHarness
from tests.watcher.history_generator import Saga
from tests.watcher.history_helpers import build_timelines, events_of, without_locations
from tests.watcher.services.stories import Player, story_test
from watcher.model import Dialect
from watcher.model.ledger import Timeline
from watcher.pipeline import read_pair
from watcher.services.checks.check import check
from watcher.services.history.ledger import BATCH, read_timelines, record_history
from watcher.services.history.past import backfill


def fetched(
    world: WikiHarness, seen: list[tuple[int, int]] | None = None, chapter: int = BATCH
) -> tuple[Timeline, ...]:
    """The timelines after the history was fetched and followed."""
    seen = [] if seen is None else seen
    with world.services() as services:
        article = backfill(services, services.watchlist.watches[0]).article
        record_history(services.archive, article, Dialect(), START, lambda *at: seen.append(at), batch_size=chapter)
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


class LedgerPlayer(Player):
    """Plays stories of a page whose history is fetched and followed."""

    def write(self, *millions: int) -> None:
        write(self.world, *millions)

    def write_before(self, millions: int) -> None:
        """An import puts a revision before the first one."""
        self.world.store.edit("Tide", TEXT.replace("21 million", f"{millions} million"), at=START)

    def fetch(self, *millions: int) -> None:
        """What the statistic said after the history was fetched and followed."""
        self.counts: list[tuple[int, int]] = []
        self.world.wiki.requests.clear()
        timelines = fetched(self.world, self.counts)
        assert (statistic(timelines) if timelines else []) == [f"{number} million" for number in millions]

    def store_history(self) -> None:
        """A run that fetches the history is killed before it records it."""
        with self.world.services() as services:
            backfill(services, services.watchlist.watches[0])

    def read(self, *counts: list[int]) -> None:
        """How many of how many revisions the last fetch read, one time after the other."""
        assert [list(count) for count in self.counts] == [*counts]

    def no_text_fetched(self) -> None:
        queries = self.world.wiki.requests
        assert not [query for query in queries if "content" in query.get("rvprop", "").split("|")]

    def recorded(self, *entries: str) -> None:
        """The verb, the value and the editor of each entry about the only statistic; the last may be left out."""
        with self.world.services() as services:
            timelines = read_timelines(services.archive, self.world.article(), Dialect())
        (only,) = [item for item in timelines if item.subject == "statistic"]
        stated = zip(events_of(only), only.episodes, strict=True)
        lines = [f"{verb} {value} by {episode.revision.editor}" for (_, verb, value), episode in stated]
        assert [line[: len(entry)] for line, entry in zip(lines, entries, strict=True)] == [*entries]

    def as_at_once(self) -> None:
        with self.world.services() as services:
            timelines = read_timelines(services.archive, self.world.article(), Dialect())
        assert without_locations(timelines) == without_locations(read_at_once(self.world))

    def reverted_to(self, *revisions: int) -> None:
        with self.world.archive() as archive:
            assert [edit.reverted_to for _, edit in archive.ledger.edits(self.world.article())] == [*revisions]


test_of_a_history = story_test(__file__, player=LedgerPlayer)


def test_stored_timelines_are_those_of_all_revisions_read_at_once(either_world: WikiHarness):
    saga = Saga(seed=11)
    saga.play(25)
    for written in saga.texts:
        either_world.edit(written)
    assert without_locations(fetched(either_world)) == without_locations(read_at_once(either_world))


@pytest.mark.parametrize("length", [1, 25])
def test_nothing_changes_where_the_history_is_read_in_pieces(world: WikiHarness, length: int):
    saga = Saga(seed=5)
    saga.play(30)
    for written in saga.texts:
        world.edit(written)
    assert without_locations(fetched(world, chapter=length)) == without_locations(read_at_once(world))


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


def test_a_check_reads_the_texts_of_one_edit_once_for_its_comparison_and_the_ledger(world: WikiHarness):
    write(world, 22)
    with world.services() as services:
        list(check(services, services.watchlist.watches))
        write(world, 25)
        read_pair.cache_clear()
        list(check(services, services.watchlist.watches))
    assert read_pair.cache_info().misses == 1


def test_a_page_whose_history_was_merged_into_another_has_none(world: WikiHarness):
    world.check()
    with world.services() as services:
        archive, page = services.archive, world.article()
        stored = [archive.revisions.snapshot("w", each.id) for each in archive.revisions.of_article(page)]
        other = replace(page, page_id=page.page_id + 1, title="Ebb")
        archive.articles.register(other, START)
        archive.revisions.store(other, stored)
        record_history(archive, page, Dialect(), START)
        assert read_timelines(archive, page, Dialect()) == ()
