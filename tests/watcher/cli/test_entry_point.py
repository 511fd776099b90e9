"""Test that every error is one line with the next step for users, and an exit code for scripts."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases import for_each
from tests.watcher.cli.conftest import Watcher
from watcher.cli.app import print_lines
from watcher.errors import InputError, StoreError, Unavailable
from watcher.version import version

ROOT = Path(__file__).resolve().parents[3]


@for_each(("words", "expected"))
def test_a_wrong_call_is_one_line_and_ends_with_two(watcher: Watcher, words: list[str], expected: str):
    assert watcher(*words).refuses(expected)


def test_debug_gives_the_traceback_the_version_is_one_word_and_without_words_the_commands_are_listed(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
):
    answer = watcher("diff", "absent.wikitext", "absent.wikitext", "--debug")
    assert (answer.code, answer.err.startswith("Traceback")) == (2, True)
    monkeypatch.setenv("WATCHER_DEBUG", "0")
    assert watcher("diff", "absent.wikitext", "absent.wikitext").refuses("cannot be read")
    assert watcher("--version").out.strip() == version()
    answer = watcher()
    assert "check" in answer.out + answer.err
    assert "Traceback" not in answer.out + answer.err


def test_a_closed_standard_input_is_an_empty_one(watcher: Watcher, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", None)
    assert watcher("facts", "-").out.startswith("Sections: 0")


def test_lines_and_the_text_in_their_absence_go_to_one_stream(capsys: pytest.CaptureFixture[str]):
    print_lines([], "nothing", err=True)
    assert capsys.readouterr() == ("", "nothing\n")


def test_debug_shows_what_the_check_of_one_article_logs():
    program = (
        "import logging\nfrom watcher.cli import main\n"
        "try: main(['--debug', '--version'])\nexcept SystemExit: pass\n"
        "logging.getLogger('watcher.services.checks.check').debug('a defect in Tide')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=180, check=True
    )
    assert "a defect in Tide" in done.stderr


ERRORS: dict[str, tuple[BaseException, int]] = {
    "a wrong input": (InputError("x: is no text; give another"), 2),
    "a wiki that is busy": (Unavailable("the wiki is busy; try later"), 3),
    "a database that is locked": (StoreError("the database is locked; try later"), 3),
    "a full disk": (OSError(28, "No space left on device"), 2),
    "a defect": (ZeroDivisionError("division by zero"), 2),
    "an interrupt": (KeyboardInterrupt(), 130),
    "two lines": (InputError("first\nsecond\x1b[2J"), 2),
}


@for_each(("name", "error", "code"), [(name, *case) for name, case in ERRORS.items()])
def test_every_error_has_its_exit_code(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException, code: int
):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("watcher.services.operations.startup.open_context", fail)
    answer = watcher("status")
    assert (answer.code, answer.out) == (code, "")
    assert (answer.err.count("\n") <= 1, "Traceback" in answer.err) == (True, False)
    # an error of our own asks to be reported
    assert ("run again with --debug" in answer.err) == (name == "a defect")
    if name == "two lines":
        assert answer.err == "watcher: first second\\u001b[2J\n"


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path):
    batch = tmp_path / "batch.jsonl"
    batch.write_text('{"id": 1, "text": "In 2012 there were 21 million victims."}\n' * 2_000)
    reading, writing = os.pipe()
    program = subprocess.Popen(
        [sys.executable, "-m", "watcher", "facts", "--batch", str(batch)],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    os.read(reading, 10)
    os.close(reading)
    _, text = program.communicate(timeout=180)
    assert text == ""


def test_a_program_that_calls_the_command_keeps_its_garbage_collector(watcher: Watcher):
    before = gc.get_threshold()
    try:
        gc.set_threshold(12_345)
        watcher("--version")
        assert gc.get_threshold()[0] == 12_345
    finally:
        gc.set_threshold(*before)
