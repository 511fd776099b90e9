"""Test that compose accepts deploy/compose.yaml, and that it has no default password."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import readme
from tests.command import run_program, run_watcher
from tests.simulators import serve_answers

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "deploy/compose.yaml"
WRITTEN: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = WRITTEN["services"]
EXAMPLE = (ROOT / "deploy/compose.env.example").read_text(encoding="utf-8")
ASKED = re.findall(r"^([A-Z_]+)=$", EXAMPLE, re.MULTILINE)
COMPOSE = shutil.which("docker-compose")
needs_compose = pytest.mark.skipif(COMPOSE is None, reason="docker-compose is missing: install Debian's docker-compose")
each = pytest.mark.parametrize("name", SERVICES)


def schema_check(path: Path) -> subprocess.CompletedProcess[str]:
    return run_program(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", path)


def compose_check(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    environ |= {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return run_program(COMPOSE, "--file", FILE, "--env-file", os.devnull, "config", env=environ)


def test_the_schema_of_compose_takes_it_and_would_name_a_key_that_does_not_exist(tmp_path: Path):
    assert schema_check(FILE).returncode == 0
    spoilt = tmp_path / "compose.yaml"
    spoilt.write_text(FILE.read_text().replace("    image: postgres:16", "    imagine: postgres:16"))
    assert "imagine" in schema_check(spoilt).stdout


@needs_compose
def test_compose_takes_it_when_all_is_filled_in(tmp_path: Path):
    done = compose_check(tmp_path, **dict.fromkeys(ASKED, "/filled-in"))
    assert (done.returncode, done.stderr) == (0, "")
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)


@needs_compose
@pytest.mark.parametrize("left_out", ASKED)
def test_compose_stops_where_something_is_not_filled_in(tmp_path: Path, left_out: str):
    done = compose_check(tmp_path, **{name: "/filled-in" for name in ASKED if name != left_out})
    assert done.returncode != 0
    assert left_out in done.stderr


def test_everything_that_is_asked_for_is_in_the_example():
    assert set(re.findall(r"\$\{([A-Z_]+):\?", FILE.read_text())) == set(ASKED)
    assert not re.search(r"PASSWORD:-", FILE.read_text())


@each
def test_containers_are_open_to_this_host_alone_and_ours_have_no_rights_on_a_root_that_cannot_be_written(name: str):
    assert [port for port in SERVICES[name].get("ports", []) if not port.startswith("127.0.0.1:")] == []
    service = SERVICES[name]
    assert "no-new-privileges:true" in service["security_opt"]
    if name != "postgres":
        assert service["read_only"] is True
        assert (service["cap_drop"], service["init"]) == (["ALL"], True)
        assert service.get("hostname") == (name if name in ("worker", "stream", "watchdog") else None)


@each
def test_every_command_is_one_of_ours_or_of_prefect(name: str):
    service = SERVICES[name]
    match service.get("entrypoint", ["watcher"]):
        case ["watcher"]:
            if "command" in service:
                command, *options = service["command"]
                assert readme.unknown_options(command, options) == []
        case ["sh", script, *_]:
            assert (ROOT / Path(script).relative_to("/opt/article-watcher")).exists()
        case entrypoint:
            assert entrypoint == ["prefect"]


@each
def test_every_variable_for_prefect_is_one_of_its_settings(name: str, prefect_answers: dict[str, Any]):
    environment = SERVICES[name].get("environment", {})
    named = {variable for variable in environment if variable.startswith("PREFECT_")}
    assert named - set(prefect_answers["settings"]) - {"PREFECT_DB_PASSWORD"} == set()


def test_only_what_serves_an_address_has_a_health_check():
    """A container that inherits the image's check, which asks for the pages, would be unhealthy for good."""
    asked = {name: service["healthcheck"] for name, service in SERVICES.items()}
    checked = {name: check["test"][-1] for name, check in asked.items() if "test" in check}
    assert checked == {
        "postgres": "postgres",
        "prefect": "http://127.0.0.1:4200/api/health",
        "worker": "http://127.0.0.1:8080/health",
        "web": "http://127.0.0.1:8765/healthz",
    }
    assert all(check == {"disable": True} for name, check in asked.items() if name not in checked)


def test_the_health_check_says_what_an_address_answers():
    command = [sys.executable, str(ROOT / "deploy/healthcheck.py")]
    with serve_answers({"/": b"well"}) as address:
        healthy, failing = (run_program(*command, address + path).returncode for path in ("/", "/no-such-file"))
    assert (healthy, failing) == (0, 1)


def test_the_two_databases_have_owners_of_their_own():
    addresses = [
        value
        for service in SERVICES.values()
        for value in service.get("environment", {}).values()
        if "@postgres/" in value
    ]
    assert {re.sub(r":[^@]*@", "@", address.partition("://")[2]) for address in addresses} == {
        "watcher@postgres/watcher",
        "prefect@postgres/prefect",
    }


@pytest.mark.parametrize("script", ["postgres-init.sh", "prefect-setup.sh", "backup.sh"])
def test_the_scripts_are_shell(script: str):
    assert run_program("sh", "-n", ROOT / "deploy" / script).returncode == 0


def test_a_backup_is_dated_and_old_ones_go(tmp_path: Path):
    bin_folder, folder = tmp_path / "bin", tmp_path / "backups"
    for item in (bin_folder, folder):
        item.mkdir()
    fake = bin_folder / "watcher"
    fake.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m watcher "$@"\n')
    fake.chmod(0o755)
    dated, ours = [folder / f"watcher-2020-01-{day}.backup" for day in range(10, 25)], folder / "notes.txt"
    for path in (*dated, ours):
        path.write_text("old")
        os.utime(path, (0, 0))
    environ = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    for word in ("init", "migrate"):
        assert run_watcher(tmp_path, word).returncode == 0
    run_program("sh", ROOT / "deploy/backup.sh", folder, env=environ, cwd=tmp_path, check=True)
    assert [path.exists() for path in dated] == [False] * 2 + [True] * 13  # whatever a clock says of their age
    assert ours.exists()
    [made] = {*folder.glob("watcher-*.backup")} - {*dated}
    assert re.fullmatch(r"watcher-20\d\d-\d\d-\d\d\.backup", made.name)
