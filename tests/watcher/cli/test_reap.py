"""Test the errors of `watcher reap`; tests/flows tests its work with a real server."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tests.command import run_watcher
from tests.hostile_servers import answering, http, serving

ROOT = Path(__file__).resolve().parents[3]


def reaped(home: Path, *words: str, **more: str) -> tuple[int, str]:
    """The exit code and the error of the command: a process where variables are given, for Prefect reads them once."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environ = {**clean, "HOME": str(home), "PYTHONPATH": str(ROOT), **more}
    if more:
        command = [sys.executable, "-m", "watcher", "reap", *words]
        done = subprocess.run(command, cwd=home, env=environ, capture_output=True, text=True, timeout=120, check=False)
    else:
        done = run_watcher(home, "reap", *words, environ=environ)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_without_a_server_the_setting_is_named(tmp_path: Path):
    code, text = reaped(tmp_path)
    assert code == 2
    assert text.startswith("watcher: PREFECT_API_URL is not set: ")
    assert text.count("\n") == 1


def test_a_server_that_does_not_answer_is_one_line_and_no_password(tmp_path: Path):
    code, text = reaped(tmp_path, PREFECT_API_URL="http://me:secret@127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES="0")
    assert code == 3
    assert text.startswith("watcher: Prefect's server did not answer (")
    assert text.count("\n") == 1
    assert "secret" not in text


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("200 OK", b"<p>Welcome</p>", "JSONDecodeError"),  # a proxy that answers by itself
        ("200 OK", b'[{"id": 1}]', "ValidationError"),
        ("403 Forbidden", b"{}", "PrefectHTTPStatusError"),
    ],
)
def test_what_is_not_an_answer_of_prefect_is_one_line(tmp_path: Path, status: str, body: bytes, error: str):
    from flows.prefect_settings import configure_prefect

    configure_prefect()  # Prefect reads its settings when it is imported
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    with serving(answering(http(status, body))) as port:
        address = f"http://me:secret@127.0.0.1:{port}/api"
        with temporary_settings({PREFECT_API_URL: address, PREFECT_CLIENT_MAX_RETRIES: 0}):
            code, text = reaped(tmp_path)
    with warnings.catch_warnings():  # Prefect's clients leave their sockets to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    assert code == 3
    assert text.startswith(f"watcher: Prefect's server did not answer ({error}): ")
    assert text.count("\n") == 1
    assert "secret" not in text


@pytest.mark.parametrize("option", ["--silence", "--pending"])
def test_a_wrong_duration_is_reported_with_its_option(tmp_path: Path, option: str):
    code, text = reaped(tmp_path, option, "soon")
    assert (code, text.partition(": is not a duration")[0]) == (2, f"watcher: {option} soon")
