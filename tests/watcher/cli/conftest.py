"""The command line as a user meets it: words in, an exit code and two streams out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.world import TEXT, Clock, World
from watcher.cli import main
from watcher.demo.inbox import Inbox
from watcher.demo.replay import ReplayWiki
from watcher.demo.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def watcher(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Answer]:
    """Runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("WATCHER_WATCHLIST", "WATCHER_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: object) -> Answer:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        shown = capsys.readouterr()
        return Answer(int(end.value.code or 0), shown.out, shown.err)

    return run


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as receiver:
        yield receiver


@pytest.fixture
def world(tmp_path: Path, inbox: Inbox) -> Iterator[World]:
    """A wiki with one page, "Tide", which the watchlist in the folder watches; alerts go to the inbox."""
    clock = Clock()
    with ReplayWiki(Shelf(now=clock)) as wiki:
        made = World(tmp_path, wiki, clock)
        made.inbox = inbox.url
        made.watch("Tide")
        made.edit(TEXT)
        yield made
