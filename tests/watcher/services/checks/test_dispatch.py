"""Test that only changed pages are dispatched, to one run at a time, and again after a lost run."""

from datetime import timedelta
from math import inf
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from snapshots import PollState
from tests.cases import for_each
from tests.flows.harness import CHANGED, START, TEXT, WikiHarness
from tests.watcher.services.stories import Player, story_test
from watcher.config import Watch
from watcher.model import AlertTopic, Article
from watcher.model.elements import CITED_VERSION
from watcher.services.checks.check import (
    ChunkSize,
    DeploymentName,
    PageCount,
    RunCount,
    Seconds,
    check_titles,
    is_due,
    plan_dispatch,
)

TIMEOUT = timedelta(minutes=5)
TITLES = [f"Sample {number}" for number in range(1, 8)]


class DispatchPlayer(Player):
    """Plays stories of seven pages that were checked an hour ago; a page is named by its number."""

    def sown(self) -> None:
        self.world.store.sow(7, lambda _: TEXT)
        self.watch_all()
        self.world.check()
        self.world.clock.advance(hours=1)

    def watch_all(self, **settings: Any) -> None:
        self.world.watch(*TITLES, **settings)

    def change(self, *numbers: int) -> None:
        for number in numbers:
            self.world.edit(CHANGED, f"Sample {number}")

    def checked_first(self, number: int) -> None:
        """The last check of a page was the first of all."""
        with self.world.archive() as archive:
            archive.articles.record_checks([self.world.article(f"Sample {number}")], START)

    def dispatch(self, *batches: str, done: int = 0, size: int = 3, most: int | None = None) -> None:
        """The pages that are handed out together, and how many need no run; whoever has the run fetches the texts."""
        self.world.wiki.requests.clear()
        with self.world.services() as services:
            plan = plan_dispatch(services, batch_size=size, reservation=TIMEOUT, max_batches=most, shuffle=list.reverse)
        handed_out = [" ".join(title.removeprefix("Sample ") for title in titles) for _, titles in plan.batches]
        assert (handed_out, len(plan.outcomes)) == ([*batches], done)
        self.outcomes = [*plan.outcomes]
        assert "content" not in str(self.world.wiki.requests)

    def failed(self, *numbers: int) -> None:
        """Which pages that need no run have failed."""
        assert [outcome.watch.title for outcome in self.outcomes if outcome.failed] == [f"Sample {n}" for n in numbers]

    def check_numbers(self, *numbers: int) -> None:
        with self.world.services() as services:
            check_titles(services, [f"Sample {number}" for number in numbers])

    def list_members(self, *numbers: int) -> None:
        text = "".join(f"Sample {number}\n" for number in numbers)
        (self.world.folder / "list.txt").write_text(text, encoding="utf-8")


test_what_is_handed_out = story_test(__file__, player=DispatchPlayer)


def test_a_page_that_no_check_has_reached_is_asked_for_again_at_its_interval(world: WikiHarness):
    world.watch("No such page")

    def asked() -> int:
        with world.services() as services:
            return len(plan_dispatch(services, batch_size=25, reservation=TIMEOUT).outcomes)

    assert asked() == 1
    world.clock.advance(minutes=1)
    assert asked() == 0
    world.clock.advance(minutes=15)
    assert asked() == 1


def test_where_no_page_moves_mutes_end_and_what_articles_cite_is_indexed(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("watcher.services.checks.contradictions._MAX_SECONDS", 0.0)  # one article each time
    titles = ["Tide", "Ebb", "Flood"]
    for title in titles[1:]:
        world.edit(TEXT, title)
    world.watch(*titles).check()
    world.begin_mute(wiki="w", title="Tide", until=world.clock() + timedelta(minutes=30))
    world.edit_and_check(CHANGED)
    world.clock.advance(hours=1)

    def outdated() -> int:
        with world.archive() as archive:
            return len(archive.articles.with_outdated_index("w", titles, CITED_VERSION, 9))

    before = outdated()
    with world.services() as services:
        assert plan_dispatch(services, batch_size=25, reservation=TIMEOUT).batches == ()
    assert outdated() == before - 1
    assert [alert.alert.topic for alert in world.alerts()] == [AlertTopic.CATCH_UP]


@for_each("checked, queued, expected")
def test_a_watch_is_due_when_its_time_has_come_and_nobody_has_it(*, checked: float, queued: float, expected: bool):
    def at(seconds: float):
        return None if seconds == inf else START + timedelta(seconds=seconds)

    known = PollState(
        article=Article(wiki="w", page_id=1, title="Tide"),
        checked_at=at(checked),
        failures=0,
        error=None,
        cursor=1,
        reserved_until=at(queued),
    )
    assert is_due(Watch(wiki="w", title="Tide"), known, START) is expected
    assert is_due(Watch(wiki="w", title="Tide"), None, START)


@for_each(
    ("kind", "usual", "extreme"),
    [
        (ChunkSize, 25, 0),
        (ChunkSize, 50, 10**30),
        (Seconds, 300, 10**10),
        (PageCount, 0, -1),
        (RunCount, 20_000, 10**30),
        (DeploymentName, "check-pages/check-chunk", "x" * 501),
    ],
)
def test_a_parameter_is_taken_within_its_bounds_and_refused_beyond_them(kind: Any, usual: object, extreme: object):
    known = TypeAdapter(kind)
    assert known.validate_python(usual) == usual
    with pytest.raises(ValidationError):
        known.validate_python(extreme)
