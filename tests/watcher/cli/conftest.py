"""Run the command line as a user does: arguments in, an exit code and two streams out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.harness import WikiHarness, small_wiki
from tests.simulators import WebhookReceiver
from watcher.cli import main


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str

    def refuses(self, words: str = "") -> bool:
        """Whether it ended with 2, and with one line that has these words."""
        is_line = self.err.startswith("watcher: ") and self.err.count("\n") == 1
        return self.code == 2 and not self.out and is_line and words in self.err


Watcher = Callable[..., Answer]
"""What the fixture `watcher` is: it runs a command with these words."""


@pytest.fixture
def watcher(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Watcher:
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
def inbox() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
def world(tmp_path: Path, inbox: WebhookReceiver) -> Iterator[WikiHarness]:
    """A wiki with one page, "Tide", which the watchlist in the folder watches; alerts go to the inbox."""
    with small_wiki(tmp_path) as made:
        made.receiver = inbox.url
        yield made.watch("Tide")
