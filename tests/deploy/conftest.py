"""Ask Prefect once for all tests, and stop at the first step of a machine's life that fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.asking_prefect import asked_prefect
from tests.shared import run_folder, shared


@pytest.fixture(scope="session")
def prefect_answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Prefect's reading of deploy/prefect.yaml, the keys it knows and its settings."""
    with shared(run_folder(tmp_path_factory), "prefect-answers", asked_prefect) as text:
        yield json.loads(text)


@pytest.fixture
def earlier_steps(request: pytest.FixtureRequest) -> None:
    """Nothing is told by what comes after a step that failed."""
    if request.session.testsfailed:
        pytest.skip("an earlier step failed")
