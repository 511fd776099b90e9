"""Test grouping of alerts: which belong together, when a group is sent, and its message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from snapshots import DeliveryState
from tests.cases import for_each
from tests.flows.harness import CHANGED, CRITICAL, SOURCE, TEXT, WikiHarness
from tests.simulators import WebhookReceiver
from tests.watcher.notify.test_messages import NOTICE, an_alert
from watcher.config import Destination
from watcher.config.validators import Secret
from watcher.model import Alert, AlertTopic, Kind, Revision, Severity
from watcher.services.alerts import delivery_for, group_labels
from watcher.services.check import check
from watcher.services.delivery import DeliveryReport

GROUPED = 'group_wait = "30s"\ngroup_interval = "5m"'
BOT, SUMMARY = "ExampleBot", "/* Harbours */ 3 figures of [[Tide]] corrected"
DESTINATION = Destination(name="team", url=Secret("json://127.0.0.1:9/"))


@contextmanager
def two_receivers(
    world: WikiHarness, *pages: str, text: str = TEXT
) -> Iterator[tuple[WebhookReceiver, WebhookReceiver]]:
    """Two destinations that are no operators, with grouping on; these pages are watched and have been checked."""
    with ExitStack() as stack:
        first, second = stack.enter_context(WebhookReceiver()), stack.enter_context(WebhookReceiver())
        world.receiver, world.grouping = first.url, GROUPED
        world.extra_settings = (
            f'operator = false\n[[destination]]\nname = "second"\nurl = "{second.url}"\noperator = false\n'
        )
        if pages:
            world.watch(*pages)
            flood(world, lambda _: text, [*pages])
        yield first, second


def flood(world: WikiHarness, texts: Callable[[int], str], pages: list[str], editor: str = BOT) -> None:
    """One editor changes all pages at once, each with its own count in the summary; one check."""
    for number, page in enumerate(pages):
        world.store.edit(page, texts(number), editor=editor, comment=SUMMARY.replace("3", str(number)))
    world.check()


def send(world: WikiHarness, **later: float) -> DeliveryReport:
    world.clock.advance(**later)
    return world.deliver_due()


def bodies(box: WebhookReceiver) -> list[str]:
    return [str(letter.json["message"]) for letter in box.accepted]


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.slow)])
def test_a_bot_that_changes_many_pages_is_one_message_for_each_destination_with_all_of_them(
    either_world: WikiHarness, count: int
):
    world, pages = either_world, [f"Harbour {number}" for number in range(count)]
    with two_receivers(world, *pages) as boxes:
        flood(world, lambda number: TEXT.replace("21 million", f"{30 + number} million"), pages)
        assert send(world) == DeliveryReport(), "it waits for others"
        assert send(world, seconds=30) == DeliveryReport(sent=2)
        assert send(world, hours=1) == DeliveryReport()
        for box in boxes:
            (body,) = bodies(box)
            assert f"{count} articles changed by ExampleBot" in body
            assert f"All by {BOT}" in body
            assert all(page in body for page in pages)
            assert "21 million → 30 million boats" in body
        assert {row.state for row in world.alerts()} == {DeliveryState.SENT}


def test_a_critical_alert_waits_for_nobody_takes_the_others_along_and_comes_first(world: WikiHarness):
    with two_receivers(world, "Tide", "Ebb", "Flow") as (box, _):
        flood(world, lambda number: CRITICAL if number == 2 else CHANGED, ["Tide", "Ebb", "Flow"])
        assert send(world).sent == 2
        (body,) = bodies(box)
        assert body.startswith("Critical: 3 articles changed by ExampleBot: Flow, Tide and 1 more")


def test_what_follows_within_the_interval_is_one_more_message_after_it(world: WikiHarness):
    with two_receivers(world, "Tide", "Ebb", "Flow") as (box, _):
        for page in ("Tide", "Ebb", "Flow"):
            flood(world, lambda _: CHANGED, [page])
            send(world, seconds=40)
        assert len(box.accepted) == 1
        send(world, minutes=5)
        listed = [[page for page in ("Tide", "Ebb", "Flow") if f"\n{page}\n" in f"\n{body}\n"] for body in bodies(box)]
        assert listed[1:] == [["Ebb", "Flow"]]


def test_something_worse_than_the_group_had_does_not_wait_for_the_interval(world: WikiHarness):
    with two_receivers(world, "Tide", "Ebb") as (box, _):
        flood(world, lambda _: CHANGED, ["Tide"])
        send(world, seconds=40)
        flood(world, lambda _: CRITICAL, ["Ebb"])
        assert send(world).sent == 2
        assert len(box.accepted) == 2


def test_a_change_of_another_sentence_by_another_editor_does_not_wait_for_the_interval(world: WikiHarness):
    with two_receivers(world, "Tide", text=f"{TEXT} In 2010 the port had 400 berths.") as (box, _):
        flood(world, lambda _: f"{CHANGED} In 2010 the port had 400 berths.", ["Tide"])
        send(world, seconds=40)
        world.store.edit("Tide", f"{CHANGED} In 2010 the port had 900 berths.", editor="Ada", comment="berths")
        world.check()
        send(world, seconds=40)
        assert len(box.accepted) == 2


def test_without_words_to_group_by_each_alert_is_a_message_of_its_own_at_once(world: WikiHarness):
    with two_receivers(world) as (box, _):
        world.grouping = "group_by = []"
        world.watch("Tide", "Ebb")
        flood(world, lambda _: TEXT, ["Tide", "Ebb"])
        flood(world, lambda _: CHANGED, ["Tide", "Ebb"])
        assert send(world).sent == 4
        assert len(box.accepted) == 2


def test_a_destination_has_its_own_grouping(world: WikiHarness):
    with two_receivers(world) as (first, second):
        world.extra_settings += 'group_by = ["source"]\n'
        world.watch("Tide", "Ebb")
        flood(world, lambda _: TEXT, ["Tide", "Ebb"])
        flood(world, lambda _: CHANGED, ["Tide", "Ebb"])
        send(world, minutes=1)
        assert (len(first.accepted), len(second.accepted)) == (1, 2)


def test_the_same_source_removed_by_different_editors_is_one_message(world: WikiHarness):
    with two_receivers(world, "Tide", "Ebb", "Flow") as (box, _):
        for number, page in enumerate(("Tide", "Ebb", "Flow")):
            world.store.edit(page, TEXT.replace(SOURCE, ""), editor=f"203.0.113.{number}", comment=f"cut {page}")
        world.check()
        assert send(world, minutes=1).sent == 2
        assert all(page in bodies(box)[0] for page in ("Tide", "Ebb", "Flow"))


def test_an_edit_war_of_ten_turns_is_one_update_that_says_where_it_ended(either_world: WikiHarness):
    world = either_world
    with two_receivers(world, "Tide") as (box, _):
        world.store.edit("Tide", CHANGED, editor="Vandal")
        world.check()
        send(world, seconds=30)
        for turn in range(2, 11):
            world.clock.advance(seconds=20)
            text, editor = (CHANGED, "Vandal") if turn % 2 else (TEXT, "Alice")
            world.store.edit("Tide", text, editor=editor)
            with world.services() as services:
                list(check(services, services.watchlist.watches))
            send(world)
        assert len(box.accepted) == 1
        send(world, minutes=5)
        last = box.accepted[-1]
        assert "changed 9 times since the last message, by Alice, Vandal" in str(last.json["message"])
        assert "back to 21 million boats" in str(last.json["message"])
        assert str(last.json["title"]).startswith("Resolved")
        send(world, hours=1)
        assert len(box.accepted) == 2
        with world.services() as services:
            assert services.archive.sent_facts.stated(world.article(), world.clock()) == ((), ())


def test_an_edit_war_that_ends_with_the_change_says_so_and_its_end_is_reported_later(world: WikiHarness):
    with two_receivers(world, "Tide") as (box, _):
        for turn in range(5):
            world.edit_and_check(TEXT if turn % 2 else CHANGED, editor="Alice" if turn % 2 else "Vandal")
            send(world, seconds=30) if turn == 0 else None
        send(world, minutes=5)
        world.edit_and_check(TEXT, editor="Alice")
        send(world, minutes=10)
        titles = [str(letter.json["title"]) for letter in box.accepted]
        assert [title.partition(":")[0] for title in titles][1:] == ["High update", "Resolved"]
        assert "changed 4 times since the last message" in bodies(box)[1]


def edited(**values: object) -> tuple[Revision, ...]:
    return (replace(an_alert().after, **values),)  # type: ignore[arg-type]


PAIRS = {
    "counts": (edited(editor="B", comment="3 links"), edited(editor="B", comment="17 links"), True),
    "sections": (edited(editor="B", comment="/* A */ fix"), edited(editor="B", comment="/* B */ fix"), True),
    "links": (edited(editor="B", comment="move [[A]]"), edited(editor="B", comment="move [[B|b]]"), True),
    "summaries": (edited(editor="B", comment="fix"), edited(editor="B", comment="add"), False),
    "editors": (edited(editor="B", comment="fix"), edited(editor="C", comment="fix"), False),
    "hidden editors": (edited(editor=None), edited(editor=None), False),
}


@for_each(("first", "other", "same"), PAIRS.values(), ids=PAIRS)
def test_a_summary_is_the_same_whatever_it_says_of_its_page(first: object, other: object, same: object):
    def labels(edits: object, page: int) -> set[str]:
        alert = an_alert(replace(NOTICE, edits=edits, old_sentence=None, new_sentence=None))  # type: ignore[arg-type]
        return set(group_labels(DESTINATION, replace(alert, article=replace(alert.article, page_id=page))))

    assert bool(labels(first, 1) & labels(other, 2)) is same


def test_a_maintenance_tag_groups_as_a_template_and_a_citation_as_a_source():
    tag = replace(NOTICE, kind=Kind.TAG_ADDED, element_name="dubious")
    source = replace(NOTICE, kind=Kind.REFERENCE_REMOVED, element_name="https://a.example/")
    words = {label.partition(":")[0] for label in group_labels(DESTINATION, an_alert(tag, source))}
    assert words == {"article", "article-sentence", "editor_and_summary", "source", "template"}


def test_what_concerns_operators_is_never_grouped():
    assert group_labels(DESTINATION, replace(an_alert(NOTICE), topic=AlertTopic.OPERATOR)) == ()


@for_each(("severity", "seconds"), [(Severity.CRITICAL, 0), (Severity.HIGH, 30), (Severity.LOW, 30)])
def test_only_what_is_critical_is_due_at_once(world: WikiHarness, severity: Severity, seconds: int):
    alert: Alert = an_alert(replace(NOTICE, severity=severity))
    due = delivery_for(DESTINATION, alert, world.clock()).not_before
    assert due == world.clock() + timedelta(seconds=seconds)


@pytest.mark.parametrize("word", ["editor", "sources"])
def test_an_unknown_word_is_refused_with_the_known_ones(world: WikiHarness, word: str):
    world.grouping = f'group_by = ["{word}"]'
    world.watch("Tide")
    with pytest.raises(Exception, match="is nothing to group by"), world.services():
        pass
