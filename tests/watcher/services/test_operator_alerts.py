"""Test that operators are alerted once about failing checks, deleted pages and dead letters."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from snapshots import DeliveryState
from tests.flows.harness import CHANGED, WikiHarness
from tests.simulators import WebhookReceiver
from watcher.errors import DeliveryError
from watcher.model import Alert, AlertTopic
from watcher.notify import Receiver, compose
from watcher.services.health import Health, watch_health
from watcher.services.operator_alerts import operators, queue_operator_alerts
from watcher.services.probes import run_checks
from watcher.services.sources import refresh_lists

SECOND = '\n[[destination]]\nname = "second"\nurl = "json://127.0.0.1:9/2"\n'


def overseen(world: WikiHarness) -> list[str]:
    """One pass of the overseer; the first line of each operator alert so far."""
    world.clock.advance(minutes=1)
    world.alert_operators()
    return sent_lines(world)


def sent_lines(world: WikiHarness) -> list[str]:
    result = [delivery.alert for delivery in world.alerts() if delivery.alert.topic is AlertTopic.OPERATOR]
    return [f"{alert.article.title}: {re.split(':|, by ', alert.notices[0].summary)[0]}" for alert in result]


def test_a_deleted_and_restored_page_is_reported_once_each(either_world: WikiHarness):
    world = either_world
    world.check()
    leaf = world.store.delete("Tide")
    for _ in range(5):
        world.check()
        assert overseen(world) == ["Tide: the page is deleted or hidden"]
    world.store.restore(leaf)
    for _ in range(2):
        world.check()
        assert overseen(world)[1:] == ["Tide: the page is back"]


def test_checks_that_fail_three_times_in_a_row_and_recover_are_reported_once_each(either_world: WikiHarness):
    world = either_world
    world.check()
    world.wiki.refuse(1_000)
    assert [(world.check_state(), overseen(world)) for _ in range(2)] == [("failed", [])] * 2
    assert [(world.check_state(), overseen(world)) for _ in range(3)] == [("failed", ["Tide: checks fail"])] * 3
    world.wiki.recover()
    world.edit_and_check(CHANGED)
    assert overseen(world) == overseen(world) == ["Tide: checks fail", "Tide: checks work again"]


def test_what_is_wrong_with_a_wiki_is_one_message_however_many_articles_it_concerns(world: WikiHarness):
    for title in ("Ebb", "Flow"):
        world.edit("Some text.", title)
    world.watch("Tide", "Ebb", "Flow").check()
    world.wiki.refuse(1_000)
    for _ in range(3):
        world.check()
    assert overseen(world) == ["3 articles: checks fail"]
    (delivery,) = world.alerts()
    assert [notice.section for notice in delivery.alert.notices] == [("Tide",), ("Ebb",), ("Flow",)]


def test_a_watch_that_no_check_has_ever_reached_is_reported_once_and_so_is_its_first_success(either_world: WikiHarness):
    world = either_world
    world.wiki.refuse(1_000)
    assert [(world.check_state(), overseen(world)) for _ in range(2)] == [("failed", [])] * 2
    failing = ["Tide: checks fail, it was never checked"]
    assert [(world.check_state(), overseen(world)) for _ in range(3)] == [("failed", failing)] * 3
    world.wiki.recover()
    assert world.check_state() == "baseline"
    assert overseen(world) == overseen(world) == [*failing, "Tide: the first check has succeeded"]
    with world.services() as services:
        assert services.archive.unreached_watches.list_all() == ()


def test_a_title_that_is_not_there_is_reported_with_its_reason(world: WikiHarness):
    world.watch("No such page")
    for _ in range(4):
        world.check()
        overseen(world)
    (delivery,) = world.alerts()
    assert "there is no such page; correct the title in the watchlist" in compose(delivery.alert).text
    with world.services() as services:
        (item,) = watch_health(services, world.clock())
    assert (item.health, item.check_state and item.check_state.failures) == (Health.FAILING, 4)


def test_a_first_check_that_fails_once_or_twice_is_no_news(world: WikiHarness):
    world.wiki.refuse(2)
    assert [world.check_state() for _ in range(3)] == ["failed", "failed", "baseline"]
    assert overseen(world) == []
    with world.services() as services:
        assert services.archive.unreached_watches.list_all() == ()


def test_a_title_that_was_corrected_before_it_was_ever_reached_is_forgotten(world: WikiHarness):
    world.watch("No such page")
    for _ in range(3):
        world.check()
    world.watch("Tide")
    assert overseen(world) == []
    with world.services() as services:
        assert services.archive.unreached_watches.list_all() == ()


def test_a_page_that_rounds_of_checks_leave_out_and_its_return_are_reported_once_each(world: WikiHarness):
    world.check()
    world.clock.advance(minutes=46)
    world.make_empty_round()
    assert overseen(world) == overseen(world) == ["Tide: checks are overdue"]
    world.check()
    assert overseen(world) == ["Tide: checks are overdue", "Tide: checks are on time again"]


def test_a_process_searches_all_pages_for_overdue_ones_once_a_minute(either_world: WikiHarness):
    world = either_world
    world.check()
    world.clock.advance(minutes=44, seconds=50)
    world.make_empty_round()
    reported = []
    with world.services() as services:
        for _ in range(3):
            queue_operator_alerts(services)
            reported.append(sent_lines(world))
            world.clock.advance(seconds=30)
    assert reported == [[], [], ["Tide: checks are overdue"]]


def test_a_dead_delivery_is_reported_to_the_other_operators(either_world: WikiHarness):
    world = either_world
    world.watch("Tide", extra_settings=SECOND).check()
    world.edit_and_check(CHANGED)
    world.clock.advance(minutes=1)

    def send(_alert: Alert, receiver: Receiver, _key: str) -> None:
        if receiver.url == world.receiver:
            raise DeliveryError("JSON: answered 404", permanent=True)

    world.deliver(send=send)
    assert overseen(world) == overseen(world) == ["Tide: 1 message to “inbox” given up"]
    assert [delivery.destination for delivery in world.alerts()] == ["inbox", "second", "second"]


def test_a_dead_message_about_dead_messages_breeds_no_other(world: WikiHarness):
    world.watch("Tide", extra_settings=SECOND).check()
    world.edit_and_check(CHANGED)

    def refuse(_alert: Alert, _receiver: Receiver, _key: str) -> None:
        raise DeliveryError("JSON: answered 404", permanent=True)

    for _ in range(4):
        overseen(world)
        world.deliver(send=refuse)
    assert len(sent_lines(world)) == 2
    assert {delivery.state for delivery in world.alerts()} == {DeliveryState.DEAD}


def test_without_an_operator_nothing_is_kept_for_later(world: WikiHarness):
    world.watch("Tide", extra_settings="operator = false\n").check()
    world.store.delete("Tide")
    world.check()
    assert overseen(world) == []
    world.watch("Tide", extra_settings="operator = true\n")
    assert overseen(world) == []
    with world.services() as services:
        assert [destination.name for destination in operators(services.watchlist)] == ["inbox"]


@pytest.mark.parametrize("quiet", ["", 'quiet = "00:00-23:59"\n'])
def test_operators_sleep_too(world: WikiHarness, quiet: str):
    world.watch("Tide", extra_settings=quiet).check()
    world.store.delete("Tide")
    world.check()
    overseen(world)
    (delivery,) = world.alerts()
    assert (delivery.not_before - world.clock() > timedelta()) is bool(quiet)


def test_an_operator_alert_names_no_edit_that_is_not_there(world: WikiHarness):
    world.check()
    world.store.delete("Tide")
    world.check()
    overseen(world)
    message = compose(world.alerts()[0].alert)
    assert message.subject.startswith("High: Tide: the page is deleted or hidden, by Warden")
    assert "watcher explain" not in message.text
    assert "lead" not in message.text


def test_what_a_delivery_ends_with_is_reported_in_the_same_pass(world: WikiHarness):
    with WebhookReceiver(["404"]) as broken, WebhookReceiver() as box:
        world.receiver = broken.url
        world.watch(
            "Tide", extra_settings=f'\n[[destination]]\nname = "second"\nurl = "{box.url}"\nkinds = ["claim.*"]\n'
        ).check()
        world.edit_and_check(CHANGED)
        report = world.deliver_due()
        assert (report.sent, report.dead) == (1, 1)
        assert "given up" in str(box.requests[0].json)


def test_a_list_that_cannot_be_read_twice_is_reported_and_so_is_its_end(either_world: WikiHarness):
    world = either_world
    world.watch("Tide", extra_settings='[[watch]]\nfile = "list.txt"\n')
    summaries = []
    for text in (None, None, None, "Tide"):
        if text:
            (world.folder / "list.txt").write_text(text, encoding="utf-8")
        world.clock.advance(minutes=11)
        with world.services() as services:
            refresh_lists(services)
            queue_operator_alerts(services)
            diagnoses = [check for check in run_checks(world.path, {}) if check.subject == "lists"]
        summaries.append([notice.summary for delivery in world.alerts() for notice in delivery.alert.notices])
        assert len(diagnoses) == (text is None)
    problem = "list.txt: cannot be read (No such file or directory); check `file` of its [[watch]]"
    assert summaries == [[], [problem], [problem], [problem, "works again, after 22 minutes"]]
