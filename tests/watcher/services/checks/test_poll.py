"""Test that pages are polled, and followed through moves, deletions and reverts, each recorded once."""

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from hashlib import sha1
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.cases import parametrize_each
from tests.flows.harness import CHANGED, TEXT, WikiHarness
from tests.watcher.services.stories import Player, story_test
from watcher.demo.servers import Response
from watcher.model import Article
from watcher.services.checks.check import check_batches
from watcher.services.checks.outcome import CheckOutcome, CheckState
from watcher.services.checks.page_check import check_page
from watcher.services.checks.poll import poll_watches


class PollPlayer(Player):
    """Plays stories of several pages, each named by its number."""

    def sown(self, count: int) -> None:
        """So many pages, watched and judged."""
        sown(self.world, count)

    def watch_numbers(self, count: int, **settings: Any) -> None:
        self.world.watch(*(f"Sample {number}" for number in range(1, count + 1)), **settings)

    def change(self, *numbers: int) -> None:
        for number in numbers:
            self.world.edit(CHANGED, f"Sample {number}")

    def forget_requests(self) -> None:
        self.world.wiki.requests.clear()

    def states(self, **counts: int) -> None:
        """A pass, and how many pages end in each state."""
        self.outcomes = self.world.check()
        assert Counter(outcome.state.value for outcome in self.outcomes) == counts

    def refusals_left(self, count: int) -> None:
        assert self.world.wiki.refusals_left == count

    def polls(self, count: int) -> None:
        assert sum(item.get("prop") == "info" for item in self.world.wiki.requests) == count

    def texts_asked_for(self, *pages: int) -> None:
        """For how many pages each request for texts asked."""
        asked = [item for item in self.world.wiki.requests if "content" in item.get("rvprop", "")]
        assert [len(item["pageids"].split("|")) for item in asked] == [*pages]

    def revisions_judged(self, *counts: int) -> None:
        assert [outcome.revisions for outcome in self.outcomes] == [*counts]

    def stored_of(self, title: str, *revisions: int) -> None:
        assert self.world.stored(title)[1:] == [*revisions]

    def hide_newest(self, title: str) -> None:
        self.world.store.hide(self.world.store.by_title[title].latest.id, "content")

    def lease_new(self, title: str) -> None:
        """Let another worker check a page that is not known yet."""
        with self.world.archive() as archive:
            leased = Article(wiki="w", page_id=self.world.store.by_title[title].id, title=title)
            archive.articles.register(leased, self.world.clock())
            assert archive.leases.acquire_page(leased, "another", self.world.clock(), 600)

    def sow(self, count: int) -> None:
        self.world.store.sow(count, lambda _: TEXT)


test_a_page_is_followed = story_test(__file__, player=PollPlayer)


def with_tables(respond: Callable[..., Response], path: str, agent: str) -> Response:
    """Answer as a wiki does whose pages with names in .json have that content model."""
    status, headers, body = respond(path, agent)
    got = json.loads(body)
    for page in got.get("query", {}).get("pages", ()):
        if page.get("title", "").endswith(".json"):
            page["contentmodel"] = "json"
    return status, headers, json.dumps(got).encode()


@parametrize_each(("title", "reason"))
def test_a_title_without_an_article_fails_with_what_to_do(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch, title: str, reason: str
):
    monkeypatch.setattr(world.wiki, "respond", partial(with_tables, world.wiki.respond))
    world.edit("{}", "User:Ada/table.json")
    world.edit("#REDIRECT [[Circle]]", "Circle")
    world.watch(title, "Tide")
    wrong, right = world.check()
    assert (wrong.state, right.state) == (CheckState.FAILED, CheckState.BASELINE)
    assert wrong.text == f"{title} on w: {reason}"


def sown(world: WikiHarness, count: int) -> list[str]:
    """So many pages, watched and judged."""
    world.store.sow(count, lambda _: TEXT)
    titles = [f"Sample {number}" for number in range(1, count + 1)]
    world.watch(*titles)
    assert {outcome.state for outcome in world.check()} == {CheckState.BASELINE}
    return titles


