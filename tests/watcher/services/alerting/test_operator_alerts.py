"""Test that operators are alerted once about what fails and what stops, and once when it goes on."""

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
from tests.watcher.services.stories import Player, story_test
from watcher.cli.app import app
from watcher.errors import StoreError
from watcher.model import AlertTopic
from watcher.services.alerting.operator_alerts import operators, queue_operator_alerts, record_outages
from watcher.services.checks.page_lists import refresh_lists
from watcher.services.operations.health import Health, prefect_problem, watch_health
from watcher.services.operations.probes import prefect, run_checks


def sent_lines(world: WikiHarness) -> list[str]:
    result = [delivery.alert for delivery in world.alerts() if delivery.alert.topic is AlertTopic.OPERATOR]
    return [f"{alert.article.title}: {re.split(':|, by ', alert.notices[0].summary)[0]}" for alert in result]


class OperatorsPlayer(Player):
    """Plays stories of lists that cannot be read, of outages and of operators who sleep."""

    def outage(self) -> None:
        """Prefect's server is away for a moment."""
        with self.world.archive() as archive:
            archive.outages.begin("prefect", "away", self.world.clock())
            archive.outages.end("prefect", self.world.clock())

    def due(self, *, later: bool) -> None:
        """Whether the newest alert waits for a later hour."""
        assert (self.world.alerts()[-1].not_before > self.world.clock()) is later

    def failing(self, failures: int) -> None:
        """The health of the only watch."""
        with self.world.services() as services:
            (item,) = watch_health(services.index, self.world.clock())
        assert (item.health, item.check_state and item.check_state.failures) == (Health.FAILING, failures)

    def operator(self, *names: str) -> None:
        with self.world.services() as services:
            assert [destination.name for destination in operators(services.watchlist)] == [*names]

    def write_list(self, text: str) -> None:
        (self.world.folder / "list.txt").write_text(text, encoding="utf-8")

    def refresh_lists(self, *, diagnosed: bool) -> None:
        """Read the lists, and whether the doctor has something to say of them."""
        with self.world.services() as services:
            refresh_lists(services)
        assert ("lists" in {diagnosis.subject for diagnosis in run_checks(self.world.path, {})}) is diagnosed


test_operators_are_alerted = story_test(__file__, player=OperatorsPlayer)


def test_a_process_searches_all_pages_for_overdue_ones_once_a_minute(either_world: WikiHarness):
    (world := either_world).check()
    world.clock.advance(minutes=44, seconds=50)
    world.make_empty_round()
    reported = []
    with world.services() as services:
        services.archive.outages.begin("prefect", "away", world.clock())
        services.archive.outages.end("prefect", world.clock() + timedelta(days=1))  # by a clock that was wrong
        for _ in range(3):
            queue_operator_alerts(services)
            reported.append(sent_lines(world))
            world.clock.advance(seconds=30)
    assert reported == [[], [], ["Tide: checks are overdue"]]


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


NOBODY = {"PREFECT_API_URL": "http://me:word@127.0.0.1:9/api"}


def pass_over(world: WikiHarness) -> list[str]:
    """One pass of the watchdog; all alerts so far."""
    world.alert_operators()
    return [f"{row.alert.article.title}: {row.alert.notices[0].summary}" for row in world.alerts()]


def test_a_service_that_fails_again_before_its_end_was_reported_continues_its_outage(either_world: WikiHarness):
    with (world := either_world).services() as services:
        services.archive.outages.begin("prefect", "away", world.clock())
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
    world.path.write_text(re.sub(r"(?s)\[\[wiki.*?(?=\[\[dest)", "", world.path.read_text()))  # watches nothing now
    assert pass_over(world) == [away, "Prefect: the server answers again, after 1 minute"]


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
    monkeypatch.setattr("watcher.services.alerting.operator_alerts._PAUSE", 0)
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
