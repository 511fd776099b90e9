"""Read Prefect's settings once for all tests, and stop a series of steps at the first that fails."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.command import run_program
from tests.shared import run_folder, shared

# In a separate process: settings are fixed once Prefect is imported.
ROOT = Path(__file__).resolve().parents[2]
QUESTION = """
import inspect, json, sys, yaml
from prefect.automations import Automation
from prefect.cli.deploy import _models as models
from prefect.client.schemas.objects import ConcurrencyLimitStrategy
from prefect.deployments import steps
from prefect.logging.configuration import DEFAULT_LOGGING_SETTINGS_PATH
from prefect.settings.legacy import _get_valid_setting_names
from prefect.settings.models.root import Settings

def logging_variables(node, path="PREFECT_LOGGING"):
    # https://docs.prefect.io/v3/how-to-guides/workflows/add-logging: each key of logging.yml is a variable.
    if isinstance(node, dict):
        for key, below in node.items():
            yield from logging_variables(below, f"{path}_{key.upper()}")
    else:
        yield path

logging = yaml.safe_load(DEFAULT_LOGGING_SETTINGS_PATH.read_text())
written = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
read = models.PrefectYamlModel.model_validate(written)
fields = {name: sorted(getattr(models, name).model_fields) for name in
          ("PrefectYamlModel", "DeploymentConfig", "ConcurrencyLimitSpec", "WorkPoolConfig", "RawScheduleConfig")}
zombies = Automation.model_validate(yaml.safe_load(open(sys.argv[2], encoding="utf-8")))
print(json.dumps({
    "zombies": {
        "posture": zombies.trigger.posture.value,
        "within": zombies.trigger.within.total_seconds(),
        "after": sorted(zombies.trigger.after),
        "states": [action.state.value for action in zombies.actions],
    },
    "names": [one.name for one in read.deployments],
    "intervals": {one.name: [s.interval.total_seconds() for s in one.schedules or [] if getattr(s, "interval", None)]
                  for one in read.deployments},
    "fields": fields,
    "strategies": [one.value for one in ConcurrencyLimitStrategy],
    "directory_step": sorted(inspect.signature(steps.set_working_directory).parameters),
    "settings": sorted({*_get_valid_setting_names(Settings), *logging_variables(logging)}),
}))
"""


@contextmanager
def asked_prefect() -> Iterator[str]:
    """Prefect's reading of deploy/prefect.yaml, the keys it knows and its settings, as JSON."""
    with TemporaryDirectory() as home:
        files = ROOT / "deploy/prefect.yaml", ROOT / "deploy/zombies.yaml"
        environ = {**os.environ, "PREFECT_HOME": home, "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
        done = run_program(sys.executable, "-c", QUESTION, *files, env=environ, check=True)
    yield done.stdout.splitlines()[-1]


@pytest.fixture(scope="session")
def prefect_answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Prefect's reading of deploy/prefect.yaml, the keys it knows and its settings."""
    with shared(run_folder(tmp_path_factory), "prefect-answers", asked_prefect) as text:
        yield json.loads(text)


@pytest.fixture
def earlier_steps(request: pytest.FixtureRequest) -> None:
    """Skip the steps after one that failed."""
    if request.session.testsfailed:
        pytest.skip("an earlier step failed")
