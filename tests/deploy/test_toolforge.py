"""Test that what deploy/toolforge starts exists, and that Toolforge's own command accepts its jobs."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import readme
from tests.cases import for_each

FOLDER = Path(__file__).resolve().parents[2] / "deploy/toolforge"
LINES = dict(line.split(": ", 1) for line in (FOLDER / "Procfile").read_text(encoding="utf-8").splitlines())
JOBS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "jobs.yaml").read_text(encoding="utf-8"))
TOOL = shutil.which("toolforge-jobs")
PARSE = """
import sys, yaml
from jobs_cli import cli
for job in yaml.safe_load(open(sys.argv[1])):
    print(cli.arg_parser(["run", *cli._job_to_arg_parser_args(job=job)]).name)
"""


@for_each("name", LINES)
def test_every_line_of_the_procfile_starts_a_command_that_there_is(name: str):
    program, command, *words = LINES[name].removeprefix("sh -c '").split()
    assert program == "watcher"
    assert readme.unknown_options(command, words) == []


def test_every_job_is_a_line_of_the_procfile_on_the_image_of_the_tool():
    assert {job["command"] for job in JOBS} == set(LINES) - {"web"}
    assert {job["image"] for job in JOBS} == {"tool-TOOL/tool-TOOL:latest"}
    assert [job["name"] for job in JOBS if bool(job.get("continuous")) == ("schedule" in job)] == []


@pytest.mark.skipif(TOOL is None, reason="toolforge-jobs is missing: pip install toolforge-jobs-cli")
def test_the_command_of_toolforge_takes_the_jobs(tmp_path: Path):
    assert TOOL

    def parse(path: Path) -> subprocess.CompletedProcess[str]:
        python = Path(TOOL or "").with_name("python")
        return subprocess.run([python, "-c", PARSE, path], capture_output=True, text=True, timeout=180, check=False)

    done = parse(FOLDER / "jobs.yaml")
    assert done.stdout.split() == [job["name"] for job in JOBS], done.stderr
    (tmp_path / "jobs.yaml").write_text((FOLDER / "jobs.yaml").read_text().replace("emails:", "letters:", 1))
    assert "letters" in parse(tmp_path / "jobs.yaml").stderr
