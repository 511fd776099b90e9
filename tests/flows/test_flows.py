"""Test the flows around the steps: their runs in Prefect, what they retry, and how they end."""

import asyncio
import gc
import logging
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Event, Timer
from types import SimpleNamespace
from typing import Any

import pytest

from tests.dumps import export
from tests.flows.harness import CHANGED, TEXT, WikiHarness
from tests.prefect_server import PrefectServer
from tests.simulators import WebhookReceiver
from tests.waiting import wait_until
from watcher.errors import ConfigError, Unavailable, WatcherError
from watcher.services.alerting.delivery import DeliveryReport
from watcher.services.context import clock
from watcher.services.operations.health import prefect_workers
from watcher.services.operations.startup import WATCHLIST_VARIABLE

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.usefixtures("harness"),
    # Prefect's clients leave their sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@cache
def lazy() -> Any:
    """What is used of Prefect, which takes a second and a half to load: each process of a run collects all tests."""
    return import_module("tests.flows.prefect_names")


@pytest.fixture(scope="module")
def harness(prefect_server: PrefectServer) -> Iterator[None]:
    """The settings of a client of Prefect's server; nobody else has runs on it."""
    names = lazy().settings
    server = {names.PREFECT_API_URL: prefect_server.api, names.PREFECT_API_AUTH_STRING: prefect_server.login}
    with names.temporary_settings(server):
        yield
        lazy().APILogWorker.instance().drain()
        lazy().EventsWorker.drain_all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def world(world: WikiHarness, monkeypatch: pytest.MonkeyPatch) -> WikiHarness:
    """The small wiki, with a server for the flows."""
    monkeypatch.setenv(WATCHLIST_VARIABLE, str(world.path))
    return world


def reported() -> list[str]:
    """What the artifacts of checks hold, all of them Markdown."""

    async def ask() -> list[Any]:
        async with lazy().get_client() as client:
            return await client.read_artifacts()

    return [str(each.data) for each in asyncio.run(ask()) if (each.key, each.type) == ("comparisons", "markdown")]


def run_counts(name: str) -> list[int]:
    """How often the tasks of that name were run in the flow run that was started last."""

    async def ask() -> list[Any]:
        async with lazy().get_client() as client:
            started = lazy().filters.FlowRunFilter(start_time=lazy().filters.FlowRunFilterStartTime(is_null_=False))
            (newest,) = await client.read_flow_runs(
                flow_run_filter=started, sort=lazy().FlowRunSort.START_TIME_DESC, limit=1
            )
            return await client.read_task_runs(
                flow_run_filter=lazy().filters.FlowRunFilter(id=lazy().filters.FlowRunFilterId(any_=[newest.id]))
            )

    return [run.run_count for run in asyncio.run(ask()) if run.name.startswith(name)]


def are_run_counts(name: str, expected: list[int]) -> bool:
    """Wait until the tasks of the newest flow run were run so often: the server records them from events, later."""
    return wait_until(lambda: run_counts(name) == expected)


def run() -> Any:
    return asyncio.run(lazy().check_pages("w", ["Tide"]))


def test_a_change_is_reported_in_an_artifact_and_delivered_by_the_other_flow(world: WikiHarness):
    with WebhookReceiver() as receiver:
        world.receiver = receiver.url
        world.watch("Tide")
        before, baseline = Counter(reported()), run()  # other tests report to the same server
        assert (baseline.lines, Counter(reported())) == (("baseline Tide: watching from revision 1 on",), before)
        world.edit(CHANGED)
        result = run()
        assert result.lines[0] == "alert Tide: revisions 1 → 2: 1 finding, worst high"
        assert "21 million → 25 million boats" in result.lines[1]
        (artifact,) = (Counter(reported()) - before).elements()
        assert "25 million" in artifact
        assert asyncio.run(lazy().deliver_alerts()) == DeliveryReport(sent=1)
        assert asyncio.run(lazy().deliver_alerts()) == DeliveryReport()
        assert len(receiver.accepted) == 1
    assert run().lines == ("unchanged Tide: nothing since revision 2",)


