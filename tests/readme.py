"""Write the documentation that the program generates: `python -m tests.readme` checks, `--write` writes."""

import functools
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import typer.main
from typer.testing import CliRunner

from watcher.cli.app import app
from watcher.config.editor import toml_value
from watcher.config.settings import Watch, WatchSource, descriptions, keys_of
from watcher.judge.anomalies import ANOMALY_CHECKS
from watcher.judge.context import SIGNALS
from watcher.judge.engine import RULES

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("watcher/README.md", "watcher/cli/README.md", "deploy/README.md")
_BLOCK = re.compile(r"(<!-- begin (\w+): `make docs` writes this -->\n)(.*?)(<!-- end \2 -->)", re.DOTALL)
_WIDTH = 100


def command_names() -> list[str]:
    """The commands in the order in which `watcher --help` lists them."""
    group = typer.main.get_command(app)
    parts = {name: getattr(group.get_command(None, name), "commands", ("",)) for name in group.commands}
    return [f"{name} {part}".strip() for name in parts for part in parts[name]]


@functools.cache
def help_of(*words: str) -> str:
    """What `watcher WORDS --help` prints."""
    done = CliRunner().invoke(
        app, [*words, "--help"], prog_name="watcher", terminal_width=_WIDTH, env={"WATCHER_WATCHLIST": ""}
    )
    if done.exit_code:
        raise RuntimeError(f"watcher {' '.join(words)} --help ends with {done.exit_code}: {done.output}")
    return "\n".join(line.rstrip() for line in done.output.strip().splitlines())


def unknown_options(command: str, words: list[str]) -> list[str]:
    """The options that a command does not have."""
    return [word for word in words if word.startswith("--") and word not in help_of(command)]


def commands() -> Iterator[str]:
    """Return the help of every command."""
    for name in command_names():
        yield f"#### watcher {name}\n\n```text\n{help_of(*name.split())}\n```\n\n"


def rules() -> Iterator[str]:
    """Return the tables of rules and suspicions with their descriptions."""
    yield "| rule | judges |\n| --- | --- |\n"
    yield from (f"| `{rule.__name__}` | {_sentence(rule)} |\n" for rule in RULES)
    yield "\n| suspicion | raises a changed statistic by one step when |\n| --- | --- |\n"
    yield from (f"| `{suspicion.__name__}` | {_sentence(suspicion)} |\n" for suspicion in ANOMALY_CHECKS)
    yield "\n| context | of an edit whose changed facts alert |\n| --- | --- |\n"
    yield from (f"| `{signal.__name__}` | {_sentence(signal).removeprefix('Note ')} |\n" for signal in SIGNALS)


def _sentence(function: Callable[..., object]) -> str:
    first = (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ").removeprefix("Judge ")
    return first.removesuffix(".").replace("|", "\\|")


def watch_settings() -> Iterator[str]:
    """Return the table of settings of a watch, with defaults and descriptions."""
    yield "| `[[watch]]` | default | |\n| --- | --- | --- |\n"
    for name, field in sorted(keys_of(Watch).items(), key=lambda row: row[0] in keys_of(WatchSource)):
        default = "–" if field.is_required() or field.default in ("", (), None) else f"`{toml_value(field.default)}`"
        yield f"| `{name}` | {default} | {descriptions(Watch)[name]} |\n"


WRITERS: dict[str, Callable[[], Iterator[str]]] = {
    "commands": commands,
    "rules": rules,
    "watch_settings": watch_settings,
}


def written(text: str) -> str:
    """Return the README with its generated parts updated."""
    return _BLOCK.sub(lambda hit: f"{hit[1]}{''.join(WRITERS[hit[2]]())}{hit[4]}", text)


def parts(text: str) -> list[str]:
    """Return the names of the generated parts of a text."""
    return [hit[2] for hit in _BLOCK.finditer(text)]


def main() -> int:
    """Check the generated parts, or write them with `--write`; return the exit code."""
    stale = []
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        requested = written(text)
        if "--write" in sys.argv[1:]:
            (ROOT / page).write_text(requested, encoding="utf-8")
        elif text != requested:
            stale.append(page)
    if stale:
        print(f"{', '.join(stale)}: not what the program says; run `make docs`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