@pytest.mark.parametrize("trouble", ["deleted", "overdue", "hidden"])
def test_a_page_whose_trouble_is_over_is_not_idle_once(world: WikiHarness, trouble: str):
    world.check()
    with world.archive() as archive:
        archive.events.record(world.article(), trouble, "it was", world.clock())
    kinds = []
    for _ in range(2):
        with world.services() as services:
            kinds += [type(result) is CheckOutcome for _, result in poll_watches(services, services.watchlist.watches)]
        world.check()
    assert kinds == [False, True]
    assert len(world.events()) == 2


def test_a_wiki_that_was_away_for_a_batch_is_not_asked_about_the_next_ones(world: WikiHarness):
    sown(world, 4)
    world.wiki.refuse(10**9)
    with world.services() as services:
        watches = services.watchlist.watches
        outcomes = [*check_batches(services, [watches[:2], watches[2:]])]
        assert [outcome.watch for outcome in outcomes] == [*watches[:2]]
        assert {outcome.state for outcome in outcomes} == {CheckState.FAILED}
        world.wiki.recover()
        assert len([*check_batches(services, [watches[:2], watches[2:]])]) == 4


def test_new_pages_get_their_texts_and_images_with_one_request_for_fifty(world: WikiHarness):
    for number in range(1, 4):
        world.store.edit(f"Sample {number}", f"[[File:Quay {number}.jpg]] It has {number} quays.")
    world.store.upload("Quay 2.jpg", b"an image")
    world.watch("Sample 1", "Sample 2", "Sample 3")
    assert [outcome.state for outcome in world.check()] == [CheckState.BASELINE] * 3
    asked = [item.get("prop") for item in world.wiki.requests if item.get("action") == "query"]
    assert (asked.count("revisions"), asked.count("imageinfo")) == (1, 1)
    with world.services() as services:
        article = world.article("Sample 2")
        cursor = services.archive.revisions.cursor(article)
        assert cursor
        assert services.archive.revisions.snapshot("w", cursor.id).wikitext == "[[File:Quay 2.jpg]] It has 2 quays."
        assert services.archive.images.digests(article).digests == {"Quay 2.jpg": sha1(b"an image").hexdigest()}
    assert [outcome.state for outcome in world.check()] == [CheckState.UNCHANGED] * 3
    world.edit("[[File:Quay 1.jpg]] It has 1,000 quays.", "Sample 1")
    assert world.check()[0].state is CheckState.ALERT


def test_a_page_edited_after_its_text_was_fetched_is_judged_again_in_the_next_round(world: WikiHarness):
    sown(world, 2)
    for number in (1, 2):
        world.edit(CHANGED, f"Sample {number}")
    with world.services() as services:
        polled = [*poll_watches(services, services.watchlist.watches)]
    assert [status.newest is not None for _, status in polled if not isinstance(status, CheckOutcome)] == [True, True]
    world.edit(CHANGED.replace("25", "29"), "Sample 2")
    with world.services() as services:
        for watch, status in polled:
            assert not isinstance(status, CheckOutcome)
            assert check_page(services, watch, status).state is CheckState.ALERT
    assert [outcome.state for outcome in world.check()] == [CheckState.UNCHANGED, CheckState.ALERT]


def test_a_changed_page_with_an_alert_costs_a_bounded_number_of_statements(either_world: WikiHarness):
    sown(either_world, 8)
    counts = []
    for numbers in ((1, 2), range(3, 9)):
        for number in numbers:
            either_world.edit(CHANGED, f"Sample {number}", editor="Ann")
        statements: list[str] = []

        def seen(*given: Any, statements: list[str] = statements) -> None:
            statements.append(given[2])

        event.listen(Engine, "before_cursor_execute", seen)
        try:
            assert {outcome.state for outcome in either_world.check()} == {CheckState.ALERT, CheckState.UNCHANGED}
        finally:
            event.remove(Engine, "before_cursor_execute", seen)
        counts.append(sum(not text.startswith("BEGIN") for text in statements))
    assert (
        counts[1] - counts[0]
    ) / 4 <= 60  # with its ledger, what each destination knows, its index of citations and its contradictions
