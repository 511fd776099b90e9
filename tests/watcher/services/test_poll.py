"""Test that pages are polled, and followed through moves, deletions and reverts, each recorded once."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from hashlib import sha1
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.cases import parametrize_each
from tests.flows.harness import CHANGED, TEXT, WikiHarness
from tests.watcher.services.stories import story_test
from watcher.demo.servers import Response
from watcher.model import Article
from watcher.services.check import check_batches
from watcher.services.outcome import CheckOutcome, CheckState
from watcher.services.page_check import check_page
from watcher.services.poll import poll_watches

test_a_page_is_followed = story_test(__file__)


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


def test_idle_pages_are_asked_for_by_fifties(world: WikiHarness):
    sown(world, 60)
    world.wiki.requests.clear()
    outcomes = world.edit_and_check(CHANGED, "Sample 7")
    assert [outcome.state for outcome in outcomes].count(CheckState.UNCHANGED) == 59
    assert outcomes[6].state is CheckState.ALERT
    assert outcomes[59].text == "nothing since revision 61"
    polls = [item for item in world.wiki.requests if item.get("prop") == "info"]
    assert len(polls) == 2


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


def test_a_wiki_that_is_away_is_given_up_once_for_all_its_pages(world: WikiHarness):
    world.watch(*(f"Sample {number}" for number in range(510)))  # more than are asked for at once
    world.wiki.refuse(2)
    assert {outcome.state for outcome in world.check()} == {CheckState.FAILED}
    assert world.wiki.refusals_left == 1


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


def test_a_new_page_that_cannot_be_read_or_is_leased_keeps_none_of_the_others(world: WikiHarness):
    world.store.sow(4, lambda _: TEXT)
    world.watch(*(f"Sample {number}" for number in range(1, 5)))
    world.store.hide(world.store.by_title["Sample 2"].latest.id, "content")
    with world.archive() as archive:
        leased = Article(wiki="w", page_id=world.store.by_title["Sample 3"].id, title="Sample 3")
        archive.articles.register(leased, world.clock())
        assert archive.leases.acquire_page(leased, "another", world.clock(), 600)
    states = [outcome.state for outcome in world.check()]
    assert states == [CheckState.BASELINE, CheckState.SETTLING, CheckState.BUSY, CheckState.BASELINE]


def texts_asked_for(world: WikiHarness) -> list[dict[str, str]]:
    return [item for item in world.wiki.requests if "content" in item.get("rvprop", "")]


def test_what_readers_see_of_edited_pages_is_fetched_by_twenties(world: WikiHarness):
    sown(world, 25)
    for number in range(1, 26):
        world.edit(CHANGED, f"Sample {number}")
    world.wiki.requests.clear()
    assert {outcome.state for outcome in world.check()} == {CheckState.ALERT}
    assert [len(item["pageids"].split("|")) for item in texts_asked_for(world)] == [20, 5]
    world.wiki.requests.clear()
    world.check()
    assert texts_asked_for(world) == []


def test_of_pages_edited_together_the_one_with_several_edits_is_walked_along(world: WikiHarness):
    sown(world, 3)
    first = world.edit("Only for a moment.", "Sample 1")
    last = world.edit(CHANGED, "Sample 1")
    outcomes = world.edit_and_check(CHANGED, "Sample 2")
    assert [outcome.revisions for outcome in outcomes] == [2, 1, 0]
    with world.archive() as archive:
        stored = archive.revisions.of_article(world.article("Sample 1"))
    assert [revision.id for revision in stored][1:] == [first, last]


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
            either_world.edit(CHANGED, f"Sample {number}")
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
    ) / 4 <= 50  # with its ledger, what each destination knows, its index of citations and its contradictions