def test_a_flow_ends_as_failed_when_an_article_was_not_checked_after_all_others_were(world: WikiHarness):
    world.edit(TEXT, "Ebb")
    world.watch("Tide", "No such page", "Ebb")
    state = asyncio.run(lazy().check_pages("w", ["Tide", "No such page", "Ebb"], return_state=True))
    assert state.is_failed()
    assert "1 of 3 articles were not checked" in str(state.message)
    with pytest.raises(Unavailable):
        asyncio.run(state.result())
    assert world.stored("Ebb") == [2]
    # a title that is not there will not be there in a second either
    assert are_run_counts("check-chunk", [1])


def test_a_schedule_runs_its_flows_in_this_process_until_it_is_stopped_also_after_one_that_could_not_begin(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    stop, ended, failures = Event(), list[str](), iter([ConnectionError()])

    class Observed:
        """The flow, whose first run Prefect's server does not take."""

        name = "observed"

        async def __call__(self, **options: bool) -> None:
            for failure in failures:
                raise failure
            ended.append(str((await lazy().dispatch_checks(**options)).name))
            stop.set()

    often = SimpleNamespace(entries=[SimpleNamespace(every=timedelta(seconds=0.1))])
    monkeypatch.setattr(lazy().schedule, "load_watchlist", lambda _: often)
    monkeypatch.setattr(lazy().schedule, "dispatch_checks", Observed())
    monkeypatch.setattr(lazy().schedule, "_RETRY", timedelta(seconds=0.1))
    limit = Timer(90, stop.set)
    limit.start()
    lazy().schedule.run_schedule(world.path, stop)
    limit.cancel()
    assert ended == ["Completed"]
    assert "a run of observed ended with ConnectionError; it will be retried" in caplog.text
    assert world.article().title == "Tide"


def test_what_is_due_is_looked_for_each_minute_so_that_a_page_checked_late_in_a_round_misses_no_other(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    paces, stop = dict[str, tuple[timedelta, timedelta]](), Event()

    async def noted(flow: Any, first: timedelta, every: timedelta, _: Event) -> None:
        paces[flow.name] = first, every

    monkeypatch.setattr(lazy().schedule, "_repeat", noted)
    stop.set()
    lazy().schedule.run_schedule(world.watch("Tide", every="1h").path, stop)
    assert paces["dispatch-checks"] == (timedelta(minutes=1), timedelta(minutes=1))


def test_a_run_with_a_path_as_its_parameter_fails_before_anything_is_read_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    planted = tmp_path / "planted.toml"
    planted.write_text('[watcher]\ncontact = "mailto:evil@example.org"\ndatabase = "sqlite:///planted.db"\n')
    monkeypatch.chdir(tmp_path)

    async def ended(parameters: dict[str, Any]) -> Any:
        deployment = await lazy().dispatch_checks.ato_deployment("check")
        number = await deployment.aapply()
        async with lazy().get_client() as client:
            made = await client.create_flow_run_from_deployment(number, parameters=parameters)
            return await lazy().run_flow_async(
                lazy().dispatch_checks, flow_run=made, parameters=parameters, return_type="state"
            )

    state = asyncio.run(ended({"watchlist": str(planted)}))
    assert state.is_failed()
    assert "watchlist" in str(state.message)
    assert list(tmp_path.iterdir()) == [planted]


def in_a_flow() -> Any:
    """One chunk, tried again without waiting."""
    hurried = lazy().check_batch_task.with_options(retry_delay_seconds=0, retry_jitter_factor=None)

    @lazy().flow(name="one-chunk", persist_result=False)
    async def run_chunk() -> Any:
        return await hurried(["Tide"])

    return asyncio.run(run_chunk())


def test_a_chunk_is_tried_three_times_when_the_wiki_was_unavailable(world: WikiHarness):
    # who asks for more patience than anybody has is not waited for
    world.wiki.refuse(2, retry_after="4000")
    assert in_a_flow().lines == ("baseline Tide: watching from revision 1 on",)
    assert are_run_counts("check-chunk", [3])
    world.wiki.refuse(3, retry_after="4000")
    with pytest.raises(Unavailable):
        in_a_flow()
    assert in_a_flow().failed == 0


def test_a_mistake_in_the_watchlist_is_not_tried_again(world: WikiHarness):
    world.path.write_text("[[watch]", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"watchlist.toml:1: not valid TOML"):
        in_a_flow()
    assert are_run_counts("check-chunk", [1])


def test_a_history_is_fetched_by_a_flow_and_a_second_run_fetches_nothing(world: WikiHarness):
    for number in range(22, 80):
        world.edit(TEXT.replace("21 million", f"{number} million"))
    assert asyncio.run(lazy().backfill_article("w", "Tide")) == "Tide: 59 revisions, 59 of them fetched now"
    assert asyncio.run(lazy().backfill_article("w", "Tide")) == "Tide: 59 revisions, 0 of them fetched now"
    assert len(world.stored()) == 59


def test_a_flow_takes_from_a_dump_what_that_has_and_the_rest_from_the_wiki(world: WikiHarness):
    (world.folder / "dumps").mkdir()
    (world.folder / "dumps" / "tide.xml").write_bytes(export(world.store, "Tide"))
    world.edit(CHANGED)
    assert asyncio.run(lazy().backfill_article("w", "Tide", "tide.xml")) == "Tide: 2 revisions, 1 of them fetched now"
    with pytest.raises(ConfigError, match=r"'Ebb' on 'w': is not in watchlist\.toml"):
        asyncio.run(lazy().backfill_article("w", "Ebb"))


def test_a_history_that_broke_off_is_fetched_on_from_there(world: WikiHarness):
    hurried = lazy().fetch_history.with_options(retry_delay_seconds=0, retry_jitter_factor=None)

    @lazy().flow(name="one-history", persist_result=False)
    async def run_history() -> Any:
        return await hurried("w", "Tide")

    world.wiki.refuse(2, retry_after="4000")
    assert asyncio.run(run_history()) == "Tide: 1 revision, 1 of them fetched now"
    assert are_run_counts("fetch-history", [3])


@pytest.mark.usefixtures("world")
def test_tidying_is_a_flow_as_well():
    assert asyncio.run(lazy().apply_retention()).lines == ("nothing is older than [keep] allows",)


def test_where_nothing_moved_a_dispatch_starts_no_run_and_no_task(world: WikiHarness):
    world.check()
    world.clock.advance(hours=1)
    assert asyncio.run(lazy().dispatch_checks()) == lazy().DispatchSummary(due=1, settled=1, failed=0, batches=0)
    lazy().EventsWorker.drain_all()
    assert run_counts("") == []


def test_without_a_deployment_for_chunks_the_dispatch_checks_them_itself(world: WikiHarness):
    world.check()
    world.edit(CHANGED)
    assert asyncio.run(lazy().dispatch_checks()) == lazy().DispatchSummary(due=1, settled=0, failed=0, batches=1)
    assert world.stored() == [1, 2]


def test_a_dispatch_whose_pages_all_failed_fails(world: WikiHarness):
    world.check()
    world.edit(CHANGED)
    with world.services() as services, services.archive.database.connection() as connection:
        connection.exec_driver_sql("UPDATE text SET body = x'00'")
    with pytest.raises(WatcherError, match="1 of 1 due pages failed"):
        asyncio.run(lazy().dispatch_checks())


def test_a_few_pages_are_checked_by_the_dispatch_itself(world: WikiHarness):
    world.check()
    world.edit(CHANGED)

    async def dispatched() -> int:
        async with lazy().get_client() as client:
            flow_id = await client.create_flow(lazy().check_pages)
            await client.create_deployment(flow_id, name="spared")
            return (await lazy().dispatch_checks(worker_deployment="check-pages/spared")).batches

    assert asyncio.run(dispatched()) == 1
    assert world.stored() == [1, 2]


def test_a_chunk_goes_to_a_run_of_its_own_with_titles_and_nothing_secret_whatever_this_machines_clock_says(
    world: WikiHarness, monkeypatch: pytest.MonkeyPatch
):
    world.check()
    world.edit(CHANGED)
    ahead = clock() + timedelta(hours=1)
    monkeypatch.setattr("prefect.deployments.flow_runs.now", lambda _: ahead)

    async def dispatched() -> tuple[Any, list[Any]]:
        async with lazy().get_client() as client:
            flow_id = await client.create_flow(lazy().check_pages)
            await client.create_deployment(flow_id, name="check-chunk")
            result = await lazy().dispatch_checks(inline_limit=0)
            runs = await client.read_flow_runs(
                flow_filter=lazy().filters.FlowFilter(name=lazy().filters.FlowFilterName(any_=["check-pages"]))
            )
            return result, [run for run in runs if run.deployment_id]

    dispatch_summary, runs = asyncio.run(dispatched())
    assert dispatch_summary.batches == 1
    assert [run.parameters for run in runs] == [{"wiki": "w", "titles": ["Tide"]}]
    assert all(run.expected_start_time and run.expected_start_time < ahead for run in runs)
    assert world.stored() == [1]
    assert asyncio.run(lazy().check_pages("w", ["Tide"])).lines[0].startswith("alert Tide: ")


# The runs of Prefect themselves

SILENCE = timedelta(minutes=2)


async def pending_run() -> Any:
    async with lazy().get_client() as client:
        return await lazy().a_run(client, lazy().states.Pending())


def state_after(run_state: Any, **later: float) -> tuple[str, tuple[str, ...]]:
    """The state of a run after reaping that much later, and what was said."""

    async def asked() -> tuple[str, tuple[str, ...]]:
        async with lazy().get_client() as client:
            made = await lazy().a_run(client, run_state)
            now = clock() + timedelta(**later)
            done = await lazy().mark_crashed(client, now=now, heartbeat_timeout=SILENCE, pending=timedelta(minutes=5))
            result = await client.read_flow_run(made.id)
            await client.set_flow_run_state(made.id, lazy().states.Cancelled(), force=True)
            return str(result.state_name), tuple(line for line in done if line.startswith(made.name))

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("before", "minutes", "after"),
    [
        ("Running", 3, "Crashed"),
        ("Running", 1, "Running"),
        ("Pending", 6, "Crashed"),
        ("Pending", 4, "Pending"),
        ("Scheduled", 600, "Scheduled"),
        ("Completed", 600, "Completed"),
    ],
)
def test_runs_without_a_worker_are_marked_as_crashed(before: str, minutes: float, after: str):
    tomorrow = {"scheduled_time": clock() + timedelta(days=1)}  # the server marks others as late
    state = getattr(lazy().states, before)(**tomorrow if before == "Scheduled" else {})
    result, text = state_after(state, minutes=minutes)
    assert (result, bool(text)) == (after, result == "Crashed")


@pytest.mark.parametrize(
    "skew", [timedelta(minutes=10), pytest.param(timedelta(minutes=-10), marks=pytest.mark.slow)], ids=str
)
def test_a_run_that_gives_signs_of_life_is_left_alone_whatever_its_workers_clock_says(skew: timedelta):
    async def started() -> Any:
        async with lazy().get_client() as client:
            return await lazy().a_run(client, lazy().states.Running())

    made = asyncio.run(started())
    sign = {"prefect.resource.id": f"prefect.flow-run.{made.id}"}
    at = clock() + skew
    lazy().emit_event("prefect.flow-run.heartbeat", resource=sign, occurred=at)
    requested = lazy().EventFilter.model_validate(
        {"occurred": {"since": at, "until": at}, "resource": {"id": [*sign.values()]}}
    )

    async def received() -> list[datetime]:
        async with lazy().get_client() as client:
            return [event.received for event in (await client.read_events(requested, limit=1)).events]

    assert wait_until(lambda: asyncio.run(received()))  # the server stores events when it has time
    (received_at,) = asyncio.run(received())

    async def state_at(now: datetime) -> str | None:
        async with lazy().get_client() as client:
            await lazy().mark_crashed(client, now=now, heartbeat_timeout=SILENCE, pending=SILENCE)
            return (await client.read_flow_run(made.id)).state_name

    assert asyncio.run(state_at(received_at + SILENCE)) == "Running"
    assert asyncio.run(state_at(received_at + SILENCE + timedelta(seconds=1))) == "Crashed"


def test_runs_are_reaped_by_the_time_of_the_server(monkeypatch: pytest.MonkeyPatch):
    made = asyncio.run(pending_run())
    monkeypatch.setattr("flows.crashed_runs.clock", lambda: clock() + timedelta(hours=1))
    assert not [line for line in lazy().reap_once() if line.startswith(made.name)]


def test_a_defect_in_reaping_is_not_reported_as_a_server_that_does_not_answer():

    async def running() -> None:
        async with lazy().get_client() as client:
            await lazy().a_run(client, lazy().states.Running())

    asyncio.run(running())
    wrong: Any = "no length of time"
    with pytest.raises(TypeError):
        lazy().reap_once(heartbeat_timeout=wrong)


def test_a_worker_that_stopped_is_found_while_another_works(prefect_server: PrefectServer):

    async def heartbeats() -> None:
        async with lazy().get_client() as client:
            await client.create_work_pool(lazy().actions.WorkPoolCreate(name="machines", type="process"))
            # Three seconds after its only heartbeat Prefect takes a worker of this interval for offline.
            await client.send_worker_heartbeat("machines", "stopped", heartbeat_interval_seconds=1)
            await client.send_worker_heartbeat("machines", "working", heartbeat_interval_seconds=3600)

    asyncio.run(heartbeats())
    assert wait_until(lambda: any(worker.is_missed(clock()) for worker in prefect_workers(prefect_server.client)))
    assert [each.name for each in prefect_workers(prefect_server.client) if each.is_missed(clock())] == ["stopped"]


def test_slots_that_no_run_holds_are_free_again():

    async def asked() -> tuple[list[str], int | None]:
        async with lazy().get_client() as client:
            flow_id = await client.create_flow(lazy().of_old)
            number = await client.create_deployment(flow_id, name="leaky", concurrency_limit=2)
            leaked = lazy().actions.GlobalConcurrencyLimitUpdate(active_slots=2)
            await client.update_global_concurrency_limit(f"deployment:{number}", leaked)
            done = await lazy().mark_crashed(client, now=clock(), heartbeat_timeout=SILENCE, pending=SILENCE)
            limit = (await client.read_deployment(number)).global_concurrency_limit
            return [line for line in done if line.startswith("leaky")], limit and limit.active_slots

    assert asyncio.run(asked()) == (["leaky: 2 of 2 used slots belonged to no run and were released"], 0)


def test_while_runs_wait_for_a_worker_no_more_are_started(world: WikiHarness):
    world.check()
    world.edit(CHANGED)

    async def dispatched() -> list[int]:
        async with lazy().get_client() as client:
            flow_id = await client.create_flow(lazy().check_pages)
            number = await client.create_deployment(flow_id, name="busy")
            await client.create_flow_run_from_deployment(number)
            to = "check-pages/busy"
            return [
                (await lazy().dispatch_checks(inline_limit=0, max_pending_runs=most, worker_deployment=to)).batches
                for most in (1, 2)
            ]

    assert asyncio.run(dispatched()) == [0, 1]


SECRET = "S3CR3T"  # in all that is planted, and nowhere else


def kept_by_prefect() -> str:
    """What Prefect's database has of runs, their parameters and states, artifacts and logs."""

    async def ask() -> list[object]:
        async with lazy().get_client() as client:
            return [
                *await client.read_flow_runs(),
                *await client.read_task_runs(),
                *await client.read_artifacts(),
                *await client.read_logs(),
            ]

    return "\n".join(repr(item.model_dump()) for item in asyncio.run(ask()))  # type: ignore[attr-defined]


def test_prefect_is_given_no_secret_and_logs_none_at_any_level(
    world: WikiHarness, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    caplog.set_level(logging.DEBUG)
    with WebhookReceiver(["404", "503", "close"]) as receiver:
        monkeypatch.setenv("HOOK", f"json://user:{SECRET}word@127.0.0.1:{receiver.port}/{SECRET}?+X-Token={SECRET}head")
        world.receiver = "env:HOOK"
        world.extra_settings = (
            f'\n[[destination]]\nname = "other"\nurl = "json://127.0.0.1:{receiver.port}/{SECRET}path"\n'
        )
        world.watch("Tide")
        run()
        world.edit(CHANGED)
        run()
        with lazy().settings.temporary_settings(
            {
                lazy().settings.PREFECT_LOGGING_LEVEL: "DEBUG",
                lazy().settings.PREFECT_LOGGING_EXTRA_LOGGERS: "apprise,urllib3",
            }
        ):
            report = asyncio.run(lazy().deliver_alerts())
        assert any(SECRET in letter.path for letter in receiver.requests)
    assert report.errors
    kept = kept_by_prefect()
    assert "25 million" in kept
    assert SECRET not in kept
    assert SECRET not in caplog.text
