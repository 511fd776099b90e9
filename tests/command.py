"""Run a command of `watcher` in this process, without the second that a new process takes to start."""

import logging
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from watcher.cli import main


def run_watcher(
    folder: Path, *words: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with another environment if one is given."""
    out, err = StringIO(), StringIO()
    code: object = 0
    with _changed(folder, environ), redirect_stdout(out), redirect_stderr(err):
        try:
            main(list(words))
        except SystemExit as end:
            code = end.code or 0
    return subprocess.CompletedProcess(list(words), int(str(code)), out.getvalue(), err.getvalue())


def run_program(
    *command: object, check: bool = False, timeout: float = 180, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a program and return its output."""
    words = [*map(str, command)]
    return subprocess.run(words, capture_output=True, text=True, check=check, timeout=timeout, **options)


def unmeasured() -> dict[str, str]:
    """Return the environment without coverage, which needs more files and time than a limited process has."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def marked_processes(folder: Path) -> dict[int, str]:
    """Return the command lines of all processes that were started with this mark, including orphans."""
    mark = f"WATCHER_TEST_MARK={folder}\0".encode()
    result = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes():
                result[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it ended while we looked
    return result


@contextmanager
def _changed(folder: Path, environ: Mapping[str, str] | None) -> Iterator[None]:
    before, saved, handlers = Path.cwd(), dict(os.environ), _log_handlers()
    os.chdir(folder)
    if environ is not None:
        os.environ.clear()
        os.environ.update(environ)
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(saved)
        for logger, handler in _log_handlers() - handlers:  # they write to a stream that is no longer read
            logger.removeHandler(handler)


def _log_handlers() -> set[tuple[logging.Logger, logging.Handler]]:
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    return {(logger, handler) for logger in loggers for handler in logger.handlers}
