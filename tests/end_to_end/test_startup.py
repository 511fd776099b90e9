"""Test that commands load only what they need: `watcher check` starts a hundred times a day."""

import os
import re
import sys
from pathlib import Path

from tests.command import run_program
from tests.flows.harness import TEXT, small_wiki

ROOT = Path(__file__).resolve().parents[2]
SERVERS = {"prefect", "fastapi", "uvicorn", "starlette"}
# Typer brings pydantic along; the comparison does not use it.
MEMORY = {"sqlalchemy", "sqlmodel", "alembic", "httpx", "apprise", *SERVERS}


def loaded(folder: Path, *words: str) -> set[str]:
    """The top-level packages that a command has imported by its end."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = run_program(sys.executable, "-X", "importtime", *words, cwd=folder, env=environ)
    assert done.returncode in (0, 1), done.stderr[-500:]
    return {name.partition(".")[0] for name in re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE)}


def test_comparing_two_texts_loads_no_database_network_or_server(tmp_path: Path):
    (tmp_path / "a").write_text(TEXT)
    (tmp_path / "b").write_text(TEXT.replace("21 million", "25 million"))
    packages = loaded(tmp_path, "-m", "watcher", "diff", "a", "b")
    assert "mwparserfromhell" in packages
    assert packages & MEMORY == set()


def test_a_check_without_news_loads_neither_server_nor_parser_nor_templates_nor_command_lines(tmp_path: Path):
    with small_wiki(tmp_path) as world:
        world.check()
        packages = loaded(tmp_path, "-m", "watcher", "check")
    assert {"sqlalchemy", "httpx"} <= packages
    assert packages & {*SERVERS, "mwparserfromhell", "lxml", "jinja2", "click", "pygments"} == set()
