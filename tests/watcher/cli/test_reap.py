"""Test the errors of `watcher reap`; tests/flows tests its work with a real server."""

import gc
import os
import warnings
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.command import run_watcher
from tests.hostile_servers import answering, http, serving

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # Prefect's clients leave sockets to the collector


def teardown_module() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def reaped(home: Path, *words: str) -> tuple[int, str]:
    """The exit code and the error of the command, without variables of Prefect."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = run_watcher(home, "reap", *words, environ={**clean, "HOME": str(home)})
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.returncode, done.stderr


def test_without_a_server_the_setting_is_named(tmp_path: Path):
    code, text = reaped(tmp_path)
    assert (code, text.startswith("watcher: PREFECT_API_URL is not set: ")) == (2, True)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("200 OK", b"<p>Welcome</p>"), "JSONDecodeError"),  # a proxy that answers by itself
        (http("200 OK", b'[{"id": 1}]'), "ValidationError"),
        (http("403 Forbidden", b"{}"), "PrefectHTTPStatusError"),
        (None, "ConnectError"),
    ],
    ids=["a page", "another shape", "a refusal", "nothing"],
)
def test_what_is_not_an_answer_of_prefect_is_one_line(tmp_path: Path, answer: bytes | None, error: str):
    from flows.prefect_settings import configure_prefect

    configure_prefect()  # Prefect reads its settings when it is imported
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    with serving(answering(answer)) if answer else nullcontext(9) as port:
        address = f"http://me:secret@127.0.0.1:{port}/api"
        with temporary_settings({PREFECT_API_URL: address, PREFECT_CLIENT_MAX_RETRIES: 0}):
            code, text = reaped(tmp_path)
    assert code == 3
    assert text.startswith(f"watcher: Prefect's server did not answer ({error}): ")
    assert "secret" not in text


@pytest.mark.parametrize("option", ["--silence", "--pending"])
def test_a_wrong_duration_is_reported_with_its_option(tmp_path: Path, option: str):
    code, text = reaped(tmp_path, option, "soon")
    assert (code, text.partition(": is not a duration")[0]) == (2, f"watcher: {option} soon")
