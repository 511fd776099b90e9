"""Test that Prefect reads our deployments, and the automation for crashed runs."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cases import for_each

ROOT = Path(__file__).resolve().parents[2]
WRITTEN: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS: list[dict[str, Any]] = WRITTEN["deployments"]
SCHEDULED = [deployment for deployment in DEPLOYMENTS if "schedules" in deployment]
ON_DEMAND = {"check-chunk", "backfill"}  # started by `check`, and by hand
each = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=[deployment["name"] for deployment in DEPLOYMENTS])


def entry_point(deployment: dict[str, Any]) -> tuple[str, str]:
    """The source of the module that is named, and the name of the flow in it."""
    module, _, name = deployment["entrypoint"].rpartition(".")
    return (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"), name


def test_prefect_reads_the_file_and_changes_to_the_folder_of_the_worker(prefect_answers: dict[str, Any]):
    requested = "check check-chunk deliver backfill tidy".split()
    assert prefect_answers["names"] == requested
    [step] = WRITTEN["pull"]
    assert list(step) == ["prefect.deployments.steps.set_working_directory"]
    assert list(*step.values()) == prefect_answers["directory_step"]


@each
def test_no_key_would_be_passed_over_in_silence_and_the_entry_point_is_a_flow_with_these_parameters(
    deployment: dict[str, Any], prefect_answers: dict[str, Any]
):
    fields = {name: set(known) for name, known in prefect_answers["fields"].items()}
    assert set(deployment) <= fields["DeploymentConfig"]
    assert set(deployment.get("concurrency_limit", {})) <= fields["ConcurrencyLimitSpec"]
    assert set(deployment["work_pool"]) <= fields["WorkPoolConfig"]
    assert set(WRITTEN) <= {*fields["PrefectYamlModel"], "prefect-version", "definitions"}
    source, name = entry_point(deployment)
    tree = ast.parse(source)
    [function] = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name == name]
    assert any(ast.unparse(mark).startswith("flow(") for mark in function.decorator_list)
    assert set(deployment.get("parameters", {})) <= {arg.arg for arg in function.args.args}


def test_all_but_what_is_started_on_demand_has_a_schedule_and_no_parameter_is_a_secret_or_a_path():
    assert {deployment["name"] for deployment in DEPLOYMENTS} - {item["name"] for item in SCHEDULED} == ON_DEMAND
    # Prefect stores parameters and shows them in clear, and whoever may start a run could write another path.
    given = [str(value) for deployment in DEPLOYMENTS for value in deployment.get("parameters", {}).values()]
    assert [value for value in given if "://" in value or "@" in value or value.startswith(("/", "."))] == []
    assert not any("watchlist" in deployment.get("parameters", {}) for deployment in DEPLOYMENTS)


@for_each("deployment", SCHEDULED, ids=[item["name"] for item in SCHEDULED])
def test_missed_runs_are_not_made_up_one_by_one(deployment: dict[str, Any], prefect_answers: dict[str, Any]):
    limit = deployment["concurrency_limit"]
    assert limit["collision_strategy"] == "CANCEL_NEW"
    assert limit["collision_strategy"] in prefect_answers["strategies"]
    assert limit["limit"] > 1


@for_each("deployment", SCHEDULED, ids=[item["name"] for item in SCHEDULED])
def test_each_schedule_is_active_and_named(deployment: dict[str, Any], prefect_answers: dict[str, Any]):
    for schedule in deployment["schedules"]:
        assert set(schedule) <= set(prefect_answers["fields"]["RawScheduleConfig"])
        assert schedule["active"] is True
        assert schedule["slug"]
    assert min(prefect_answers["intervals"][deployment["name"]], default=60) >= 60


def test_what_hands_out_chunks_names_the_deployment_that_takes_them():
    [receiver] = [
        deployment["parameters"]["worker_deployment"]
        for deployment in DEPLOYMENTS
        if "worker_deployment" in deployment.get("parameters", {})
    ]
    flow, _, deployment = receiver.partition("/")
    [(source, name)] = [entry_point(item) for item in DEPLOYMENTS if item["name"] == deployment]
    assert f'@flow(name="{flow}"' in source.partition(f"async def {name}")[0]


def test_a_run_without_heartbeats_is_crashed_after_three_of_them(prefect_answers: dict[str, Any]):
    env = (ROOT / "deploy/env.several.example").read_text(encoding="utf-8")
    [line] = [line for line in env.splitlines() if line.startswith("PREFECT_FLOWS_HEARTBEAT_FREQUENCY=")]
    assert prefect_answers["zombies"] == {
        "posture": "Proactive",
        "within": 3.0 * int(line.partition("=")[2]),
        "after": ["prefect.flow-run.heartbeat"],
        "states": ["CRASHED"],
    }
