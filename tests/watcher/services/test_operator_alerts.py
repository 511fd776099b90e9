"""Test that operators are alerted once about what fails and what stops, and once when it goes on."""

from __future__ import annotations

import os
import re
import signal
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from snapshots import DeliveryState
from tests.flows.harness import CHANGED, WikiHarness
from tests.hostile_servers import answering, http, serving
from tests.simulators import WebhookReceiver
from watcher.cli.app import app
from watcher.errors import DeliveryError, StoreError
from watcher.model import Alert, AlertTopic
from watcher.notify import Receiver, compose
from watcher.services.health import Health, prefect_problem, watch_health
from watcher.services.operator_alerts import operators, queue_operator_alerts, record_outages
from watcher.services.outcome import save_round
from watcher.services.probes import prefect, run_checks
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


NOBODY = {"PREFECT_API_URL": "http://me:word@127.0.0.1:9/api"}


def pass_over(world: WikiHarness) -> list[str]:
    """One pass of the watchdog; all alerts so far."""
    world.alert_operators()
    return [f"{row.alert.article.title}: {row.alert.notices[0].summary}" for row in world.alerts()]


def test_checks_that_stop_are_one_alert_and_no_page_is_overdue_when_they_go_on(either_world: WikiHarness):
    world = either_world
    for title in ("Ebb", "Flow"):
        world.edit("Some text.", title)
    world.watch("Tide", "Ebb", "Flow").check()
    world.clock.advance(minutes=46)
    stopped = pass_over(world)
    assert stopped == pass_over(world)
    assert len(stopped) == 1
    assert stopped[0].startswith("Checks: the last round of checks ended 2026-03-04 ")
    world.clock.advance(hours=3)
    world.make_empty_round()
    resumed = pass_over(world)
    assert resumed == pass_over(world) == [*stopped, "Checks: checks are made again, after 3 hours"]
    for _ in range(3):  # no page is reached for longer than its intervals: that is news again
        assert pass_over(world) == resumed
        world.clock.advance(minutes=16)
        world.make_empty_round()
    (overdue,) = pass_over(world)[len(resumed) :]
    assert overdue.startswith("3 articles: checks are overdue")


def test_checks_that_stop_are_told_after_three_of_the_shortest_intervals(world: WikiHarness):
    world.watch("Tide", every="1m").check()
    world.clock.advance(minutes=3)
    assert pass_over(world) == []
    world.clock.advance(seconds=5)
    (stopped,) = pass_over(world)
    world.clock.advance(minutes=17)
    world.make_empty_round()
    assert pass_over(world) == [stopped, "Checks: checks are made again, after 20 minutes"]


@pytest.mark.parametrize("jump", [timedelta(hours=10), -timedelta(hours=10)], ids=["ahead", "back"])
def test_a_clock_that_jumps_is_no_outage_and_checks_that_stop_after_it_are_one(world: WikiHarness, jump: timedelta):
    seconds = 0.0

    def minute_passes(*, checked: bool) -> list[str]:
        nonlocal seconds
        seconds += 60
        world.clock.advance(minutes=1)
        with world.services() as services:
            services.uptime = lambda: seconds
            if checked:
                save_round(services.archive, services.counts, "check", services.now())
            queue_operator_alerts(services)
        return [f"{row.alert.article.title}: {row.alert.notices[0].summary}" for row in world.alerts()]

    world.watch("Tide", every="5m").check()
    assert minute_passes(checked=True) == []
    world.clock.time += jump
    for minute in range(6):
        assert minute_passes(checked=minute % 5 == 4) == []
    stopped = [alert for _ in range(17) for alert in minute_passes(checked=False)]
    assert len({alert for alert in stopped if alert.startswith("Checks:")}) == 1


def test_a_service_that_fails_again_before_its_end_was_reported_continues_its_outage(either_world: WikiHarness):
    world = either_world
    with world.services() as services:
        archive = services.archive
        archive.outages.begin("prefect", "away", world.clock())
    (away,) = pass_over(world)
    with world.archive() as archive:
        archive.outages.end("prefect", world.clock())
        world.clock.advance(minutes=1)
        archive.outages.begin("prefect", "away", world.clock())
        (outage,) = archive.outages.list_all()
    assert pass_over(world) == [away]
    with world.archive() as archive:
        archive.outages.end("prefect", world.clock())
        assert not archive.outages.queue_alert(outage, None, world.clock())  # whose end another process has recorded
    assert pass_over(world) == [away, "Prefect: the server answers again, after 1 minute"]


def test_an_outage_that_ended_before_anybody_was_alerted_is_no_news(either_world: WikiHarness):
    with either_world.archive() as archive:
        archive.outages.begin("prefect", "away", either_world.clock())
        archive.outages.end("prefect", either_world.clock())
    assert pass_over(either_world) == []


def test_a_server_of_prefect_that_does_not_answer_is_named_without_its_password():
    problem = prefect_problem(NOBODY)
    assert problem.startswith("Prefect's server at http://***@127.0.0.1:9/api does not answer (")
    assert prefect_problem({}) == ""


@pytest.mark.parametrize(("status", "well"), [("200 OK", True), ("401 Unauthorized", True), ("503 Busy", False)])
def test_a_server_of_prefect_that_answers_is_well_but_for_its_own_errors(status: str, *, well: bool):
    with serving(answering(http(status, b"true"))) as port:
        assert (prefect_problem({"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}) == "") is well


def test_a_restart_of_prefects_server_is_no_outage(world: WikiHarness):
    with ExitStack() as stack, world.services() as services:
        port = stack.enter_context(serving(answering(http("503 Starting"))))
        environ = {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}

        def restart(_: float) -> None:
            environ["PREFECT_API_URL"] = f"http://127.0.0.1:{restarted}/api"

        restarted = stack.enter_context(serving(answering(http("200 OK", b"true"))))
        services.sleep = restart
        assert record_outages(services, (prefect,), environ) == ()
        assert services.archive.outages.list_all() == ()


def test_the_watchdog_sends_what_is_due_while_prefect_is_away(world: WikiHarness, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("watcher.services.operator_alerts._PAUSE", 0)
    monkeypatch.setenv("PREFECT_API_URL", NOBODY["PREFECT_API_URL"])
    with WebhookReceiver() as box:
        world.receiver = box.url
        world.watch("Tide", extra_settings="operator = true\n").check()
        world.edit_and_check(CHANGED)
        done = CliRunner().invoke(app, ["watchdog", "--watchlist", str(world.path)])
        titles = [str(letter.json["title"]) for letter in box.accepted]
    assert (done.exit_code, done.stderr.count("\n")) == (3, 1)
    assert done.stderr.startswith("✗ Prefect's server at http://***@127.0.0.1:9/api does not answer (")
    assert ["21 million → 25 million" in title for title in titles] == [True, False]
    assert "Prefect" in titles[1]
    assert {row.state for row in world.alerts()} == {DeliveryState.SENT}


def test_the_watchdog_repeats_until_it_is_stopped_whatever_goes_wrong(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    passes: list[Path] = []

    def watch_once(watchlist: Path) -> int:
        passes.append(watchlist)
        if len(passes) == 1:
            raise StoreError("the database is locked")
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    monkeypatch.setattr("watcher.cli.status._watch_once", watch_once)
    done = CliRunner().invoke(app, ["watchdog", "--every", "1s", "--watchlist", str(world.path)])
    assert (done.exit_code, done.stderr, passes) == (0, "✗ the database is locked\n", [world.path] * 2)


def test_the_watchdog_has_nothing_to_say_where_all_is_well(world: WikiHarness, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    done = CliRunner().invoke(app, ["watchdog", "--watchlist", str(world.path)])
    assert (done.exit_code, done.output) == (0, "")
